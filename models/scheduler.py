"""The scheduler: each study's chain at its time, one scheduler per database, missed runs caught up once.

APScheduler keeps the clock; the truth about what ran stands in ``job_run``, so nothing is pickled and a restart forgets
nothing. Each chain runs in a process of its own (``genba schedule once``) with a time limit: a training that eats the
memory or hangs takes only itself down.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.exc import SQLAlchemyError

from ingest.errors import SettingsError, nearest
from ingest.plant import Plant
from ingest.retry import retrying
from ingest.settings import Settings
from ingest.store import jobs
from ingest.store.engine import Store
from models.lease import Lease

__all__ = ["LEASE", "Scheduler", "due_times", "missed_run", "triggers"]

LEASE = "@scheduler"
"""No study can be called so."""

LOOK_SECONDS = 0.5
"""Between looks at a running chain and at the lease."""

GRACE_SECONDS = 10.0
"""What a chain that is ended has to give its lease back."""

INSTANT = timedelta(microseconds=1)
Result = TypeVar("Result")

log = structlog.get_logger()


def triggers(settings: Settings, plant: Plant) -> dict[str, CronTrigger]:
    """When each study of the plant is due. Raises `SettingsError` for an unknown study or a bad line of cron fields."""
    for study in settings.schedule.studies:
        if study not in plant.studies:
            raise SettingsError(f"schedule.studies.{study}: no such study; {nearest(study, plant.studies)}")
    found = {}
    for study in plant.studies:
        fields = settings.schedule.studies.get(study, settings.schedule.default)
        try:
            found[study] = CronTrigger.from_crontab(fields, timezone=plant.site.zone)
        except ValueError as error:
            raise SettingsError(
                f"schedule for {study}: {fields!r} is not five cron fields ({error}); for example '0 5 * * *'"
            ) from None
    return found


def missed_run(trigger: CronTrigger, last_due: datetime | None, now: datetime, misfire_days: int) -> datetime | None:
    """The newest due time since the last run that is already past, or none: however many were missed, one is run."""
    if last_due is None:
        return None
    due = trigger.get_next_fire_time(None, max(last_due + INSTANT, now - timedelta(days=misfire_days)))
    missed: datetime | None = None
    while due is not None and due <= now:
        missed = due
        due = trigger.get_next_fire_time(None, due + INSTANT)
    return missed


def due_times(settings: Settings, plant: Plant, now: datetime) -> dict[str, datetime | None]:
    """The next due time of each study."""
    return {study: trigger.get_next_fire_time(None, now) for study, trigger in triggers(settings, plant).items()}


@dataclass(frozen=True)
class _Command:
    """How to run one study's chain in a process of its own."""

    settings_file: Path | None
    timeout: float

    def run(self, study: str, due_at: datetime, stopping: threading.Event) -> str | None:
        """Run the chain; the error in words, or none. The chain writes its own rows of ``job_run``."""
        arguments = [sys.executable, "-m", "ingest.command", "schedule", "once", "--study", study]
        arguments += ["--due", due_at.isoformat()]
        if self.settings_file is not None:
            arguments += ["--settings", str(self.settings_file)]
        deadline = time.monotonic() + self.timeout
        with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            while True:
                try:
                    _, said = process.communicate(timeout=LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    if stopping.is_set():
                        return _ended(process, "stopped together with the scheduler")
                    if time.monotonic() > deadline:
                        return _ended(
                            process, f"stopped after {self.timeout / 60:g} minutes (schedule.timeout_minutes)"
                        )
        if process.returncode == 0:
            return None
        lines = said.strip().splitlines()
        return lines[-1] if lines else f"the process ended with {process.returncode} and said nothing"


def _ended(process: subprocess.Popen[str], why: str) -> str:
    process.terminate()
    try:
        process.communicate(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return why


class Scheduler:
    """Runs until `stop`; works only while it holds the lease of its database."""

    def __init__(self, settings: Settings, plant: Plant, store: Store, settings_file: Path | None) -> None:
        self._settings = settings.schedule
        self._store = store
        self._triggers = triggers(settings, plant)
        self._command = _Command(settings_file, settings.schedule.timeout_minutes * 60)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End soon; a chain in hand is ended too, and its row says so."""
        self._stopping.set()

    def run(self) -> None:
        """Wait for the lease, schedule while it is held, give it back at the end; a lost one is waited for again."""
        try:
            while not self._stopping.is_set():
                with Lease(self._store, LEASE, self._settings.lease_seconds) as lease:
                    if self._wait_for(lease):
                        self._lead(lease)
        except SQLAlchemyError:
            # Whoever is told to stop while the database is away stops; there is nothing to say.
            if not self._stopping.is_set():
                raise

    def _patiently(self, call: Callable[[], Result]) -> Result:
        """The database may be away for a while: that ends nothing but its own silence, or `stop`."""
        return retrying(
            call,
            stop=self._stopping,
            longest=5.0,
            heard=lambda error, _: log.warning("the database does not answer; waiting", why=str(error).splitlines()[0]),
        )

    def _wait_for(self, lease: Lease) -> bool:
        waiting_said = False
        while not self._patiently(lease.acquire):
            if not waiting_said:
                leader = self._patiently(lease.leader)
                log.info("another scheduler works on this database; waiting", leader=leader)
                waiting_said = True
            if self._stopping.wait(self._settings.lease_seconds / 3):
                return False
        return True

    def _lead(self, lease: Lease) -> None:
        now = datetime.now(UTC)
        # One thread: on a small box two trainings at once are slower than two in a row.
        clock = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone="UTC")
        for study, trigger in self._triggers.items():
            clock.add_job(
                self._due,
                trigger,
                args=[lease, study],
                id=study,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                # From the same instant as what was missed before it: nothing falls between, nothing comes twice.
                next_run_time=trigger.get_next_fire_time(None, now + INSTANT),
            )
        for study, due_at in self._patiently(lambda: self._missed(now)).items():
            log.info("catching up a missed run", study=study, due_at=due_at.isoformat())
            clock.add_job(self._run, args=[lease, study, due_at], misfire_grace_time=None)
        clock.start()
        log.info("scheduling", studies=sorted(self._triggers))
        while lease.held and not self._stopping.wait(LOOK_SECONDS):
            pass
        if not self._stopping.is_set():
            log.error("the lease was lost; waiting for it again")
        clock.shutdown(wait=True)

    def _missed(self, now: datetime) -> Mapping[str, datetime]:
        found = {
            study: missed_run(trigger, jobs.last_due(self._store, study), now, self._settings.misfire_days)
            for study, trigger in self._triggers.items()
        }
        return {study: due_at for study, due_at in found.items() if due_at is not None}

    def _due(self, lease: Lease, study: str) -> None:
        self._run(lease, study, datetime.now(UTC))

    def _run(self, lease: Lease, study: str, due_at: datetime) -> None:
        # A run that still stood in the queue belongs to whoever leads next, who finds it missing.
        if self._stopping.is_set() or not lease.held:
            return
        self._patiently(lambda: jobs.last_due(self._store, study))
        log.info("running", study=study)
        error = self._command.run(study, due_at, self._stopping)
        if error is None:
            log.info("done", study=study)
            return
        log.error("the chain failed", study=study, error=error)
        self._patiently(lambda: jobs.fail_run(self._store, study, jobs.STAGES[0], due_at, error))
