"""A recommender over its ratings: values of pairs, the best for each, those that are alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.automl.matrix import Floats, Ints
from models.automl.metrics import measure
from models.tasks.recommendation.baseline import Baseline
from models.tasks.recommendation.bpr import BPR
from models.tasks.recommendation.co_clustering import CoClustering
from models.tasks.recommendation.nmf import NMF
from models.tasks.recommendation.normal import NormalPredictor
from models.tasks.recommendation.ranking import ranked
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import Scorer
from models.tasks.recommendation.slope_one import SlopeOne
from models.tasks.recommendation.svd import SVD
from models.tasks.recommendation.svdpp import SVDpp

__all__ = ["RANKINGS", "RECOMMENDERS", "Recommender"]

RECOMMENDERS: Mapping[str, type[Scorer]] = {
    "Baseline": Baseline,
    "SVD": SVD,
    "SVDpp": SVDpp,
    "NMF": NMF,
    "SlopeOne": SlopeOne,
    "CoClustering": CoClustering,
    "NormalPredictor": NormalPredictor,
    "BPR": BPR,
}
RANKINGS = ("precision_at_k", "recall_at_k", "hit_ratio_at_k", "ndcg_at_k")
SHRUNK = 5.0
"""Of a mean over few ratings: so many of the overall mean are added. Of a likeness: so many pairs without any."""
DECIMALS = 9
"""Of a likeness: nearer ones are alike, and their order is that of their codes, in SQL as well."""
BLOCK = 200
"""Users (items) ranked at a time."""


@dataclass(frozen=True)
class Recommender:
    """``implicit``: ratings are traces, all 1. Transposed (`turned`) users and items change places."""

    ratings: Ratings
    scorer: Scorer
    implicit: bool
    turned: bool = False

    def _scores(self, mine: Ints, other: Ints) -> Floats:
        u, i = (other, mine) if self.turned else (mine, other)
        found = self.scorer.score(self.ratings, u, i)
        if self.implicit:
            return found
        return np.asarray(np.clip(found, self.ratings.r.min(), self.ratings.r.max()))

    def values(self, u: Ints, i: Ints) -> Floats:
        """(m,) ratings (scores) of pairs; -1 is somebody unknown."""
        return self._scores(u, i)

    def other_way(self) -> "Recommender":
        """Users for items."""
        return Recommender(self.ratings, self.scorer, self.implicit, not self.turned)

    @property
    def _codes(self) -> tuple[Ints, Ints]:
        """Whom the ratings are of, and what they are about; the other way round where turned."""
        return (self.ratings.i, self.ratings.u) if self.turned else (self.ratings.u, self.ratings.i)

    def popular(self) -> tuple[Ints, Floats]:
        """What everybody likes, best first, with mean rating or number of traces: the answer for somebody unknown."""
        _, about = self._codes
        size = self.ratings.shape[0 if self.turned else 1]
        count = np.bincount(about, minlength=size).astype(np.float64)
        worth = count
        if not self.implicit:
            total = np.bincount(about, self.ratings.r, size) + SHRUNK * self.ratings.r.mean()
            worth = total / (count + SHRUNK)
        order = np.lexsort((np.arange(size), -worth))
        return order, worth[order]

    def best(self, mine: Ints, k: int, unseen: bool) -> list[tuple[Ints, Floats]]:
        """For each user (turned: item), known or -1, the ``k`` best with their values, without what he has."""
        order, worth = self.popular()
        size = len(order)
        whose, about = self._codes
        out: list[tuple[Ints, Floats]] = [(order[:k], worth[:k])] * len(mine)
        known = np.unique(mine[mine >= 0])
        found: dict[int, tuple[Ints, Floats]] = {}
        for start in range(0, len(known), BLOCK):
            block = known[start : start + BLOCK]
            scores = self._scores(np.repeat(block, size), np.tile(np.arange(size), len(block))).reshape(
                len(block), size
            )
            if unseen:
                rows = np.flatnonzero(np.isin(whose, block))
                scores[np.searchsorted(block, whose[rows]), about[rows]] = -np.inf
            for code, row in zip(block.tolist(), scores, strict=True):
                first = np.argsort(-row, kind="stable")[:k]
                first = first[np.isfinite(row[first])]
                found[code] = first, row[first]
        for place, code in enumerate(mine.tolist()):
            if code >= 0:
                out[place] = found[code]
        return out

    def opinions(self) -> Floats:
        """(n,) what likeness is about: ratings from the mean of who rates, or 1."""
        ratings = self.ratings
        if self.implicit:
            return np.ones(len(ratings.r))
        base = Baseline.fit(ratings, {}, 0)
        # From the mean of who rates: of a user for items, of an item for users.
        return np.asarray(ratings.r - base.mean[0] - (base.items[ratings.i] if self.turned else base.users[ratings.u]))

    def alike(self, mine: Ints, k: int) -> list[tuple[Ints, Floats]]:
        """For each known item (turned: user) the ``k`` most alike, and how: the cosine of what their raters think.

        Ratings count from the rater's own mean; few raters in common draw the cosine towards 0; below 0 is 0.
        """
        matrix, mask = self.ratings.spread(self.opinions()), self.ratings.mask
        if not self.turned:
            matrix, mask = matrix.T.tocsr(), mask.T.tocsr()
        norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
        out = []
        for code in mine.tolist():
            dots = np.asarray((matrix @ matrix[[code]].T).todense()).ravel()
            common = np.asarray((mask @ mask[[code]].T).todense()).ravel()
            likeness = np.maximum(dots / np.maximum(norms * norms[code], 1e-12), 0.0) * common / (common + SHRUNK)
            likeness = np.round(np.minimum(likeness, 1.0), DECIMALS)
            likeness[code] = -1.0
            first = np.argsort(-likeness, kind="stable")[: min(k, len(likeness) - 1)]
            out.append((first, likeness[first]))
        return out

    def judged(
        self, metric: str, u: Ints, i: Ints, r: Floats, k: int, unseen: bool, least: float | None = None
    ) -> float | None:
        """A metric over other ratings: errors of values, or the ranking of what was liked, from ``least`` on."""
        if metric not in RANKINGS:
            return measure(metric, r, self.values(u, i)) if len(r) else None
        liked = np.ones(len(r), dtype=bool)
        if not self.implicit:
            liked = r >= (self.ratings.r.mean() if least is None else least)
        pairs: set[tuple[int, int]] = set(zip(u[liked].tolist(), i[liked].tolist(), strict=True))
        users = np.unique(u[u >= 0])
        right: NDArray[np.bool_] = np.zeros((len(users), k), dtype=bool)
        for row, (user, (found, _)) in enumerate(zip(users.tolist(), self.best(users, k, unseen), strict=True)):
            right[row, : len(found)] = [(user, item) in pairs for item in found.tolist()]
        wanted = np.bincount(np.searchsorted(users, u[liked & (u >= 0)]), minlength=len(users))
        return ranked(metric, right, wanted.astype(np.int64))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, but for the name of the algorithm."""
        return {"ratings": self.ratings.to_dict(), "scorer": self.scorer.to_dict(), "implicit": self.implicit}
