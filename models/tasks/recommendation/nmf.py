"""NMF: a rating as a sum of parts, none of them negative.

r(u, i) = low + w(u) . h(i), w and h of 0 or more; they minimise the squared error over the ratings there are, plus c
n(u) |w(u)|^2 + c n(i) |h(i)|^2, by multiplicative steps, which never change a sign. Ratings are counted from ``low``,
the lowest one. Unknown users and items have the mean factors.

Source: Zhang, Wang, Ford and Makedon, Learning from incomplete ratings using non-negative matrix factorization, SDM
2006.

>>> ratings = Ratings(("a", "b"), ("x", "y"), np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([5.0, 1.0, 5.0]))
>>> NMF.fit(ratings, {"factors": 2, "penalty": 0.01}, 0).score(ratings, np.array([0]), np.array([0])).round(0)
array([5.])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from models.automl.matrix import Floats
from models.tasks.recommendation.factored import Factored, Parts
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import single

__all__ = ["NMF"]

STEPS = 100
LEAST = 1e-9


@dataclass(frozen=True)
class NMF(Factored):
    """``low``: (1,); ``w``, ``h``: factors, and their means for unknown ones at the end."""

    low: Floats
    w: Floats
    h: Floats

    configs: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"factors": 10, "penalty": 0.05},
        {"factors": 10, "penalty": 0.3},
    )

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """Multiplicative steps."""
        low, k = float(ratings.r.min()), config["factors"]
        rest = ratings.r - low
        given = ratings.spread(rest)
        rng = np.random.default_rng(seed)
        size = np.sqrt(max(float(rest.mean()), LEAST) / k)
        w, h = (size * rng.uniform(0.5, 1.5, (count, k)) for count in ratings.shape)
        per_user, per_item = ratings.per_user[:, None], ratings.per_item[:, None]
        for _ in range(STEPS):
            made = ratings.spread(np.einsum("nk,nk->n", w[ratings.u], h[ratings.i]))
            w = w * (given @ h) / (made @ h + config["penalty"] * per_user * w + LEAST)
            made = ratings.spread(np.einsum("nk,nk->n", w[ratings.u], h[ratings.i]))
            h = h * (given.T @ w) / (made.T @ w + config["penalty"] * per_item * h + LEAST)
        both = (single(np.vstack([each, each.mean(0, keepdims=True)])) for each in (w, h))
        return cls(single(np.array([low])), *both)

    def parts(self) -> Parts:
        """Nothing but factors."""
        return Parts(float(self.low[0]), np.zeros(len(self.w)), np.zeros(len(self.h)), self.w, self.h)
