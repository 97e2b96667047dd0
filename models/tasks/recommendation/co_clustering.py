"""CoClustering: users and items in groups that rate, and are rated, alike.

r(u, i) = m(g, h) + (m(u) - m(g)) + (m(i) - m(h)), g the group of u, h that of i, m means over the ratings there are. By
turns each user, then each item, moves to the group with the least squared error. Of unknown users and items the
deviations are 0.

Source: George and Merugu, A scalable collaborative filtering framework based on co-clustering, ICDM 2005.

>>> u, i = np.nonzero(np.ones((12, 12)))
>>> names = tuple("abcdefghijkl")
>>> ratings = Ratings(names, names, u, i, 1.0 + 4.0 * ((u < 6) == (i < 6)))
>>> CoClustering.fit(ratings, {"groups": 2}, 0).score(ratings, np.array([0, 0]), np.array([0, 9])).round(1)
array([5., 1.])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.recommendation.factored import Factored, Parts
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import single

__all__ = ["CoClustering"]

TURNS = 20
STARTS = 4
"""Random beginnings, of which the best is kept: turns end in the nearest dip."""


def _means(codes: Ints, values: Floats, size: int, without: float) -> Floats:
    """Mean of the values of each code; ``without`` where there is none."""
    count = np.bincount(codes, minlength=size)
    return np.asarray(np.where(count > 0, np.bincount(codes, values, size) / np.maximum(count, 1), without))


@dataclass(frozen=True)
class CoClustering(Factored):
    """``mean``: (1,); ``users``, ``items``: deviations from their groups; ``groups``: of them; ``cells``: m(g, h)."""

    mean: Floats
    users: Floats
    items: Floats
    user_groups: Floats
    item_groups: Floats
    cells: Floats

    configs: ClassVar[Sequence[Mapping[str, Any]]] = ({"groups": 3}, {"groups": 6})

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """The best of some beginnings."""
        found = [cls._from(ratings, config["groups"], np.random.default_rng([seed, start])) for start in range(STARTS)]
        errors = [float(np.square(ratings.r - each.score(ratings, ratings.u, ratings.i)).sum()) for each in found]
        return found[int(np.argmin(errors))]

    @classmethod
    def _from(cls, ratings: Ratings, k: int, rng: np.random.Generator) -> Self:
        u, i, r = ratings.u, ratings.i, ratings.r
        mean = float(r.mean())
        of_user, of_item = _means(u, r, len(ratings.users), mean), _means(i, r, len(ratings.items), mean)
        g, h = rng.integers(0, k, len(ratings.users)), rng.integers(0, k, len(ratings.items))
        for _ in range(TURNS):
            cells, of_g, of_h = _groups(r, g[u], h[i], k, mean)
            errors = [
                _error(r, u, cells[c, h[i]] + of_user[u] - of_g[c] + of_item[i] - of_h[h[i]], len(g)) for c in range(k)
            ]
            g = np.argmin(errors, axis=0)
            cells, of_g, of_h = _groups(r, g[u], h[i], k, mean)
            errors = [
                _error(r, i, cells[g[u], c] + of_user[u] - of_g[g[u]] + of_item[i] - of_h[c], len(h)) for c in range(k)
            ]
            h = np.argmin(errors, axis=0)
        cells, of_g, of_h = _groups(r, g[u], h[i], k, mean)
        # An unknown user is in a group of its own, whose cells are the mean: row and column k.
        wide = np.full((k + 1, k + 1), mean)
        wide[:k, :k], wide[:k, k], wide[k, :k] = cells, of_g, of_h
        deviations = (single(np.append(of_user - of_g[g], 0.0)), single(np.append(of_item - of_h[h], 0.0)))
        groups = (np.append(g, k).astype(np.float64), np.append(h, k).astype(np.float64))
        return cls(single(np.array([mean])), *deviations, *groups, single(wide))

    def parts(self) -> Parts:
        """The cell is a factor of the user that the group of the item picks."""
        p = self.cells[self.user_groups.astype(np.int64)]
        q = np.eye(len(self.cells))[self.item_groups.astype(np.int64)]
        return Parts(0.0, self.users, self.items, p, q)


def _groups(r: Floats, g: Ints, h: Ints, k: int, mean: float) -> tuple[Floats, Floats, Floats]:
    """Means of the cells, of groups of users, of groups of items."""
    return _means(g * k + h, r, k * k, mean).reshape(k, k), _means(g, r, k, mean), _means(h, r, k, mean)


def _error(r: Floats, codes: Ints, made: Floats, size: int) -> Floats:
    """Squared error of each user or item."""
    return np.asarray(np.bincount(codes, np.square(r - made), size), np.float64)
