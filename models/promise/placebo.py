"""Placebos: the same measurement at earlier dates, where nothing was done and the answer should be nought.

The units before an action are cut at several dates; the model learns from those before the cut and is held against
the stretch up to the next cut. Each gives an effect that should be nought, and ``z``: how far off it is, in standard
deviations of its own interval. If the intervals are right ``mean z^2`` is about one. Where they are not (the process
wanders in jumps, the model misses what a mix change does), every interval is stretched by

    sqrt((nu + sum z^2) / (nu + m)),   never below 1,

m placebos against a prior weight of ``nu``: a few placebos that look well prove little, and one that looks ill is no
verdict either.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from models.promise.additive import Fitted
from models.promise.level import carried

__all__ = ["Placebo", "placebos", "stretch"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CUTS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the groups before each cut; stretches of a tenth do not overlap, so their errors are nearly independent."""
FEWEST_BEFORE = 5
PRIOR = 4.0
"""Weight of the interval as it is, in placebos: the six of a usual study can then at most decide with it."""
FURTHEST = 5.0
"""A placebo counts as no further off than this many standard deviations."""


@dataclass(frozen=True)
class Placebo:
    """Effect of nothing, with its 90 % interval, per unit; ``z`` in standard deviations."""

    since: str
    until: str
    effect: float
    low: float
    high: float
    z: float


def placebos(
    fit: Fitted, loss: Floats, cells: Ints, days: Floats, noise: Floats, draws: Floats, origin: pd.Timestamp
) -> tuple[Placebo, ...]:
    """One for each cut that leaves enough groups before it. ``cells``: (n,) in order of time; ``noise``: (g,)."""
    count, sizes = int(cells.max()) + 1, np.bincount(cells)
    at = np.bincount(cells, days) / sizes
    edges = sorted({round(share * count) for share in CUTS} | {count})
    pairs = [(first, last) for first, last in pairwise(edges) if first >= FEWEST_BEFORE]
    found = []
    for first, last in pairs:
        foretold = fit.losses(fit.fit.refit((np.arange(count) < first).astype(np.float64)[None, :]))[0]
        residuals = np.bincount(cells, loss - foretold) / sizes
        weights = sizes[first:last] / sizes[first:last].sum()
        level = carried(at[:first], residuals[:first], noise[:first], at[first:last], noise[first:last], weights)
        level = level.widened(_slope_error(fit, draws, cells, first, last) * np.sqrt(count / first))
        seen = float(weights @ residuals[first:last])
        z = float(ndtri(np.clip(level.below(seen), 1e-9, 1 - 1e-9)))
        low, high = level.quantile(0.05) - seen, level.quantile(0.95) - seen
        since, until = (origin + pd.Timedelta(days=float(at[place])) for place in (first, last - 1))
        found.append(Placebo(since.isoformat(), until.isoformat(), level.mean - seen, low, high, z))
    return tuple(found)


def _slope_error(fit: Fitted, draws: Floats, cells: Ints, first: int, last: int) -> float:
    """Standard deviation of what the model says of the change from the cells before to those of the stretch."""
    ahead, back = (cells >= first) & (cells < last), cells < first
    foretold = fit.losses(draws)
    return float((foretold[:, ahead].mean(axis=1) - foretold[:, back].mean(axis=1)).std())


def stretch(found: tuple[Placebo, ...]) -> float:
    """The factor on every interval, 1 or more.

    >>> stretch(())
    1.0
    """
    squares = sum(min(abs(one.z), FURTHEST) ** 2 for one in found)
    return float(max(1.0, np.sqrt((PRIOR + squares) / (PRIOR + len(found)))))
