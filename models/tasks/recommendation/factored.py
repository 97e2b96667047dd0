"""Recommenders whose ratings are a sum: a base, what the user and the item add, and what their factors have in common.

score(u, i) = base + of_user(u) + of_item(i) + p(u) . q(i)

The additions are made one after the other, as SQL makes them (`models.sql.walk.recommendation`): both rank the same.
"""

from dataclasses import dataclass

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import Scorer

__all__ = ["Factored", "Parts"]


@dataclass(frozen=True)
class Parts:
    """``users``, ``items``: (n + 1,); ``p``, ``q``: (n + 1, k); the last ones are those of somebody unknown."""

    base: float
    users: Floats
    items: Floats
    p: Floats
    q: Floats

    def score(self, u: Ints, i: Ints) -> Floats:
        """(m,) of pairs; -1 is somebody unknown.

        >>> one, two = np.array([[1.0], [0.0]]), np.array([[2.0], [0.0]])
        >>> Parts(3.0, np.zeros(2), np.zeros(2), one, two).score(np.array([0, 0]), np.array([0, -1])).tolist()
        [5.0, 3.0]
        """
        common = np.zeros(len(u))
        for factor in range(self.p.shape[1]):
            common += self.p[u, factor] * self.q[i, factor]
        return np.asarray(self.base + self.users[u] + self.items[i] + common)


@dataclass(frozen=True)
class Factored(Scorer):
    """A scorer that is such a sum."""

    def parts(self) -> Parts:
        """What is added up."""
        raise NotImplementedError

    def score(self, ratings: Ratings, u: Ints, i: Ints) -> Floats:
        """The sum."""
        return self.parts().score(u, i)
