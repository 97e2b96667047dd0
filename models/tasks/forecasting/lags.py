"""What the last rows of several series say of the next ones: vector autoregression of what a regression left over.

e(t) = A1 e(t-1) + … + Ap e(t-p) + noise by least squares; p of 1 to 5 with the lowest BIC, fewer where errors would
grow without end. No moving-average part: it would add little to some lags.

Limits: v series need p v^2 parameters, so at least 5 rows for each.
Source: Lütkepohl, New introduction to multiple time series analysis, 2005, chapter 3.

>>> e = np.cumprod(np.full((40, 1), 0.5), axis=0)
>>> lags, tail = lags_of(e, best_number(e))
>>> bool(np.allclose(ahead_of(lags, tail, 2)[:, 0], [e[-1, 0] / 2, e[-1, 0] / 4]))
True
"""

import numpy as np

from models.automl.matrix import Floats
from models.tasks.forecasting.past import CannotFit

__all__ = ["ahead_of", "best_number", "lags_of"]

LAGS = (1, 2, 3, 4, 5)
ROWS_PER_PARAMETER = 5
SMALL = 1e-2
"""Directions of the lags with less than this share of the largest spread are left out: of series that nearly repeat
one another they would get huge parameters of both signs."""


def _lagged(e: Floats, p: int) -> Floats:
    """(n-p, p v): the p rows before each, the nearest first."""
    return np.hstack([e[p - lag : len(e) - lag] for lag in range(1, p + 1)])


def best_number(e: Floats) -> int:
    """How many lags of ``e`` (n, v). Raises `CannotFit` for too few rows."""
    n, v = e.shape
    fitting = [p for p in LAGS if p * v * ROWS_PER_PARAMETER <= n]
    if not fitting:
        raise CannotFit("too few rows for so many series")
    return min(fitting, key=lambda p: _bic(e, p, fitting[-1]))


def lags_of(e: Floats, most: int) -> tuple[Floats, Floats]:
    """(p v, v) weights, and (p, v) the last rows, the newest last. Raises `CannotFit` where errors would grow."""
    for p in range(most, 0, -1):
        lags = np.asarray(np.linalg.lstsq(_lagged(e, p), e[p:], rcond=SMALL)[0], np.float64)
        if _steady(lags):
            return lags, e[-p:]
    raise CannotFit("the system of series explodes")


def ahead_of(lags: Floats, tail: Floats, steps: int) -> Floats:
    """(steps, v) the rows after the tail."""
    p, rows = len(tail), [*tail]
    for _ in range(steps):
        rows.append(np.concatenate(rows[: -p - 1 : -1]) @ lags)
    return np.array(rows)[p:].reshape(steps, tail.shape[1])


def _steady(lags: Floats) -> bool:
    """Do errors die out, or at least stay?"""
    columns, v = lags.shape
    companion = np.vstack([lags.T, np.eye(columns - v, columns)])
    return bool(np.abs(np.linalg.eigvals(companion)).max() <= 1.0 + 1e-6)


def _bic(e: Floats, p: int, longest: int) -> float:
    """Of p lags, on the rows that the longest has too."""
    design, y = _lagged(e, p)[longest - p :], e[longest:]
    left = y - design @ np.linalg.lstsq(design, y, rcond=SMALL)[0]
    sign, size = np.linalg.slogdet(left.T @ left / len(y) + 1e-12 * np.eye(e.shape[1]))
    return float(len(y) * (size if sign > 0 else -np.inf) + p * e.shape[1] ** 2 * np.log(len(y)))
