"""Which number a signal goes by in the database, and which code a level of a category has.

`Catalogue` is a cache over ``signal`` and ``signal_level`` that adds what arrives for the first time, in short
transactions of its own: what it remembers is always committed, and several processes may do the same at once.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.dialects import mysql, sqlite

from ingest.plant import Plant, Signal
from ingest.records import Reading, Reason, Rejected
from ingest.store.engine import Store
from ingest.store.schema import signal, signal_level

__all__ = ["Catalogue", "insert_new", "key_text"]

ADDRESS_LENGTH: Final = 255
LABEL_LENGTH: Final = 191
CHUNK: Final = 1000


@dataclass(slots=True)
class _Known:
    """A signal as the database has it; ``levels`` (label → code) is None unless it is a category."""

    signal_id: int
    kind: str
    levels: dict[str, int] | None = field(default=None)


def key_text(text: str) -> str:
    """A text as part of a key: MySQL compares without trailing blanks, so nobody keeps them."""
    return text.rstrip(" ")


def insert_new(store: Store, table: Table) -> Any:
    """An INSERT that leaves rows which are already there alone, and counts only the others."""
    if store.dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    # Never INSERT IGNORE: it would also swallow values that do not fit. And never the counter: MySQL refuses to set it
    # when the other row came with the same statement.
    column = next(column for column in table.columns if column is not table.autoincrement_column)
    return mysql.insert(table).on_duplicate_key_update({column.name: column})


def _label(value: float | str) -> str:
    if isinstance(value, str):
        return key_text(value)
    return str(int(value)) if float(value).is_integer() else str(float(value))


def _fits(text: str, length: int) -> bool:
    """Whether the database can hold a text: short enough, and no half of a surrogate pair."""
    return len(text) <= length and not any("\ud800" <= character <= "\udfff" for character in text)


class Catalogue:
    """Signals by address. Declared ones take unit and kind from the plant, others are listed as discovered."""

    def __init__(self, store: Store, plant: Plant) -> None:
        self._store = store
        self._declared: Mapping[str, Signal] = plant.declared()
        self._signals: dict[str, _Known] = {}
        with store.begin() as connection:
            self._follow_plant(connection)
            self._load(connection, None)

    def __len__(self) -> int:
        return len(self._signals)

    def learn(self, readings: Collection[Reading]) -> None:
        """Make sure that every signal, and every level of a category, has its number."""
        signals = self._signals
        new: dict[str, Reading] = {}
        for reading in readings:
            if reading.address not in signals and _fits(reading.address, ADDRESS_LENGTH):
                new.setdefault(reading.address, reading)
        if new:
            self._create(new)
        labels: dict[str, dict[str, None]] = {}
        for reading in readings:
            known = signals.get(reading.address)
            if known is not None and known.levels is not None:
                label = _label(reading.value)
                if label not in known.levels and _fits(label, LABEL_LENGTH):
                    labels.setdefault(reading.address, {})[label] = None
        for address, wanted in labels.items():
            self._add_levels(signals[address], wanted)

    def place(self, reading: Reading) -> tuple[int, float] | Rejected:
        """Signal number and value of a reading that was learnt, or why it has none."""
        known = self._signals.get(reading.address)
        value = reading.value
        if known is None:
            return Rejected(Reason.TOO_LONG, f"address of {len(reading.address)} characters, {ADDRESS_LENGTH} fit")
        if known.levels is not None:
            code = known.levels.get(_label(value))
            if code is None:
                return Rejected(Reason.TOO_LONG, f"level {str(value)[:40]!r}… of {reading.address}: {LABEL_LENGTH} fit")
            return known.signal_id, float(code)
        if isinstance(value, str):
            return Rejected(Reason.NOT_A_NUMBER, f"{reading.address} is a {known.kind}, got the text {value[:200]!r}")
        if not isfinite(value):
            return Rejected(Reason.NOT_A_NUMBER, f"{reading.address} is {value}")
        return known.signal_id, value

    def _follow_plant(self, connection: Connection) -> None:
        """Bring unit and kind of signals that are there already in line with the plant file."""
        rows = connection.execute(select(signal.c.address, signal.c.unit, signal.c.kind, signal.c.declared)).all()
        for address, unit, kind, declared in rows:
            said = self._declared.get(address)
            if said is None:
                continue
            # Stored numbers mean something else once a category is involved, so that kind stays.
            wanted = kind if "category" in (kind, said.kind) else said.kind
            if (unit, kind, declared) != (said.unit, wanted, True):
                connection.execute(
                    update(signal).where(signal.c.address == address).values(unit=said.unit, kind=wanted, declared=True)
                )

    def _create(self, new: Mapping[str, Reading]) -> None:
        rows = [self._row(address, new[address]) for address in sorted(new)]
        with self._store.begin() as connection:
            connection.execute(insert_new(self._store, signal), rows)
            self._load(connection, [row["address"] for row in rows])
        for address in new:
            # Somebody else may have written the same name with blanks at its end.
            self._signals[address] = known = self._signals[key_text(address)]
            said = self._declared.get(address)
            if said is not None and known.levels is not None:
                self._add_levels(known, [level for level in said.levels if level not in known.levels])

    def _row(self, address: str, first: Reading) -> dict[str, Any]:
        said = self._declared.get(address)
        kind = said.kind if said is not None else "category" if isinstance(first.value, str) else "gauge"
        return {
            "address": key_text(address),
            "unit": said.unit if said is not None else "",
            "kind": kind,
            "declared": said is not None,
            "first_seen": first.ts,
        }

    def _load(self, connection: Connection, addresses: list[str] | None) -> None:
        """Read these signals, or all, and the levels of those that are categories."""
        wanted = select(signal.c.signal_id, signal.c.address, signal.c.kind)
        for part in _parts(addresses):
            narrowed = wanted if part is None else wanted.where(signal.c.address.in_(part))
            for signal_id, address, kind in connection.execute(narrowed).all():
                known = self._signals[address] = _Known(signal_id, kind, {} if kind == "category" else None)
                if known.levels is not None:
                    known.levels.update(_levels(connection, signal_id))

    def _add_levels(self, known: _Known, labels: Iterable[str]) -> None:
        missing = list(labels)
        while missing:
            with self._store.begin() as connection:
                highest = connection.scalar(
                    select(func.max(signal_level.c.code)).where(signal_level.c.signal_id == known.signal_id)
                )
                code = -1 if highest is None else highest
                rows = [
                    {"signal_id": known.signal_id, "code": code + n, "label": label}
                    for n, label in enumerate(missing, start=1)
                ]
                connection.execute(insert_new(self._store, signal_level), rows)
                present = _levels(connection, known.signal_id)
            assert known.levels is not None
            known.levels.update(present)
            # Another process may have taken a code first; its labels are ours now, and the rest is tried again.
            missing = [label for label in missing if label not in present]


def _levels(connection: Connection, signal_id: int) -> dict[str, int]:
    wanted = select(signal_level.c.label, signal_level.c.code).where(signal_level.c.signal_id == signal_id)
    return {row.label: row.code for row in connection.execute(wanted)}


def _parts(addresses: list[str] | None) -> list[list[str] | None]:
    if addresses is None:
        return [None]
    return [addresses[start : start + CHUNK] for start in range(0, len(addresses), CHUNK)]
