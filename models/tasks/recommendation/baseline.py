"""Baseline: the mean rating, plus what the user and the item deviate from it.

r(u, i) = m + a(u) + b(i); a and b minimise the squared error plus 15 a(u)^2 + 10 b(i)^2, by turns. A user or an item
with few ratings stays near the mean; an unknown one deviates by 0.

Source: Koren, Factor in the neighbors, ACM TKDD 2010, section 2.1.

>>> ratings = Ratings(("a", "b"), ("x", "y"), np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([5.0, 1.0, 5.0]))
>>> found = Baseline.fit(ratings, {}, 0).score(ratings, np.array([1, -1]), np.array([0, -1]))
>>> bool(found[0] > found[1])
True
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats
from models.tasks.recommendation.factored import Factored, Parts
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import single

__all__ = ["Baseline"]

OF_USERS, OF_ITEMS = 15.0, 10.0
"""Koren's penalties: so many ratings of exactly the mean."""
TURNS = 10


@dataclass(frozen=True)
class Baseline(Factored):
    """``mean``: (1,); ``users``, ``items``: deviations, and 0 for unknown ones at the end."""

    mean: Floats
    users: Floats
    items: Floats

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """By turns: items given users, users given items."""
        u, i, r = ratings.u, ratings.i, ratings.r
        mean = float(r.mean())
        users, items = np.zeros(ratings.shape[0]), np.zeros(ratings.shape[1])
        for _ in range(TURNS):
            items = np.bincount(i, r - mean - users[u], len(items)) / (OF_ITEMS + ratings.per_item)
            users = np.bincount(u, r - mean - items[i], len(users)) / (OF_USERS + ratings.per_user)
        return cls(single(np.array([mean])), single(np.append(users, 0.0)), single(np.append(items, 0.0)))

    def parts(self) -> Parts:
        """No factors."""
        blank = np.zeros((len(self.users), 0)), np.zeros((len(self.items), 0))
        return Parts(float(self.mean[0]), self.users, self.items, *blank)
