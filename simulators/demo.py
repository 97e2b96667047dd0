"""`genba demo`: a whole plant on one machine, from sensors to reports, and the answer key beside the ranking.

It starts the other commands as processes, as a plant would: a broker, the gateway, the sensors, the jobs. So it needs
nothing from the packages above it but their commands, and what a newcomer sees is what runs in a plant.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ingest.errors import EnvironmentFailure
from ingest.settings import Settings, load_settings
from ingest.store import read, results
from ingest.store.engine import connect
from simulators import scenario, servers
from simulators.truth import answer_key

__all__ = ["DemoOptions", "run_demo"]

PLANT = Path(__file__).parent / "scenarios" / "plant.toml"
LINES = {"leaking_caps": "filling", "press_power": "press"}
"""Which simulated line each study of the demo's plant asks about."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asked for."""

    folder: Path
    seed: int = 0
    stack: Literal["embedded", "real"] = "embedded"
    days: int | None = None


def _genba(settings_file: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "ingest.command", *arguments, "--settings", str(settings_file)]


def _run(settings_file: Path, *arguments: str) -> str:
    """Run a command to its end; its progress goes to our terminal, its standard output comes back."""
    done = subprocess.run(_genba(settings_file, *arguments), stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise EnvironmentFailure(
            f"`genba {' '.join(arguments)}` ended with {done.returncode}; its own words stand above"
        )
    return done.stdout


@contextlib.contextmanager
def _process(
    arguments: Sequence[str], log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives as long as the block and writes to a log."""
    with log.open("wb") as output:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=output, env={**os.environ, **(env or {})})  # noqa: S603
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process.stdout is not None:
                process.stdout.close()


@contextlib.contextmanager
def _embedded(options: DemoOptions) -> Iterator[str]:
    """amqtt and SQLite; yields the settings."""
    arguments = [sys.executable, "-m", "ingest.command", "simulate", "broker", "--port", "0"]
    with _process(arguments, options.folder / "broker.log") as broker:
        assert broker.stdout is not None
        line = broker.stdout.readline()
        if not line:
            raise EnvironmentFailure(f"the embedded broker did not start; see {options.folder / 'broker.log'}")
        port = orjson.loads(line)["port"]
        yield _settings(port, "3.1.1", "sqlite:///genba.db")


@contextlib.contextmanager
def _real(options: DemoOptions) -> Iterator[str]:
    """A private mosquitto and a private MariaDB on free ports; yields the settings."""
    with tempfile.TemporaryDirectory(prefix="genba-demo-") as temporary:
        folder = Path(temporary)
        with servers.mosquitto(folder / "mosquitto") as broker, servers.mariadb(folder / "mariadb") as database:
            yield _settings(broker.port, "5", database.url)


def _settings(port: int, protocol: str, url: str) -> str:
    return (
        f'plant = "plant.toml"\nvar = "."\n\n[broker]\nport = {port}\nprotocol = "{protocol}"\n\n'
        f'[database]\nurl = "{url}"\n\n[log]\nlevel = "warning"\n'
    )


class _Ready:
    """Waits for the READY=1 that a daemon sends when it can work, as systemd does."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))

    def wait(self, process: subprocess.Popen[bytes], seconds: float, log: Path) -> None:
        self._socket.settimeout(0.25)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if b"READY=1" in self._socket.recv(4096):
                    return
            except TimeoutError:
                continue
        raise EnvironmentFailure(f"the gateway was not ready within {seconds:g} s; see {log}")

    def close(self) -> None:
        self._socket.close()


def _stream(options: DemoOptions, settings_file: Path, settings: Settings, console: Console) -> int:
    """Sensors publish, the gateway stores; returns how many readings were published. Ends when all are stored."""
    log = options.folder / "gateway.log"
    with tempfile.TemporaryDirectory(prefix="genba-") as short, contextlib.closing(_Ready(Path(short))) as ready:
        environment = {"NOTIFY_SOCKET": str(ready.path)}
        with _process(_genba(settings_file, "ingest"), log, environment) as gateway:
            ready.wait(gateway, 60, log)
            days = () if options.days is None else ("--days", str(options.days))
            said = _run(settings_file, "simulate", "run", "--line", "all", "--seed", str(options.seed), *days, "--json")
            published = int(orjson.loads(said)["outcomes"])
            _wait_until_stored(settings, published, gateway, log, console)
    return published


def _wait_until_stored(
    settings: Settings, published: int, gateway: subprocess.Popen[bytes], log: Path, console: Console
) -> None:
    store = connect(settings.database)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("Storing readings", total=published)
            stored, since = -1, time.monotonic()
            while stored < published:
                found = sum(row.received for row in read.ledger(store))
                if found > stored:
                    stored, since = found, time.monotonic()
                    progress.update(task, completed=stored)
                if gateway.poll() is not None or time.monotonic() - since > 60:
                    raise EnvironmentFailure(f"the gateway stored {stored:,} of {published:,} and stopped; see {log}")
                time.sleep(0.1)
    finally:
        store.close()


def run_demo(options: DemoOptions, console: Console) -> dict[str, Any]:
    """The whole story; returns what `genba demo --json` prints: per study the ranking, the answer key, the reports."""
    started = time.monotonic()
    if options.folder.exists():
        shutil.rmtree(options.folder)
    options.folder.mkdir(parents=True)
    shutil.copy(PLANT, options.folder / "plant.toml")
    settings_file = options.folder / "genba.toml"
    stack = _embedded(options) if options.stack == "embedded" else _real(options)
    with stack as text:
        settings_file.write_text(text, encoding="utf-8")
        settings = load_settings(settings_file)
        _run(settings_file, "db", "upgrade")
        outcomes = _stream(options, settings_file, settings, console)
        _run(settings_file, "schedule", "once")
        studies = _collect(options, settings)
    return {
        "seed": options.seed,
        "stack": options.stack,
        "readings": outcomes,
        "seconds": round(time.monotonic() - started, 1),
        "studies": studies,
        "settings": str(settings_file),
    }


def _collect(options: DemoOptions, settings: Settings) -> dict[str, Any]:
    store = connect(settings.database)
    try:
        found = {}
        for study, line in LINES.items():
            row = results.latest_ranking(store, study)
            reports = results.latest_reports(store, study)
            found[study] = {
                "ranking": None if row is None else row.document,
                "answer": orjson.loads(answer_key(scenario.load(line), options.seed).to_json()),
                "reports": {language: report.path for language, report in sorted(reports.items())},
            }
        return found
    finally:
        store.close()
