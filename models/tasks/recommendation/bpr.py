"""BPR: what a user touched should rank above what he did not.

score(u, i) = b(i) + p(u) . q(i); p, q and b maximise the sum of ln(1 / (1 + exp(score(u, j) - score(u, i)))) over
items i that u touched and drawn items j that he did not, less penalties, by stochastic gradient steps in batches.

Limits: scores rank items for one user; they are no ratings. Unknown users get popularity, unknown items 0. Source:
Rendle, Freudenthaler, Gantner and Schmidt-Thieme, BPR: Bayesian personalized ranking from implicit feedback, UAI 2009.

>>> u, i = np.nonzero(np.kron(np.eye(2), np.ones((10, 5))))
>>> keep = np.random.default_rng(0).random(len(u)) < 0.7
>>> names = tuple(f"{k:02}" for k in range(20))
>>> ratings = Ratings(names, names[:10], u[keep], i[keep], np.ones(keep.sum()))
>>> found = BPR.fit(ratings, {"factors": 4, "penalty": 0.01}, 0)
>>> scores = found.score(ratings, np.zeros(10, int), np.arange(10)); bool(scores[:5].min() > scores[5:].max())
True
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import expit

from models.automl.matrix import Floats
from models.tasks.recommendation.factored import Factored, Parts
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import single

__all__ = ["BPR"]

STEPS = 1_500_000
"""Pairs that are drawn in all, at most; few touches are gone through `MOST_ROUNDS` times."""
MOST_ROUNDS = 100
BATCH = 1024
RATE = 0.05


@dataclass(frozen=True)
class BPR(Factored):
    """``p``, ``q``: factors; ``b``: of items; 0 for unknown ones at the end."""

    p: Floats
    q: Floats
    b: Floats

    configs: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"factors": 16, "penalty": 0.01},
        {"factors": 16, "penalty": 0.05},
    )

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """Stochastic gradient steps."""
        rng, k, penalty = np.random.default_rng(seed), config["factors"], config["penalty"]
        users, items = ratings.shape
        p, q, b = 0.1 * rng.normal(size=(users, k)), 0.1 * rng.normal(size=(items, k)), np.zeros(items)
        touched = np.sort(ratings.u * items + ratings.i)
        n = len(ratings.r)
        for _ in range(min(MOST_ROUNDS * n, STEPS) // min(BATCH, n)):
            rows = rng.integers(0, n, min(BATCH, n))
            u, i, j = ratings.u[rows], ratings.i[rows], rng.integers(0, items, len(rows))
            place = np.minimum(np.searchsorted(touched, u * items + j), n - 1)
            fresh = touched[place] != u * items + j
            u, i, j = u[fresh], i[fresh], j[fresh]
            pull = expit(-(b[i] - b[j] + np.einsum("nk,nk->n", p[u], q[i] - q[j])))
            steps = pull[:, None] * (q[i] - q[j]), pull[:, None] * p[u]
            np.add.at(p, u, RATE * (steps[0] - penalty * p[u]))
            np.add.at(q, i, RATE * (steps[1] - penalty * q[i]))
            np.add.at(q, j, RATE * (-steps[1] - penalty * q[j]))
            np.add.at(b, i, RATE * (pull - penalty * b[i]))
            np.add.at(b, j, RATE * (-pull - penalty * b[j]))
        blank = np.zeros((1, k))
        return cls(single(np.vstack([p, blank])), single(np.vstack([q, blank])), single(np.append(b, 0.0)))

    def parts(self) -> Parts:
        """For ranking only."""
        return Parts(0.0, np.zeros(len(self.p)), self.b, self.p, self.q)
