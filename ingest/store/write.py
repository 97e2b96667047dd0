"""One batch of messages into the database, in one transaction, each outcome counted once.

Rows that are there already are left alone and counted as duplicates. A row that the database refuses is found by
halving and goes to quarantine; the rest of the batch is kept. Locks and lost connections are the caller's
(`ingest.retry`): nothing of the batch is then stored, and the whole batch is written again.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import mysql, sqlite

from ingest.records import Entry, Reading, Reason, Rejected, UnitRecord, VerdictRecord, Visit
from ingest.retry import DATA_ERRORS, classify
from ingest.store.catalogue import Catalogue, insert_new, key_text
from ingest.store.engine import Store
from ingest.store.schema import ledger, quarantine, unit, unit_visit, verdict

__all__ = ["Catalogue", "Counts", "Tally", "write_batch"]

READINGS_PER_STATEMENT: Final = 2000
RECORDS_PER_STATEMENT: Final = 500
PAYLOAD_LENGTH: Final = 4 * 1024 * 1024
"""Bytes kept of a payload in quarantine: as hexadecimal text it must pass a server's default packet of 16 MiB."""


@dataclass(slots=True)
class Tally:
    """What became of the readings, units, verdicts and rejections of a batch:
    ``received == committed + duplicate + quarantined``."""

    received: int = 0
    committed: int = 0
    duplicate: int = 0
    quarantined: int = 0

    def add(self, other: "Tally") -> None:
        self.received += other.received
        self.committed += other.committed
        self.duplicate += other.duplicate
        self.quarantined += other.quarantined


@dataclass(slots=True)
class Counts(Tally):
    """The tally of a whole batch, and of each source."""

    by_source: dict[str, Tally] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    """A unit or verdict, the visits that go with it, and its message in case the database refuses it."""

    key: tuple[Any, ...]
    values: dict[str, Any]
    entry: Entry
    visits: dict[str, Visit] = field(default_factory=dict)


ReadingRow = tuple[int, str, float, Entry]
"""Signal, instant as text, value, message."""
Row = TypeVar("Row")
Refused = tuple[Row, Rejected]


@dataclass(slots=True)
class _Group:
    """Everything of one source and one day of arrival: what the ledger counts together."""

    tally: Tally = field(default_factory=Tally)
    readings: list[ReadingRow] = field(default_factory=list)
    units: list[_Row] = field(default_factory=list)
    verdicts: list[_Row] = field(default_factory=list)
    rejected: list[Refused[Entry]] = field(default_factory=list)


class _Batch:
    """A batch sorted by source and table, every row once: of two with the same key the first is kept."""

    def __init__(self, entries: Sequence[Entry], catalogue: Catalogue) -> None:
        self.groups: dict[tuple[str, date], _Group] = {}
        self.newest: dict[int, tuple[str, float]] = {}
        self._place = catalogue.place
        self._readings: set[tuple[int, str]] = set()
        self._rows: dict[tuple[Any, ...], _Row] = {}
        for entry in entries:
            group = self.groups.setdefault((entry.source, _utc(entry.message.received_at).date()), _Group())
            group.tally.received += len(entry.outcomes)
            for outcome in entry.outcomes:
                match outcome:
                    case Reading():
                        self._add_reading(outcome, entry, group)
                    case UnitRecord():
                        row = _Row(("unit", *_keys(outcome)), _unit_values(outcome), entry)
                        first = self._add_row(row, group.units, group)
                        for machine, visit in _visits(outcome).items():
                            first.visits.setdefault(machine, visit)
                    case VerdictRecord():
                        row = _Row(_verdict_key(outcome), _verdict_values(outcome), entry)
                        self._add_row(row, group.verdicts, group)
                    case Rejected():
                        group.rejected.append((entry, outcome))

    def _add_reading(self, reading: Reading, entry: Entry, group: _Group) -> None:
        placed = self._place(reading)
        if isinstance(placed, Rejected):
            group.rejected.append((entry, placed))
            return
        signal_id, value = placed
        instant = _utc(reading.ts).isoformat(" ", "microseconds")[:26]
        key = (signal_id, instant)
        if key in self._readings:
            group.tally.duplicate += 1
            return
        self._readings.add(key)
        group.readings.append((signal_id, instant, value, entry))
        newest = self.newest.get(signal_id)
        if newest is None or instant > newest[0]:
            self.newest[signal_id] = (instant, value)

    def _add_row(self, row: _Row, rows: list[_Row], group: _Group) -> _Row:
        first = self._rows.setdefault(row.key, row)
        if first is row:
            rows.append(row)
        else:
            group.tally.duplicate += 1
        return first


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _keys(record: UnitRecord | VerdictRecord) -> tuple[str, str]:
    return key_text(record.line), key_text(record.serial)


def _verdict_key(record: VerdictRecord) -> tuple[Any, ...]:
    return "verdict", *_keys(record), record.judged_at, record.made_at or record.judged_at


def _visits(record: UnitRecord) -> dict[str, Visit]:
    return {key_text(visit.machine): visit for visit in reversed(record.visits)}


def _unit_values(record: UnitRecord) -> dict[str, Any]:
    line, serial = _keys(record)
    return {
        "line": line,
        "serial": serial,
        "product": record.product,
        "lot": record.lot,
        "started": record.started,
        "finished": record.finished,
    }


def _verdict_values(record: VerdictRecord) -> dict[str, Any]:
    line, serial = _keys(record)
    return {
        "line": line,
        "serial": serial,
        "made_at": record.made_at or record.judged_at,
        "judged_at": record.judged_at,
        "verdict": record.verdict,
    }


def _visit_values(row: _Row) -> list[dict[str, Any]]:
    line, serial = row.values["line"], row.values["serial"]
    return [
        {"line": line, "serial": serial, "machine": machine, "entered": visit.entered, "left": visit.left}
        for machine, visit in sorted(row.visits.items())
    ]


def write_batch(store: Store, entries: Sequence[Entry], catalogue: Catalogue) -> Counts:
    """Store everything that these messages said; returns once it is committed.

    Raises SQLAlchemy's errors of locks and connections, for `ingest.retry.retrying`; nothing is stored then.
    """
    catalogue.learn([outcome for entry in entries for outcome in entry.outcomes if type(outcome) is Reading])
    batch = _Batch(entries, catalogue)
    # Always in the same order, so that two writers wait for each other instead of locking each other out.
    groups = dict(sorted(batch.groups.items(), key=lambda item: item[0]))
    with store.begin() as connection:
        writer = _Writer(store, connection)
        for group in groups.values():
            writer.write(group)
        writer.write_newest(batch.newest)
        writer.write_quarantine(groups)
        writer.write_ledger(groups)
    counts = Counts()
    for (source, _), group in groups.items():
        counts.add(group.tally)
        counts.by_source.setdefault(source, Tally()).add(group.tally)
    return counts


def _chunks(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


class _Writer:
    """The statements of one transaction."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self._store = store
        self._connection = connection
        self._sqlite = store.dialect == "sqlite"

    def write(self, group: _Group) -> None:
        """Insert what a group holds; fills its tally and its rejections."""
        group.readings.sort(key=_reading_key)
        for readings in _chunks(group.readings, READINGS_PER_STATEMENT):
            inserted, refused = self._insert(readings, self._send_readings)
            self._count(group, len(readings), inserted, [(row[3], why) for row, why in refused])
        for rows, send in ((group.units, self._send_units), (group.verdicts, self._send_verdicts)):
            rows.sort(key=_row_key)
            for part in _chunks(rows, RECORDS_PER_STATEMENT):
                inserted, faulty = self._insert(part, send)
                self._count(group, len(part), inserted, [(row.entry, why) for row, why in faulty])

    def _count(self, group: _Group, sent: int, inserted: int, refused: list[Refused[Entry]]) -> None:
        group.tally.committed += inserted
        group.tally.duplicate += sent - inserted - len(refused)
        group.rejected += refused

    def _insert(self, rows: Sequence[Row], send: Callable[[Sequence[Row]], int]) -> tuple[int, list[Refused[Row]]]:
        """Rows inserted, and those the database refused, found by halving."""
        savepoint = self._connection.begin_nested()
        try:
            inserted = send(rows)
        except DATA_ERRORS as error:
            if classify(error) != "data":
                raise
            savepoint.rollback()
            if len(rows) == 1:
                said = str(getattr(error, "orig", None) or error)
                return 0, [(rows[0], Rejected(Reason.REFUSED_BY_DATABASE, said))]
            middle = len(rows) // 2
            left, right = self._insert(rows[:middle], send), self._insert(rows[middle:], send)
            return left[0] + right[0], left[1] + right[1]
        savepoint.commit()
        return inserted, []

    def _send_readings(self, rows: Sequence[ReadingRow]) -> int:
        if self._sqlite:
            statement = "INSERT INTO reading (signal_id, ts, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            return self._connection.exec_driver_sql(statement, [row[:3] for row in rows]).rowcount
        # Numbers and our own ISO text only: nothing here needs quoting, and drivers spend most of their time on it.
        values = ",".join([f"({signal_id},'{instant}',{_number(value)})" for signal_id, instant, value, _ in rows])
        statement = f"INSERT INTO reading (signal_id, ts, value) VALUES {values}"  # noqa: S608
        return self._connection.exec_driver_sql(f"{statement} ON DUPLICATE KEY UPDATE signal_id = signal_id").rowcount

    def _send_units(self, rows: Sequence[_Row]) -> int:
        inserted = self._send(unit, [row.values for row in rows])
        visits = [values for row in rows for values in _visit_values(row)]
        if visits:
            self._send(unit_visit, visits)
        return inserted

    def _send_verdicts(self, rows: Sequence[_Row]) -> int:
        return self._send(verdict, [row.values for row in rows])

    def _send(self, table: Table, values: list[dict[str, Any]]) -> int:
        return self._connection.execute(insert_new(self._store, table), values).rowcount

    def write_newest(self, newest: Mapping[int, tuple[str, float]]) -> None:
        """Let each signal know its newest reading; a late one changes nothing."""
        if self._sqlite:
            rows = [(instant, value, signal_id, instant) for signal_id, (instant, value) in sorted(newest.items())]
            if rows:
                self._connection.exec_driver_sql(
                    "UPDATE signal SET last_seen = ?, last_value = ?"
                    " WHERE signal_id = ? AND (last_seen IS NULL OR last_seen < ?)",
                    rows,
                )
            return
        for part in _chunks(sorted(newest.items()), RECORDS_PER_STATEMENT):
            rows_sql = " UNION ALL ".join(
                f"SELECT {signal_id} AS id, TIMESTAMP'{instant}' AS ts, {_number(value)} AS v"
                for signal_id, (instant, value) in part
            )
            self._connection.exec_driver_sql(
                f"UPDATE `signal` s JOIN ({rows_sql}) n ON s.signal_id = n.id"  # noqa: S608
                " SET s.last_seen = n.ts, s.last_value = n.v WHERE s.last_seen IS NULL OR s.last_seen < n.ts"
            )

    def write_quarantine(self, groups: Mapping[tuple[str, date], _Group]) -> None:
        """Keep rejected messages whole; a message that comes again only counts up."""
        rows: dict[str, dict[str, Any]] = {}
        for (source, _), group in groups.items():
            group.tally.quarantined += len(group.rejected)
            for entry, rejected in group.rejected:
                row = _quarantine_values(source, entry, rejected)
                known = rows.setdefault(row["digest"], row)
                if known is not row:
                    known["times"] += 1
                    known["last_seen"] = max(known["last_seen"], row["last_seen"])
        if rows:
            # One by one: payloads may be large, and a statement has to pass the server's packet limit.
            statement = self._upsert(quarantine, add=("times",), replace=("last_seen",))
            for digest in sorted(rows):
                self._connection.execute(statement, rows[digest])

    def write_ledger(self, groups: Mapping[tuple[str, date], _Group]) -> None:
        """Add the tallies to the ledger, with what they count."""
        terms = ("received", "committed", "duplicate", "quarantined")
        rows = [
            {"source": _clean(source, 191), "day": day, **{term: getattr(group.tally, term) for term in terms}}
            for (source, day), group in groups.items()
        ]
        if rows:
            self._connection.execute(self._upsert(ledger, add=terms), rows)

    def _upsert(self, table: Table, *, add: Sequence[str], replace: Sequence[str] = ()) -> Any:
        """Insert, or add to and replace columns of the row that is there."""
        if self._sqlite:
            insert = sqlite.insert(table)
            change = {name: table.c[name] + insert.excluded[name] for name in add}
            change |= {name: insert.excluded[name] for name in replace}
            return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=change)
        statement = mysql.insert(table)
        change = {name: table.c[name] + statement.inserted[name] for name in add}
        return statement.on_duplicate_key_update(change | {name: statement.inserted[name] for name in replace})


def _reading_key(row: ReadingRow) -> tuple[int, str]:
    return row[0], row[1]


def _row_key(row: _Row) -> tuple[Any, ...]:
    return row.key


def _number(value: float) -> str:
    """A number as SQL reads it back exactly: with an exponent it is a double, without one a decimal."""
    text = repr(float(value))
    return text if "e" in text else text + "e0"


def _clean(text: str, length: int) -> str:
    """A text that every database takes."""
    return text.encode("utf-8", "replace").decode("utf-8")[:length]


def _quarantine_values(source: str, entry: Entry, rejected: Rejected) -> dict[str, Any]:
    message = entry.message
    topic = message.topic.encode("utf-8", "replace")
    detail = rejected.detail
    if len(message.payload) > PAYLOAD_LENGTH:
        detail = f"payload of {len(message.payload)} bytes, first {PAYLOAD_LENGTH} kept; {detail}"
    return {
        "digest": hashlib.sha256(b"\0".join((topic, message.payload, rejected.reason.encode()))).hexdigest(),
        "source": _clean(source, 191),
        "topic": _clean(message.topic, 512),
        "reason": rejected.reason.value,
        "detail": _clean(detail, 512),
        "payload": message.payload[:PAYLOAD_LENGTH],
        "first_seen": message.received_at,
        "last_seen": message.received_at,
        "times": 1,
    }
