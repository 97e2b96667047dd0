"""Steady processes to compare a chart with: drawn at random, and those kept that look like the chart.

A steady process may swing slowly, may have a long tail on its bad side (what leaves its window costs, on
whichever side it leaves), and its lots may differ by more than counting explains. None of that is an event.

**Formula.** Swings gᵢ = φ gᵢ₋₁ + noise, standard normal. Means: xᵢ = (exp(b gᵢ) - 1) / b, the normal itself at b
= 0. Counts: binomial with the chart's sizes and the rate p exp(s gᵢ - s²/2), p the chart's share. φ, b and s are
unknown: each is 0 in a share `PLAIN` of the `DRAWS`, else uniform over its range. Kept are the `KEPT` draws
nearest to the chart in what is *estimated* from both: φ; for means the skewness (q90 + q10 - 2 q50) / (q90 -
q10), which one event does not move; for counts the log of σ of neighbours. Distances in standard deviations over
the draws.

**Shapes.** Losses (k,), high is bad, k ≥ 20 → draws (about `KEPT`, k). **Limits of validity.** First order
swings, one-humped points. **Source.** Rejection by summaries, as in approximate Bayesian computation (Beaumont,
Zhang, Balding, Genetics 162, 2002).

>>> alike(np.random.default_rng(0).normal(size=30)).shape[1]
30
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.spc.autocorrelation import GRID, autocorrelation, clear
from models.spc.chart import Floats
from models.spc.individuals import far, mean_of_usual, sigma_of_neighbours
from models.spc.laney import STANDARD_ERROR, is_overdispersed

__all__ = ["Counts", "alike", "settled"]

DRAWS = 6000
KEPT = 400
"""A chance of 5 % is then known to within about one point."""
PLAIN = 0.3
"""With no plain draws small shifts drown in what might be swings; with plain ones only, swings are called special."""
MOST_BEND = 0.2
"""At b = 0.2 the skewness is 0.6, as of a gamma law with a coefficient of variation of 31 %. More excuses events."""
ROOM = 2.0
"""Rates may differ by this times the most that neighbours leave possible: most skewed rates lie close together."""
SEED = 4


@dataclass(frozen=True)
class Counts:
    """Shares of bad units: ``size`` (k,) units per subgroup."""

    size: NDArray[np.int64]

    def z(self, bad: Floats, left_out: NDArray[np.bool_] | None = None) -> Floats:
        """Binomial standard deviations from the centre line, told without the points left out. (…, k) → (…, k)"""
        kept = np.ones(bad.shape, dtype=np.bool_) if left_out is None else ~left_out
        share = np.sum(bad * kept, axis=-1, keepdims=True) / np.sum(self.size * kept, axis=-1, keepdims=True)
        sigma = np.sqrt(share * (1 - share) / self.size)
        return np.asarray((bad / self.size - share) / np.maximum(sigma, 1e-300))


def settled(values: Floats, counts: Counts | None = None) -> Floats:
    """Standardise series as their charts do, each by its own revised limits. (…, k) → (…, k)

    ``values``: means, or (``counts``) numbers of bad units.
    """
    points = values.shape[-1]
    first = counts.z(values) if counts else values
    left_out = far(first)
    phi = clear(autocorrelation(first), points)
    raw = counts.z(values, left_out) if counts else values - mean_of_usual(values, left_out)[..., None]
    sigma = sigma_of_neighbours(raw, left_out) / np.sqrt(1 - phi)
    if counts:
        sigma = np.where(is_overdispersed(sigma, points), sigma, 1.0)
    return np.asarray(raw / np.maximum(sigma, 1e-300)[..., None])


def alike(values: Floats, counts: Counts | None = None) -> Floats:
    """Steady processes that look like ``values``, unstandardised."""
    rng = np.random.default_rng(SEED)
    points = len(values)
    swings = _swings(rng, points)
    if counts is None:
        drawn = _bent(swings, _unknown(rng, 0.0, MOST_BEND))
    else:
        z = counts.z(values)
        over = float(sigma_of_neighbours(z, far(z))) ** 2 - 1 + 4 * STANDARD_ERROR / np.sqrt(points)
        most = ROOM * np.sqrt(max(over, 0.0) / float(values.mean()))
        spread = _unknown(rng, 0.0, most)
        rate = values.sum() / counts.size.sum() * np.exp(spread * swings - spread**2 / 2)
        drawn = rng.binomial(counts.size, np.minimum(rate, 1.0)).astype(np.float64)
    seen, own = _summary(drawn, counts), _summary(values, counts)
    apart = np.linalg.norm((seen - own) / np.maximum(seen.std(axis=0), 1e-12), axis=1)
    return np.asarray(drawn[apart <= np.partition(apart, KEPT)[KEPT]])


def _unknown(rng: np.random.Generator, low: float, high: float) -> Floats:
    return np.where(rng.random(DRAWS) < PLAIN, 0.0, rng.uniform(low, high, DRAWS))[:, None]


def _swings(rng: np.random.Generator, points: int) -> Floats:
    """Standard normal first order autoregressions. (DRAWS, points)"""
    phi = _unknown(rng, 0.0, float(GRID[-1]))[:, 0]
    swings = rng.normal(size=(DRAWS, points))
    swings[:, 1:] *= np.sqrt(1 - phi**2)[:, None]
    for place in range(1, points):
        swings[:, place] += phi * swings[:, place - 1]
    return swings


def _bent(swings: Floats, bend: Floats) -> Floats:
    safe = np.where(bend == 0, 1.0, bend)
    return np.where(bend == 0, swings, np.expm1(safe * swings) / safe)


def _summary(values: Floats, counts: Counts | None) -> Floats:
    """What a series looks like. (…, k) → (…, 2)"""
    if counts:
        z = counts.z(values)
        return np.stack([autocorrelation(z), np.log(np.maximum(sigma_of_neighbours(z, far(z)), 1e-12))], axis=-1)
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=-1)
    return np.stack([autocorrelation(values), (high + low - 2 * middle) / np.maximum(high - low, 1e-300)], axis=-1)
