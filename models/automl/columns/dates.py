"""Instants: in any one spelling of words, or as whole numbers (20240131, seconds since 1970, …).

Calendar parts are those of the clock on the wall where the column has a zone (a shift begins at 6 in the plant, not in
UTC), and those of UTC where words carry offsets, which may differ from row to row.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from models.automl.columns.cells import MISSING_WORDS, Cells, refused
from models.automl.columns.numbers import NUMERIC_SHARE, Spelling, read
from models.automl.matrix import Floats

__all__ = ["DateRecipe", "number_spelling", "picked", "read_numbers", "read_words", "word_spelling"]

_DAYS = ("%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y")
_SHORT_DAYS = ("%y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_SPELLINGS = (
    "ISO8601",
    *(day + clock for day in (*_DAYS, *_SHORT_DAYS) for clock in _CLOCKS),
    *("%Y年%m月%d日" + clock for clock in ("", " %H:%M", " %H:%M:%S", "%H時%M分", "%H時%M分%S秒")),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"),
    *("%H:%M", "%H:%M:%S"),
)
"""Tried on the whole column: one row alone cannot tell day from month. Day first is tried before month first."""
_LOOKS = re.compile(r"\d{1,4}[-/.年]\d{1,2}|\d{1,2}:\d{2}|\d{1,2}[ -][A-Za-z]{3}|[A-Za-z]{3,9} \d{1,2},")
_TIME_WORD = re.compile(
    r"(^|[\W_])(ym|month|date|datetime|time|timestamp|ts|day|at|when|created|updated|epoch|unix)([\W_\d]|$)|日時|日付|時刻|年月"
    r"|(date|time|timestamp)$"
)
PARTS = ("year", "month", "day_of_week", "hour", "days")
"""Monday is 0; the hour is that of the day, with its minutes as a fraction; days since the first of training."""
FEWEST_MONTHS = 6
"""So many different months written as yyyymm are no coincidence."""
_EPOCH = pd.Timestamp("1970-01-01")
MONTHS = 32
WEEKS = 3
"""Days of training below which a month or a weekday is only another name for the age."""
_EPOCHS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0}
"""Nanoseconds per unit since 1970."""
_CALENDARS = {"yyyymmdd": 1.0, "yyyymmddhhmm": 1e-4, "yyyymmddhhmmss": 1e-6, "yyyymm": 100.0}
"""What makes eight digits of it, which are a day."""


def word_spelling(levels: Sequence[str]) -> tuple[str, bool] | None:
    """The spelling that fits nearly every distinct word, and whether another fits as well; None if none fits.

    Where both day first and month first fit, the one whose instants run over fewer days is meant: records of one
    spell of production mixed up scatter over the year.
    """
    shown = [level for level in levels if level.lower() not in MISSING_WORDS]
    if not shown or not all(_LOOKS.search(level) for level in shown[:: max(1, len(shown) // 200)]):
        return None
    sample = shown[:: max(1, len(shown) // 100)]
    fits = [how for how in _SPELLINGS if np.mean(read_words(sample, how).notna()) >= NUMERIC_SHARE]
    read = [(how, instants[instants.notna()].asi8, len(instants)) for how, instants in _all(fits, shown)]
    good = [(how, whole) for how, whole, n in read if len(whole) >= NUMERIC_SHARE * n]
    if not good:
        return None
    most = max(len(whole) for _, whole in good)
    best = [(how, float(np.subtract(*np.quantile(whole, [0.9, 0.1])))) for how, whole in good if len(whole) == most]
    return min(best, key=lambda item: item[1])[0], len(best) > 1


def _all(spellings: Sequence[str], levels: Sequence[str]) -> Iterator[tuple[str, pd.DatetimeIndex]]:
    return ((how, read_words(levels, how)) for how in spellings)


def read_words(levels: Sequence[str], how: str) -> pd.DatetimeIndex:
    """(levels,) instants without a zone (UTC where the words carry one); NaT for what does not fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        instants = pd.to_datetime(pd.Series(list(levels), dtype="object"), format=how, errors="coerce", utc=True)
    return pd.DatetimeIndex(instants).tz_localize(None)


def number_spelling(name: str, values: Floats) -> str | None:
    """Are these whole numbers instants? ``values``: (n,) finite. Numbers of seconds are believed only by the name."""
    if not len(values) or not np.all(values == np.floor(values)):
        return None
    low, high = float(values.min()), float(values.max())
    named = _TIME_WORD.search(name.lower()) is not None
    for how, size in _CALENDARS.items():
        if low < high and low * size >= 19_000_100 and high * size < 21_010_000:
            doubtful = how == "yyyymm" and not named and len(np.unique(values)) < FEWEST_MONTHS
            if not doubtful and not np.isnat(_calendar(values, how)).any():
                return how
    for unit, size in _EPOCHS.items():
        # 1990 … 2100
        if low * size >= 6.3e17 and high * size <= 4.1e18 and low < high and (named or unit != "s"):
            return unit
    return None


def _calendar(values: Floats, how: str) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    """Digits → instants; NaT where there is no such day or time of day."""
    size = _CALENDARS[how]
    whole = np.where(np.abs(values) < 1e15, np.nan_to_num(values), 0.0).astype(np.int64)
    digits = whole * 100 + 1 if how == "yyyymm" else whole // round(1 / size)
    clock = whole % round(1 / size) * (100 if how == "yyyymmddhhmm" else 1) if size < 1 else np.zeros_like(whole)
    year, month, day = digits // 10_000, digits // 100 % 100, digits % 100
    hour, minute, second = clock // 10_000, clock // 100 % 100, clock % 100
    good = (year >= 1900) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    start = ((np.where(good, year, 1970) - 1970) * 12 + np.where(good, month, 1) - 1).astype("datetime64[M]")
    days = start.astype("datetime64[D]") + (day - 1)
    good &= days.astype("datetime64[M]") == start
    instants = days.astype("datetime64[s]") + (hour * 3600 + minute * 60 + second)
    return np.where(good, instants, np.datetime64("NaT"))


def read_numbers(values: Floats, how: str) -> pd.DatetimeIndex:
    """(n,) instants out of whole numbers; NaT where there is none."""
    if how in _CALENDARS:
        return pd.DatetimeIndex(_calendar(values, how))
    micro = values * (_EPOCHS[how] / 1e3)
    good = np.isfinite(micro) & (np.abs(micro) < 8e18)
    whole = np.where(good, micro, 0.0).astype(np.int64).astype("datetime64[us]")
    return pd.DatetimeIndex(np.where(good, whole, np.datetime64("NaT")))


@dataclass(frozen=True)
class DateRecipe:
    """An instant as the parts that vary in training, and its age in days since the first instant of training.

    ``how``: of `Column.reading` the key and the value: ``spelling`` of words, ``numbers``, or the ``zone``.
    ``origin``: ISO 8601, without a zone. ``parts``: of `PARTS`.
    """

    column: str
    how: tuple[str, str]
    origin: str
    parts: tuple[str, ...]

    kind = "date"

    @classmethod
    def fit(cls, column: str, reading: Mapping[str, str], content: Cells) -> Self:
        """Which parts vary; the column has at least two different instants."""
        how = next(iter(reading.items()), ("zone", ""))
        blank = cls(column, how, "1970-01-01T00:00:00", ())
        instants = blank.instants(content).dropna()
        if not len(instants):
            return blank
        fields = {part: len(np.unique(_part(instants, part))) for part in ("year", "month", "day_of_week", "hour")}
        days = (instants.max() - instants.min()).days
        varies = {
            "year": fields["year"] > 2,  # two years are told apart by the age
            "month": fields["month"] > 1 and days >= MONTHS,
            "day_of_week": fields["day_of_week"] > 1 and days >= WEEKS,
            "hour": fields["hour"] > 1,
            "days": instants.min().date() != instants.max().date(),
        }
        return cls(column, how, instants.min().isoformat(), tuple(part for part in PARTS if varies[part]))

    @property
    def features(self) -> tuple[tuple[str, int], ...]:
        """Name and levels of each feature."""
        return tuple((f"{self.column}:{part}", 0) for part in self.parts)

    def fill(self, content: Cells, out: Floats) -> None:
        """Write (n, parts); NaN where there is no instant. Raises `StudyError` for what cannot be read as instants."""
        instants = self.instants(content)
        for place, part in enumerate(self.parts):
            out[:, place] = _part(instants, part, pd.Timestamp(self.origin))

    def instants(self, content: Cells) -> pd.DatetimeIndex:
        """n instants on the clock of training, without a zone."""
        if content.form == "instant":
            zone = self.how[1] if self.how[0] == "zone" else ""
            instants = content.instants
            return instants if instants.tz is None else instants.tz_convert(zone or "UTC").tz_localize(None)
        if content.blank or (content.form == "words" and not content.levels):
            return pd.DatetimeIndex(np.full(len(content.numbers) or len(content.codes), np.datetime64("NaT"), "M8[us]"))
        found = self._read(content)
        if found is None:
            raise refused(self.column, content, "dates")
        return found

    def _read(self, content: Cells) -> pd.DatetimeIndex | None:
        """Words or numbers as instants; None if none of them is one."""
        numeric = content.form == "number"
        if self.how[0] == "numbers":
            values = content.numbers if numeric else read(content.levels, Spelling())
            levels = read_numbers(values, self.how[1])
        elif numeric or content.form != "words":
            return None
        else:
            levels = read_words(content.levels, self.how[1] if self.how[0] == "spelling" else "ISO8601")
        if levels.isna().all():
            other = None if numeric else word_spelling(content.levels)
            if other is None:
                said = {level.lower() for level in content.levels} - MISSING_WORDS
                return None if numeric or said else picked(levels, content)
            levels = read_words(content.levels, other[0])
        return levels if numeric else picked(levels, content)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        written = {"how": list(self.how), "origin": self.origin, "parts": list(self.parts)}
        return {"kind": self.kind, "column": self.column, **written}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        key, value = content["how"]
        pd.Timestamp(content["origin"])
        parts = tuple(str(part) for part in content["parts"])
        if not set(parts) <= set(PARTS):
            raise ValueError(f"parts {parts!r}")
        return cls(str(content["column"]), (str(key), str(value)), str(content["origin"]), parts)


def picked(levels: pd.DatetimeIndex, content: Cells) -> pd.DatetimeIndex:
    """Instants of distinct words → (n,) instants of the cells."""
    return pd.DatetimeIndex(levels.append(pd.DatetimeIndex([pd.NaT])).take(content.codes))


def _part(instants: pd.DatetimeIndex, part: str, origin: pd.Timestamp = _EPOCH) -> Floats:
    """(n,) NaN where there is no instant; the hour and the days have fractions."""
    if part == "days":
        return np.asarray((instants - origin) / pd.Timedelta(days=1), np.float64)
    if part == "hour":
        return np.asarray((instants - instants.normalize()) / pd.Timedelta(hours=1), np.float64)
    return np.asarray(getattr(instants, part), np.float64)
