"""Instants: in any one spelling of words, or as whole numbers (yyyymmdd, seconds … nanoseconds since 1970)."""

import re
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from models.automl.columns.cells import MISSING_WORDS
from models.automl.columns.numbers import NUMERIC_SHARE
from models.automl.matrix import Floats

__all__ = ["NUMBER_SPELLINGS", "number_spelling", "read_numbers", "read_words", "word_spelling"]

_DAYS = ("%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
_SPELLINGS = (
    "ISO8601",
    *(day + clock for day in _DAYS for clock in _CLOCKS),
    *("%Y年%m月%d日" + clock for clock in ("", " %H:%M", " %H:%M:%S", "%H時%M分", "%H時%M分%S秒")),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"),
    *("%H:%M", "%H:%M:%S"),
)
"""Tried on the whole column: one row alone cannot tell day from month. Day first is tried before month first."""
_LOOKS = re.compile(r"\d{1,4}[-/:.年]\d{1,2}|\d{1,2}[ -][A-Za-z]{3}|[A-Za-z]{3,9} \d{1,2},")
_TIME_WORD = re.compile(
    r"(^|[\W_])(date|datetime|time|timestamp|ts|day|at|when|created|updated|epoch|unix)([\W_\d]|$)|日時|日付|時刻|年月日"
    r"|(date|time|timestamp)$"
)
NUMBER_SPELLINGS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "yyyymmdd": 0.0}
"""Nanoseconds per unit; a calendar day written as a number has none."""


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
    if low >= 19_000_101 and high <= 21_001_231 and not np.isnat(_calendar(values)).any():
        return "yyyymmdd" if low < high else None
    named = _TIME_WORD.search(name.lower()) is not None
    for unit, size in NUMBER_SPELLINGS.items():
        if not size:
            continue
        # 1990 … 2100
        if low * size >= 6.3e17 and high * size <= 4.1e18 and low < high and (named or unit != "s"):
            return unit
    return None


def _calendar(values: Floats) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    """yyyymmdd → days; NaT where there is no such day."""
    whole = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).astype(np.int64)
    year, month, day = whole // 10_000, whole // 100 % 100, whole % 100
    good = (year >= 1900) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1)
    start = ((np.where(good, year, 1970) - 1970) * 12 + np.where(good, month, 1) - 1).astype("datetime64[M]")
    days = start.astype("datetime64[D]") + (day - 1)
    good &= days.astype("datetime64[M]") == start
    return np.where(good, days, np.datetime64("NaT"))


def read_numbers(values: Floats, how: str) -> pd.DatetimeIndex:
    """(n,) instants out of whole numbers; NaT where there is none."""
    if how == "yyyymmdd":
        return pd.DatetimeIndex(_calendar(values).astype("datetime64[us]"))
    micro = values * (NUMBER_SPELLINGS[how] / 1e3)
    good = np.isfinite(micro) & (np.abs(micro) < 8e18)
    whole = np.where(good, micro, 0.0).astype(np.int64).astype("datetime64[us]")
    return pd.DatetimeIndex(np.where(good, whole, np.datetime64("NaT")))
