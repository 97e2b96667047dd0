"""CUSUM of savings: Σ (expected − actual) against the frozen baseline, with an interval, and where its slope changed.

After n hours the sum S has the variance x'Vx + n σ² g + (d E)²: x sums the drivers, V is the covariance of the
coefficients, σ² the variance of an hour's residual, g = n / n_effective what autocorrelation makes of it
(`models.energy.ols.inflation`), E the expected energy and d the share by which the baseline missed days held back
beyond chance. The interval is S ± z sqrt(var), for any one day looked at by itself.

Slope changes: the daily savings are cut into stretches of constant mean by dynamic programming (optimal partitioning,
Jackson et al. 2005), with the cost Σ (d − mean)² / v per stretch and a penalty per cut; v is the variance of a day
under the baseline. Limits: a day is the resolution; saving that grows slowly is shown as steps.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.energy.baseline import Baseline
from models.energy.document import LEVEL, SavingPoint, Savings, SlopeChange
from models.energy.terms import Hours, design

__all__ = ["cuts", "savings"]

Floats = NDArray[np.float64]

PENALTY = 4.0
"""Of a cut, times ln(days): twice what BIC asks, because the place of the cut was searched for."""
FEWEST_IN_STRETCH = 2
"""One odd day is no change of slope."""
MOST_POINTS = 400
"""Days shown; longer records are thinned, the last day stays."""


def savings(baseline: Baseline, now: Hours, price: float | None) -> Savings:
    """What the hours after the baseline saved against it. ``price``: money per kWh."""
    x = design(now, baseline.terms)
    expected = x @ baseline.coef
    saved = expected - now.kwh
    days, code = np.unique(now.day, return_inverse=True)
    daily = np.bincount(code, saved).astype(np.float64)
    count = np.cumsum(np.bincount(code)).astype(np.float64)
    total = np.cumsum(daily)
    drivers = np.cumsum(np.vstack([np.bincount(code, part) for part in x.T]), axis=1)
    variance = np.einsum("pd,pq,qd->d", drivers, baseline.cov, drivers) + count * baseline.sigma**2 * baseline.inflation
    variance += (baseline.drift * np.cumsum(np.bincount(code, expected))) ** 2
    half = float(stats.norm.ppf((1 + LEVEL) / 2)) * np.sqrt(np.maximum(variance, 0.0))
    shown = _shown(len(days))
    points: list[SavingPoint] = [
        {
            "day": str(days[place]),
            "saved_kwh": float(total[place]),
            "low": float(total[place] - half[place]),
            "high": float(total[place] + half[place]),
        }
        for place in shown
    ]
    whole, last = float(total[-1]), float(half[-1])
    energy = float(expected.sum())
    return {
        "total": {"estimate": whole, "low": whole - last, "high": whole + last},
        "share": whole / energy if energy > 0 else None,
        "money": None if price is None else whole * price,
        "n": now.n,
        "n_effective": now.n / baseline.inflation,
        "cusum": points,
        "changes": _changes(baseline, days, daily, np.bincount(code).astype(np.float64), energy / len(days)),
    }


def _shown(days: int) -> list[int]:
    step = -(-days // MOST_POINTS)
    return sorted({*range(0, days, step), days - 1})


def _changes(
    baseline: Baseline, days: NDArray[np.datetime64], daily: Floats, hours: Floats, usual: float
) -> list[SlopeChange]:
    """A change at the first day means: other than the baseline from the start. ``usual``: kWh expected on a day."""
    if len(days) < 2 * FEWEST_IN_STRETCH:
        return []
    variance = float(np.median(hours)) * baseline.sigma**2 * baseline.inflation
    if variance <= 0:
        return []
    found: list[SlopeChange] = []
    before = 0.0
    starts = cuts(daily, variance)
    for start, end in zip(starts, [*starts[1:], len(daily)], strict=True):
        after = float(daily[start:end].mean())
        # The first stretch is compared with the baseline itself, whose savings are nil, as far as it knows.
        error = math.sqrt(PENALTY * math.log(len(daily)) * (variance / end + (baseline.drift * usual) ** 2))
        if start > 0 or abs(after) > error:
            found.append({"day": str(days[start]), "before_kwh_per_day": before, "after_kwh_per_day": after})
        before = after
    return found


def cuts(values: Floats, variance: float) -> list[int]:
    """Where stretches of one mean start; the first is 0.

    >>> cuts(np.array([0.0, 0.1, -0.1, 0.0, 5.0, 5.1, 4.9, 5.0]), 0.01)
    [0, 4]
    """
    n = len(values)
    penalty = PENALTY * math.log(max(n, 2))
    sums, squares = np.concatenate(([0.0], np.cumsum(values))), np.concatenate(([0.0], np.cumsum(values**2)))
    best = np.full(n + 1, np.inf)
    best[0] = -penalty
    last = np.zeros(n + 1, dtype=np.int64)
    for end in range(FEWEST_IN_STRETCH, n + 1):
        start = np.arange(0, end - FEWEST_IN_STRETCH + 1)
        length = end - start
        cost = (squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / length) / variance
        total = best[start] + cost + penalty
        last[end] = int(start[np.argmin(total)])
        best[end] = float(total.min())
    found = [n]
    while found[-1] > 0:
        found.append(int(last[found[-1]]))
    return sorted(found[1:])
