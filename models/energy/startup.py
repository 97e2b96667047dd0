"""What a start costs: energy above the steady need from the restart until the line runs steadily again.

A start is the first producing interval after a stop of at least 30 minutes. The steady need of an interval is a + Σ
b_m · units of product m, fitted to intervals at least two hours after any start. From the residuals of the first two
hours after each start, the mean residual of the next two hours of the same run is taken off: weather and whatever
else was unusual that day. What remains is lined up by its place after the start and averaged over all starts; the
line is steady from the first place whose mean no longer lies above zero by 1.645 standard errors. The extra energy of
a start is the sum up to there. The interval comes from drawing starts again. Limits: warm-up before the first unit
counts as idle energy, not as start-up; a start that takes longer than two hours is cut there, and runs shorter than
three hours are left out.
"""

import numpy as np
from numpy.typing import NDArray

from models.energy.document import Startup, estimate_of
from models.energy.idle import producing
from models.energy.intervals import Intervals

__all__ = ["startup"]

Floats = NDArray[np.float64]

STOP_HOURS = 0.5
WATCHED_HOURS = 2.0
FEWEST_STARTS = 5
"""Fewer starts give no mean with an error of its own."""
FEWEST_STEADY = 30
DRAWS = 400
Z = 1.645


def startup(data: Intervals, seed: int) -> Startup | None:
    """Start-up losses, or None where they cannot be seen: coarse intervals, few starts, too little steady running."""
    found = producing(data)
    watched = int(WATCHED_HOURS / data.hours)
    if found is None or data.made is None or watched < 2:
        return None
    runs = found[0]
    starts, since = _starts(runs, data.kwh, data.hours)
    steady = runs & (since >= watched)
    if len(starts) < FEWEST_STARTS or steady.sum() < FEWEST_STEADY:
        return None
    x = _need(data, data.made)
    coef = np.linalg.lstsq(x[steady], data.kwh[steady], rcond=None)[0]
    profile = _profile(data.kwh - x @ coef, runs, starts, watched)
    if len(profile) < FEWEST_STARTS:
        return None
    until = _settled(profile)
    extra = profile[:, :until].sum(axis=1)
    rng = np.random.default_rng(seed)
    draws = extra[rng.integers(0, len(extra), (DRAWS, len(extra)))].mean(axis=1)
    total = float(extra.sum())
    price = None if data.price is None else float(data.price[starts].mean())
    return {
        "starts": len(profile),
        "extra_kwh": estimate_of(float(extra.mean()), draws),
        "minutes": until * data.hours * 60,
        "total_kwh": total,
        "money": None if price is None else total * price,
    }


def _need(data: Intervals, made: Floats) -> Floats:
    """What steady running should need energy for, shape (n, terms)."""
    units = np.nan_to_num(made)
    columns = [np.ones(data.n), units]
    for name in data.mix.columns:
        values = data.mix[name]
        if values.dtype == object:
            columns += [np.where(values == level, units, 0.0) for level in sorted(set(values.dropna()))[1:]]
        else:
            columns.append(units * values.fillna(values.mean()).to_numpy())
    return np.column_stack(columns)


def _profile(residual: Floats, runs: NDArray[np.bool_], starts: list[int], watched: int) -> Floats:
    """Energy above the need, by start and place after it, shape (starts, watched); short runs are left out."""
    rows = []
    for start in starts:
        run = runs[start : start + 2 * watched]
        length = len(run) if run.all() else int(np.argmin(run))
        if length >= 1.5 * watched:
            own = residual[start : start + length]
            rows.append(own[:watched] - own[watched:].mean())
    return np.array(rows).reshape(len(rows), watched)


def _starts(runs: NDArray[np.bool_], kwh: Floats, hours: float) -> tuple[list[int], Floats]:
    """Where the line starts after a long stop, and for every interval how many have passed since the last start."""
    starts: list[int] = []
    since = np.full(len(runs), np.inf)
    stopped, last = 0, None
    for place, running in enumerate(runs):
        if running and place > 0 and stopped * hours >= STOP_HOURS - 1e-9:
            starts.append(place)
            last = place
        stopped = 0 if running else stopped + 1
        if last is not None:
            since[place] = place - last
    return starts, since


def _settled(profile: Floats) -> int:
    """How many intervals after a start lie above the steady need, on average over the starts."""
    error = profile.std(axis=0, ddof=1) / np.sqrt(len(profile))
    settled = np.flatnonzero(profile.mean(axis=0) <= Z * error)
    return int(settled[0]) if len(settled) else profile.shape[1]
