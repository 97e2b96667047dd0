"""Straight-line fits that a few wild rows cannot bend: least squares, the worst rows left out, again."""

from dataclasses import dataclass

import numpy as np

from models.leaks.view import Floats

__all__ = ["TRIMMED", "Fit", "trimmed"]

TRIMMED = 0.05
"""Share of rows that may contradict: gross errors of the recording, start-up transients."""
ROUNDS = 20


@dataclass(frozen=True)
class Fit:
    """``y ≈ x @ weights + intercept``; ``r2`` and ``worst`` (largest error, in units of y) over the rows left in."""

    weights: Floats
    intercept: float
    r2: float
    worst: float
    n: int


def trimmed(x: Floats, y: Floats) -> Fit:
    """Least trimmed squares by concentration steps.

    ``x``: (n, k), ``y``: (n,), both finite. Each step refits on the rows with the smallest errors. Source: Rousseeuw
    and Van Driessen, "Computing LTS regression for large data sets" (2006), one start from the full fit.

    >>> round(float(trimmed(np.arange(40.0)[:, None], 2 * np.arange(40.0) + 1).weights[0]), 6)
    2.0
    """
    middle, scale = np.median(x, axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = np.column_stack([(x - middle) / scale, np.ones(len(y))])
    keep = np.ones(len(y), dtype=np.bool_)
    limit = np.inf
    for _ in range(ROUNDS):
        solved = _solve(design[keep], y[keep])
        errors = np.abs(y - design @ solved)
        now = float(np.quantile(errors, 1 - TRIMMED))
        keep = errors <= now
        if now >= limit * (1 - 1e-3):
            break
        limit = now
    spread = float(((y[keep] - y[keep].mean()) ** 2).sum())
    r2 = 1 - float((errors[keep] ** 2).sum()) / spread if spread > 0 else 0.0
    weights = solved[:-1] / scale
    return Fit(weights, float(solved[-1] - weights @ middle), r2, float(errors[keep].max()), int(keep.sum()))


def _solve(design: Floats, y: Floats) -> Floats:
    """Least squares; through the normal equations where they are safe, for they are many times faster."""
    gram = design.T @ design / len(y)
    if np.linalg.cond(gram) < 1e8:
        return np.asarray(np.linalg.solve(gram, design.T @ y / len(y)), dtype=np.float64)
    return np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], dtype=np.float64)
