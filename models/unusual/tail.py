"""How seldom a distance as large as this is, also beyond all that were seen.

Ranks cannot answer: the farthest of n units is always the farthest, and a rank-based (conformal) p-value is never below
1/(n + 1), which no false-discovery rule over n units can reject. So above the `BULK` quantile u the distances are taken
to follow a generalised Pareto law,

    P(D > u + y) = (1 - BULK) (1 + xi y / beta)^(-1/xi),        xi in [0, `HEAVIEST`]

fitted by maximum likelihood with everything above the `CENSORED` quantile only known to be above it: a few units may be
as odd as they like without stretching the law they are judged by. xi is not let below 0 (a tail that ends), and is
raised by `MILD` standard errors of its estimate, (1 + xi) / sqrt(m) with m exceedances, so that small tables are judged
mildly. Below u the p-value is the rank's.

Source: Coles 2001, An Introduction to Statistical Modeling of Extreme Values, chapter 4 (the law, its standard error).

>>> distance = np.abs(np.random.default_rng(0).normal(size=5000))
>>> p = p_values(np.append(distance, 9.0))
>>> bool(p[-1] < 1e-6), bool(p[:-1].min() > 1e-6)
(True, True)
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["p_values"]

Floats = NDArray[np.float64]

BULK = 0.90
CENSORED = 0.997
"""Up to three cells of a column in a thousand may be wrong."""
MILD = 1.0
"""Standard errors that the shape is raised by: with two, nothing below 14 sigma is found among 2,000 units."""
HEAVIEST = 0.6
"""A Student t with fewer than two degrees of freedom has no variance; nothing on a line is like that."""
SHAPES = 13
SCALES = 20
_MOST = 1_000  # exceedances that the law is fitted to


def p_values(distance: Floats) -> Floats:
    """(n,) of distances (n,) >= 0."""
    n = len(distance)
    start, stop = np.quantile(distance, [BULK, CENSORED])
    rank = (n - np.argsort(np.argsort(distance, kind="stable"), kind="stable")) / n
    over = distance[distance > start] - start
    if len(over) < 5 or stop <= start:
        return np.asarray(np.maximum(rank, 1 - BULK))
    some = np.sort(over)[:: max(1, -(-len(over) // _MOST))]
    xi, beta = _fit(np.minimum(some, stop - start), some >= stop - start)
    xi += MILD * (1 + xi) / np.sqrt(len(over))
    beyond = np.maximum(distance - start, 0.0)
    return np.where(distance > start, (1 - BULK) * (1 + xi * beyond / beta) ** (-1 / xi), np.maximum(rank, 1 - BULK))


def _fit(over: Floats, censored: NDArray[np.bool_]) -> tuple[float, float]:
    """Shape and scale of the largest likelihood on a grid: it has one peak, and two digits are enough."""
    shape = np.maximum(np.linspace(0, HEAVIEST, SHAPES), 1e-6)[:, None, None]
    scale = (np.geomspace(0.3, 3, SCALES) * float(over.mean()))[None, :, None]
    grown = np.log1p(shape * over / scale)
    likelihood = (-grown / shape).sum(axis=2) - ((np.log(scale) + grown) * ~censored).sum(axis=2)
    at = np.unravel_index(int(likelihood.argmax()), likelihood.shape)
    return float(shape[at[0], 0, 0]), float(scale[0, at[1], 0])
