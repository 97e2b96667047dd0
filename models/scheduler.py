"""The scheduler: each study's chain at its time, one scheduler per database, missed runs caught up once.

APScheduler keeps the clock; the truth about what ran stands in ``job_run``, so nothing is pickled and a restart forgets
nothing. Each chain runs in a process of its own (``genba schedule once``) with a time limit: a training that eats the
memory or hangs takes only itself down.
"""

import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from ingest.errors import SettingsError, nearest
from ingest.plant import Plant
from ingest.settings import Settings
from ingest.store import jobs
from ingest.store.engine import Store
from models.lease import SECONDS, Lease

__all__ = ["Scheduler", "due_times", "missed_run", "triggers"]

LEASE = "scheduler"

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
    instant = timedelta(microseconds=1)
    due = trigger.get_next_fire_time(None, max(last_due + instant, now - timedelta(days=misfire_days)))
    missed: datetime | None = None
    while due is not None and due <= now:
        missed = due
        due = trigger.get_next_fire_time(None, due + instant)
    return missed


def due_times(settings: Settings, plant: Plant, now: datetime) -> dict[str, datetime | None]:
    """The next due time of each study."""
    return {study: trigger.get_next_fire_time(None, now) for study, trigger in triggers(settings, plant).items()}


@dataclass(frozen=True)
class _Command:
    """How to run one study's chain in a process of its own."""

    settings_file: Path | None
    timeout: float

    def run(self, study: str, due_at: datetime) -> str | None:
        """Run the chain; the error in words, or none. The chain writes its own rows of ``job_run``."""
        arguments = [sys.executable, "-m", "ingest.command", "schedule", "once", "--study", study]
        arguments += ["--due", due_at.isoformat()]
        if self.settings_file is not None:
            arguments += ["--settings", str(self.settings_file)]
        try:
            done = subprocess.run(arguments, timeout=self.timeout, capture_output=True, text=True, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            return f"stopped after {self.timeout / 60:g} minutes (schedule.timeout_minutes)"
        if done.returncode:
            said = done.stderr.strip().splitlines()
            return said[-1] if said else f"the process ended with {done.returncode} and said nothing"
        return None


class Scheduler:
    """Runs until `stop`; works only while it holds the lease of its database."""

    def __init__(self, settings: Settings, plant: Plant, store: Store, settings_file: Path | None) -> None:
        self._settings = settings
        self._store = store
        self._triggers = triggers(settings, plant)
        self._command = _Command(settings_file, settings.schedule.timeout_minutes * 60)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End after the run in hand."""
        self._stopping.set()

    def run(self) -> None:
        """Wait for the lease, schedule while it is held, and give it back at the end."""
        waiting_said = False
        with Lease(self._store, LEASE) as lease:
            while not lease.held:
                if not waiting_said:
                    log.info("another scheduler works on this database; waiting", leader=lease.leader())
                    waiting_said = True
                if self._stopping.wait(SECONDS / 3):
                    return
                lease.acquire()
            self._lead(lease)

    def _lead(self, lease: Lease) -> None:
        # One thread: on a small box two trainings at once are slower than two in a row.
        clock = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone="UTC")
        for study, trigger in self._triggers.items():
            clock.add_job(
                self._due, trigger, args=[study], id=study, coalesce=True, max_instances=1, misfire_grace_time=None
            )
        for study, due_at in self._missed().items():
            log.info("catching up a missed run", study=study, due_at=due_at.isoformat())
            clock.add_job(self._run, args=[study, due_at], misfire_grace_time=None)
        clock.start()
        log.info("scheduling", studies=sorted(self._triggers))
        while not self._stopping.wait(1.0):
            if lease.lost.is_set():
                log.error("the lease was lost to another scheduler; stopping")
                break
        clock.shutdown(wait=True)

    def _missed(self) -> Mapping[str, datetime]:
        now = datetime.now(UTC)
        days = self._settings.schedule.misfire_days
        found = {
            study: missed_run(trigger, jobs.last_due(self._store, study), now, days)
            for study, trigger in self._triggers.items()
        }
        return {study: due_at for study, due_at in found.items() if due_at is not None}

    def _due(self, study: str) -> None:
        self._run(study, datetime.now(UTC))

    def _run(self, study: str, due_at: datetime) -> None:
        log.info("running", study=study)
        error = self._command.run(study, due_at)
        if error is not None:
            jobs.fail_orphans(self._store, study, error)
            log.error("the chain failed", study=study, error=error)
        else:
            log.info("done", study=study)
