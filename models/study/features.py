"""Readings become columns: window statistics of each signal over the time a unit was in each machine.

Pure and vectorised: one pass of binary searches and running sums per signal, so the cost is O((units + readings) log
readings), not units × readings.
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
    the growth of a counter per hour; falls are resets and count as nothing. ``slope`` is per hour.
    """
    if not len(series.ts):
        return np.full(len(windows.start), np.nan)
    low = np.searchsorted(series.ts, windows.start, side="left")
    high = np.searchsorted(series.ts, windows.end, side="right" if windows.closed else "left")
    high = np.maximum(low, high)
    if statistic == "rate":
        return _rate(series, windows, carry)
    count = (high - low).astype(np.float64)
    if statistic == "count":
        return count
    filled = count > 0
    if statistic in ("std", "range", "slope"):
        return _spread(series, low, high, statistic)
    result = _level(series, low, high, filled, statistic)
    before = np.maximum(high - 1, 0)
    age = windows.end - series.ts[before]
    carried = ~filled & (high > 0) & (age <= carry * 1e6)
    result[carried] = series.value[before[carried]]
    return result


def _level(series: Series, low: Ranks, high: Ranks, filled: NDArray[np.bool_], statistic: Statistic) -> Floats:
    result = np.full(len(low), np.nan)
    if not filled.any():
        return result
    first, after = low[filled], high[filled]
    if statistic == "last":
        result[filled] = series.value[after - 1]
    elif statistic == "mean":
        # The offset keeps the running sum small: a mean of 10 ± 0.01 must not drown in a sum of millions.
        offset = float(np.mean(series.value))
        running = np.concatenate(([0.0], np.cumsum(series.value - offset)))
        result[filled] = offset + (running[after] - running[first]) / (after - first)
    else:
        result[filled] = _reduce(series.value, first, after, np.minimum if statistic == "min" else np.maximum)
    return result


def _reduce(values: Floats, first: Ranks, after: Ranks, operation: np.ufunc) -> Floats:
    """``operation`` over values[first:after] for every window, none of them empty."""
    edges = np.column_stack((first, after)).ravel()
    padded = np.append(values, values[-1])
    reduced: Floats = operation.reduceat(padded, edges)[::2]
    return reduced


def _spread(series: Series, low: Ranks, high: Ranks, statistic: Statistic) -> Floats:
    """Statistics that need two readings; NaN with fewer."""
    result = np.full(len(low), np.nan)
    enough = high - low >= 2
    if not enough.any():
        return result
    first, after = low[enough], high[enough]
    if statistic == "range":
        result[enough] = _reduce(series.value, first, after, np.maximum) - _reduce(
            series.value, first, after, np.minimum
        )
        return result
    n = (after - first).astype(np.float64)
    y = series.value - float(np.mean(series.value))

    def total(values: Floats) -> Floats:
        running = np.concatenate(([0.0], np.cumsum(values)))
        return np.asarray(running[after] - running[first], dtype=np.float64)

    sum_y = total(y)
    if statistic == "std":
        result[enough] = np.sqrt(np.maximum(total(y * y) - sum_y**2 / n, 0.0) / (n - 1))
        return result
    hours = (series.ts - series.ts[0]) / MICROS_PER_HOUR
    sum_x = total(hours)
    denominator = total(hours * hours) - sum_x**2 / n
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (total(hours * y) - sum_x * sum_y / n) / denominator
    result[enough] = np.where(denominator > 1e-12, slope, np.nan)
    return result


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
