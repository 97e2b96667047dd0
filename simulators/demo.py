"""`genba demo`: a whole plant on one machine, from sensors to reports, and the answer key beside the ranking.

It starts the other commands as processes, as a plant would: a broker, the gateway, the sensors, the jobs. So it needs
nothing from the packages above it but their commands, and what a newcomer sees is what runs in a plant.
"""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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
from simulators import servers
from simulators.scenario import load
from simulators.supervisor import Supervised, terminate
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
def _embedded(options: DemoOptions) -> Iterator[str]:
    """amqtt and SQLite; yields the settings."""
    arguments = [sys.executable, "-m", "ingest.command", "simulate", "broker", "--port", "0"]
    log = options.folder / "broker.log"
    with log.open("wb") as errors:
        broker = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors)  # noqa: S603
    assert broker.stdout is not None
    try:
        line = broker.stdout.readline()
        if not line:
            raise EnvironmentFailure(f"the embedded broker did not start; see {log}")
        yield _settings(orjson.loads(line)["port"], "3.1.1", "sqlite:///genba.db")
    finally:
        terminate(broker)
        broker.stdout.close()


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
        f'[database]\nurl = "{url}"\n\n[training]\ntime_budget = 5\n\n[log]\nlevel = "warning"\n'
    )


def _stream(options: DemoOptions, settings_file: Path, settings: Settings, console: Console) -> dict[str, int]:
    """Sensors publish, the gateway stores. Ends when every reading that was published is stored."""
    log = options.folder / "gateway.log"
    days = () if options.days is None else ("--days", str(options.days))
    with Supervised("the gateway", _genba(settings_file, "ingest"), log) as gateway:
        console.print(f"Gateway ready, process {gateway.pid}: kill it if you like, it is started again.")
        said = _run(settings_file, "simulate", "run", "--line", "all", "--seed", str(options.seed), *days, "--json")
        published = int(orjson.loads(said)["outcomes"])
        _wait_until_stored(settings, published, gateway, log, console)
        for code in gateway.deaths:
            console.print(f"The gateway ended by itself ({code}) and was started again.")
    store = connect(settings.database)
    try:
        rows = read.ledger(store)
    finally:
        store.close()
    return {
        "published": published,
        "stored": sum(row.committed for row in rows),
        "repeated": sum(row.duplicate for row in rows),
        "quarantined": sum(row.quarantined for row in rows),
    }


def _wait_until_stored(settings: Settings, published: int, gateway: Supervised, log: Path, console: Console) -> None:
    store = connect(settings.database)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("Storing readings", total=published)
            stored, since = -1, time.monotonic()
            while stored < published:
                found = sum(row.committed + row.quarantined for row in read.ledger(store))
                if found > stored:
                    stored, since = found, time.monotonic()
                    progress.update(task, completed=stored)
                if gateway.failed() or time.monotonic() - since > 60:
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
        stored = _stream(options, settings_file, settings, console)
        _run(settings_file, "schedule", "once")
        studies = _collect(options, settings)
    return {
        "seed": options.seed,
        "stack": options.stack,
        "readings": stored,
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
                "answer": orjson.loads(answer_key(load(line), options.seed).to_json()),
                "reports": {language: report.path for language, report in sorted(reports.items())},
            }
        return found
    finally:
        store.close()
