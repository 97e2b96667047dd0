"""Next week's energy and peak, with the naive forecast as the yardstick that must be beaten.

Backtest: from each of the last (up to nine) origins, seven days apart, every method foresees the seven
days after it from what was known then. MAE is per slot of the demand interval; MASE is MAE over the mean absolute
change from one week to the next. A method is used only if its MAE is below the better naive one's, and if it wins at
more than half of at least four origins; else the naive forecast is used, and named. Intervals are conformal: the ⌈(n
+ 1) · level⌉-th smallest absolute error of n backtests, at 90 % from nine origins on, 80 % from four on, none below.
They hold if the next week is a week like those; a new product or a holiday is none.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.energy.document import Forecast, ForecastDay, MethodScore
from models.energy.intervals import Intervals
from models.energy.methods import METHODS, NAIVE, WEEK, Floats, Ints
from models.energy.peaks import Demand
from models.study.data import Notice

__all__ = ["days_of", "foresee"]

MOST_ORIGINS = 9
FEWEST_ORIGINS = 4
FEWEST_DAYS = 8
"""A week to repeat, and a day to see that it goes on."""
COVERED = 0.9
"""A day with fewer of its slots is no whole day."""
HIGH, LOW = 0.90, 0.80


@dataclass(frozen=True)
class Days:
    """Energy by local day and slot: ``kwh`` (days, slots), ``first`` day, hours of a slot."""

    kwh: Floats
    first: pd.Timestamp
    hours: float

    @property
    def weekday(self) -> Ints:
        return (self.first.weekday() + np.arange(len(self.kwh))) % WEEK


def days_of(data: Intervals) -> Days | Notice:
    """Cut the record into whole local days; where the clock goes back, two hours share their slots (their mean)."""
    demand = Demand(data)
    slots = round(24 / demand.hours)
    if slots < 1 or abs(slots * demand.hours - 24) > 1e-6:
        return Notice("no_day_slots", {"minutes": demand.hours * 60})
    local = demand.start.tz_convert(data.zone).tz_localize(None)
    day = local.normalize()
    place = (day - day[0]).days.to_numpy()
    slot = np.minimum(((local - day) / pd.Timedelta(hours=demand.hours)).astype(int).to_numpy(), slots - 1)
    code = place * slots + slot
    kwh = np.where(demand.whole, demand.kw * demand.hours, np.nan)
    seen = np.isfinite(kwh)
    size = (int(place.max()) + 1) * slots
    count = np.bincount(code[seen], minlength=size)
    total = np.bincount(code[seen], kwh[seen], minlength=size)
    table = np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(-1, slots)
    whole = np.flatnonzero(np.isfinite(table).mean(axis=1) >= COVERED)
    if not len(whole) or whole[-1] - whole[0] + 1 < FEWEST_DAYS:
        return Notice("forecast_short", {"days": len(whole), "needed": FEWEST_DAYS})
    return Days(table[whole[0] : whole[-1] + 1], day[0] + pd.Timedelta(days=int(whole[0])), demand.hours)


def foresee(data: Intervals, seed: int) -> Forecast | Notice:
    """The week after the last whole day, or why there is none."""
    days = days_of(data)
    if isinstance(days, Notice):
        return days
    origins = [len(days.kwh) - WEEK * back for back in range(1, MOST_ORIGINS + 1)]
    origins = [origin for origin in origins if origin >= 2 * WEEK]
    names = [name for name, (_, needed) in METHODS.items() if not origins or min(origins[:FEWEST_ORIGINS]) >= needed]
    # Origins whose history is too short for a method are no test of it, so all are tested where all can be.
    origins = [origin for origin in origins if all(origin >= METHODS[name][1] for name in names)]
    truth = [days.kwh[origin : origin + WEEK] for origin in origins]
    seen = {name: [_run(name, days, origin, seed) for origin in origins] for name in names}
    scores = [_score(name, seen[name], truth, days) for name in names] if origins else []
    naive, method = _choose(scores, seen, truth)
    ahead = {name: _run(name, days, len(days.kwh), seed) for name in {naive, method}}
    return _document(data, days, (naive, method), scores, ahead, seen, truth)


def _run(name: str, days: Days, origin: int, seed: int) -> Floats:
    return METHODS[name][0](days.kwh[:origin], days.weekday[:origin], seed)


def _mae(predicted: Floats, truth: Floats) -> float:
    return float(np.nanmean(np.abs(predicted - truth)))


def _score(name: str, seen: list[Floats], truth: list[Floats], days: Days) -> MethodScore:
    mae = float(np.mean([_mae(a, b) for a, b in zip(seen, truth, strict=True)]))
    change = float(np.nanmean(np.abs(days.kwh[WEEK:] - days.kwh[:-WEEK])))
    return {
        "method": name,
        "mae": mae,
        "mase": mae / change if change > 0 else None,
        "week_mae": float(np.abs(_week_errors(seen, truth)).mean()),
        "peak_mae": float(np.abs(_peak_errors(seen, truth, days.hours)).mean()),
    }


def _week_errors(seen: list[Floats], truth: list[Floats]) -> Floats:
    """Actual minus foreseen energy of each week, over the slots that were measured."""
    return np.array([float(np.nansum(b - a)) for a, b in zip(seen, truth, strict=True)])


def _peak_errors(seen: list[Floats], truth: list[Floats], hours: float) -> Floats:
    """Actual minus foreseen peak, in kW, each corrected by the median of the other weeks' errors.

    A forecast of means is too low where the peak is: the highest of many is higher than the mean of each.
    """
    raw = np.array([float(np.nanmax(b) - a.max()) / hours for a, b in zip(seen, truth, strict=True)])
    if len(raw) < FEWEST_ORIGINS:
        return raw
    return np.array([value - float(np.median(np.delete(raw, place))) for place, value in enumerate(raw)])


def _choose(scores: list[MethodScore], seen: dict[str, list[Floats]], truth: list[Floats]) -> tuple[str, str]:
    """The better naive method, and the method to use."""
    by_name = {score["method"]: score["mae"] for score in scores}
    if not by_name:
        return NAIVE[0], NAIVE[0]
    naive = min((name for name in NAIVE if name in by_name), key=lambda name: by_name[name])
    best = min(by_name, key=lambda name: by_name[name])
    if len(truth) < FEWEST_ORIGINS or best in NAIVE:
        return naive, naive
    wins = sum(_mae(a, c) < _mae(b, c) for a, b, c in zip(seen[best], seen[naive], truth, strict=True))
    return naive, best if 2 * wins > len(truth) else naive


def _document(
    data: Intervals,
    days: Days,
    chosen: tuple[str, str],
    scores: list[MethodScore],
    ahead: dict[str, Floats],
    seen: dict[str, list[Floats]],
    truth: list[Floats],
) -> Forecast:
    naive, method = chosen
    tested = seen.get(method, [])
    level = _level(len(truth))
    week = float(ahead[method].sum())
    half = conformal(np.abs(_week_errors(tested, truth)), level)
    daily = np.array([error for a, b in zip(tested, truth, strict=True) for error in np.nansum(b - a, axis=1)])
    half_day = conformal(np.abs(daily), level)
    by_name = {score["method"]: score for score in scores}
    peak_method = min(chosen, key=lambda name: by_name[name]["peak_mae"]) if by_name else naive
    peak, half_peak = _peak(ahead[peak_method], seen.get(peak_method, []), truth, days.hours, level)
    return {
        "method": method,
        "naive": naive,
        "beats_naive": method != naive,
        "origins": len(truth),
        "scores": scores,
        "days": _days(days, ahead[method], half_day),
        "week_kwh": week,
        "week_low": _low(days, week, half),
        "week_high": None if half is None else week + half,
        "level": level,
        "peak_kw": peak,
        "peak_low": None if half_peak is None else peak - half_peak,
        "peak_high": None if half_peak is None else peak + half_peak,
        "peak_method": peak_method,
        "money": _money(data, week),
    }


def _peak(
    ahead: Floats, seen: list[Floats], truth: list[Floats], hours: float, level: float | None
) -> tuple[float, float | None]:
    raw = [float(np.nanmax(b) - a.max()) / hours for a, b in zip(seen, truth, strict=True)]
    shift = float(np.median(raw)) if len(raw) >= FEWEST_ORIGINS else 0.0
    return float(ahead.max()) / hours + shift, conformal(np.abs(_peak_errors(seen, truth, hours)), level)


def _level(n: int) -> float | None:
    if n >= MOST_ORIGINS:
        return HIGH
    return LOW if n >= FEWEST_ORIGINS else None


def conformal(errors: NDArray[np.float64], level: float | None) -> float | None:
    """Half the width of an interval that holds the next value with probability ``level``, if it is like the others.

    >>> conformal(np.arange(1.0, 10.0), 0.9)
    9.0
    """
    if level is None or not len(errors):
        return None
    return float(np.sort(errors)[min(math.ceil((len(errors) + 1) * level), len(errors)) - 1])


def _low(days: Days, value: float, half: float | None) -> float | None:
    """No lower than nothing, for a line that never fed energy back."""
    if half is None:
        return None
    return max(value - half, 0.0) if np.nanmin(days.kwh) >= 0 else value - half


def _days(days: Days, ahead: Floats, half: float | None) -> list[ForecastDay]:
    first = days.first + pd.Timedelta(days=len(days.kwh))
    return [
        {
            "day": str((first + pd.Timedelta(days=place)).date()),
            "kwh": float(row.sum()),
            "low": _low(days, float(row.sum()), half),
            "high": None if half is None else float(row.sum()) + half,
            "peak_kw": float(row.max()) / days.hours,
        }
        for place, row in enumerate(ahead)
    ]


def _money(data: Intervals, week: float) -> float | None:
    """At the mean price of the energy used so far."""
    spent, total = data.money(data.kwh), float(data.kwh.sum())
    return None if spent is None or not total else spent / total * week
