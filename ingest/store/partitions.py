"""``reading`` in weeks: old weeks can be dropped at once, and a query touches only the weeks it asks for.

MySQL and MariaDB only; on SQLite nothing is partitioned and every function here is a no-op. Partitions are added at
the end, out of ``p_max``, which catches whatever is newer; what is older than the first week falls into the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from ingest.store.engine import Store, alone

__all__ = ["Partition", "ensure_partitions", "partition_status", "wanted_weeks"]

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: it ends before ``until`` (None: it catches the rest); ``rows`` is the server's estimate."""

    name: str
    until: date | None
    rows: int


def wanted_weeks(ends: Sequence[date], start: datetime, end: datetime) -> list[date]:
    """Mondays, each the first day of a partition to add, ascending.

    ``ends``: where the present partitions end. Every week up to the one of ``end`` gets its own, beginning where the
    last one ends, or with the week of ``start`` when there is none yet.

    >>> wanted_weeks([], datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    [datetime.date(2026, 11, 16), datetime.date(2026, 11, 23)]
    >>> wanted_weeks([date(2026, 11, 23)], datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    [datetime.date(2026, 11, 23)]
    """
    monday = max(ends) if ends else _monday(start)
    last = _monday(end)
    return [monday + WEEK * n for n in range((last - monday).days // 7 + 1)]


def _monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def ensure_partitions(store: Store, start: datetime, end: datetime) -> int:
    """Make sure that every week up to ``end`` has a partition of its own; returns how many were added.

    ``start`` only matters for a table that has no week yet. Cheap when nothing is missing; several processes may
    call it at once.
    """
    if store.dialect == "sqlite" or not _missing(store, start, end):
        return 0
    with alone(store, "partitions") as connection:
        weeks = _missing(store, start, end)
        if weeks:
            connection.exec_driver_sql(_split(weeks))
    return len(weeks)


def partition_status(store: Store) -> list[Partition]:
    """The partitions of ``reading`` in order of time; empty on SQLite."""
    if store.dialect == "sqlite":
        return []
    with store.connect() as connection:
        return _partitions(connection)


def _missing(store: Store, start: datetime, end: datetime) -> list[date]:
    return wanted_weeks([found.until for found in partition_status(store) if found.until is not None], start, end)


def _partitions(connection: Connection) -> list[Partition]:
    rows = connection.execute(
        text(
            "SELECT partition_name, partition_description, table_rows FROM information_schema.partitions"
            " WHERE table_schema = DATABASE() AND table_name = 'reading' AND partition_name IS NOT NULL"
            " ORDER BY partition_ordinal_position"
        )
    )
    return [
        Partition(name, None if bound == "MAXVALUE" else date.fromisoformat(bound.strip("'")[:10]), int(count or 0))
        for name, bound, count in rows
    ]


def _split(weeks: Sequence[date]) -> str:
    """The statement that cuts these weeks out of ``p_max``; nothing in it comes from outside."""
    parts = [f"PARTITION p{week:%Y%m%d} VALUES LESS THAN ('{week + WEEK} 00:00:00')" for week in weeks]
    parts.append("PARTITION p_max VALUES LESS THAN (MAXVALUE)")
    return f"ALTER TABLE reading REORGANIZE PARTITION p_max INTO ({', '.join(parts)})"
