"""Clusters as clouds: a centre, a shape and a share each; a point belongs to the cloud that explains it best.

chance(x, c) ~ share(c) N(x; centre(c), shape(c)). KMeans and Ward's tree give balls of one size (the shape is the
mean squared distance to the own centre in every direction, shares are equal, so that the nearest centre wins);
GaussianMixture gives each cloud its own shape.

>>> points = np.vstack([np.zeros((30, 2)), np.full((10, 2), 5.0)]) + 0.1 * np.random.default_rng(0).normal(size=(40, 2))
>>> np.bincount(Clouds.fit("KMeans", points, 2, 0).labels(points)).tolist()
[30, 10]
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import softmax

from models.automl.matrix import Floats, Ints
from models.tasks.arrays import packed, unpacked

__all__ = ["Clouds"]

MERGED = 2000
"""Rows that a tree of merges holds all distances of."""
LEAST = 1e-6
"""Variance added in every direction: a cloud of equal points has a shape too."""


@dataclass(frozen=True)
class Clouds:
    """``centres``: (k, p); ``roots``: (k, p, p), or (1, 1, 1) for balls: what whitens a cloud; ``log``: (k,) shares."""

    centres: Floats
    roots: Floats
    log: Floats

    @classmethod
    def fit(cls, algorithm: str, points: Floats, k: int, seed: int) -> "Clouds":
        """k clouds, the largest first."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if algorithm == "GaussianMixture":
                return _sorted(cls._mixture(points, k, seed), points)
            centres = _centres(points, k, seed) if algorithm == "KMeans" else _merged(points, k, seed)
        root = np.full((1, 1, 1), 1 / np.sqrt(_within(points, centres) + LEAST))
        return _sorted(cls(centres, root, np.zeros(len(centres))), points)

    @classmethod
    def _mixture(cls, points: Floats, k: int, seed: int) -> Self:
        from sklearn.mixture import GaussianMixture

        found = GaussianMixture(k, random_state=seed, reg_covar=LEAST, n_init=2).fit(points)
        log = np.log(np.maximum(found.weights_, 1e-300))
        size = np.log(np.abs(np.diagonal(found.precisions_cholesky_, axis1=1, axis2=2))).sum(1)
        return cls(found.means_, found.precisions_cholesky_, log + size)

    def _logs(self, points: Floats) -> Floats:
        out = np.empty((len(points), len(self.centres)))
        for at, centre in enumerate(self.centres):
            apart = points - centre
            white = apart * self.roots[0, 0, 0] if self.roots.size == 1 else apart @ self.roots[at]
            out[:, at] = self.log[at] - 0.5 * np.square(white).sum(1)
        return out

    def chances(self, points: Floats) -> Floats:
        """(n, k), each row with sum 1."""
        return np.asarray(softmax(self._logs(points), axis=1))

    def labels(self, points: Floats) -> Ints:
        """(n,) the cloud of each point."""
        return np.asarray(self._logs(points).argmax(1), np.int64)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"centres": packed(self.centres), "roots": packed(self.roots), "log": packed(self.log)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(*(unpacked(content[key]) for key in ("centres", "roots", "log")))


def _sorted(clouds: Clouds, points: Floats) -> Clouds:
    """The same clouds, the largest first."""
    order = np.argsort(-np.bincount(clouds.labels(points), minlength=len(clouds.centres)), kind="stable")
    roots = clouds.roots if len(clouds.roots) == 1 else clouds.roots[order]
    return Clouds(clouds.centres[order], roots, clouds.log[order])


def _centres(points: Floats, k: int, seed: int) -> Floats:
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(k, random_state=seed, n_init=5).fit(points).cluster_centers_, np.float64)


def _merged(points: Floats, k: int, seed: int) -> Floats:
    from sklearn.cluster import AgglomerativeClustering

    rows = np.arange(len(points))
    if len(rows) > MERGED:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), MERGED, replace=False))
    labels = AgglomerativeClustering(k).fit(points[rows]).labels_
    return np.stack([points[rows][labels == label].mean(0) for label in range(k)])


def _within(points: Floats, centres: Floats) -> float:
    """Mean squared distance to the nearest centre, per direction."""
    nearest = np.full(len(points), np.inf)
    for centre in centres:
        nearest = np.minimum(nearest, np.square(points - centre).sum(1))
    return float(np.mean(nearest) / points.shape[1])
