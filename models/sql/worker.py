"""The worker behind the stored routines: takes jobs, does them with the engine, and outlives what goes wrong in one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ingest.errors import GenbaError
from models.automl.facts import versions
from models.sql.bench import Bench, Cancelled, Shelf
from models.sql.errors import MlError
from models.sql.install import kind_of
from models.sql.jobs import JOBS
from models.sql.queue import Job, Outcome, Queue

__all__ = ["Worker"]

log = structlog.get_logger()

IDLE = 0.02
"""Seconds between two looks at an empty queue: what a call waits at most before anybody takes it."""
LOOK = 0.5
"""Seconds between two looks whether the caller is still there."""
SWEEP = 5.0
LARGEST = 8 * 2**20
"""Bytes of an answer: as a statement below MariaDB's ``max_allowed_packet`` of 16 MiB."""
PATIENCE = 60
"""Seconds to wait for a table that somebody alters, or holds."""
SILENCE = 60
"""Seconds after which the server ends the connection of a worker that has gone without a word."""


def _patient(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION lock_wait_timeout = {PATIENCE}")


class Worker:
    """One worker. ``stop`` ends it after the job in hand."""

    def __init__(self, engine: Engine, tables: str) -> None:
        self.engine = engine
        # Or whoever holds a lock on a table of his own would hold the worker.
        event.listen(engine, "connect", _patient)
        self.queue = Queue(engine, tables)
        self.shelf = Shelf()
        self.stop = threading.Event()

    def run(self, ready: Callable[[], None]) -> None:
        """Until stopped. ``ready`` is called when jobs are taken. Database errors end it: whoever starts it starts it
        again."""
        with self.engine.connect() as connection:
            kind_of(connection)  # one that is too old is named
            connection.execute(text("SET SESSION wait_timeout = :silence"), {"silence": SILENCE})
            number = self.queue.enlist(connection, versions().get("genba", "?"))
            ready()
            swept = 0.0
            while not self.stop.is_set():
                if time.monotonic() - swept > SWEEP:
                    self._sweep()
                    swept = time.monotonic()
                job = self.queue.take(connection, number)
                if job is None:
                    self.stop.wait(IDLE)
                    continue
                self._do(connection, job)

    def _sweep(self) -> None:
        """What does not go now, for somebody's lock or a deadlock, goes the next time."""
        try:
            self.queue.sweep()
        except DBAPIError as error:
            log.warning("sweep", error=str(error.orig))

    def _do(self, connection: Connection, job: Job) -> None:
        began = time.monotonic()
        with _watched(self.queue, job) as gone, _kept(connection):
            bench = Bench(self.engine, self.queue, job, self.shelf, gone)
            outcome = _outcome(bench)
        self.queue.end(connection, job, outcome)
        log.info("job", job=job.number, routine=job.routine, owner=job.owner, state=outcome.state,
                 seconds=round(time.monotonic() - began, 3))  # fmt: skip


def _outcome(bench: Bench) -> Outcome:
    """Whatever a job raises ends it, and not the worker."""
    work = JOBS.get(bench.job.routine)
    if work is None:
        return Outcome("failed", f"routine {bench.job.routine!r} is unknown to this worker; update it")
    try:
        return _done(work(bench))
    except Cancelled:
        return Outcome("cancelled", "the caller has gone, or interrupted the call")
    except GenbaError as error:
        return Outcome("failed", str(error))
    except DBAPIError as error:
        log.warning("job", job=bench.job.number, routine=bench.job.routine, error=str(error.orig))
        denied = bench.denied(error)
        if denied:
            return Outcome("failed", denied)
        said = str(error.orig.args[-1]) if error.orig is not None and error.orig.args else str(error)
        return Outcome("failed", f"the database refused a part of this call: {said}; the worker's log says more")
    except MemoryError:
        return Outcome("failed", "not enough memory for this table; give fewer rows or columns")
    except Exception:
        log.exception("job", job=bench.job.number, routine=bench.job.routine)
        said = f"report what the worker's log says of job {bench.job.number}"
        return Outcome("failed", f"a fault of genba's own ended this call; {said}")


def _done(answer: dict[str, Any]) -> Outcome:
    statements = tuple(answer.pop("statements", ()))
    written = orjson.dumps(answer)
    if len(written) > LARGEST:
        raise MlError(f"the answer has {len(written)} bytes, more than {LARGEST}; ask for less")
    return Outcome("done", answer=written.decode(), statements=statements)


@contextmanager
def _watched(queue: Queue, job: Job) -> Iterator[threading.Event]:
    """An event that is set when nobody waits for the job any more."""
    gone, done = threading.Event(), threading.Event()

    def look() -> None:
        while not done.wait(LOOK):
            try:
                if queue.abandoned(job):
                    gone.set()
                    return
            except SQLAlchemyError as error:
                log.warning("job", job=job.number, error=str(error))

    watcher = threading.Thread(target=look, name=f"job-{job.number}", daemon=True)
    watcher.start()
    try:
        yield gone
    finally:
        done.set()
        watcher.join()


@contextmanager
def _kept(connection: Connection) -> Iterator[None]:
    """The connection that holds the locks, spoken to now and then while the job runs on others."""
    done = threading.Event()

    def speak() -> None:
        while not done.wait(SILENCE / 4):
            connection.execute(text("DO 1"))
            connection.rollback()

    speaker = threading.Thread(target=speak, name="keep", daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()
