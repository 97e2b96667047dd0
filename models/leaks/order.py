"""Rows whose order knows the answer: sorted by the target, or alike to their neighbours."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from models.leaks.report import Suspect
from models.leaks.view import Floats, Ints, View

__all__ = ["blocks", "order_suspects", "runs"]

FEWEST = 20
SORTED = 0.999
"""Rank correlation of a numeric target with the row number."""
ALIKE = 0.7
"""Correlation of a numeric target with that of the row before."""
FEW_RUNS = 0.6
"""Runs of one class, as a share of the runs in a random order, below which neighbours are alike."""


def runs(labels: Ints) -> tuple[int, float]:
    """How many stretches of one class the rows form, and how many they would in a random order."""
    shares = np.bincount(labels) / len(labels)
    return 1 + int(np.count_nonzero(np.diff(labels))), 1 + (len(labels) - 1) * (1 - float((shares**2).sum()))


def blocks(data: View, groups: Ints | None) -> Ints | None:
    """(n,) which rows are one observation as far as the class goes: a group, or a stretch of rows of one class.

    None where every row counts, also where the rows are sorted by class: then their order tells nothing.
    """
    if data.task != "classification" or data.n < FEWEST:
        return None
    if groups is not None:
        table = pd.crosstab(groups, data.labels_of).to_numpy()
        if table.max(axis=1).sum() >= 0.98 * data.n:
            return groups
    found, expected = runs(data.labels_of)
    if found <= data.classes + 1 or found >= FEW_RUNS * expected:
        return None
    return np.concatenate([[0], np.cumsum(np.diff(data.labels_of) != 0)]).astype(np.int64)


def order_suspects(data: View, *, timed: bool) -> Iterator[Suspect]:
    """``data``: adjacent rows, in the order of the table or, where ``timed``, of the time column."""
    if data.n < FEWEST:
        return
    if data.task == "classification":
        found, expected = runs(data.labels_of)
        blanks = {"other": data.target, "runs": found, "expected": round(expected), "n": data.n}
        if found <= data.classes + 1 and expected >= 5 * found and data.classes > 1:
            yield Suspect((), "row_order", True, "row_order", blanks)
        elif found < FEW_RUNS * expected:
            yield Suspect((), "neighbours", True, "neighbours_runs", blanks)
        return
    if np.ptp(data.y) == 0:
        return
    ranks = np.asarray(pd.Series(data.y).rank(), dtype=np.float64)
    place = _correlation(np.arange(data.n).astype(np.float64), ranks)
    if abs(place) >= SORTED and not timed:
        yield Suspect((), "row_order", True, "row_order_numbers", {"other": data.target, "n": data.n})
        return
    alike = _correlation(data.y[1:], data.y[:-1])
    if alike >= ALIKE:
        yield Suspect((), "neighbours", True, "neighbours", {"other": data.target, "value": alike, "n": data.n})


def _correlation(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if np.ptp(x) > 0 and np.ptp(y) > 0 else 0.0
