"""PCA: how far a point lies from the centre, along each principal component in that component's own spread.

score(x) = sqrt(sum over components j of ((x - m) . v_j)^2 / l_j), with centre m, components v_j and variances l_j of
the training points; none is taken to be below 1e-6 of the largest. Large components find what is extreme, small ones
what breaks a rule that the columns keep together.

The tenth of the points that lies farthest is left out, and centre and components are found again: they would draw the
components towards themselves.

Limits: one cloud of points; of several clusters the room between them looks normal.
Source: Shyu, Chen, Sarinnapakorn and Chang, A novel anomaly detection scheme based on principal component classifier,
ICDM workshop 2003.

>>> rng = np.random.default_rng(0)
>>> x = rng.normal(size=500)
>>> detector, scores = PCA.fit(np.column_stack([x, x + 0.01 * rng.normal(size=500)]), seed=0)
>>> bool(detector.score(np.array([[0.0, 1.0]]))[0] > detector.score(np.array([[3.0, 3.0]]))[0])
True
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats
from models.tasks.arrays import packed, unpacked

__all__ = ["PCA"]

KEPT = 0.9
"""Share of points that the components are found from."""
LEAST = 1e-6
"""Share of the largest variance below which a smaller one is rounding noise: a rule that was never broken."""


def _components(points: Floats) -> tuple[Floats, Floats]:
    """Centre (p,), and components divided by their spread, (p, p)."""
    centre = points.mean(0)
    variances, vectors = np.linalg.eigh(np.cov(points - centre, rowvar=False).reshape(points.shape[1], -1))
    return centre, vectors / np.sqrt(np.maximum(variances, LEAST * max(variances[-1], 1e-300)))


@dataclass(frozen=True)
class PCA:
    """``centre``: (p,); ``axes``: (p, p) components, each divided by its spread."""

    centre: Floats
    axes: Floats

    @classmethod
    def fit(cls, points: Floats, seed: int) -> tuple[Self, Floats]:
        """Components of the nearer points, and the score of all."""
        first = cls(*_components(points)).score(points)
        near = points[np.argsort(first, kind="stable")[: max(2, int(np.ceil(KEPT * len(points))))]]
        found = cls(*_components(near if np.ptp(near, axis=0).any() else points))
        return found, found.score(points)

    def score(self, points: Floats) -> Floats:
        """Distances from the centre, (n,)."""
        return np.asarray(np.sqrt(np.square((points - self.centre) @ self.axes).sum(1)))

    def params(self) -> dict[str, Any]:
        """How many components."""
        return {"n_components": self.axes.shape[1]}

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"centre": packed(self.centre), "axes": packed(self.axes)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(unpacked(content["centre"]), unpacked(content["axes"]))
