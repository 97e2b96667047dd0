"""The queue between the stored routines and the workers: jobs taken, told of, ended, and given back.

A worker holds one lock of the server for itself, as long as its connection lives. Whoever wants to know whether it is
alive looks whether that connection holds it (the view ``serving``): no clock is compared, a worker that was killed is
noticed at once, and nobody else's lock counts. Another lock, for its job, only wakes the caller.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ingest.errors import EnvironmentFailure
from models.sql.errors import MlError, brief
from models.sql.names import quote

__all__ = ["Job", "Outcome", "Queue"]

log = structlog.get_logger()

HELD = 2
"""Seconds to wait for a table that an ended call left behind and somebody holds: it is his, in his own schema."""

TRIES = 100
"""Numbers that a worker tries before it gives up: of each, somebody else holds the lock."""
SILENT = 5
"""Seconds without a sign of the caller after which it is looked for among the server's threads."""
LEFT = {"staging": "", "copy": "_rows", "made": "_made"}
"""How the names end of what a job keeps in its caller's schema: results, a copy of the input, the output so far."""
LONGEST = 58
"""Letters of such a name, so that its end fits into the 64 of a table."""
KEPT_DAYS = 7
"""Days that ended jobs stay in ML_STATUS."""


@dataclass(frozen=True)
class Job:
    """One call of a routine."""

    number: int
    routine: str
    owner: str
    """The user's name, without the host."""
    connection: int
    """The caller's, to see whether it still waits."""
    language: str
    written: str
    """Its arguments as JSON: of the routine, or of whoever called the helper that queues."""

    @cached_property
    def args(self) -> dict[str, Any]:
        """The arguments by name. Raises `MlError` where they are no object."""
        try:
            args = orjson.loads(self.written)
        except orjson.JSONDecodeError:
            args = None
        if not isinstance(args, dict):
            raise MlError("the arguments of this job are no JSON object; call the ML routine itself, not its helpers")
        return args


@dataclass(frozen=True)
class Outcome:
    """How a job ended: ``done``, ``failed`` or ``cancelled``; why; its answer as JSON; what the caller shall run."""

    state: str
    message: str | None = None
    answer: str | None = None
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Queue:
    """The jobs of one installation. ``tables``: the schema of our tables."""

    engine: Engine
    tables: str

    @property
    def schema(self) -> str:
        """The schema of our tables, quoted."""
        return quote(self.tables)

    def view(self, job: Job, place: int = 0) -> str:
        """The view through which a job reads its table number ``place``, with the caller's rights."""
        return f"job_{job.number}_{place}"

    def lock(self, job: Job) -> str:
        """The lock that is held while a worker does a job."""
        return f"{self.tables}.job.{job.number}"

    def enlist(self, connection: Connection, version: str) -> int:
        """Register a worker on the connection that will keep it alive; its number."""
        for _ in range(TRIES):
            number = connection.execute(
                text(
                    f"INSERT INTO {self.schema}.worker (connection_id, started_at, version) "  # noqa: S608
                    "VALUES (CONNECTION_ID(), UTC_TIMESTAMP(6), :version)"
                ),
                {"version": version},
            ).lastrowid
            if self._lock(connection, f"worker.{number}"):
                break
            connection.rollback()
        else:
            raise EnvironmentFailure(
                f"{TRIES} locks named {self.tables}.worker.… are held by somebody else; find him with "
                f"SELECT IS_USED_LOCK('{self.tables}.worker.{number}')"
            )
        connection.commit()
        dead = connection.execute(
            text(
                f"SELECT worker_no FROM {self.schema}.worker "  # noqa: S608
                f"WHERE worker_no NOT IN (SELECT worker_no FROM {self.schema}.serving)"
            )
        ).scalars()
        for other in dead.all():
            connection.execute(text(f"DELETE FROM {self.schema}.worker WHERE worker_no = :other"), {"other": other})  # noqa: S608
        connection.commit()
        return int(number)

    def take(self, connection: Connection, worker: int) -> Job | None:
        """The oldest job that waits, and its lock."""
        row = connection.execute(
            text(
                f"SELECT job_no, routine, owner, connection_id, language, args FROM {self.schema}.job "  # noqa: S608
                "WHERE state = 'queued' ORDER BY job_no LIMIT 1 FOR UPDATE SKIP LOCKED"
            )
        ).first()
        if row is None:
            connection.rollback()
            return None
        self._lock(connection, f"job.{row[0]}")
        connection.execute(
            text(f"DELETE FROM {self.schema}.step WHERE job_no = :job"),  # noqa: S608 - of a worker that died
            {"job": row[0]},
        )
        connection.execute(
            text(
                f"UPDATE {self.schema}.job SET state = 'running', attempts = attempts + 1, worker_no = :worker, "  # noqa: S608
                "started_at = UTC_TIMESTAMP(6), stage = NULL, percent = 0 WHERE job_no = :job"
            ),
            {"worker": worker, "job": row[0]},
        )
        connection.commit()
        return Job(int(row[0]), str(row[1]), str(row[2]), int(row[3]), str(row[4]), str(row[5]))

    def end(self, connection: Connection, job: Job, outcome: Outcome) -> None:
        """Write the outcome, then let go of the lock: the caller wakes and finds it."""
        connection.execute(
            text(
                f"UPDATE {self.schema}.job SET state = :state, message = :message, answer = :answer, "  # noqa: S608
                "percent = IF(:state = 'done', 100, percent), ended_at = UTC_TIMESTAMP(6) "
                "WHERE job_no = :job AND state = 'running'"
            ),
            {
                "state": outcome.state,
                "message": None if outcome.message is None else brief(outcome.message),
                "answer": outcome.answer,
                "job": job.number,
            },
        )
        # In one transaction: whoever has run the last statement must find the job done, or it would be done again.
        for statement in outcome.statements:
            self._leave(connection, job, statement)
        connection.commit()
        connection.execute(text("DO RELEASE_LOCK(:name)"), {"name": self.lock(job)})
        connection.commit()

    def leave(self, job: Job, statement: str) -> None:
        """A statement that the caller shall run, with the caller's rights, when it has run those before it."""
        with self.engine.begin() as connection:
            self._leave(connection, job, statement)

    def _leave(self, connection: Connection, job: Job, statement: str) -> None:
        connection.execute(
            text(f"INSERT INTO {self.schema}.step (job_no, statement) VALUES (:job, :statement)"),  # noqa: S608
            {"job": job.number, "statement": statement},
        )

    def tell(self, job: Job, stage: str, percent: float) -> None:
        """How far a job has come, for ML_STATUS."""
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    f"UPDATE {self.schema}.job SET stage = :stage, percent = :percent "  # noqa: S608
                    "WHERE job_no = :job AND state = 'running'"
                ),
                {"stage": stage[:80], "percent": percent, "job": job.number},
            )

    def abandoned(self, job: Job) -> bool:
        """Has the caller gone, or been interrupted?"""
        with self._looking() as connection:
            command = connection.execute(
                text("SELECT COMMAND FROM information_schema.PROCESSLIST WHERE ID = :id"), {"id": job.connection}
            ).scalar()
            if command is not None:
                return str(command) not in ("Query", "Execute")
            silent = connection.execute(
                text(
                    "SELECT TIMESTAMPDIFF(SECOND, seen_at, UTC_TIMESTAMP(6)) "  # noqa: S608
                    f"FROM {self.schema}.job WHERE job_no = :job"
                ),
                {"job": job.number},
            ).scalar()
            return silent is None or int(silent) > SILENT

    def sweep(self) -> None:
        """Give back what dead workers left, and clear what ended calls left behind."""
        with self.engine.begin() as connection:
            left = connection.execute(
                text(
                    f"SELECT job_no FROM {self.schema}.job WHERE state = 'running' "  # noqa: S608
                    f"AND worker_no NOT IN (SELECT worker_no FROM {self.schema}.serving)"
                )
            ).scalars()
            for number in left.all():
                connection.execute(text(f"CALL {self.schema}.genba_give_back(:job)"), {"job": number})
        with self.engine.begin() as connection:
            # A call that still runs its own last statements needs them: it is seen among the threads.
            ended = connection.execute(
                text(
                    f"SELECT job_no, owner FROM {self.schema}.job WHERE cleared = 0 "  # noqa: S608
                    "AND (state IN ('done', 'failed', 'cancelled') "
                    "OR (state = 'new' AND created_at < UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE)) AND NOT EXISTS "
                    "(SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = connection_id AND COMMAND <> 'Sleep')"
                )
            ).all()
            old = connection.execute(
                text(
                    f"SELECT job_no FROM {self.schema}.job WHERE cleared = 1 "  # noqa: S608
                    "AND created_at < UTC_TIMESTAMP(6) - INTERVAL :days DAY"
                ),
                {"days": KEPT_DAYS},
            ).scalars()
            for number in old.all():
                connection.execute(text(f"DELETE FROM {self.schema}.job WHERE job_no = :job"), {"job": number})  # noqa: S608
        for number, owner in ended:
            self._clear(int(number), str(owner))

    def staging(self, job: Job) -> tuple[str, str]:
        """Schema and table that a job's results wait in for the caller to fetch them."""
        return f"ML_SCHEMA_{job.owner}", self._staging(job.number)

    def _staging(self, number: int) -> str:
        # Another installation on the same server counts its own jobs.
        return f"job_{number}_of_{self.tables}"[:LONGEST]

    def _clear(self, number: int, owner: str) -> None:
        """Views and staging tables of a job that has ended. What its owner holds on to in his schema stays there."""
        with self.engine.begin() as connection:
            connection.execute(text(f"CALL {self.schema}.genba_clear(:job)"), {"job": number})
            connection.execute(text(f"DELETE FROM {self.schema}.step WHERE job_no = :job"), {"job": number})  # noqa: S608
            connection.execute(
                text(
                    f"UPDATE {self.schema}.job SET cleared = 1, state = IF(state = 'new', 'cancelled', state) "  # noqa: S608
                    "WHERE job_no = :job"
                ),
                {"job": number},
            )
        try:
            with self.engine.connect() as connection:
                self._drop_staging(connection, number, owner)
        except DBAPIError as error:
            log.warning("staging", job=number, owner=owner, error=str(error.orig))

    def _drop_staging(self, connection: Connection, number: int, owner: str) -> None:
        home = f"ML_SCHEMA_{owner}"
        tables = connection.execute(
            text(
                "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = :home "
                "AND TABLE_NAME IN (:staging, :copy, :made)"
            ),
            {"home": home} | {name: self._staging(number) + end for name, end in LEFT.items()},
        ).scalars()
        left = tables.all()
        if left:
            connection.detach()  # so little patience is not for other work
            connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {HELD}")
        for table in left:
            name = f"{quote(home)}.{quote(str(table))}".replace("%", "%%")
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")

    def _lock(self, connection: Connection, name: str) -> bool:
        return connection.execute(text("SELECT GET_LOCK(:name, 0)"), {"name": f"{self.tables}.{name}"}).scalar() == 1

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection
            connection.rollback()
