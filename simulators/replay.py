"""Any table as a plant: its rows become messages, and a plant file that describes them. Pure, but for `read_table`.

Each row is one wide message; with a serial column it is also a unit record, and with a verdict column a verdict one
step later. Column names become names of signals: ``Process temperature [K]`` → ``process_temperature_k``.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from ingest.errors import UsageError, nearest
from simulators.wire import Outgoing

__all__ = ["Recipe", "Table", "messages", "number", "read_table", "safe_names", "stamps"]

RESERVED = frozenset(
    {"ts", "serial", "started_at", "finished_at", "product", "lot", "group_key", "judged_at", "verdict"}
)
"""Columns that a study table has anyway."""
LONGEST_NAME = 40
UNITS_PER_MESSAGE = 20
GOOD, BAD = "OK", "NG"


@dataclass(frozen=True)
class Table:
    """A table of text: column names, and rows of the same length."""

    source: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> int:
        """Where a column stands, by its own name or that of its signal."""
        if name in self.header:
            return self.header.index(name)
        for position, signal in enumerate(safe_names(self.header).values()):
            if signal == name:
                return position
        raise UsageError(f"{self.source}: no column {name!r}; {nearest(name, self.header)}")


@dataclass(frozen=True)
class Recipe:
    """How a table becomes messages."""

    line: str
    site: str = "replay"
    area: str = "main"
    machine: str = "machine1"
    topic: str = "{site}/{area}/{line}/{machine}"
    every: float = 60.0
    """Seconds from row to row; with a time column, the length of a unit."""
    start: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    """Aware; the first row's instant where there is no time column, and the zone of those that have none."""
    time: str | None = None
    time_format: str | None = None
    """As in strptime; without one, ISO 8601."""
    midnight_is_end: bool = False
    """Stamps mark the end of an interval, and 00:00 the end of its own date."""
    serial: str | None = None
    verdict: tuple[str, str] | None = None
    """Column, and the value that means bad."""

    def place(self) -> dict[str, str]:
        return {"site": self.site, "area": self.area, "line": self.line, "machine": self.machine}

    @property
    def zone(self) -> tzinfo:
        assert self.start.tzinfo is not None
        return self.start.tzinfo


def read_table(file: Path) -> Table:
    """A CSV with a header, separated by comma, semicolon or tab. Raises `UsageError` naming the file and the row."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file; give the path of a CSV file") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    header, *rows = csv.reader(text.splitlines(), delimiter=separator) if text.strip() else [[]]
    if not rows:
        raise UsageError(f"{file}: no rows under a header; give a CSV file with a header line")
    for number_, row in enumerate(rows, 2):
        if row and len(row) != len(header):
            raise UsageError(f"{file}: row {number_} has {len(row)} fields, the header has {len(header)}")
    return Table(str(file), tuple(name.strip() for name in header), tuple(tuple(row) for row in rows if row))


def safe_names(header: Sequence[str]) -> dict[str, str]:
    """Column → name of its signal: letters, digits and underscores, at most 40, no two alike.

    >>> safe_names(["Process temperature [K]", "2nd", "Type"])
    {'Process temperature [K]': 'process_temperature_k', '2nd': 'c_2nd', 'Type': 'type'}
    """
    names: dict[str, str] = {}
    for column in header:
        name = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") or "column"
        if not name[0].isalpha():
            name = f"c_{name}"
        name = f"{name}_column" if name in RESERVED else name
        name = whole = name[:LONGEST_NAME]
        number_ = 2
        while name in names.values():
            tail = f"_{number_}"
            name = whole[: LONGEST_NAME - len(tail)] + tail
            number_ += 1
        names[column] = name
    return names


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def stamps(table: Table, recipe: Recipe) -> list[datetime]:
    """When each row was measured, aware. Raises `UsageError` naming the row and its text."""
    if recipe.time is None:
        return [recipe.start + timedelta(seconds=recipe.every * row) for row in range(len(table.rows))]
    place = table.column(recipe.time)
    found = []
    for position, row in enumerate(table.rows, 2):
        text = row[place].strip()
        try:
            if recipe.time_format is None:
                moment = datetime.fromisoformat(text)
            else:
                moment = datetime.strptime(text, recipe.time_format)  # noqa: DTZ007 - the zone is given below
        except ValueError:
            wanted = recipe.time_format or "ISO 8601"
            raise UsageError(
                f"{table.source}: row {position}: {recipe.time} {text!r} is not {wanted}; see --time-format"
            ) from None
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=recipe.zone)
        if recipe.midnight_is_end:
            whole_day = timedelta(days=1) if (moment.hour, moment.minute, moment.second) == (0, 0, 0) else timedelta(0)
            moment += whole_day - timedelta(seconds=recipe.every / 2)
        found.append(moment)
    return found


def measured(table: Table, recipe: Recipe) -> dict[str, int]:
    """Signal → position of its column; time, serial and verdict are no signals."""
    taken = [name for name in (recipe.time, recipe.serial, recipe.verdict and recipe.verdict[0]) if name]
    without = {table.column(name) for name in taken}
    names = safe_names(table.header)
    return {names[column]: place for place, column in enumerate(table.header) if place not in without}


def messages(table: Table, recipe: Recipe) -> list[Outgoing]:
    """The table as messages in the order of sending; ``when`` counts from the earliest row."""
    moments = stamps(table, recipe)
    first = min(moments)
    signals = measured(table, recipe)
    topic = _filled(recipe.topic, recipe)
    order = sorted(range(len(moments)), key=moments.__getitem__)
    stream = []
    for row in order:
        values = {name: _value(table.rows[row][place]) for name, place in signals.items()}
        body = {"ts": moments[row].isoformat(), **{name: value for name, value in values.items() if value != ""}}
        stream.append(Outgoing((moments[row] - first).total_seconds(), topic, body))
    if recipe.serial is not None:
        stream += _judged(table, recipe, moments, order, first)
    return sorted(stream, key=lambda message: message.when)


def _filled(template: str, recipe: Recipe) -> str:
    try:
        return template.format_map(recipe.place())
    except (KeyError, ValueError):
        raise UsageError(f"--topic {template!r}: only {{site}}, {{area}}, {{line}} and {{machine}} are known") from None


def _value(text: str) -> float | str:
    value = number(text.strip())
    return text.strip() if value is None else value


def _judged(
    table: Table, recipe: Recipe, moments: Sequence[datetime], order: Sequence[int], first: datetime
) -> Iterator[Outgoing]:
    """Unit records, and verdicts one step later."""
    assert recipe.serial is not None
    serial = table.column(recipe.serial)
    half, step = timedelta(seconds=recipe.every / 2), timedelta(seconds=recipe.every)
    for begin in range(0, len(order), UNITS_PER_MESSAGE):
        rows = order[begin : begin + UNITS_PER_MESSAGE]
        last = (moments[rows[-1]] + half - first).total_seconds()
        units = []
        for row in rows:
            span = [moments[row].isoformat(), (moments[row] + half).isoformat()]
            unit: dict[str, Any] = {"serial": table.rows[row][serial], "started": span[0], "finished": span[1]}
            units.append(unit | {"visits": {recipe.machine: span}})
        yield Outgoing(last, _filled("{site}/{area}/{line}/unit", recipe), units)
        if recipe.verdict is not None:
            place, bad = table.column(recipe.verdict[0]), recipe.verdict[1]
            verdicts = [
                {
                    "serial": table.rows[row][serial],
                    "judged_at": (moments[row] + step).isoformat(),
                    "verdict": BAD if table.rows[row][place].strip() == bad else GOOD,
                }
                for row in rows
            ]
            yield Outgoing(last + recipe.every, _filled("{site}/{area}/{line}/verdict", recipe), verdicts)
