"""Every question to the facts of the plant: signals, readings, units, verdicts, quarantine, ledger.

Instants are aware UTC; `ReadingColumns` has microseconds since 1970 instead, because millions of datetimes are slow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, and_, func, literal_column, select
from sqlalchemy.sql.elements import ColumnElement

from ingest.store.engine import Store
from ingest.store.schema import (
    Moment,
    metadata,
    reading,
    signal,
    signal_level,
    unit,
    unit_visit,
    verdict,
)
from ingest.store.schema import (
    ledger as ledger_table,
)
from ingest.store.schema import (
    quarantine as quarantine_table,
)

__all__ = [
    "LedgerRow",
    "QuarantineRow",
    "ReadingColumns",
    "SignalRow",
    "UnitRow",
    "VerdictRow",
    "VisitRow",
    "counts",
    "ledger",
    "levels",
    "newest_before",
    "quarantine",
    "reading_span",
    "readings",
    "signals",
    "units_after",
    "units_by_serial",
    "units_finished",
    "verdicts_after",
    "verdicts_for",
    "visits",
]

Value = TypeVar("Value")

CHUNK: Final = 1000
"""Values in one IN list."""


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A source of readings; ``last_*`` belong to its newest reading."""

    signal_id: int
    address: str
    unit: str
    kind: str
    declared: bool
    first_seen: datetime | None
    last_seen: datetime | None
    last_value: float | None


@dataclass(frozen=True, slots=True)
class ReadingColumns:
    """Readings as three columns of equal length; ``ts_us`` is µs since 1970 UTC."""

    signal_id: list[int]
    ts_us: list[int]
    value: list[float]

    def __len__(self) -> int:
        return len(self.ts_us)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A part or interval."""

    seq: int
    line: str
    serial: str
    product: str | None
    lot: str | None
    started: datetime
    finished: datetime


@dataclass(frozen=True, slots=True)
class VisitRow:
    """When a part was in a machine."""

    serial: str
    machine: str
    entered: datetime
    left: datetime


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What inspection said."""

    seq: int
    line: str
    serial: str
    made_at: datetime
    judged_at: datetime
    verdict: str


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A message that could not be read."""

    digest: str
    source: str
    topic: str
    reason: str
    detail: str
    payload: bytes
    first_seen: datetime
    last_seen: datetime
    times: int


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """received == committed + duplicate + quarantined, for one source and UTC day of arrival."""

    source: str
    day: date
    received: int
    committed: int
    duplicate: int
    quarantined: int


def signals(store: Store) -> list[SignalRow]:
    """Every signal, by address."""
    with store.connect() as connection:
        return [SignalRow(*row) for row in connection.execute(select(signal).order_by(signal.c.address))]


def levels(store: Store) -> dict[int, dict[int, str]]:
    """What the numbers of category signals mean: signal → code → label."""
    found: dict[int, dict[int, str]] = {}
    with store.connect() as connection:
        for signal_id, code, label in connection.execute(select(signal_level)):
            found.setdefault(signal_id, {})[code] = label
    return found


def readings(store: Store, signal_ids: Sequence[int], start: datetime, end: datetime) -> ReadingColumns:
    """Readings of these signals with start <= ts < end, ordered by signal and time."""
    columns = ReadingColumns([], [], [])
    inside = and_(reading.c.ts >= start, reading.c.ts < end)
    wanted = select(_microseconds(store), reading.c.value).where(inside).order_by(reading.c.ts)
    with store.connect() as connection:
        for signal_id in sorted(set(signal_ids)):
            # Straight from the driver's cursor: making row objects would double the time.
            cursor = connection.execute(wanted.where(reading.c.signal_id == signal_id)).cursor
            assert cursor is not None
            rows = cursor.fetchall()
            columns.signal_id.extend([signal_id] * len(rows))
            columns.ts_us.extend([row[0] for row in rows])
            columns.value.extend([row[1] for row in rows])
            cursor.close()
    return columns


def newest_before(store: Store, signal_ids: Sequence[int], moment: datetime) -> ReadingColumns:
    """The last reading of each signal before an instant; a signal without one is left out."""
    columns = ReadingColumns([], [], [])
    wanted = select(_microseconds(store), reading.c.value).where(reading.c.ts < moment)
    wanted = wanted.order_by(reading.c.ts.desc()).limit(1)
    with store.connect() as connection:
        for signal_id in sorted(set(signal_ids)):
            row = connection.execute(wanted.where(reading.c.signal_id == signal_id)).first()
            if row is not None:
                columns.signal_id.append(signal_id)
                columns.ts_us.append(row[0])
                columns.value.append(row[1])
    return columns


def reading_span(store: Store, signal_ids: Sequence[int]) -> tuple[datetime, datetime] | None:
    """First and last instant of these signals' readings, or None."""
    wanted = select(func.min(reading.c.ts, type_=Moment()), func.max(reading.c.ts, type_=Moment()))
    with store.connect() as connection:
        spans = [connection.execute(wanted.where(reading.c.signal_id == number)).one() for number in signal_ids]
    known = [(first, last) for first, last in spans if first is not None]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


def units_after(store: Store, line: str, seq: int) -> list[UnitRow]:
    """Units of a line that arrived after ``seq``, in order of arrival."""
    return _units(store, select(unit).where(unit.c.line == line, unit.c.seq > seq).order_by(unit.c.seq))


def units_finished(store: Store, line: str, start: datetime, end: datetime) -> list[UnitRow]:
    """Units of a line with start <= finished < end, in order of time."""
    inside = and_(unit.c.line == line, unit.c.finished >= start, unit.c.finished < end)
    return _units(store, select(unit).where(inside).order_by(unit.c.finished, unit.c.seq))


def units_by_serial(store: Store, line: str, serials: Sequence[str]) -> list[UnitRow]:
    """Units of a line with these serial numbers, by serial number."""
    with store.connect() as connection:
        rows = _in_chunks(connection, select(unit).where(unit.c.line == line), unit.c.serial, serials)
        return sorted((UnitRow(*row) for row in rows), key=lambda row: row.serial)


def visits(store: Store, line: str, serials: Sequence[str]) -> list[VisitRow]:
    """Where these parts were and when, by serial number and time."""
    columns = (unit_visit.c.serial, unit_visit.c.machine, unit_visit.c.entered, unit_visit.c.left)
    wanted = select(*columns).where(unit_visit.c.line == line)
    with store.connect() as connection:
        rows = [VisitRow(*row) for row in _in_chunks(connection, wanted, unit_visit.c.serial, serials)]
    return sorted(rows, key=lambda row: (row.serial, row.entered))


def verdicts_after(store: Store, line: str, seq: int) -> list[VerdictRow]:
    """Verdicts of a line that arrived after ``seq``, in order of arrival."""
    wanted = select(verdict).where(verdict.c.line == line, verdict.c.seq > seq).order_by(verdict.c.seq)
    with store.connect() as connection:
        return [_verdict(row) for row in connection.execute(wanted)]


def verdicts_for(store: Store, line: str, serials: Sequence[str]) -> list[VerdictRow]:
    """Verdicts on these serial numbers, by serial number and time."""
    with store.connect() as connection:
        rows = _in_chunks(connection, select(verdict).where(verdict.c.line == line), verdict.c.serial, serials)
        return sorted((_verdict(row) for row in rows), key=lambda row: (row.serial, row.judged_at))


def ledger(store: Store) -> list[LedgerRow]:
    """The whole ledger, by source and day."""
    with store.connect() as connection:
        rows = connection.execute(select(ledger_table).order_by(ledger_table.c.source, ledger_table.c.day))
        return [LedgerRow(*row) for row in rows]


def quarantine(store: Store, limit: int) -> list[QuarantineRow]:
    """The newest messages in quarantine, newest first."""
    newest = (quarantine_table.c.last_seen.desc(), quarantine_table.c.digest)
    with store.connect() as connection:
        return [
            QuarantineRow(*row) for row in connection.execute(select(quarantine_table).order_by(*newest).limit(limit))
        ]


def counts(store: Store) -> dict[str, int]:
    """Rows of every table."""
    with store.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }


def _units(store: Store, wanted: Select[Any]) -> list[UnitRow]:
    with store.connect() as connection:
        return [UnitRow(*row) for row in connection.execute(wanted)]


def _verdict(row: Any) -> VerdictRow:
    return VerdictRow(row.seq, row.line, row.serial, row.made_at, row.judged_at, row.verdict)


def _in_chunks(
    connection: Connection, wanted: Select[Any], column: ColumnElement[Any], values: Sequence[Any]
) -> Iterator[Any]:
    """Rows whose column is one of many values, in lists that every server takes."""
    known = sorted(set(values))
    for start in range(0, len(known), CHUNK):
        yield from connection.execute(wanted.where(column.in_(known[start : start + CHUNK])))


def _microseconds(store: Store) -> ColumnElement[int]:
    """µs since 1970 of ``reading.ts``, computed by the database."""
    if store.dialect == "sqlite":
        # Whole seconds from the calendar, and the six digits after the point: julianday() would round.
        return literal_column("unixepoch(substr(ts, 1, 19)) * 1000000 + CAST(substr(ts, 21) AS INTEGER)")
    return literal_column("TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ts)")
