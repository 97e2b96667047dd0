"""SlopeOne: what an item is rated above others, on the mean of those who rated both.

d(i, j) = mean of r(u, i) - r(u, j) over the n(i, j) users who rated both; r(u, i) = the mean of d(i, j) + r(u, j) over
the items j that u rated, weighted by n(i, j). Without any such item: the baseline.

Limits: all pairs of items are held, so at most 3,000 items.
Source: Lemire and Maclachlan, Slope one predictors for online rating-based collaborative filtering, SDM 2005.

>>> u, i, r = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0]), np.array([5.0, 3.0, 4.0, 2.0, 3.0])
>>> ratings = Ratings(("a", "b", "c"), ("x", "y"), u, i, r)
>>> SlopeOne.fit(ratings, {}, 0).score(ratings, np.array([2]), np.array([1]))
array([1.])
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.arrays import significant
from models.tasks.recommendation.baseline import Baseline
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import CannotFit, Scorer

__all__ = ["SlopeOne"]

MOST_ITEMS = 3000
"""Nine million pairs are 70 MB."""
BLOCK = 500
"""Users scored at a time."""


@dataclass(frozen=True)
class SlopeOne(Scorer):
    """``mean``, ``users``, ``items``: the baseline; differences follow from the ratings themselves."""

    mean: Floats
    users: Floats
    items: Floats

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """Only the baseline; `score` counts."""
        if ratings.shape[1] > MOST_ITEMS:
            raise CannotFit(f"{ratings.shape[1]} items are more than {MOST_ITEMS}")
        base = Baseline.fit(ratings, {}, seed)
        return cls(base.mean, base.users, base.items)

    def pairs(self, ratings: Ratings) -> tuple[Floats, Floats]:
        """(items, items) how many users rated both, and how much higher they rated the first, in all."""
        given, mask = ratings.spread(ratings.r), ratings.mask
        common = (mask.T @ mask).toarray()
        np.fill_diagonal(common, 0.0)
        return common, (given.T @ mask - mask.T @ given).toarray()

    def score(self, ratings: Ratings, u: Ints, i: Ints) -> Floats:
        """Weighted means of differences."""
        out = np.array(self.mean[0] + self.users[u] + self.items[i])
        given, mask = ratings.spread(ratings.r), ratings.mask
        common, above = self.pairs(ratings)
        users = np.unique(u[u >= 0])
        for start in range(0, len(users), BLOCK):
            block = users[start : start + BLOCK]
            rows = np.flatnonzero(np.isin(u, block) & (i >= 0))
            weight = mask[block] @ common
            total = mask[block] @ above.T + given[block] @ common
            place = np.searchsorted(block, u[rows])
            known = weight[place, i[rows]] > 0
            rows, place = rows[known], place[known]
            # Rounded, or noise would tell equals apart.
            out[rows] = significant(total[place, i[rows]] / weight[place, i[rows]])
        return out
