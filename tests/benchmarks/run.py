"""``make bench``: how fast and how large each part is, over mosquitto and MariaDB, with a peer in the same run.

Prints a table; ``--json FILE`` keeps the figures. Timings on a shared machine are noisy: compare within one run.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psutil
from rich.console import Console
from rich.table import Table

from ingest.mqtt import Publisher
from ingest.settings import Broker, load_settings
from ingest.store import read
from ingest.store.engine import connect
from simulators import servers
from simulators.supervisor import Supervised

PLANT = Path(__file__).parents[2] / "simulators" / "scenarios" / "plant.toml"
WIDE, SCALAR, PEER = 30_000, 30_000, 3_000
FIELDS = ("a", "b", "c", "d", "e")
START = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Figure:
    """One line of the output."""

    name: str
    value: str
    seconds: float
    peak_mb: float


def genba(settings_file: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "ingest.command", *arguments, "--settings", str(settings_file)]


def publish(broker: Broker, topic: str, count: int, fields: tuple[str, ...], since: int) -> None:
    with Publisher(broker) as publisher:
        for number in range(since, since + count):
            ts = int((START + timedelta(milliseconds=10 * number)).timestamp() * 1000)
            publisher.publish(topic, orjson.dumps({"ts": ts} | dict.fromkeys(fields, number % 97 + 0.5)))
        publisher.flush()


class Peak:
    """The largest resident memory of a process, sampled while the block runs."""

    def __init__(self, pid: int) -> None:
        self.mb = 0.0
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(0.05) and self._process.is_running():
            self.mb = max(self.mb, self._process.memory_info().rss / 2**20)

    def stop(self) -> float:
        self._ended.set()
        self._thread.join()
        return self.mb


def ingest_rate(settings_file: Path, topic: str, count: int, fields: tuple[str, ...], since: int) -> Figure:
    """Messages wait in the broker; the clock runs from the first committed reading to the last."""
    settings = load_settings(settings_file)
    log = settings_file.parent / "gateway.log"
    with Supervised("the gateway", genba(settings_file, "ingest"), log):
        pass  # the session now exists: the broker keeps what comes
    publish(settings.broker, topic, count, fields, since)
    store = connect(settings.database)
    committed = lambda: sum(row.committed for row in read.ledger(store))  # noqa: E731
    before, wanted = committed(), committed() + count * len(fields)
    with Supervised("the gateway", genba(settings_file, "ingest"), log) as gateway:
        assert gateway.pid is not None
        peak = Peak(gateway.pid)
        while (first := committed()) == before:
            time.sleep(0.005)
        started = time.perf_counter()
        while (now := committed()) < wanted:
            time.sleep(0.01)
        seconds = time.perf_counter() - started
        peak_mb = peak.stop()
    store.close()
    rows = (now - first) / seconds
    kind = "wide, 5 values" if len(fields) > 1 else "1 value"
    return Figure(
        f"MQTT to committed row ({kind})", f"{rows / len(fields):,.0f} messages/s, {rows:,.0f} rows/s", seconds, peak_mb
    )


def peer_rate(settings_file: Path) -> Figure:
    settings = load_settings(settings_file)
    arguments = [sys.executable, "-m", "tests.benchmarks.peer_ingest"]
    arguments += [str(settings.broker.port), settings.database.url, str(PEER)]
    for attempt in ("session", "measure"):
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        if attempt == "session":
            time.sleep(0.5)  # the subscription of the peer carries no signal that it is acknowledged
            process.kill()
            process.wait()
            publish(settings.broker, "peer", PEER, FIELDS, 0)
            continue
        peak = Peak(process.pid)
        seconds = orjson.loads(process.stdout.readline())["seconds"]
        process.wait()
        rate = PEER / seconds
        return Figure(
            "· peer: one INSERT and commit a reading",
            f"{rate:,.0f} messages/s, {rate * 5:,.0f} rows/s",
            seconds,
            peak.stop(),
        )
    raise AssertionError


def stage(settings_file: Path, name: str) -> dict[str, Any]:
    arguments = [sys.executable, "-m", "tests.benchmarks.stage", name, str(settings_file)]
    done = subprocess.run(arguments, stdout=subprocess.PIPE, check=True, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def history(settings_file: Path) -> None:
    """Two weeks of the filling line, through the broker, as the stages will read it."""
    log = settings_file.parent / "gateway.log"
    settings = load_settings(settings_file)
    with Supervised("the gateway", genba(settings_file, "ingest"), log):
        said = subprocess.run(
            genba(settings_file, "simulate", "run", "--line", "filling", "--json"), stdout=subprocess.PIPE, check=True
        )
        store = connect(settings.database)
        wanted = orjson.loads(said.stdout)["units"]
        while read.counts(store)["verdict"] < wanted:
            time.sleep(0.1)
        store.close()


def figures(settings_file: Path) -> list[Figure]:
    found = [
        ingest_rate(settings_file, "osaka/bench/wide/m", WIDE, FIELDS, 0),
        ingest_rate(settings_file, "osaka/bench/scalar/m", SCALAR, ("v",), 0),
        peer_rate(settings_file),
    ]
    history(settings_file)
    for name, label, per_second in (
        ("build_table", "study table, first build", True),
        ("build_peer", "· peer: one query a unit and machine", True),
        ("train", "training, with honest scores", False),
        ("train_peer", "· peer: LightGBM, 3 random folds", False),
        ("rank", "ranking, with intervals", False),
        ("rank_peer", "· peer: permutation importance", False),
        ("report", "reports, two languages", False),
    ):
        got = stage(settings_file, name)
        seconds = got["seconds"]
        said = f"{got['rows'] / seconds:,.0f} rows/s" if per_second else f"{seconds:.2f} s"
        more = {key: round(value, 4) if isinstance(value, float) else value for key, value in got.items()}
        extra = ", ".join(f"{key} {more[key]}" for key in ("forward", "random", "first", "gain") if key in more)
        found.append(Figure(label, f"{said}  {extra}".strip(), seconds, got["peak_mb"]))
    return found


def main() -> None:
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="genba-bench-") as temporary:
        folder = Path(temporary)
        with servers.mosquitto(folder / "mosquitto") as broker, servers.mariadb(folder / "mariadb") as database:
            settings_file = folder / "genba.toml"
            settings_file.write_text(
                f'plant = "{PLANT}"\n[broker]\nport = {broker.port}\n[database]\nurl = "{database.url}"\n'
                '[log]\nlevel = "warning"\n'
            )
            subprocess.run(genba(settings_file, "db", "upgrade"), check=True, stdout=subprocess.DEVNULL)
            found = figures(settings_file)
    table = Table("what", "figure", "seconds", "peak MB", title="genba bench: mosquitto and MariaDB on this machine")
    for figure in found:
        table.add_row(figure.name, figure.value, f"{figure.seconds:.2f}", f"{figure.peak_mb:.0f}")
    console.print(table)
    if "--json" in sys.argv:
        target = Path(sys.argv[sys.argv.index("--json") + 1])
        target.write_bytes(orjson.dumps([vars(figure) for figure in found], option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
