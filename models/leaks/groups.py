"""Columns that name what rows were taken from (a run, a lot, a patient), where the target belongs to that, not to rows.

All rows of a file share its label: put some of them in training and some in the test, and the model only has to
recognise the file. Such a column is no feature, and its rows stay on one side of every split.
"""

from collections.abc import Iterator

import numpy as np

from models.leaks.crosstab import crosstab
from models.leaks.report import Suspect
from models.leaks.view import Column, View

__all__ = ["group_twins"]

PURE = 0.98
FEWEST_GROUPS = 5
SIZE = 2.0
"""Mean rows of a group, at least."""


def group_twins(data: View, declared: Column | None = None) -> Iterator[Suspect]:
    """Columns whose every level holds one value of the target. ``declared``: the group column, if there is one."""
    for column in data.columns.values() if declared is None else [declared]:
        if column.instant or not _may_group(column, data, known=declared is not None):
            continue
        purity = _purity(column, data)
        if purity is None:
            continue
        blanks = {
            "column": column.name, "other": data.target, "groups": column.n_levels, "purity": purity,
            "n": int(column.known.sum()),
        }  # fmt: skip
        found = Suspect((column.name,), "group_twins", True, "group_twins", blanks)
        yield (
            found
            if declared is not None
            else Suspect(found.columns, "group_twins", True, "group_twins", blanks, "excluded", found.columns)
        )


def _may_group(column: Column, data: View, *, known: bool) -> bool:
    rows = int(column.known.sum())
    if rows < 0.5 * data.n or rows < SIZE * column.n_levels or column.n_levels < 2:
        return False
    if known:
        return True
    if column.values is not None and not np.array_equal(np.floor(column.values[column.known]),
                                                        column.values[column.known]):  # fmt: skip
        return False
    if column.n_levels < max(FEWEST_GROUPS, 3 * data.classes):
        return False
    # Few levels all over the table are codes of the class; rows of one run stand together.
    changes = 1 + np.count_nonzero(np.diff(column.codes[column.known]))
    return column.n_levels > 40 or bool(changes <= 2 * column.n_levels)


def _purity(column: Column, data: View) -> float | None:
    """Share of rows that have their group's target, if that is much and no luck."""
    known = column.known
    codes = column.codes[known]
    if data.task == "classification":
        table = crosstab(codes, data.labels_of[known], column.n_levels, data.classes)
        mixed = crosstab(
            np.random.default_rng(0).permutation(codes), data.labels_of[known], column.n_levels, data.classes
        )
        if 1 - table.impure < PURE or table.impure > 0.1 * mixed.impure or mixed.impure * table.n < 20:
            return None
        return 1 - table.impure
    y = data.y[known]
    order = np.lexsort((y, codes))
    same = (np.diff(y[order]) == 0)[np.diff(codes[order]) == 0]
    many = len(np.unique(y)) >= 10
    if len(same) < 20 or same.mean() < PURE or not many:
        return None
    shuffled = np.random.default_rng(0).permutation(y)
    luck = np.lexsort((shuffled, codes))
    by_chance = float((np.diff(shuffled[luck]) == 0)[np.diff(codes[luck]) == 0].mean())
    return float(same.mean()) if by_chance < 0.5 else None
