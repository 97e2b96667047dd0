"""The target under another name, one column at a time: scaled, shifted, bent, rounded, cut into steps, coded, encoded.

Regression. A column *x* is the target *y* if one of these holds, a few wild rows apart:

* a straight line: R² of the trimmed fit ≥ `STRAIGHT`;
* one to one in order, or rounded: sorted by *y*, the ranks of *x* hardly move from row to row (`_steady`);
* *y* cut into steps or coded: sorted by *y*, a column of few levels changes its level hardly more often than it has
  levels, and the cuts lie where *y* is dense. An on/off state that separates two modes of *y* cuts in a gap: honest.
* its values are the mean of *y* over the rows that share them: an encoding of a category by the target (`encoding`).

Classification. Every level stands for one class, or one level is one class and the others never are it, or the column
lies in a narrow band for each class.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from models.leaks.crosstab import Crosstab, crosstab
from models.leaks.encoding import encoded, left_out, smoothed
from models.leaks.fits import trimmed
from models.leaks.report import Suspect
from models.leaks.view import FEW_LEVELS, Column, Floats, Ints, View

__all__ = ["cut_into_steps", "identities"]

STRAIGHT = 0.9995
"""R² of a trimmed straight line. Honest physics reaches 0.98 (compressor pressure for a turbine's power)."""
FEWEST = 20
FEWEST_GROUPED = 3
IMPURE = 0.03
"""Share of rows that may contradict where levels stand for classes."""
SAME_ROWS = 0.9
"""Rows of a level or of a class that are of both."""
BANDS = 0.99
"""Share of the variance of a column that lies between the classes."""
MANY = 20
"""Levels, counted as equally frequent ones, from which order is evidence; a setpoint that hardly moves has few."""
STEPS = 0.05
GAP = 0.25
"""Width of the gap at a cut over the width of what lies on both sides."""


def identities(data: View) -> Iterator[Suspect]:
    """Each column that is the target."""
    for column in data.columns.values():
        if column.known.sum() < FEWEST or column.n_levels < 2 or column.instant:
            continue
        found = _of_number(column, data) if data.task == "regression" else _of_class(column, data)
        if found is None and column.n_levels > FEWEST_GROUPED:
            found = _of_others(column, data)
        if found is not None:
            yield found


def _of_others(column: Column, data: View) -> Suspect | None:
    """The mean of the target over the other rows of some category."""
    targets = [data.y]
    if data.classes:
        targets = [(data.labels_of == label).astype(np.float64) for label in range(data.classes)]
    for category in data.columns.values():
        if category.values is not None or not FEWEST_GROUPED < category.n_levels < 0.5 * data.n:
            continue
        if any(left_out(column, category, y) for y in targets):
            return _said(column, "identity_left_out", data, category=category.name)
    return None


def _said(column: Column, evidence: str, data: View, **values: object) -> Suspect:
    blanks = {"column": column.name, "other": data.target, "n": int(column.known.sum()), **values}
    return Suspect((column.name,), "identity", True, evidence, blanks, "excluded", (column.name,))


def _of_number(column: Column, data: View) -> Suspect | None:
    known = column.known
    y = data.y[known]
    if np.ptp(y) == 0:
        return None
    if column.values is not None and column.n_levels > 2:
        x = column.values[known]
        fit = trimmed(x[:, None], y)
        if fit.r2 >= STRAIGHT:
            slope, shift = float(fit.weights[0]), fit.intercept
            return _said(column, "identity_line", data, slope=slope, shift=shift, worst=fit.worst, r2=fit.r2)
        if column.n_levels > FEW_LEVELS and _steady(column.codes[known], column.n_levels, y):
            return _said(column, "identity_order", data)
    if column.n_levels <= FEW_LEVELS and cut_into_steps(column.codes[known], column.n_levels, y):
        return _said(column, "identity_steps", data, levels=column.n_levels)
    if encoded(column, data.y):
        return _said(column, "identity_encoded", data)
    return None


def _steady(codes: Ints, levels: int, y: Floats) -> bool:
    """Do the ranks of a column hardly move when the rows are put in order of the target?"""
    shuffled = np.random.default_rng(0).permutation(len(y))
    shares = np.bincount(codes, minlength=levels) / len(codes)
    if 1 / float((shares**2).sum()) < MANY:
        return False
    ranks = codes / levels
    moves = np.sort(np.abs(np.diff(ranks[_in_order(y, shuffled)])))
    by_chance = np.sort(np.abs(np.diff(ranks[shuffled])))
    most = max(1, int(0.9 * len(moves)))
    random = float(by_chance[:most].mean())
    return random > 0.02 and float(moves[:most].mean()) <= 0.01 * random + 2 / len(y)


def _in_order(y: Floats, shuffled: Ints) -> Ints:
    """Places in the order of ``y``; rows of the same target in no order, so that ties are no evidence."""
    order: Ints = shuffled[np.argsort(y[shuffled], kind="stable")]
    return order


def cut_into_steps(codes: Ints, levels: int, y: Floats) -> bool:
    """Is a column of few levels the target cut into steps, in whatever order the steps are named?"""
    order = _in_order(y, np.random.default_rng(0).permutation(len(y)))
    changes = int(np.count_nonzero(np.diff(codes[order])))
    shares = np.bincount(codes, minlength=levels) / len(codes)
    expected = len(codes) * (1 - float((shares**2).sum()))
    surplus = changes - (levels - 1)
    if expected < 10 * levels or surplus > STEPS * expected:
        return False
    if len(np.unique(y)) < 3 * levels:
        return False
    return _dense(codes, levels, y)


def _dense(codes: Ints, levels: int, y: Floats) -> bool:
    """Do most cuts lie where the target is dense, not in a gap between two of its modes?"""
    edges = []
    for level in range(levels):
        own = y[codes == level]
        if len(own):
            edges.append(np.quantile(own, [0.5, 0.05, 0.95]))
    edges.sort(key=lambda edge: float(edge[0]))
    gaps = [(after[1] - before[2]) / max(before[2] - before[1] + after[2] - after[1], 1e-300)
            for before, after in pairwise(edges)]  # fmt: skip
    return bool(np.median(gaps) <= GAP)


def _of_class(column: Column, data: View) -> Suspect | None:
    known = column.known
    labels = data.labels_of[known]
    if column.n_levels <= max(FEW_LEVELS, 3 * data.classes):
        table = crosstab(column.codes[known], labels, column.n_levels, data.classes)
        found = _of_levels(column, table, data)
        if found is not None:
            return found
    if column.values is not None and column.n_levels > 2:
        x = column.values[known]
        total = float(((x - x.mean()) ** 2).sum())
        counts = np.bincount(labels, minlength=data.classes)
        sums = np.bincount(labels, x - x.mean(), minlength=data.classes)
        between = float((sums**2 / np.maximum(counts, 1)).sum())
        if total > 0 and between >= BANDS * total and (counts > 0).sum() == data.classes:
            return _said(column, "identity_bands", data, share=between / total)
    for label in range(data.classes if data.classes > 2 else 1):
        own = (data.labels_of == label).astype(np.float64)
        if encoded(column, own) or smoothed(column, own):
            return _said(column, "identity_encoded", data)
    return None


def _of_levels(column: Column, table: Crosstab, data: View) -> Suspect | None:
    """Every level is one class; or one level is one class, and nothing else is."""
    if table.n < max(FEWEST, 0.3 * data.n) or table.one_class:
        return None
    if table.impure <= IMPURE and table.all_classes and table.surprising:
        return _said(column, "identity_levels", data, purity=1 - table.impure, levels=column.n_levels)
    level, label, agreement = table.best_pair()
    if agreement >= SAME_ROWS and table.counts[level, label] >= FEWEST:
        return _said(column, "identity_one_class", data, purity=agreement, label=data.labels[label])
    return None
