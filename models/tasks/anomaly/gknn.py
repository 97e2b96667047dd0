"""GkNN: how far the nearest neighbours of a point are, on the mean.

score(x) = mean of |x - s| over the k points s of the sample nearest to x, in the units of the space (standard
deviations). k = the root of the sample's size, between 5 and 50: few enough to be local, enough that a handful of odd
points cannot vouch for one another. A point of the sample is not its own neighbour.

Limits: in spaces of many columns all distances become alike; clusters of more than k equal anomalies look normal.
Source: Angiulli and Pizzuti, Fast outlier detection in high dimensional spaces, PKDD 2002 (the sum over k neighbours);
HeatWave names its own generalisation GkNN and publishes no formula.

>>> rng = np.random.default_rng(0)
>>> detector, scores = GkNN.fit(rng.normal(size=(500, 2)), seed=0)
>>> detector.score(np.array([[6.0, 6.0], [0.0, 0.0]])).round(1)
array([6.6, 0.2])
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats
from models.tasks.anomaly.neighbours import nearest_in, neighbours_of, sample_of
from models.tasks.arrays import packed, unpacked

__all__ = ["GkNN", "neighbours_for"]

FEWEST, MOST = 5, 50


def neighbours_for(n: int) -> int:
    """k for a sample of n points."""
    return int(np.clip(round(np.sqrt(n)), FEWEST, MOST))


@dataclass(frozen=True)
class GkNN:
    """``sample``: (m, p) points that stand for all; ``k``: neighbours."""

    sample: Floats
    k: int

    @classmethod
    def fit(cls, points: Floats, seed: int) -> tuple[Self, Floats]:
        """Keep a sample, and score all points by it."""
        rows = sample_of(len(points), seed)
        # Kept in single precision, so the fitted detector is the restored one.
        sample = points[rows].astype(np.float32).astype(np.float64)
        own = np.full(len(points), -1)
        own[rows] = np.arange(len(rows))
        k = neighbours_for(len(rows))
        return cls(sample, k), nearest_in(sample, points, k, own).distances.mean(1)

    def score(self, points: Floats) -> Floats:
        """Mean distances, (n,)."""
        return np.asarray(neighbours_of(self.sample, points, self.k).distances.mean(1))

    def params(self) -> dict[str, Any]:
        """Neighbours and size of the sample."""
        return {"n_neighbors": self.k, "sample_rows": len(self.sample)}

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"sample": packed(self.sample, "<f4"), "k": self.k}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(unpacked(content["sample"]), int(content["k"]))
