"""Columns that hold the mean of the target over the rows of a category: target encoding made on the same rows.

With all rows of one value *v* taken together (n rows, sum S of the target), an encoding, smoothed with weight m towards
the overall mean p, satisfies  n·v − S = m·(p − v)  for every value. No honest measurement does. Encodings made without
the row's own target (leave one out) satisfy  v·(n−1) + y = S  within each category of the column they encode.
"""

import numpy as np

from models.leaks.view import Column, Floats

__all__ = ["encoded", "left_out"]

FEWEST_LEVELS = 4
REPEATED = 1.5
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


def left_out(column: Column, category: Column, y: Floats) -> bool:
    """Is a column the mean of ``y`` over the other rows of the same category?"""
    if column.values is None or category.n_levels < FEWEST_LEVELS:
        return False
    rows = column.known & category.known
    if rows.sum() < 20:
        return False
    codes = category.codes[rows]
    n = np.bincount(codes, minlength=category.n_levels).astype(np.float64)
    many = n[codes] > 1
    if many.sum() < 20:
        return False
    codes, values, own = codes[many], column.values[rows][many], y[rows][many]
    total = values * (n[codes] - 1) + own
    means = np.bincount(codes, total, minlength=category.n_levels) / np.maximum(n, 1)
    error = float(((total - means[codes]) ** 2).sum())
    plain = np.bincount(codes, own, minlength=category.n_levels) / np.maximum(n, 1)
    within = float(((own - plain[codes]) ** 2).sum())
    return within > 0 and error <= CLOSE * within
