"""``genba serve`` as a process."""

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from ingest.errors import EnvironmentFailure
from ingest.settings import Database
from ingest.store.engine import connect
from ingest.store.migrate import upgrade
from reports.web.command import listen


def test_a_taken_address_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFailure, match=f"web.host '127.0.0.1', web.port {port}: .*choose another port"):
            listen("127.0.0.1", port)


def test_it_serves_and_stops_at_once_with_a_browser_connected(tmp_path: Path) -> None:
    store = connect(Database(url=f"sqlite:///{tmp_path}/var/genba.db"))
    upgrade(store)
    store.close()
    (tmp_path / "plant.toml").write_text('[site]\nid = "a"\nname = "A & B"\n', encoding="utf-8")
    (tmp_path / "genba.toml").write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "ingest.command", "serve", "--settings", "genba.toml", "--port", "0"]
    with subprocess.Popen([*command, "--language", "en"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            address = said.split()[1].rstrip("/")
            with urllib.request.urlopen(f"{address}/", timeout=10) as answer:
                assert "A &amp; B" in answer.read().decode()
            with urllib.request.urlopen(f"{address}/events", timeout=10) as stream:
                assert stream.readline() == b"retry: 2000\n"
                process.send_signal(signal.SIGTERM)
                assert process.wait(10) == 0
        finally:
            process.kill()
