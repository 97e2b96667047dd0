"""Readings become columns: window statistics of each signal over the time a unit was in each machine.

Pure and vectorised: binary searches find each unit's readings, and all units are reduced at once, so the cost grows
with the readings inside windows, not with units × readings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ingest.plant import Line, Plant, Signal

__all__ = ["ColumnPlan", "Series", "Statistic", "Windows", "column_plans", "compute", "windows_of"]

Statistic = Literal["last", "mean", "std", "min", "max", "range", "slope", "count", "rate"]
Floats = NDArray[np.float64]
Micros = NDArray[np.int64]
Ranks = NDArray[np.intp]

MICROS_PER_HOUR = 3_600_000_000
BLOCK = 2_000_000


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column of a study table: a statistic of one signal."""

    column: str
    factor: str
    """The signal's name; several columns may belong to it."""
    address: str
    machine: str
    statistic: Statistic
    category: bool
    carry: float
    """Seconds a reading stays valid before a window that holds none: five times the signal's expected interval."""


@dataclass(frozen=True, slots=True)
class Series:
    """The readings of one signal, ascending in time. ``ts`` in µs since 1970 UTC, shape (n,); ``value`` shape (n,)."""

    ts: Micros
    value: Floats


@dataclass(frozen=True, slots=True)
class Windows:
    """For each unit, when it was in the machine: µs since 1970 UTC, shape (units,).

    ``closed``: parts own both ends of their window; intervals own their start only, so that none is counted twice.
    """

    start: Micros
    end: Micros
    closed: bool


def _statistics(signal: Signal, line: Line) -> tuple[Statistic, ...]:
    if signal.statistics:
        return signal.statistics
    if signal.kind == "category":
        return ("last",)
    if signal.kind == "counter":
        return ("rate",)
    return ("last",) if line.units.kind == "part" else ("mean",)


def column_plans(plant: Plant, line_id: str, exclude: Sequence[str] = ()) -> tuple[ColumnPlan, ...]:
    """The columns a line's signals give; the first statistic of a signal carries the signal's own name."""
    line = plant.lines[line_id]
    return tuple(
        ColumnPlan(
            column=name if position == 0 else f"{name}__{statistic}",
            factor=name,
            address=plant.address(line_id, machine, name),
            machine=machine,
            statistic=statistic,
            category=signal.kind == "category",
            carry=5 * signal.expected_every,
        )
        for machine, name, signal in line.signals()
        if name not in exclude
        for position, statistic in enumerate(_statistics(signal, line))
    )


def compute(series: Series, windows: Windows, statistic: Statistic, carry: float) -> Floats:
    """One column, shape (units,); NaN where nothing was known.

    ``last``, ``mean``, ``min`` and ``max`` of a window without readings take the newest reading before it, if that is
    at most ``carry`` seconds older than the window's end: slow sensors publish less often than parts pass. ``rate`` is
    the growth of a counter per hour; falls are resets and count as nothing. ``slope`` is per hour. ``std`` (of a
    sample), ``range`` and ``slope`` need two readings.
    """
    if not len(series.ts):
        return np.full(len(windows.start), np.nan)
    if statistic == "rate":
        return _rate(series, windows, carry)
    low = np.searchsorted(series.ts, windows.start, side="left")
    high = np.searchsorted(series.ts, windows.end, side="right" if windows.closed else "left")
    high = np.maximum(low, high)
    if statistic == "count":
        return (high - low).astype(np.float64)
    needed = 2 if statistic in ("std", "range", "slope") else 1
    filled = np.flatnonzero(high - low >= needed)
    result = np.full(len(low), np.nan)
    for block in _blocks(filled, (high - low)[filled]):
        result[block] = _of_block(series, low[block], high[block], statistic)
    if needed == 1:
        before = np.maximum(high - 1, 0)
        carried = (high == low) & (high > 0) & (windows.end - series.ts[before] <= carry * 1e6)
        result[carried] = series.value[before[carried]]
    return result


def _blocks(positions: Ranks, lengths: Ranks) -> list[Ranks]:
    """Windows in runs of about `BLOCK` readings: overlapping windows repeat readings, and memory stays bounded."""
    cuts = np.flatnonzero(np.diff(np.cumsum(lengths) // BLOCK)) + 1
    return [block for block in np.split(positions, cuts) if len(block)]


def _of_block(series: Series, low: Ranks, high: Ranks, statistic: Statistic) -> Floats:
    """A statistic of windows that hold enough readings. Each is computed from its own readings alone: running sums over
    the whole series would carry the rounding of one wild value into every window after it."""
    if statistic == "last":
        return series.value[high - 1]
    n = high - low
    begins = np.cumsum(n) - n
    index = np.arange(n.sum()) + np.repeat(low - begins, n)
    y = series.value[index]
    if statistic in ("min", "max", "range"):
        smallest, largest = np.minimum.reduceat(y, begins), np.maximum.reduceat(y, begins)
        return {"min": smallest, "max": largest, "range": largest - smallest}[statistic]
    mean: Floats = np.add.reduceat(y, begins) / n
    if statistic == "mean":
        return mean
    away = y - np.repeat(mean, n)
    if statistic == "std":
        spread: Floats = np.sqrt(np.add.reduceat(away * away, begins) / (n - 1))
        return spread
    hours = (series.ts[index] - np.repeat(series.ts[low], n)) / MICROS_PER_HOUR
    hours = hours - np.repeat(np.add.reduceat(hours, begins) / n, n)
    slope: Floats = np.add.reduceat(hours * away, begins) / np.add.reduceat(hours * hours, begins)
    return slope


def _rate(series: Series, windows: Windows, carry: float) -> Floats:
    growth = np.concatenate(([0.0], np.cumsum(np.maximum(np.diff(series.value), 0.0))))
    start = np.searchsorted(series.ts, windows.start, side="right") - 1
    end = np.searchsorted(series.ts, windows.end, side="right") - 1
    known = (start >= 0) & (end > start)
    start, end = np.maximum(start, 0), np.maximum(end, 0)
    span = series.ts[end] - series.ts[start]
    length = windows.end - windows.start
    # Both readings must lie near the window's edges, or the rate speaks of another time.
    known &= (windows.start - series.ts[start] <= carry * 1e6) & (2 * span >= length)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (growth[end] - growth[start]) / (span / MICROS_PER_HOUR)
    return np.where(known, rate, np.nan)


def windows_of(
    machine: str,
    serials: Sequence[str],
    whole: tuple[Micros, Micros],
    visits: Mapping[tuple[str, str], tuple[int, int]],
    known_until: Micros,
) -> Windows:
    """When each part was in a machine; without a visit on record, its whole time on the line.

    No window reaches past ``known_until``, the instant of the verdict: only what was known before it may be learnt.
    """
    start, end = whole[0].copy(), whole[1].copy()
    for position, serial in enumerate(serials):
        visit = visits.get((serial, machine))
        if visit is not None:
            start[position], end[position] = visit
    end = np.minimum(end, known_until)
    return Windows(np.minimum(start, end), end, closed=True)
