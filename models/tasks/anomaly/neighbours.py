"""Distances to the nearest points of a sample, in blocks, so that memory stays flat."""

from dataclasses import dataclass

import numpy as np

from models.automl.matrix import Floats, Ints

__all__ = ["SAMPLE", "Nearest", "nearest_in", "neighbours_of", "sample_of"]

SAMPLE = 4096
"""Points that stand for all. On a sample distances tell odd points from dense ones as well as on all points, often
better (Sugiyama and Borgwardt 2013), and the model stays small."""
SAME = 1e-5
"""Distance, in standard deviations, below which a point of the sample is taken for the point itself."""
BLOCK = 2_000_000
"""Distances held at a time."""


@dataclass(frozen=True)
class Nearest:
    """``distances``, ``places``: (n, k), the nearest first; places are rows of the sample."""

    distances: Floats
    places: Ints


def sample_of(n: int, seed: int) -> Ints:
    """Rows of the sample, in order: all, or `SAMPLE` of them at random."""
    if n <= SAMPLE:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))


def nearest_in(sample: Floats, points: Floats, k: int, own: Ints | None = None) -> Nearest:
    """The ``k`` nearest of ``sample`` (m, p) to each of ``points`` (n, p), by Euclidean distance.

    ``own``: for each point its place in the sample, or -1: a point is no neighbour of itself.

    >>> nearest_in(np.array([[0.0], [1.0], [5.0]]), np.array([[1.5]]), 2).distances.tolist()
    [[0.5, 1.5]]
    """
    k = max(1, min(k, len(sample) - (own is not None)))
    squares = np.square(sample).sum(1)
    distances, places = np.empty((len(points), k)), np.empty((len(points), k), dtype=np.int64)
    step = max(1, min(BLOCK // len(sample), BLOCK // (k * max(1, sample.shape[1]))))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        apart = np.square(block).sum(1)[:, None] - 2.0 * block @ sample.T + squares
        if own is not None:
            mine = own[start : start + step]
            inside = np.flatnonzero(mine >= 0)
            apart[inside, mine[inside]] = np.inf
        found = np.argpartition(apart, k - 1, axis=1)[:, :k] if k < len(sample) else np.argsort(apart, axis=1)
        # The short formula loses digits where points nearly coincide, so what was found is measured again.
        exact = np.sqrt(np.square(block[:, None, :] - sample[found]).sum(2))
        order = np.lexsort((found, exact), axis=1)
        distances[start : start + step] = np.take_along_axis(exact, order, axis=1)
        places[start : start + step] = np.take_along_axis(found, order, axis=1)
    return Nearest(distances, places)


def neighbours_of(sample: Floats, points: Floats, k: int) -> Nearest:
    """As `nearest_in`, but a point that lies in the sample is not its own neighbour: asked about again, a row of
    training gets the answer that it got in training.

    >>> neighbours_of(np.array([[0.0], [1.0], [5.0]]), np.array([[1.0], [1.5]]), 2).distances.tolist()
    [[1.0, 4.0], [0.5, 1.5]]
    """
    near = nearest_in(sample, points, k + 1)
    first = np.where(near.distances[:, 0] < SAME, 1, 0) if near.distances.shape[1] > k else np.zeros(len(points), int)
    chosen = np.minimum(first[:, None] + np.arange(k), near.distances.shape[1] - 1)
    return Nearest(np.take_along_axis(near.distances, chosen, 1), np.take_along_axis(near.places, chosen, 1))
