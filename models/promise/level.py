"""How far the loss of later units may lie from what a model says, if nothing was done: the level that is carried on.

The residuals of groups (lots, days, shifts) before an action, in order of time, are taken as

    r_g = m + u(t_g) + b_g + e_g,    Var b_g = beta,  Var e_g = noise_g,  u a random walk with Var u(t) = q t,

groups differ among themselves (``beta``) and the process may wander (``q``). Neither is known, and few groups tell
little of them, so both are averaged over a grid, each pair weighted with its restricted likelihood: the predicted mean
residual of the groups after the action is a mixture of normals, wider than any single one of them. For each pair the
prediction is the best linear one with an unknown mean (universal kriging).

Shapes: before (g,), after (a,); ``weights`` (a,) sum to 1. Times in days. Limits: a wandering that begins only after
the action cannot be seen before it; with less than three groups the spread is hardly known.

Source: restricted likelihood, Patterson and Thompson 1971; kriging, Cressie 1993 section 3.4.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> before, later, exact, share = np.arange(40.0), np.arange(40.0, 50.0), np.zeros(40), np.full(10, 0.1)
>>> steady = carried(before, rng.normal(size=40), exact, later, np.zeros(10), share)
>>> wandering = carried(before, np.cumsum(rng.normal(size=40)), exact, later, np.zeros(10), share)
>>> round(steady.spread, 1), round(wandering.spread, 1)
(0.7, 2.3)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import brentq
from scipy.special import ndtr

__all__ = ["Mixture", "carried"]

Floats = NDArray[np.float64]

BETWEEN = (0.0, 0.1, 0.2, 0.35, 0.55, 0.8, 1.2)
"""Variances between groups that are tried, as shares of the variance of the residuals seen."""
WANDER = (0.0, 0.05, 0.3, 1.5, 6.0, 20.0)
"""Variances the walk may gather over the whole time before, as shares of the same. A pure walk has about 6: its
variance about its own mean is a sixth of what it gathers."""
STEADY = 2.0
"""Weight of no wandering at all, against one for each of the others. With these, 90 % intervals hold 86 to 97 % of the
means to come over steady, forgetful and purely wandering series of 20 and 45 groups (docs/actions.md)."""
LEAST = 1e-12


@dataclass(frozen=True)
class Mixture:
    """Normals with weights that sum to 1; each array of shape (k,)."""

    weights: Floats
    means: Floats
    spreads: Floats

    @property
    def mean(self) -> float:
        """Its mean."""
        return float(self.weights @ self.means)

    @property
    def spread(self) -> float:
        """Its standard deviation."""
        return float(np.sqrt(self.weights @ (self.spreads**2 + self.means**2) - self.mean**2))

    def below(self, value: float) -> float:
        """Probability of a smaller value."""
        return float(self.weights @ ndtr((value - self.means) / self.spreads))

    def quantile(self, share: float) -> float:
        """The value that a share of it lies below."""
        low = float((self.means - 9 * self.spreads).min())
        high = float((self.means + 9 * self.spreads).max())
        return float(brentq(lambda value: self.below(value) - share, low, high, xtol=1e-9 * (high - low) + 1e-300))

    def widened(self, more: float, stretch: float = 1.0) -> "Mixture":
        """Every normal with a further, independent standard deviation, all distances from the mean stretched."""
        spreads = np.sqrt(self.spreads**2 + more**2) * stretch
        return Mixture(self.weights, self.mean + (self.means - self.mean) * stretch, spreads)


def carried(
    days: Floats, residuals: Floats, noise: Floats, after: Floats, noise_after: Floats, weights: Floats
) -> Mixture:
    """The mean residual of the groups after, if nothing was done."""
    start = float(days.min())
    t, later = days - start, np.maximum(after - start, 0.0)
    span = max(float(t.max()), LEAST)
    size = max(float(residuals.var(ddof=1)) if len(residuals) > 1 else 0.0, float(noise.mean()), LEAST)
    walk, cross, ahead = np.minimum.outer(t, t), np.minimum.outer(t, later) @ weights, np.minimum.outer(later, later)
    spent = float(weights @ ahead @ weights)
    found = []
    for q in np.array(WANDER) * size / span:
        for between in np.array(BETWEEN) * size:
            cover = q * walk + np.diag(noise + between + 1e-6 * size)
            own = float((weights**2) @ (noise_after + between)) + q * spent
            height, mean, spread = _predict(cover, residuals, q * cross, own)
            found.append((height + np.log(STEADY) * (q == 0.0), mean, spread))
    heights, means, spreads = np.array(found).T
    chances = np.exp(heights - heights.max())
    return Mixture(chances / chances.sum(), means, spreads)


def _predict(cover: Floats, residuals: Floats, cross: Floats, own: float) -> tuple[float, float, float]:
    """Restricted log likelihood, predicted mean and its standard deviation."""
    factor = cho_factor(cover, lower=True)
    ones = np.ones(len(residuals))
    solved = cho_solve(factor, np.column_stack([ones, residuals, cross]))
    weight = float(ones @ solved[:, 0])
    mean = float(ones @ solved[:, 1]) / weight
    rest = residuals - mean
    fit = float(rest @ (solved[:, 1] - mean * solved[:, 0]))
    height = -0.5 * (2 * float(np.log(np.diag(factor[0])).sum()) + np.log(weight) + fit)
    lever = 1.0 - float(ones @ solved[:, 2])
    predicted = mean * lever + float(cross @ solved[:, 1])
    variance = own - float(cross @ solved[:, 2]) + lever**2 / weight
    return height, predicted, float(np.sqrt(max(variance, LEAST * own + 1e-300)))
