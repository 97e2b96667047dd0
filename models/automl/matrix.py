"""What an algorithm sees: numbers only, with the way back from each feature to the user's column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Ints", "Matrix"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Matrix:
    """A table as numbers.

    ``values``: (n, p) float64. NaN is missing; never infinite. A category is the code of its level, 0 … levels-1; a
    level that training had not seen is NaN.
    ``names``: p different names of features. ``columns``: the user's columns that became features.
    ``source``: (p,) for each feature the place of its column in ``columns``.
    ``levels``: (p,) how many levels a categorical feature has; 0 for a number.
    """

    values: Floats
    names: tuple[str, ...]
    columns: tuple[str, ...]
    source: tuple[int, ...]
    levels: tuple[int, ...]

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.values)

    @property
    def p(self) -> int:
        """Features."""
        return len(self.names)

    def take(self, rows: Ints | slice) -> "Matrix":
        """Some rows."""
        return replace(self, values=self.values[rows])

    def blank(self, places: Sequence[int]) -> "Matrix":
        """The same rows with some features missing."""
        values = self.values.copy()
        values[:, list(places)] = np.nan
        return replace(self, values=values)

    def summed(self, parts: Floats) -> Floats:
        """Contributions of features summed over the columns they were made from: (n, p, …) → (n, columns, …)."""
        out = np.zeros((parts.shape[0], len(self.columns), *parts.shape[2:]))
        for place, column in enumerate(self.source):
            out[:, column] += parts[:, place]
        return out

    def categorical(self) -> Sequence[int]:
        """Places of the categorical features."""
        return [place for place, levels in enumerate(self.levels) if levels]
