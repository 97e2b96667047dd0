"""Columns that hold the mean of the target over the rows of a category: target encoding made on the same rows.

With all rows of one value *v* taken together (n rows, sum S of the target), an encoding, smoothed with weight m towards
the overall mean p, satisfies  n·v − S = m·(p − v)  for every value. No honest measurement does. Encodings made without
the row's own target (leave one out) satisfy  v·(n−1) + y = S  within each category of the column they encode.
"""

import numpy as np

from models.leaks.view import Column, Floats

__all__ = ["encoded", "left_out", "smoothed"]

FEWEST_LEVELS = 4
REPEATED = 1.5
WEIGHTS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 100.0, 200.0)
"""Weights that people choose for smoothing."""
CLOSE = 0.02
"""Error of the rule over the spread of the sums that it explains."""


def encoded(column: Column, y: Floats) -> bool:
    """``y``: (n,) the target, or 0 and 1 for one class of it."""
    if column.values is None or column.n_levels < FEWEST_LEVELS:
        return False
    rows = column.known & np.isfinite(y)
    if rows.sum() < REPEATED * column.n_levels:
        return False
    codes = column.codes[rows]
    n = np.bincount(codes, minlength=column.n_levels).astype(np.float64)
    sums = np.bincount(codes, y[rows], minlength=column.n_levels)
    values = np.full(column.n_levels, np.nan)
    values[codes] = column.values[rows]
    seen = n > 0
    n, sums, values = n[seen], sums[seen], values[seen]
    mean = float(y[rows].mean())
    spread = float((((sums - n * mean) ** 2) / n).sum())
    if spread == 0 or np.ptp(values) == 0:
        return False
    # Least squares for m and m·p, each value weighted as its mean deserves.
    root = np.sqrt(n)
    left = (n * values - sums) / root
    design = np.column_stack([-values / root, 1 / root])
    solved = np.linalg.lstsq(design, left, rcond=None)[0]
    error = float(((left - design @ solved) ** 2).sum())
    fits = error <= CLOSE**2 * spread and -0.5 <= solved[0] <= 0.5 * rows.sum()
    # The rule must be about the means themselves: values that are constant times a mean are another scale.
    return bool(fits and abs(np.average(values, weights=n) - mean) <= 0.5 * float(np.std(y[rows])))


def smoothed(column: Column, y: Floats) -> bool:
    """The same for a target of 0 and 1, where categories with equal counts share one value.

    A value *v* of n rows with mean μ then stands for k categories of n/k rows:  (v - p)/(μ - p) = n₀/(n₀ + m)  with a
    whole  k = n/n₀  for every value and one usual weight *m*.
    """
    if column.values is None or column.n_levels < 2 * FEWEST_LEVELS or column.n_levels > 0.2 * len(y):
        return False
    known = column.known
    codes = column.codes[known]
    n = np.bincount(codes, minlength=column.n_levels).astype(np.float64)
    p = float(y[known].mean())
    off = np.bincount(codes, y[known], minlength=column.n_levels) / np.maximum(n, 1) - p
    values = np.asarray(column.levels, dtype=np.float64) - p
    good = (n > 0) & (np.abs(off) > 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrunk = values / off
        for weight in WEIGHTS:
            times = n / (weight * shrunk / (1 - shrunk))
            whole = good & (shrunk > 0) & (shrunk < 1) & (times < 50) & (np.abs(times - np.round(times)) <= 0.02)
            whole &= np.round(times) >= 1
            if whole.sum() >= 2 * FEWEST_LEVELS and n[whole].sum() >= 0.95 * n[good].sum():
                return True
    return False


def left_out(column: Column, category: Column, y: Floats) -> bool:
    """Is a column the mean of ``y`` over the other rows of its category? The largest ones are asked first."""
    if column.values is None or category.n_levels < FEWEST_LEVELS:
        return False
    largest = np.isin(category.codes, np.argsort(category.counts)[::-1][:5])
    return _left_out(column, category, y, largest) and _left_out(column, category, y, category.known)


def _left_out(column: Column, category: Column, y: Floats, some: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> bool:
    rows = np.flatnonzero(some & column.known & category.known & (category.counts[category.codes] > 1))
    if column.values is None or len(rows) < 10:
        return False
    codes, values, own = category.codes[rows], column.values[rows], y[rows]
    n = np.maximum(np.bincount(codes, minlength=category.n_levels), 1).astype(np.float64)
    total = values * (category.counts[codes] - 1) + own
    error = total - (np.bincount(codes, total, minlength=category.n_levels) / n)[codes]
    within = own - (np.bincount(codes, own, minlength=category.n_levels) / n)[codes]
    spread = float((within**2).sum())
    return spread > 0 and float((error**2).sum()) <= CLOSE * spread
