"""A plant with two studies, small enough to learn in a second: cold bottles leak, a fast press burns power."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.plant import Plant
from ingest.records import Entry, Message, Outcome, Reading, UnitRecord, VerdictRecord
from ingest.settings import Database, Settings, load_plant, load_settings
from ingest.store import jobs
from ingest.store.catalogue import Catalogue
from ingest.store.engine import Store, connect
from ingest.store.jobs import JobRow
from ingest.store.migrate import upgrade
from ingest.store.write import write_batch
from models.learn import Learned, learn
from models.study.data import StudyData

START = datetime(2026, 1, 5, tzinfo=UTC)
UNITS = 160
TOML = """
[site]
id = "o"
name = "Osaka"
time_zone = "Asia/Tokyo"
[lines.fill.machines.cooler.signals.temp]
unit = "degC"
role = "controllable"
min = 2
max = 12
step = 0.5
stage = 1
[lines.press]
units = { kind = "interval", seconds = 1800 }
[lines.press.machines.p.signals.speed]
role = "controllable"
min = 5
max = 25
step = 1
[lines.press.machines.p.signals.power]
unit = "kW"
[studies.caps]
line = "fill"
task = "classification"
target = "verdict"
group = "shift"
[studies.power]
line = "press"
task = "regression"
target = "power"
group = "shift"
[shifts]
day = "08:00"
night = "20:00"
"""
BROKEN = '[lines.fill.machines.cooler.signals.Lot]\nrole = "state"\n'
"""A signal whose column is taken: every build of the bottles fails."""


def bottles(count: int = UNITS) -> list[Outcome]:
    """One every half hour; warm ones leak."""
    draw = random.Random(1)
    found: list[Outcome] = []
    for number in range(count):
        start, temp = START + timedelta(minutes=30 * number), draw.uniform(2, 12)
        end = start + timedelta(minutes=5)
        found.append(Reading("o/main/fill/cooler/temp", start, temp))
        found.append(UnitRecord("fill", f"B{number:04}", start, end))
        verdict = "NG" if draw.random() < (0.6 if temp > 8 else 0.1) else "OK"
        found.append(VerdictRecord("fill", f"B{number:04}", end + timedelta(hours=1), verdict))
    return found


def presses(count: int = UNITS) -> list[Outcome]:
    """A reading every half hour; power grows with speed."""
    draw = random.Random(2)
    found: list[Outcome] = []
    for number in range(count):
        at, speed = START + timedelta(minutes=30 * number), draw.uniform(5, 25)
        found.append(Reading("o/main/press/p/speed", at, speed))
        found.append(Reading("o/main/press/p/power", at, 40 + speed + draw.gauss(0, 1)))
    return found


def quick(data: StudyData, seed: int) -> Learned:
    """One booster: for tests of what becomes of a model, not of how good it is."""
    name = "LGBMClassifier" if data.spec.task == "classification" else "LGBMRegressor"
    return learn(data, seed, trials=2, model_list=(name,))


class Home:
    """A settings file, a plant file and a database, as a plant would have them."""

    def __init__(self, folder: Path, database: Database, toml: str = TOML, **schedule: Any) -> None:
        self.folder, self.database = folder, database
        self.file = folder / "genba.toml"
        said = {"lease_seconds": 1, "default": "0 5 1 1 *"} | schedule
        lines = "".join(f"{key} = {value!r}\n" for key, value in said.items())
        database_lines = f'[database]\nurl = "{database.url}"\nconnect_timeout = 2\n'
        text = f"{database_lines}[training]\ntime_budget = 2\n[schedule]\n{lines}"
        self.file.write_text(text, encoding="utf-8")
        self.plant_file = folder / "plant.toml"
        self.plant_file.write_text(toml, encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return load_settings(self.file)

    @property
    def plant(self) -> Plant:
        return load_plant(self.settings)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database, opened for a moment."""
        found = connect(self.database)
        try:
            yield found
        finally:
            found.close()

    def fill(self, *outcomes: Sequence[Outcome]) -> None:
        """Make the schema and write what the plant made."""
        store = connect(self.database, create=True)
        upgrade(store)
        for batch in outcomes:
            entry = Entry("test", Message("t", b"{}", START), tuple(batch))
            assert write_batch(store, [entry], Catalogue(store, self.plant)).quarantined == 0
        store.close()

    def runs(self, study: str) -> list[JobRow]:
        """The study's rows of ``job_run``, the oldest first."""
        with self.store() as store:
            return runs(store, study)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """``genba …`` as a process of its own; it writes its standard error into a file, see `said`."""
        with (self.folder / "stderr").open("a", encoding="utf-8") as stderr:
            return subprocess.Popen(
                [sys.executable, "-m", "ingest.command", *arguments, "--settings", str(self.file)],
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                text=True,
                env=os.environ | {"PYTHONWARNINGS": "ignore"},
                cwd=Path(__file__).parents[2],
            )

    def said(self) -> str:
        """What the processes wrote to standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8")


def runs(store: Store, study: str) -> list[JobRow]:
    """The study's rows of ``job_run``, the oldest first."""
    return jobs.recent(store, study)[::-1]


def leader(store: Store) -> str | None:
    """The holder of the scheduler's lease."""
    found = jobs.leader(store, "@scheduler")
    return found[0] if found else None


def end(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> int:
    """Signal a process of ours and wait; its exit code."""
    process.send_signal(number)
    return process.wait(20)
