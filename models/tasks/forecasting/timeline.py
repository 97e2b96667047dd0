"""Dates as places on a line: 0 for the first row of training, one more per step, whatever the calendar does.

Steps are fixed spans, months (quarters, years: several months), or working days (Monday to Friday); else the rows are
counted. The calendar also says which seasons to expect: hour, day, week, year. Whole numbers that are no dates, such as
an AUTO_INCREMENT, and durations in seconds, such as a TIME, are counts: they stand on the line as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.columns import dates as spellings
from models.automl.columns.cells import Cells, cells
from models.automl.matrix import Ints

__all__ = ["Timeline", "moments"]

Kind = Literal["span", "month", "workday", "row"]
HOUR, DAY, WEEK, YEAR = 3_600.0, 86_400.0, 604_800.0, 31_557_600.0
FINEST_FOR_HOURS = 600.0
"""Seconds; with longer steps an hour has too few of them to have a shape."""
REGULAR = 0.5
"""Share of the places that must have a row; with fewer, filling the gaps would be inventing."""
MOST_AHEAD = 100_000
"""Steps; nobody means more."""
FIRST_YEAR, LAST_YEAR = 1678, 2261
"""What HeatWave accepts, and nanoseconds can hold."""


LARGEST = 2**53
"""Whole numbers up to here are exact."""


def moments(column: pd.Series, name: str, counted: bool | None = None) -> tuple[pd.DatetimeIndex, bool]:
    """The instants of a column: dates, their usual spellings, whole numbers that are years; or else counts, as so many
    microseconds. ``counted``: what it must be, where that is known.

    >>> moments(pd.Series(["2026-01-01", "2026-01-02"]), "d")[0].day.tolist()
    [1, 2]
    >>> moments(pd.Series([7, 8]), "n")[0].asi8.tolist()
    [7, 8]
    """
    content = cells(column)
    if counted is not True:
        dated = None if content.duration else _instants(content)
        if dated is not None:
            return _whole(dated, name), False
    found = None if counted is False else _counts(content)
    if found is None:
        first = content.levels[0] if content.levels else content.form
        what = "a whole number in each row" if counted else "a DATE, DATETIME, TIMESTAMP, TIME, YEAR or INT column"
        raise StudyError(f"column {name!r} holds no {'counts' if counted else 'dates'} but {first!r}; give {what}")
    return found, True


def _counts(content: Cells) -> pd.DatetimeIndex | None:
    values = content.numbers
    if content.form != "number" or not np.isfinite(values).all() or (values != np.floor(values)).any():
        return None
    if len(values) and np.abs(values).max() > LARGEST:
        return None
    return pd.DatetimeIndex(values.astype(np.int64).view("M8[us]"))


def _whole(found: pd.DatetimeIndex, name: str) -> pd.DatetimeIndex:
    """In UTC without saying so, none missing, within the years that are possible."""
    found = found.tz_convert("UTC").tz_localize(None) if found.tz is not None else found
    missing = int(np.sum(found.isna()))
    if missing:
        raise StudyError(f"column {name!r} lacks a date in {missing} row(s); every row needs one")
    years = found.year
    if len(years) and (years.min() < FIRST_YEAR or years.max() > LAST_YEAR):
        raise StudyError(
            f"column {name!r} holds year {years.min()}…{years.max()}; {FIRST_YEAR} to {LAST_YEAR} is possible"
        )
    return found.as_unit("us")


def _instants(content: Cells) -> pd.DatetimeIndex | None:
    if content.form == "instant":
        return content.instants
    if content.form == "number":
        values = content.numbers
        if np.isnan(values).any() or (values != np.floor(values)).any():
            return None
        if ((values >= FIRST_YEAR) & (values <= LAST_YEAR)).all():
            return pd.DatetimeIndex([f"{int(value):04d}-01-01" for value in values])
        how = spellings.number_spelling("date", values)
        return None if how is None else pd.DatetimeIndex(spellings.read_numbers(values, how))
    if content.form != "words":
        return None
    if all(level.isdecimal() and level.isascii() for level in content.levels):
        return _instants(Cells("number", np.array([*map(float, content.levels), np.nan])[content.codes]))
    dated = spellings.word_spelling(content.levels)
    if dated is None:
        return None
    return spellings.picked(spellings.read_words(content.levels, dated[0]), content)


@dataclass(frozen=True)
class Timeline:
    """``first``, ``last``: instants in microseconds, or counts; ``step``: microseconds, or months; ``n``: places of
    training; ``counted``: no dates but counts."""

    kind: Kind
    first: int
    last: int
    step: int
    n: int
    counted: bool = False

    @classmethod
    def of(cls, when: pd.DatetimeIndex, counted: bool = False) -> Self:
        """From the dates of training, increasing."""
        stamps = when.asi8
        first, last = int(stamps[0]), int(stamps[-1])
        calendar = () if counted else (cls._months(when), cls._workdays(when))
        for line in (*calendar, cls._spans(stamps)):
            if line is not None:
                kind, step = line
                found = cls(kind, first, last, step, 0)
                n = int(found.places(when)[-1]) + 1
                if len(when) >= REGULAR * n:
                    return cls(kind, first, last, step, n, counted)
        return cls("row", first, last, 0, len(when), counted)

    def shown(self, stamp: int) -> str:
        """A place as its column writes it."""
        return str(stamp if self.counted else pd.Timestamp(stamp, unit="us"))

    @staticmethod
    def _months(when: pd.DatetimeIndex) -> tuple[Kind, int] | None:
        """All on the same day of a month, or all on its last day, at the same time."""
        same_day = len(set(when.day)) == 1 or bool(when.is_month_end.all())
        if not same_day or len(set((when - when.normalize()).asi8.tolist())) > 1:
            return None
        months = np.asarray(when.year * 12 + when.month)
        step = int(np.gcd.reduce(np.diff(months)))
        return ("month", step) if step > 0 else None

    @staticmethod
    def _workdays(when: pd.DatetimeIndex) -> tuple[Kind, int] | None:
        """A day apart, but never on a Saturday or Sunday, for two weeks or more."""
        gaps = np.diff(when.normalize().asi8) // int(DAY * 1e6)
        days = bool((when == when.normalize()).all()) and len(when) > 10
        return ("workday", 1) if days and float(np.median(gaps)) == 1 and int(when.day_of_week.max()) < 5 else None

    @staticmethod
    def _spans(stamps: Ints) -> tuple[Kind, int] | None:
        """The most common span, if (nearly) all others are multiples of it."""
        gaps = np.diff(stamps)
        values, counts = np.unique(gaps, return_counts=True)
        step = int(values[counts.argmax()])
        off = np.abs(gaps / step - np.round(gaps / step))
        return ("span", step) if (off <= 0.1).mean() >= 0.99 and (gaps >= 0.9 * step).all() else None

    def places(self, when: pd.DatetimeIndex) -> Ints:
        """Where dates stand, (m,); the first row of training is 0. Not for lines that count rows."""
        if self.kind == "month":
            start = pd.Timestamp(self.first, unit="us")
            months = np.asarray(when.year * 12 + when.month) - (start.year * 12 + start.month)
            return np.round(months / self.step).astype(np.int64)
        if self.kind == "workday":
            days = when.to_numpy().astype("datetime64[D]")
            return np.busday_count(np.datetime64(self.first, "us").astype("datetime64[D]"), days).astype(np.int64)
        return np.round((when.asi8 - self.first) / self.step).astype(np.int64)

    def ahead(self, when: pd.DatetimeIndex, name: str) -> Ints:
        """How many steps after the last row of training each date lies, (m,); 1 is the next, 0 and below are training.

        Raises `StudyError` for dates before training (where rows are counted, also in it), and for those out of reach.
        """
        if not len(when):
            return np.empty(0, dtype=np.int64)
        if self.kind == "row":
            steps = np.argsort(np.argsort(when.asi8, kind="stable"), kind="stable") + 1
            early, limit = when.asi8 <= self.last, f"not after {self.shown(self.last)}, the end of training"
        else:
            steps = self.places(when) - (self.n - 1)
            early, limit = steps <= -self.n, f"before {self.shown(self.first)}, the beginning of training"
        if early.any():
            raise StudyError(f"{name} {self.shown(int(when.asi8[early.argmax()]))} is {limit}; ask for later dates")
        if steps.max() > MOST_AHEAD:
            far = self.shown(int(when.asi8[steps.argmax()]))
            raise StudyError(f"{name} {far} is {steps.max()} steps ahead; {MOST_AHEAD} is the most")
        return np.asarray(steps)

    def seasons(self) -> tuple[float, ...]:
        """Steps of the seasons that the calendar lets expect, the shortest first."""
        if self.kind == "row" or self.counted:
            return ()
        if self.kind == "month":
            return (12 / self.step,) if self.step in (1, 2, 3, 4, 6) else ()
        if self.kind == "workday":
            return (5.0, 260.9)
        seconds = self.step / 1e6
        cycles = [DAY, WEEK, YEAR] if seconds > FINEST_FOR_HOURS else [HOUR, DAY, WEEK, YEAR]
        return tuple(cycle / seconds for cycle in cycles if cycle / seconds >= 2)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return dict(self.__dict__)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        numbers = {name: int(content[name]) for name in ("first", "last", "step", "n")}
        return cls(content["kind"], **numbers, counted=bool(content["counted"]))
