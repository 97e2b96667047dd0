"""``genba schedule run`` as a process: who leads, what is caught up, how it ends, and a database that goes away."""

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.date import DateTrigger
from sqlalchemy import text

from ingest.settings import Database
from ingest.store import jobs
from ingest.store.engine import Store
from ingest.store.jobs import STAGES
from models.scheduler import Scheduler, _Command
from simulators.servers import Server
from tests.models.small_plant import BROKEN, TOML, Home, bottles, end, leader, presses, runs
from tests.waiting import until

DAILY = "0 5 * * *"


@contextmanager
def schedulers(home: Home, count: int = 1) -> Iterator[tuple[Store, list[subprocess.Popen[str]]]]:
    """``genba schedule run``, one of them leading; whatever is left at the end is killed."""
    running = [home.start("schedule", "run") for _ in range(count)]
    try:
        with home.store() as store:
            until(lambda: leader(store) or any(process.poll() is not None for process in running), 20, "one leads")
            assert all(process.poll() is None for process in running), home.said()
            yield store, running
    finally:
        for process in running:
            process.kill()
            process.wait()


def missed(home: Home, *studies: str) -> datetime:
    """Each study ran two days ago, and the process died in its report; returns the due time."""
    due = datetime.now(UTC) - timedelta(days=2)
    with home.store() as store:
        for study in studies:
            jobs.start(store, study, "report", due)
    return due


def of(process: subprocess.Popen[str], holder: str | None) -> bool:
    return holder is not None and holder.split(":")[1] == str(process.pid)


@pytest.mark.mariadb
def test_one_leads_and_when_it_is_killed_the_other_does(
    tmp_path: Path, new_database: Callable[[str], Database]
) -> None:
    home = Home(tmp_path, new_database("mariadb"))
    home.fill()
    with schedulers(home, 2) as (store, running):
        until(lambda: "another scheduler works on this database" in home.said(), 20, "the other waits")
        first = next(process for process in running if of(process, leader(store)))
        other = next(process for process in running if process is not first)
        end(first, signal.SIGKILL)
        until(lambda: of(other, leader(store)), 3, "the other leads within the lease's time, 1 s, and a third")
        assert end(other) == 0
        assert leader(store) is None
    assert home.said().count("scheduling") == 2


def test_a_missed_run_is_caught_up_once_and_a_broken_study_stops_nobody(
    tmp_path: Path, new_database: Callable[[str], Database]
) -> None:
    home = Home(tmp_path, new_database("sqlite"), TOML + BROKEN, default=DAILY)
    home.fill(bottles(), presses())
    old = missed(home, "caps", "power")
    with schedulers(home) as (store, (process,)):
        until(
            lambda: runs(store, "power")[-1].job == "report" and runs(store, "power")[-1].status == "done",
            30,
            "caught up",
        )
        assert end(process) == 0
    for study, jobs_run in (("caps", ["build"]), ("power", list(STAGES))):
        dead, *caught_up = home.runs(study)
        assert (dead.due_at, dead.status, dead.error) == (old, "failed", "the process ended without a word")
        assert [row.job for row in caught_up] == jobs_run
        (due,) = {row.due_at for row in caught_up}
        # Two were missed; the newest stands for both: 05:00 in Osaka.
        assert old + timedelta(days=1) <= due <= datetime.now(UTC)
        assert (due.hour, due.minute) == (20, 0)
    assert "which is taken; rename it" in str(home.runs("caps")[-1].error)
    with home.store() as store:
        again = Scheduler(home.settings, home.plant, store, home.file)
        assert again._missed(datetime.now(UTC)) == {}


@pytest.mark.mariadb
def test_a_scheduler_that_is_stopped_ends_its_chain_and_says_so(
    tmp_path: Path, new_database: Callable[[str], Database]
) -> None:
    home = Home(tmp_path, new_database("mariadb"), default=DAILY)
    home.fill(bottles())
    missed(home, "caps", "power")
    with home.store() as other, other.connect() as blocker:
        blocker.execute(text("LOCK TABLES unit_visit WRITE"))
        with schedulers(home) as (store, (process,)):
            until(lambda: runs(store, "caps")[-1].job == "build", 20, "the chain has begun")
            assert end(process) == 0
            assert jobs.leader(store, "caps") is None
            assert leader(store) is None
    assert (home.runs("caps")[-1].status, home.runs("caps")[-1].error) == (
        "failed",
        "stopped together with the scheduler",
    )
    # What still stood in the queue did not begin: it will be found missing.
    assert len(home.runs("power")) == 1


@pytest.mark.mariadb
def test_a_database_that_goes_away_is_waited_for(tmp_path: Path, private: Callable[..., Server]) -> None:
    server = private("mariadb")
    home = Home(tmp_path, Database(url=server.url))
    home.fill()
    with schedulers(home) as (store, (process,)):
        until(lambda: "scheduling" in home.said(), 20, "it leads")
        server.kill()
        until(lambda: "the lease was lost; waiting for it again" in home.said(), 20, "the lease has run out")
        until(lambda: "the database does not answer; waiting" in home.said(), 20, "it waits")
        server.start()
        until(lambda: leader(store), 30, "it leads again")
        assert process.poll() is None
        server.kill()
        assert end(process) == 0


@contextmanager
def due(home: Home) -> Iterator[tuple[Store, datetime]]:
    """A scheduler in a thread, for which a run of ``power`` is due."""
    moment = datetime.now(UTC) + timedelta(seconds=0.3)
    with home.store() as store:
        scheduler = Scheduler(home.settings, home.plant, store, home.file)
        scheduler._triggers = {"power": DateTrigger(moment)}
        thread = threading.Thread(target=scheduler.run)
        thread.start()
        try:
            yield store, moment
        finally:
            scheduler.stop()
            thread.join(20)
    assert not thread.is_alive()


def test_a_due_time_runs_the_chain(tmp_path: Path, new_database: Callable[[str], Database]) -> None:
    home = Home(tmp_path, new_database("sqlite"))
    home.fill(presses(12))
    with due(home) as (store, moment):
        until(lambda: [row.status for row in runs(store, "power")] == ["done"] * len(STAGES), 30, "the chain has run")
    assert moment <= home.runs("power")[0].due_at <= moment + timedelta(seconds=5)


def test_a_chain_that_takes_too_long_is_ended_and_says_so(
    tmp_path: Path, new_database: Callable[[str], Database]
) -> None:
    home = Home(tmp_path, new_database("sqlite"), timeout_minutes=0.002)
    home.fill()
    with due(home) as (store, _):
        until(lambda: [row.status for row in runs(store, "power")] == ["failed"], 20, "the run was ended")
    assert home.runs("power")[0].error == "stopped after 0.002 minutes (schedule.timeout_minutes)"


def test_a_chain_that_cannot_begin_says_why(tmp_path: Path, new_database: Callable[[str], Database]) -> None:
    home = Home(tmp_path, new_database("sqlite"))
    home.fill()
    said = _Command(home.file, 60).run("cap", datetime.now(UTC), threading.Event())
    assert said == "genba: study 'cap' is not in the plant file; did you mean 'caps'?"
