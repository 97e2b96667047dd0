"""Is a made-up unit near units that were made? A combination nobody ran is no advice.

The distance of a unit is that to its `NEIGHBOUR`-th nearest unit, in normal scores of the columns asked for
(`models.why.cells`), as root mean square over columns. It is inside if no farther than `SHARE` of the made units are
from one another, or than the unit that is explained is itself: an odd part may stay as odd as it is.

Marginal ranges are not enough: hot and slow may each be usual, and hot-and-slow never have been run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from models.why.cells import Cells

__all__ = ["Support"]

Floats = NDArray[np.float64]

NEIGHBOUR = 5
"""One or two units may be slips of a gauge; five are a way of running."""
SHARE = 0.95
MOST = 5_000
"""Units that are compared with; a k-d tree of more is slower and hardly nearer."""


@dataclass(frozen=True)
class Support:
    """``inside``: which scores are compared; ``usual``: the largest usual distance."""

    cells: Cells
    inside: NDArray[np.bool_]
    tree: KDTree
    usual: float

    @classmethod
    def of(cls, cells: Cells, numbers: Floats, columns: Sequence[int]) -> "Support":
        """Of the made units (n, columns)."""
        rows = numbers[np.linspace(0, len(numbers) - 1, min(MOST, len(numbers))).astype(np.int64)]
        inside = np.isin(cells.owner, columns)
        scores = cells.scores(rows)[:, inside]
        tree = KDTree(scores)
        some = scores[:: max(1, len(scores) // 1_000)]
        # The unit itself stands first among its neighbours.
        far = tree.query(some, min(NEIGHBOUR + 1, len(scores)))[0][:, -1]
        return cls(cells, inside, tree, float(np.quantile(far, SHARE)))

    def distance(self, numbers: Floats) -> Floats:
        """(N,) of made-up units (N, columns)."""
        far, _ = self.tree.query(self.cells.scores(numbers)[:, self.inside], min(NEIGHBOUR, self.tree.n))
        return np.asarray(far.reshape(len(numbers), -1)[:, -1])

    def near(self, numbers: Floats, unit: Floats) -> NDArray[np.bool_]:
        """(N,) which made-up units are no farther out than is usual, or than ``unit`` (columns,) is."""
        limit = max(self.usual, float(self.distance(unit[None, :])[0]))
        return np.asarray(self.distance(numbers) <= limit + 1e-9)
