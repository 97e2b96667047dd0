"""SVDpp: as SVD, and that a user rated an item says something, whatever the rating.

r(u, i) = baseline(u, i) + (p(u) + n(u)^-1/2 sum of y(j) over the items j that u rated) . q(i); p, q and y minimise the
squared error of what the baseline leaves plus c times the squares of all factors that a rating touches, by gradient
steps over all ratings at once (Adam).

Source: Koren, Factorization meets the neighborhood, KDD 2008; Kingma and Ba, Adam, ICLR 2015.

>>> ratings = Ratings(("a", "b"), ("x", "y"), np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([5.0, 1.0, 5.0]))
>>> SVDpp.fit(ratings, SVDpp.configs[0], 0).score(ratings, np.array([1]), np.array([1])).shape
(1,)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from models.automl.matrix import Floats
from models.tasks.recommendation.baseline import Baseline
from models.tasks.recommendation.factored import Factored, Parts
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import single

__all__ = ["SVDpp"]

STEPS, RATE = 150, 0.02
FIRST, SECOND = 0.9, 0.999
"""Adam's own decays."""


@dataclass(frozen=True)
class SVDpp(Factored):
    """``mean``, ``users``, ``items``: the baseline; ``p``: p(u) and the sum of y; ``q``; 0 for unknown ones."""

    mean: Floats
    users: Floats
    items: Floats
    p: Floats
    q: Floats

    configs: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"factors": 10, "penalty": 0.4},
        {"factors": 10, "penalty": 0.15},
    )

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """Gradient steps."""
        base = Baseline.fit(ratings, {}, seed)
        left = ratings.r - base.score(ratings, ratings.u, ratings.i)
        rng, k = np.random.default_rng(seed), config["factors"]
        touched = ratings.mask.multiply(1 / np.sqrt(np.maximum(ratings.per_user, 1))[:, None]).tocsr()
        state = [0.1 * rng.normal(size=(count, k)) for count in (*ratings.shape, ratings.shape[1])]
        weights = (ratings.per_user[:, None], ratings.per_item[:, None], ratings.per_item[:, None])
        moments = [(np.zeros_like(each), np.zeros_like(each)) for each in state]
        for step in range(1, STEPS + 1):
            p, q, y = state
            whole = p + touched @ y
            error = left - np.einsum("nk,nk->n", whole[ratings.u], q[ratings.i])
            spread = ratings.spread(error)
            pull = spread @ q
            slopes = (-pull, -(spread.T @ whole), -(touched.T @ pull))
            for at, (slope, weight) in enumerate(zip(slopes, weights, strict=True)):
                state[at] = _step(state[at], slope + config["penalty"] * weight * state[at], moments[at], step)
        p, q, y = state
        blank = np.zeros((1, k))
        whole = single(np.vstack([p + touched @ y, blank]))
        return cls(base.mean, base.users, base.items, whole, single(np.vstack([q, blank])))

    def parts(self) -> Parts:
        """Baseline and factors."""
        return Parts(float(self.mean[0]), self.users, self.items, self.p, self.q)


def _step(value: Floats, slope: Floats, moments: tuple[Floats, Floats], step: int) -> Floats:
    """One step of Adam; the moments are moved in place."""
    first, second = moments
    first += (1 - FIRST) * (slope - first)
    second += (1 - SECOND) * (np.square(slope) - second)
    return np.asarray(value - RATE * (first / (1 - FIRST**step)) / (np.sqrt(second / (1 - SECOND**step)) + 1e-8))
