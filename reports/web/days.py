"""Figures of one production day against the seven before it. Pure."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

__all__ = [
    "DAYS",
    "Change",
    "DefectDay",
    "Defects",
    "Energy",
    "EnergyDay",
    "day_bounds",
    "defects",
    "energy",
    "expected",
    "just_begun",
    "newcombe",
    "wilson",
]

DAYS = 8
"""The day itself and the seven before it."""
Z95 = 1.959964
ENOUGH = 0.1
T95 = {3: 4.302653, 4: 3.182446, 5: 2.776445, 6: 2.570582, 7: 2.446912}
"""Student's t, two-sided 95 %, by the number of earlier days; fewer than three say nothing."""

Change = Literal["lower", "higher", "unclear", "no_comparison"]
"""``unclear``: as far as chance (rates) or the spread of the earlier days (energy) explains it."""


@dataclass(frozen=True, slots=True)
class DefectDay:
    """Verdicts of one day; ``rate`` and its interval are shares of one, None without verdicts."""

    day: date
    n: int
    bad: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Defects:
    """The defect rate of the newest day with verdicts, with 95 % Wilson intervals, and of the seven days before."""

    day: date
    n: int
    bad: int
    rate: float
    low: float
    high: float
    before_n: int
    before_bad: int
    before_rate: float | None
    difference: float | None
    """Rate minus the rate before, share of one."""
    difference_low: float | None
    difference_high: float | None
    change: Change
    days: tuple[DefectDay, ...]


@dataclass(frozen=True, slots=True)
class EnergyDay:
    """Energy of one day in the meter's unit; ``per_good`` is None where no good unit was counted."""

    day: date
    energy: float | None
    good: float | None
    per_good: float | None


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy per good unit of the newest day with a meter reading, and of the seven days before together."""

    day: date
    energy: float
    good: float
    per_good: float | None
    before: float | None
    expected_low: float | None
    """Where the days before let a further day be expected (95 % prediction interval); None with fewer than three."""
    expected_high: float | None
    ratio: float | None
    """``per_good`` over ``before``, minus one."""
    change: Change
    unit: str
    days: tuple[EnergyDay, ...]


def day_bounds(last: date, zone: ZoneInfo, count: int = DAYS) -> list[datetime]:
    """The ``count + 1`` midnights around the days that end with ``last``, as UTC; a day may have 23 or 25 hours."""
    first = last - timedelta(days=count - 1)
    midnights = (datetime.combine(first + timedelta(days=i), time(), zone) for i in range(count + 1))
    return [midnight.astimezone(UTC) for midnight in midnights]


def just_begun(made: Sequence[float | None]) -> bool:
    """Whether the last of these days has made less than a tenth of the busiest: too little to speak of yet."""
    busiest = max((parts or 0.0 for parts in made), default=0.0)
    return (made[-1] or 0.0) < busiest * ENOUGH


def wilson(bad: int, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share; for n > 0. Wilson 1927, J. Am. Stat. Assoc. 22.

    Unlike the textbook interval it stays inside 0 and 1 and is honest at small n and at no defects at all.

    >>> [round(edge, 3) for edge in wilson(0, 20)]
    [0.0, 0.161]
    """
    share, z2 = bad / n, Z95 * Z95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (0.0 if bad == 0 else centre - half), (1.0 if bad == n else centre + half)


def newcombe(bad: int, n: int, bad_before: int, n_before: int) -> tuple[float, float]:
    """95 % interval of the difference of two independent shares; Newcombe 1998, Stat. Med. 17, method 10.

    >>> [round(edge, 3) for edge in newcombe(56, 70, 48, 80)]
    [0.052, 0.334]
    """
    share, before = bad / n, bad_before / n_before
    (low, high), (low_before, high_before) = wilson(bad, n), wilson(bad_before, n_before)
    difference = share - before
    return (
        difference - math.hypot(share - low, high_before - before),
        difference + math.hypot(high - share, before - low_before),
    )


def _defect_day(day: date, counts: Mapping[str, int], good: Sequence[str], bad: Sequence[str]) -> DefectDay:
    bads = sum(counts.get(text, 0) for text in bad)
    n = bads + sum(counts.get(text, 0) for text in good)
    if n == 0:
        return DefectDay(day, 0, 0, None, None, None)
    return DefectDay(day, n, bads, bads / n, *wilson(bads, n))


def defects(last: date, counts: Sequence[Mapping[str, int]], good: Sequence[str], bad: Sequence[str]) -> Defects | None:
    """The defect rate of ``last`` against the days before; None without a verdict that says good or bad.

    ``counts``: verdicts by their text, one mapping per day, the oldest first, ``last`` at the end.
    """
    first = last - timedelta(days=len(counts) - 1)
    days = tuple(_defect_day(first + timedelta(days=i), of_day, good, bad) for i, of_day in enumerate(counts))
    *earlier, today = days
    if today.rate is None or today.low is None or today.high is None:
        return None
    n, bads = sum(day.n for day in earlier), sum(day.bad for day in earlier)
    here = (today.day, today.n, today.bad, today.rate, today.low, today.high)
    if n == 0:
        return Defects(*here, 0, 0, None, None, None, None, "no_comparison", days)
    low, high = newcombe(today.bad, today.n, bads, n)
    change: Change = "lower" if high < 0 else "higher" if low > 0 else "unclear"
    return Defects(*here, n, bads, bads / n, today.rate - bads / n, low, high, change, days)


def expected(values: Sequence[float]) -> tuple[float | None, float | None]:
    """95 % prediction interval of one more value, not below zero: mean ± t·s·√(1 + 1/n); None for n outside 3 … 7.

    For values that scatter evenly about one mean; a trend within the week widens it.

    >>> [round(edge, 2) for edge in expected([10.0, 11.0, 12.0])]
    [6.03, 15.97]
    """
    n = len(values)
    if n not in T95:
        return None, None
    mean, half = statistics.fmean(values), T95[n] * statistics.stdev(values) * math.sqrt(1 + 1 / n)
    return max(0.0, mean - half), mean + half


def energy(last: date, used: Sequence[float | None], good: Sequence[float | None], unit: str = "kWh") -> Energy | None:
    """Energy per good unit of ``last`` against the days before; None when the meter did not report that day.

    ``used``: increase of the meter per day, the oldest first, ``last`` at the end; ``good``: good units alike.
    """
    first = last - timedelta(days=len(used) - 1)
    days = tuple(
        EnergyDay(first + timedelta(days=i), kwh, units, kwh / units if kwh is not None and units else None)
        for i, (kwh, units) in enumerate(zip(used, good, strict=True))
    )
    *earlier, today = days
    if today.energy is None:
        return None
    usable = [day for day in earlier if day.per_good is not None]
    here = (today.day, today.energy, today.good or 0.0, today.per_good)
    if today.per_good is None or not usable:
        return Energy(*here, None, None, None, None, "no_comparison", unit, days)
    before = sum(day.energy or 0.0 for day in usable) / sum(day.good or 0.0 for day in usable)
    low, high = expected([day.per_good for day in usable if day.per_good is not None])
    change: Change = "unclear"
    if low is not None and high is not None and not low <= today.per_good <= high:
        change = "lower" if today.per_good < low else "higher"
    ratio = today.per_good / before - 1 if before else None
    return Energy(*here, before, low, high, ratio, change, unit, days)
