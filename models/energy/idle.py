"""Power without production: idle energy, and the base load as idle hours and as the baseline see it.

An interval is idle when it makes at most 2 % of what a busy one makes (the 90 % point of intervals that make
anything) and uses more than 5 % of a producing interval's median; below that the machine is off, and nothing is lost.
Idle energy is all energy of idle intervals: what a switch would save at most. The base load from idle hours is their
median power; the one from the baseline is its power at zero units. The first is what a standing machine draws; the
second includes what a running one needs whatever it makes, so it is usually higher.
"""

import numpy as np
from numpy.typing import NDArray

from models.energy.baseline import Baseline
from models.energy.document import Estimate, Idle, estimate_of
from models.energy.intervals import Intervals

__all__ = ["idle", "producing"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEARLY_NOTHING = 0.02
BUSY = 0.90
OFF = 0.05
DRAWS = 300


def producing(data: Intervals) -> tuple[Bools, Bools, float] | None:
    """Which intervals produce, which are idle (the rest is off or unknown), and the limit in units per interval."""
    made = data.made
    if made is None or not (made > 0).any():
        return None
    limit = NEARLY_NOTHING * float(np.quantile(made[made > 0], BUSY))
    runs = made > limit
    if not runs.any():
        return None
    return runs, (made <= limit) & (data.kwh > OFF * float(np.median(data.kwh[runs]))), limit


def idle(data: Intervals, baseline: Baseline | None, seed: int) -> Idle | None:
    """Idle losses, where production is known."""
    found = producing(data)
    if found is None or data.made is None:
        return None
    _, stands, limit = found
    kwh = float(data.kwh[stands].sum())
    off = (data.made <= limit) & ~stands
    total = float(data.kwh.sum())
    return {
        "hours": float(stands.sum()) * data.hours,
        "kwh": kwh,
        "share": kwh / total if total else 0.0,
        "money": data.money(data.kwh, stands),
        "off_hours": float(off.sum()) * data.hours,
        "threshold": limit,
        "base_load_idle_kw": _median_power(data, stands, seed),
        "base_load_model_kw": _intercept(baseline),
    }


def _median_power(data: Intervals, stands: Bools, seed: int) -> Estimate | None:
    """Median power of idle intervals; its interval from drawing whole idle stretches again."""
    power = data.kwh[stands] / data.hours
    if not len(power):
        return None
    stretch = np.cumsum(np.concatenate(([0], (np.diff(np.flatnonzero(stands)) > 1).astype(np.int64))))
    pieces = int(stretch[-1]) + 1
    order = np.argsort(power, kind="stable")
    rng = np.random.default_rng(seed)
    draws = []
    for times in rng.multinomial(pieces, np.full(pieces, 1 / pieces), DRAWS):
        # The median where a stretch drawn k times counts k times.
        counted = np.cumsum(times[stretch[order]])
        draws.append(float(power[order[np.searchsorted(counted, counted[-1] / 2)]]))
    return estimate_of(float(np.median(power)), draws)


def _intercept(baseline: Baseline | None) -> Estimate | None:
    if baseline is None or not baseline.counted:
        return None
    for place, term in enumerate(baseline.terms):
        if term.kind == "volume":
            half, value = float(baseline.half_widths[place]), float(baseline.coef[place])
            return {"estimate": value, "low": value - half, "high": value + half}
    return None
