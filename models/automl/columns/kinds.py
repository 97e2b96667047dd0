"""What each column of a table is, told from its cells and its name, with a note on whatever was noticed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.columns import dates, identifiers, numbers
from models.automl.columns.cells import MISSING_WORDS, Cells, cells
from models.automl.matrix import Floats
from models.study.data import Notice, word

__all__ = ["FEATURES", "MOST_LEVELS", "Column", "Kind", "checked_names", "infer"]

Kind = Literal[
    "number", "boolean", "category", "date", "text",
    "identifier", "constant", "empty", "duplicate", "unreadable",
    "target", "time", "group", "outcome",
]  # fmt: skip

FEATURES: frozenset[Kind] = frozenset({"number", "boolean", "category", "date", "text"})
"""Kinds that are learnt from; every other column is left out, and said to be."""
MOST_LEVELS = 50
"""More levels than this are many."""
MOST_ATTRIBUTE_LEVELS = 10
_PROBE = 1024
"""Rows compared before two columns are compared whole."""


@dataclass(frozen=True)
class Column:
    """One column of the user's table."""

    name: str
    kind: Kind
    notes: tuple[Notice, ...] = ()
    """Codes of `models.automl.columns.words`. For a column that is left out the first says why."""
    reading: Mapping[str, str] = field(default_factory=dict)
    """How the cells are read: ``decimal`` and ``unit`` of numbers written as words; of dates the ``spelling`` of words,
    the ``numbers`` (yyyymmdd, …, s, ms, us, ns) or the ``zone``."""

    @property
    def used(self) -> bool:
        """Is it learnt from?"""
        return self.kind in FEATURES


def checked_names(table: pd.DataFrame) -> list[str]:
    """The columns' names as words. Raises `StudyError` if two are the same: no one could tell which is meant."""
    names = [str(name) for name in table.columns]
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise StudyError(
            f"column {twice!r} occurs {names.count(twice)} times in the table; give each a name of its own"
        )
    return names


def infer(
    table: pd.DataFrame,
    *,
    target: str | None = None,
    time_column: str | None = None,
    group_column: str | None = None,
    roles: Mapping[str, str] | None = None,
) -> tuple[Column, ...]:
    """The columns in the table's order. Nothing is learnt from the target, and the order of the rows plays no part.

    ``roles``: column → controllable | state | context | outcome; what can be controlled is never an identifier. Raises
    `StudyError` for names that the table does not have or has twice, and for a table without rows.
    """
    names = checked_names(table)
    roles = roles or {}
    special: dict[str | None, Kind] = {name: "outcome" for name, role in roles.items() if role == "outcome"}
    special |= {group_column: "group", time_column: "time", target: "target"}
    for name in [*roles, *(name for name in special if name is not None)]:
        if name not in names:
            raise StudyError(f"{special.get(name, 'role of')} {name!r} is not a column; {nearest(name, names)}")
    if not len(table):
        raise StudyError("the table has no rows; give one row per unit")
    found: list[Column] = []
    suspects: list[int] = []
    probes: dict[tuple[Any, ...], list[int]] = {}
    for place, name in enumerate(names):
        if name in special:
            found.append(Column(name, special[name], (Notice(special[name]),)))
            continue
        content = cells(table.iloc[:, place])
        controllable = roles.get(name) == "controllable"
        column = _column(name, content, controllable=controllable)
        if (column.used or column.kind == "identifier") and not controllable:
            twins = probes.setdefault(_probe(content), [])
            twin = next((at for at in twins if _same(cells(table.iloc[:, at]), content)), None)
            if twin is None:
                twins.append(place)
            else:
                column = Column(name, "duplicate", (Notice("duplicate", {"of": names[twin]}),))
        if column.kind == "number" and not controllable and identifiers.could_be_key(content.numbers):
            suspects.append(place)
        found.append(column)
    return tuple(_without_keys(table, found, suspects))


def _without_keys(table: pd.DataFrame, found: list[Column], suspects: Sequence[int]) -> list[Column]:
    """The columns once more, with numbers that only name a job recognised by what they decide about other columns."""
    if not suspects:
        return found
    attributes = []
    for place, column in enumerate(found):
        if column.kind in {"boolean", "category"}:
            codes, levels = pd.factorize(table.iloc[:, place].map(word, na_action="ignore"))
            if 2 <= len(levels) <= MOST_ATTRIBUTE_LEVELS:
                attributes.append(codes.astype(np.int64))
    out = list(found)
    for place in suspects:
        if identifiers.is_key(cells(table.iloc[:, place]).numbers, attributes):
            out[place] = Column(found[place].name, "identifier", (Notice("identifier_key"),))
    return out


def _column(name: str, content: Cells, *, controllable: bool) -> Column:
    if content.form == "strange":
        return Column(name, "unreadable", (Notice("unreadable", {"type": content.strange}),))
    if content.form == "instant":
        return _dated(name, content.instants, {"zone": str(content.instants.tz or "")}, ())
    if content.form == "boolean":
        return _plain(name, content.numbers, "boolean", {}, ())
    if content.form == "number":
        return _number(name, content, controllable=controllable)
    return _words(name, content, controllable=controllable)


def _plain(
    name: str, values: Floats, kind: Kind, reading: Mapping[str, str], notes: tuple[Notice, ...], *, whole: bool = False
) -> Column:
    """A column of numbers, or why it is none: empty, or the same in every row."""
    finite = np.isfinite(values)
    if not finite.any():
        return Column(name, "empty", (Notice("empty"), *notes))
    low, high = float(values[finite].min()), float(values[finite].max())
    if low == high and finite.all():
        return Column(name, "constant", (Notice("constant", {"value": word(low)}), *notes))
    return Column(name, kind, notes, reading)


def _number(name: str, content: Cells, *, controllable: bool) -> Column:
    notes = (Notice("durations"),) if content.duration else ()
    return _numeric(name, content.numbers, {}, notes, controllable=controllable)


def _numeric(
    name: str, values: Floats, reading: Mapping[str, str], notes: tuple[Notice, ...], *, controllable: bool
) -> Column:
    """Numbers proper, days and instants written as numbers, numbers that only name the row."""
    infinite = int(np.isinf(values).sum())
    if infinite:
        notes = (*notes, Notice("infinite", {"count": infinite}))
    huge = int(np.sum(np.abs(values) > numbers.LARGEST)) - infinite
    if huge:
        notes = (*notes, Notice("huge", {"count": huge, "largest": numbers.LARGEST}))
    column = _plain(name, values, "number", reading, notes)
    if column.kind != "number" or not _whole(values):
        return column
    how = dates.number_spelling(name, values[np.isfinite(values)])
    if how is not None:
        return Column(name, "date", (Notice("dates_as_numbers", {"spelling": how}), *notes), {"numbers": how})
    why = None if controllable else identifiers.number_is_identifier(name, values)
    if why is not None:
        return Column(name, "identifier", (Notice(f"identifier_{why}"), *notes))
    return column


def _whole(values: Floats) -> bool:
    """Whole numbers only? A few cells answer for most columns."""
    head = values[:_PROBE]
    if not np.all((head == np.floor(head)) | ~np.isfinite(head)):
        return False
    return bool(np.all((values == np.floor(values)) | ~np.isfinite(values)))


def _dated(name: str, instants: pd.DatetimeIndex, reading: Mapping[str, str], notes: tuple[Notice, ...]) -> Column:
    filled = instants[instants.notna()]
    if not len(filled):
        return Column(name, "empty", (Notice("empty"), *notes))
    if len(filled) == len(instants) and filled.min() == filled.max():
        return Column(name, "constant", (Notice("constant", {"value": str(filled[0])}), *notes))
    return Column(name, "date", notes, reading)


def _words(name: str, content: Cells, *, controllable: bool) -> Column:
    levels, counts = content.levels, content.counts()
    if not levels:
        return Column(name, "empty", (Notice("empty"),))
    if len(levels) == 1 and counts[0] == len(content.codes):
        return Column(name, "constant", (Notice("constant", {"value": levels[0]}),))
    lower = {level.lower() for level in levels} - MISSING_WORDS
    if lower and lower <= {"true", "false"}:
        return Column(name, "boolean", (), {})
    if not content.declared:
        spelling = numbers.spelling(levels, counts)
        if spelling is not None:
            return _spelt_numbers(name, content, spelling, controllable=controllable)
        dated = dates.word_spelling(levels)
        if dated is not None:
            return _spelt_dates(name, content, *dated)
    kind, why = identifiers.word_kind(name, content, MOST_LEVELS)
    if kind == "identifier" and not controllable:
        return Column(name, "identifier", (Notice(f"identifier_{why}"),))
    if kind == "text":
        return Column(name, "text", (Notice("text", {"count": len(levels)}),))
    return Column(
        name, "category", (Notice("many_levels", {"count": len(levels)}),) if len(levels) > MOST_LEVELS else ()
    )


def _spelt_numbers(name: str, content: Cells, spelling: numbers.Spelling, *, controllable: bool) -> Column:
    read = numbers.read(content.levels, spelling)
    notes = [Notice("words_as_numbers")]
    if spelling.unit:
        notes.append(Notice("unit", {"unit": spelling.unit}))
    if spelling.decimal == ",":
        notes.append(Notice("decimal_comma"))
    elif numbers.has_decimal_doubt(content.levels):
        notes.append(Notice("comma_as_thousands"))
    notes += _lost("not_numbers", content, np.isnan(read))
    values = np.append(read, np.nan)[content.codes]
    reading = {"decimal": spelling.decimal, "unit": spelling.unit}
    return _numeric(name, values, reading, tuple(notes), controllable=controllable)


def _spelt_dates(name: str, content: Cells, how: str, doubtful: bool) -> Column:
    read = dates.read_words(content.levels, how)
    notes = [Notice("words_as_dates", {"spelling": how})]
    if doubtful:
        notes.append(Notice("day_or_month", {"spelling": how}))
    notes += _lost("not_dates", content, np.asarray(read.isna()))
    instants = dates.picked(read, content)
    return _dated(name, instants, {"spelling": how}, tuple(notes))


def _lost(code: str, content: Cells, lost: "np.ndarray[Any, np.dtype[np.bool_]]") -> list[Notice]:
    """How many cells say something that could not be read."""
    places = np.flatnonzero(lost)
    if not len(places):
        return []
    return [Notice(code, {"count": int(content.counts()[places].sum()), "first": content.levels[places[0]]})]


def _probe(content: Cells) -> tuple[Any, ...]:
    """A key: columns with different keys differ."""
    if content.form == "words":
        picked = content.codes[:: max(1, len(content.codes) // _PROBE)]
        return ("words", len(content.levels), picked.tobytes())
    if content.form == "instant":
        return ("instant", content.instants.asi8[:: max(1, len(content.instants) // _PROBE)].tobytes())
    # Of numbers all: a thousand sparse columns are alike in any few cells. Adding 0.0 makes -0.0 the same number.
    return ("number", hash((content.numbers + 0.0).tobytes()))


def _same(one: Cells, other: Cells) -> bool:
    if one.form == "words":
        return one.levels == other.levels and np.array_equal(one.codes, other.codes)
    if one.form == "instant":
        return one.instants.equals(other.instants)
    return np.array_equal(one.numbers, other.numbers, equal_nan=True)
