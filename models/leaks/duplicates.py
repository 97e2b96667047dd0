"""Columns that repeat another: cell by cell, or on another scale."""

from collections.abc import Collection, Iterator

import numpy as np

from models.leaks.report import Suspect
from models.leaks.view import Column, View

__all__ = ["duplicates"]

RESCALED = 1 - 1e-8
"""Squared correlation of two columns that are one quantity in two units."""


def duplicates(data: View, settings: Collection[str]) -> Iterator[Suspect]:
    """Later copies of a column. A copy cell by cell goes; one on another scale is harmless, and only named.

    ``settings``: columns that are never the copy: of two equal columns the other one is.
    """
    seen: dict[bytes, list[Column]] = {}
    for column in sorted(data.columns.values(), key=lambda column: column.name not in settings):
        if column.n_levels < 2:
            continue
        for key in (column.codes.tobytes(), _reversed(column).tobytes() if column.n_levels > 2 else b""):
            for other in seen.get(key, []):
                found = _compared(column, other)
                if found is not None and column.name not in settings:
                    yield found
                    break
            else:
                continue
            break
        seen.setdefault(column.codes.tobytes(), []).append(column)


def _reversed(column: Column) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.where(column.known, column.n_levels - 1 - column.codes, -1)


def _compared(column: Column, other: Column) -> Suspect | None:
    blanks = {"column": column.name, "other": other.name}
    if (column.values is None) != (other.values is None) or column.n_levels != other.n_levels:
        return None
    if column.values is None or other.values is None:
        same = list(column.levels) == list(other.levels)
    else:
        same = np.array_equal(column.values, other.values, equal_nan=True)
    if same:
        return Suspect((column.name,), "duplicate", True, "duplicate", blanks, "excluded", (column.name,))
    if column.values is None or other.values is None or column.n_levels < 3:
        return None
    known = column.known
    together = float(np.corrcoef(column.values[known], other.values[known])[0, 1])
    if together**2 >= RESCALED:
        return Suspect((column.name,), "duplicate", False, "rescaled", blanks)
    return None
