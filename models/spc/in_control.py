"""Steady processes to compare a chart with: drawn at random, and those kept that look like the chart.

A steady process may swing slowly, may have a long tail on its bad side (what leaves its window costs, on
whichever side it leaves), and its lots may differ by more than counting explains. None of that is an event.

**Formula.** Swings gᵢ = φ gᵢ₋₁ + noise, standard normal. Means: xᵢ = (exp(b gᵢ) - 1) / b, the normal itself at b
= 0. Counts: binomial with the chart's sizes and the rate p exp(s gᵢ - s²/2), p the chart's share. φ, b and s are
unknown: each is 0 in a share `PLAIN` of the `DRAWS`, else uniform over its range. Kept are the `KEPT` draws
nearest to the chart in what is *estimated* from both: φ; the skewness (q90 + q10 - 2 q50) / (q90 - q10), which one
event does not move; for counts also the log of σ of neighbours. Distances in standard deviations over the draws.

**Shapes.** Losses (k,), high is bad, k ≥ 20 → draws (about `KEPT`, k). **Limits of validity.** First order
swings, one-humped points. **Source.** Rejection by summaries, as in approximate Bayesian computation (Beaumont,
Zhang, Balding, Genetics 162, 2002).

>>> alike(np.random.default_rng(0).normal(size=30)).shape[1]
30
"""

import numpy as np

from models.spc.autocorrelation import GRID, autocorrelation, clear
from models.spc.chart import Floats
from models.spc.counts import Counts
from models.spc.individuals import far, mean_of_usual, sigma_of_neighbours
from models.spc.laney import STANDARD_ERROR, is_overdispersed

__all__ = ["alike", "settled"]

DRAWS = 6000
KEPT = 400
"""A chance of 5 % is then known to within about one point."""
PLAIN = 0.3
"""With no plain draws small shifts drown in what might be swings; with plain ones only, swings are called special."""
MOST_BEND = 0.2
"""At b = 0.2 the skewness is 0.6, as of a gamma law with a coefficient of variation of 31 %. More excuses events."""
ROOM = 1.5
"""Rates may differ by this times the most that neighbours leave possible: most skewed rates lie close together."""
SEED = 4


def settled(values: Floats, counts: Counts | None = None) -> Floats:
    """Standardise series as their charts do, each by its own revised limits. (…, k) → (…, k)

    ``values``: means, or (``counts``) numbers of bad units.
    """
    points = values.shape[-1]
    left_out = counts.left_out(values) if counts else far(values)
    phi = clear(autocorrelation(counts.z(values) if counts else values), points)
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
    elif values.sum() > counts.size.sum() / 2:
        # Where bad is the rule, it is the share of good units that may have a long tail.
        drawn = counts.size - _counted(rng, swings, counts.size - values, counts)
    else:
        drawn = _counted(rng, swings, values, counts)
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


def _counted(rng: np.random.Generator, swings: Floats, bad: Floats, counts: Counts) -> Floats:
    """Numbers of bad units at rates that swing by as much as the chart leaves possible."""
    left_out, points = counts.left_out(bad), len(bad)
    over = float(sigma_of_neighbours(counts.z(bad, left_out), left_out)) ** 2 - 1
    share = float(counts.share(bad, left_out)[0])
    due = share * float(counts.size.mean())
    spread = _unknown(rng, 0.0, ROOM * float(np.sqrt(max(over + 2 * STANDARD_ERROR / np.sqrt(points), 0.0) / due)))
    rate = share * np.exp(spread * swings - spread**2 / 2)
    return rng.binomial(counts.size, np.minimum(rate, 1.0)).astype(np.float64)


def _summary(values: Floats, counts: Counts | None) -> Floats:
    """What a series looks like. (…, k) → (…, 2), or for counts (…, 3)"""
    z = counts.z(values) if counts else values
    low, middle, high = np.quantile(z, [0.1, 0.5, 0.9], axis=-1)
    told = [autocorrelation(z), (high + low - 2 * middle) / np.maximum(high - low, 1e-300)]
    if counts:
        left_out = counts.left_out(values)
        sigma = sigma_of_neighbours(counts.z(values, left_out), left_out)
        told.append(np.log(np.maximum(sigma, 1e-12)))
    return np.stack(told, axis=-1)
