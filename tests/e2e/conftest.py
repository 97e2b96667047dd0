"""A small plant of a test's own: a broker, a database, a settings file, and the commands as processes."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.settings import Settings, load_settings
from ingest.store.engine import Store, connect
from simulators.servers import Server
from simulators.supervisor import Supervised


@dataclass(frozen=True)
class Home:
    """A folder with ``genba.toml``; commands run against it."""

    folder: Path

    @property
    def settings_file(self) -> Path:
        return self.folder / "genba.toml"

    @property
    def settings(self) -> Settings:
        return load_settings(self.settings_file)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "ingest.command", *arguments, "--settings", str(self.settings_file)]

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command to its end; its standard output."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout

    def gateway(self) -> Supervised:
        """The gateway, ready, and started again if it dies."""
        return Supervised("the gateway", self.command("ingest"), self.folder / "gateway.log")


@pytest.fixture
def home(tmp_path: Path, mosquitto: Server, mariadb: Server, new_database: Callable[..., object]) -> Home:
    """A home over mosquitto and a fresh MariaDB schema; the test puts ``plant.toml`` there."""
    url = new_database("mariadb").url  # type: ignore[attr-defined]
    (tmp_path / "genba.toml").write_text(
        f'[broker]\nport = {mosquitto.port}\nclient_id = "{tmp_path.name}"\n[database]\nurl = "{url}"\n'
        "[training]\ntime_budget = 3\n"
        '[log]\nlevel = "warning"\n'
    )
    return Home(tmp_path)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """The home's database; the schema must have been made."""
    store = connect(home.settings.database, create=True)
    yield store
    store.close()
