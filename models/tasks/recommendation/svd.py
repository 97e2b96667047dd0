"""SVD: baseline plus what latent factors of users and items have in common.

r(u, i) = baseline(u, i) + p(u) . q(i); p and q minimise the squared error of what the baseline leaves plus c n(u)
|p(u)|^2 + c n(i) |q(i)|^2, n the number of ratings, by turns: given q, each p is a ridge regression, and so on.

Limits: unknown users and items get the baseline alone. Source: Zhou, Wilkinson, Schreiber and Pan, Large-scale
parallel collaborative filtering for the Netflix prize, 2008; the name is Funk's, 2006.

>>> rng = np.random.default_rng(0)
>>> truth = np.outer(rng.choice([-1, 1], 40), rng.choice([-1, 1], 30)) * 2.0 + 3
>>> u, i = np.nonzero(rng.random((40, 30)) < 0.6)
>>> ratings = Ratings(tuple(f"{k:02}" for k in range(40)), tuple(f"{k:02}" for k in range(30)), u, i, truth[u, i])
>>> found = SVD.fit(ratings, {"factors": 2, "penalty": 0.02}, 0)
>>> hidden = np.nonzero(~(ratings.mask.toarray() > 0))
>>> bool(np.abs(found.score(ratings, *hidden) - truth[hidden]).mean() < 0.3)
True
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.recommendation.baseline import Baseline
from models.tasks.recommendation.factored import Factored, Parts
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import CannotFit, single

__all__ = ["SVD", "ridge"]

TURNS = 15


def ridge(left: Any, mask: Any, factors: Floats, counts: Ints, penalty: float) -> Floats:
    """Per row of ``left`` (rows, columns; sparse) the ridge regression on the factors (columns, k) of its columns.

    Raises `CannotFit`.
    """
    k = factors.shape[1]
    squares = (factors[:, :, None] * factors[:, None, :]).reshape(len(factors), k * k)
    gram = (mask @ squares).reshape(-1, k, k) + penalty * np.maximum(counts, 1)[:, None, None] * np.eye(k)
    try:
        return np.asarray(np.linalg.solve(gram, (left @ factors)[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError as error:
        raise CannotFit("ratings are too large to be squared") from error


@dataclass(frozen=True)
class SVD(Factored):
    """``mean``, ``users``, ``items``: the baseline; ``p``, ``q``: factors, and 0 for unknown ones at the end."""

    mean: Floats
    users: Floats
    items: Floats
    p: Floats
    q: Floats

    configs: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"factors": 10, "penalty": 0.05},
        {"factors": 10, "penalty": 0.1},
        {"factors": 10, "penalty": 0.2},
        {"factors": 10, "penalty": 0.4},
    )

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """By turns."""
        base = Baseline.fit(ratings, {}, seed)
        left = ratings.spread(ratings.r - base.score(ratings, ratings.u, ratings.i))
        across, mask, turned = left.T.tocsr(), ratings.mask, ratings.mask.T.tocsr()
        q = 0.1 * np.random.default_rng(seed).normal(size=(ratings.shape[1], config["factors"]))
        p = np.zeros((ratings.shape[0], config["factors"]))
        for _ in range(TURNS):
            p = ridge(left, mask, q, ratings.per_user, config["penalty"])
            q = ridge(across, turned, p, ratings.per_item, config["penalty"])
        blank = np.zeros((1, config["factors"]))
        return cls(base.mean, base.users, base.items, single(np.vstack([p, blank])), single(np.vstack([q, blank])))

    def parts(self) -> Parts:
        """Baseline and factors."""
        return Parts(float(self.mean[0]), self.users, self.items, self.p, self.q)
