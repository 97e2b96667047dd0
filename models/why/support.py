"""Is a made-up unit near units that were made? A combination nobody ran is no advice.

The distance of a unit is that to its `NEIGHBOUR`-th nearest unit, over the columns asked for: numbers in standard
deviations, levels `models.why.cells.APART` of them apart. (Not in normal scores: ranks know no gaps, and between two
recipes nobody ran anything.) It is near if no farther than `SHARE` of the made units are from one another, or than the
unit that is explained is itself: an odd part may stay as odd as it is.

Marginal ranges are not enough: hot and slow may each be usual, and hot-and-slow never have been run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from models.why.cells import APART, Cells

__all__ = ["Support"]

Floats = NDArray[np.float64]

NEIGHBOUR = 5
"""One or two units may be slips of a gauge; five are a way of running."""
SHARE = 0.95
MOST = 5_000
"""Units that are compared with; a k-d tree of more is slower and hardly nearer."""


@dataclass(frozen=True)
class Support:
    """``columns``: which are compared; ``levels``: of each, its number of levels (0: a number); ``middle``,
    ``spread``: of each number; ``usual``: the largest usual distance."""

    columns: tuple[int, ...]
    levels: tuple[int, ...]
    middle: Floats
    spread: Floats
    tree: KDTree
    usual: float

    @classmethod
    def of(cls, cells: Cells, numbers: Floats, columns: Sequence[int]) -> "Support":
        """Of the made units (n, columns)."""
        rows = numbers[np.linspace(0, len(numbers) - 1, min(MOST, len(numbers))).astype(np.int64)]
        levels = tuple(len(cells.levels[column]) for column in columns)
        middle, spread = np.nanmean(rows[:, columns], axis=0), np.nanstd(rows[:, columns], axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        places = _places(rows[:, columns], levels, middle, spread)
        tree = KDTree(places)
        # The unit itself stands first among its neighbours.
        far, _ = tree.query(places[:: max(1, len(places) // 1_000)], min(NEIGHBOUR + 1, len(places)))
        return cls(tuple(columns), levels, middle, spread, tree, float(np.quantile(far[:, -1], SHARE)))

    def distance(self, numbers: Floats) -> Floats:
        """(N,) of made-up units (N, all columns)."""
        places = _places(numbers[:, self.columns], self.levels, self.middle, self.spread)
        far, _ = self.tree.query(places, min(NEIGHBOUR, self.tree.n))
        return np.asarray(far.reshape(len(numbers), -1)[:, -1])

    def near(self, numbers: Floats, unit: Floats) -> NDArray[np.bool_]:
        """(N,) which made-up units are no farther out than is usual, or than ``unit`` (all columns,) is."""
        limit = max(self.usual, float(self.distance(unit[None, :])[0]))
        return np.asarray(self.distance(numbers) <= limit + 1e-9)


def _places(cells: Floats, levels: Sequence[int], middle: Floats, spread: Floats) -> Floats:
    """Where units stand; what is missing stands in the middle."""
    scaled = np.nan_to_num((cells - middle) / spread)
    parts = [
        APART * (cells[:, [at]] == np.arange(count)) if count else scaled[:, [at]] for at, count in enumerate(levels)
    ]
    return np.concatenate(parts, axis=1).astype(np.float64)
