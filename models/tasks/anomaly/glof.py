"""GLOF: how much thinner the surroundings of a point are than those of its neighbours.

Reach of x over a neighbour s: max(|x - s|, distance of s to its own k-th neighbour). Density of x: one over its mean
reach over its k neighbours. score(x) = mean density of the neighbours / density of x: about 1 inside any cluster,
dense or thin, and large for points that lie apart from a dense one.

Limits: as GkNN; blind to anomalies far from everything that lie among others of their kind.
Source: Breunig, Kriegel, Ng and Sander, LOF: identifying density-based local outliers, SIGMOD 2000.

>>> rng = np.random.default_rng(0)
>>> two = np.vstack([0.01 * rng.normal(size=(200, 2)), 5 + rng.normal(size=(200, 2))])
>>> detector, scores = GLOF.fit(two, seed=0)
>>> bool(detector.score(np.array([[0.3, 0.3]]))[0] > 5 * detector.score(np.array([[5.3, 5.3]]))[0])
True
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats
from models.tasks.anomaly.gknn import neighbours_for
from models.tasks.anomaly.neighbours import Nearest, nearest_in, neighbours_of, sample_of
from models.tasks.arrays import packed, unpacked

__all__ = ["GLOF"]

LEAST = 1e-10
"""Added to every mean reach: points that coincide have a density that is large, not infinite."""


@dataclass(frozen=True)
class GLOF:
    """``sample``: (m, p); ``reach``: (m,) distance to the k-th neighbour; ``density``: (m,)."""

    sample: Floats
    k: int
    reach: Floats
    density: Floats

    @classmethod
    def fit(cls, points: Floats, seed: int) -> tuple[Self, Floats]:
        """Densities of a sample, and the score of all points by them."""
        rows = sample_of(len(points), seed)
        sample = points[rows].astype(np.float32).astype(np.float64)
        k = neighbours_for(len(rows))
        inner = nearest_in(sample, sample, k, np.arange(len(rows)))
        reach = inner.distances[:, -1]
        density = 1.0 / (np.maximum(inner.distances, reach[inner.places]).mean(1) + LEAST)
        found = cls(sample, k, reach, density)
        own = np.full(len(points), -1)
        own[rows] = np.arange(len(rows))
        return found, found._compared(nearest_in(sample, points, k, own))

    def _compared(self, near: Nearest) -> Floats:
        mine = 1.0 / (np.maximum(near.distances, self.reach[near.places]).mean(1) + LEAST)
        return np.asarray(self.density[near.places].mean(1) / mine)

    def score(self, points: Floats) -> Floats:
        """Local outlier factors, (n,)."""
        return self._compared(neighbours_of(self.sample, points, self.k))

    def params(self) -> dict[str, Any]:
        """Neighbours and size of the sample."""
        return {"n_neighbors": self.k, "sample_rows": len(self.sample)}

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "sample": packed(self.sample, "<f4"),
            "k": self.k,
            "reach": packed(self.reach),
            "density": packed(self.density),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(
            unpacked(content["sample"]), int(content["k"]), unpacked(content["reach"]), unpacked(content["density"])
        )
