"""Flags that with the target are one choice: each excludes the others, and together they leave no room but the target.

The other classes of a one-hot coded outcome. One of them alone may be rare and prove nothing; all of them, each row in
exactly one, prove it.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from models.leaks.report import Suspect
from models.leaks.view import View

__all__ = ["exclusive_flags"]

Rows = NDArray[np.bool_]

COVERED = 0.98
TOUCHING = 0.005
"""Share of a flag's rows that may overlap with another's."""
FEWEST = 20


def exclusive_flags(data: View) -> Iterator[Suspect]:
    """For a target of two classes: the flags that share its rows out among them."""
    if data.task != "classification" or data.classes != 2:
        return
    for label in (0, 1):
        other = data.labels_of != label
        flags: dict[str, Rows] = {}
        for column in data.columns.values():
            if column.n_levels == 2 and column.values is not None and column.known.all():
                rows = column.codes == 1
                if rows.any() and (rows & ~other).sum() <= TOUCHING * rows.sum():
                    flags[column.name] = rows
        names = _sharing_out(flags, other)
        if len(names) < 2 or other.sum() < FEWEST:
            continue
        covered = float(np.any([flags[name] for name in names], axis=0)[other].mean())
        if covered >= COVERED:
            blanks = {
                "columns": ", ".join(names), "other": data.target, "count": len(names), "purity": covered, "n": data.n,
            }  # fmt: skip
            yield Suspect(tuple(names), "combination", True, "exclusive", blanks, "excluded", tuple(names))
            return


def _sharing_out(flags: Mapping[str, Rows], whole: Rows) -> list[str]:
    """The flags that share ``whole`` out among them, each row to one: weights of 1 where all others have 0.

    Non-negative least squares finds them among flags that overlap (a flag of the material that this class never has).
    """
    if len(flags) < 2:
        return []
    matrix = np.column_stack(list(flags.values())).astype(np.float64)
    # Rows with the same flags count once, weighted: thousands of rows are a few dozen patterns.
    patterns, place = np.unique(np.column_stack([matrix, whole]), axis=0, return_inverse=True)
    root = np.sqrt(np.bincount(place.ravel()))
    weights = nnls(patterns[:, :-1] * root[:, None], patterns[:, -1] * root)[0]
    names = [name for name, weight in zip(flags, weights, strict=True) if weight > 0.5]
    once = np.sum([flags[name] for name in names], axis=0) == 1 if names else np.zeros(len(whole), dtype=np.bool_)
    return names if (once == whole).mean() >= 1 - TOUCHING else []
