"""Job runs and leases: what the scheduler did, and who may work alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from ingest.store.engine import Store
from ingest.store.schema import job_run, lease

__all__ = [
    "STAGES",
    "JobRow",
    "acquire",
    "fail_orphans",
    "fail_run",
    "finish",
    "last_due",
    "leader",
    "recent",
    "release",
    "start",
]

STAGES = ("build", "train", "score", "rank", "measure", "report")
"""The jobs of a study's chain, in order."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """One stage of one study's chain."""

    run_id: int
    study: str
    job: str
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    status: str
    counts: Mapping[str, Any]
    error: str | None


def start(store: Store, study: str, job: str, due_at: datetime) -> int:
    """A job begins; returns the id of its row."""
    with store.begin() as connection:
        result = connection.execute(
            insert(job_run).values(
                study=study, job=job, due_at=due_at, started_at=datetime.now(UTC), status="running", counts="{}"
            )
        )
        key = result.inserted_primary_key
        assert key is not None
        return int(key[0])


def finish(store: Store, run_id: int, counts: Mapping[str, Any], error: str | None = None) -> None:
    """A job ended: done, or failed with the error in words."""
    with store.begin() as connection:
        connection.execute(
            update(job_run)
            .where(job_run.c.run_id == run_id)
            .values(
                finished_at=datetime.now(UTC),
                status="failed" if error else "done",
                counts=orjson.dumps(dict(counts)).decode(),
                error=error,
            )
        )


def fail_orphans(store: Store, study: str, error: str) -> int:
    """Close rows that a dead process left running; returns how many. The caller holds the study's lease."""
    with store.begin() as connection:
        result = connection.execute(
            update(job_run)
            .where(job_run.c.study == study, job_run.c.status == "running")
            .values(finished_at=datetime.now(UTC), status="failed", error=error)
        )
        return int(result.rowcount)


def fail_run(store: Store, study: str, job: str, due_at: datetime, error: str) -> None:
    """Say why the run that was due then has ended; one that never began gets a row too, for the ``job`` it lacks."""
    with store.begin() as connection:
        mine = (job_run.c.study == study) & (job_run.c.due_at == due_at)
        connection.execute(
            update(job_run)
            .where(mine, job_run.c.status == "running")
            .values(finished_at=datetime.now(UTC), status="failed", error=error)
        )
        begun = connection.execute(select(job_run.c.run_id).where(mine).limit(1)).first()
    if begun is None:
        finish(store, start(store, study, job, due_at), {}, error)


def last_due(store: Store, study: str) -> datetime | None:
    """For which due time the study's chain was last begun."""
    with store.connect() as connection:
        moment: datetime | None = connection.execute(
            select(func.max(job_run.c.due_at)).where(job_run.c.study == study)
        ).scalar()
    return moment


def recent(store: Store, study: str, limit: int = 20) -> list[JobRow]:
    """The newest runs of a study."""
    with store.connect() as connection:
        rows = connection.execute(
            select(job_run).where(job_run.c.study == study).order_by(job_run.c.run_id.desc()).limit(limit)
        )
        return [
            JobRow(
                row.run_id,
                row.study,
                row.job,
                row.due_at,
                row.started_at,
                row.finished_at,
                row.status,
                orjson.loads(row.counts),
                row.error,
            )
            for row in rows
        ]


def _now(connection: Connection) -> datetime:
    """The database's clock: two boxes may disagree about the time, a lease may not."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    moment: datetime = connection.execute(text("SELECT UTC_TIMESTAMP(6)")).scalar_one()
    return moment.replace(tzinfo=UTC)


def acquire(store: Store, name: str, holder: str, seconds: float) -> bool:
    """Take or renew a lease; false while somebody else holds it.

    The comparison is made by the database in one statement, so two processes cannot both win.
    """
    with store.begin() as connection:
        now = _now(connection)
        values = {"holder": holder, "expires_at": now + timedelta(seconds=seconds)}
        taken = connection.execute(
            update(lease)
            .where(lease.c.name == name, (lease.c.holder == holder) | (lease.c.expires_at < now))
            .values(**values)
        )
        if taken.rowcount:
            return True
    try:
        with store.begin() as connection:
            connection.execute(insert(lease).values(name=name, **values))
    except IntegrityError:
        return False
    return True


def release(store: Store, name: str, holder: str) -> None:
    """Give a lease back; without effect when it is not ours."""
    with store.begin() as connection:
        connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))


def leader(store: Store, name: str) -> tuple[str, datetime] | None:
    """Who holds a lease that has not run out, and until when."""
    with store.connect() as connection:
        row = connection.execute(
            select(lease.c.holder, lease.c.expires_at).where(
                lease.c.name == name, lease.c.expires_at >= _now(connection)
            )
        ).first()
    return None if row is None else (row.holder, row.expires_at)
