"""Distances to the nearest points of a sample, in blocks, so that memory stays flat."""

from dataclasses import dataclass

import numpy as np

from models.automl.matrix import Floats, Ints

__all__ = ["SAME", "SAMPLE", "WIDE", "Nearest", "nearest_in", "neighbours_of", "sample_of"]

SAMPLE = 4096
"""Points that stand for all. On a sample distances tell odd points from dense ones as well as on all points, often
better (Sugiyama and Borgwardt 2013), and the model stays small."""
SAME = 1e-5
"""Distance, in standard deviations, below which a point of the sample is taken for the point itself."""
BLOCK = 2_000_000
"""Distances held at a time."""
WIDE = 16
"""Axes added up before others are begun: as many as one row of SQL's tables holds, and adds up in the same order."""
CLOSE = 1e-9
"""Squared distances may be off by this share of the squares they are the difference of."""


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


def _squared(points: Floats, others: Floats) -> Floats:
    """(n, k) squared distances of points (n, 1, p) to others (n, k, p) or (m, p), axis after axis.

    The order of the additions is that of SQL, so that both find the same ties.
    """
    total = np.zeros(np.broadcast_shapes(points.shape[:2], others.shape[:-1]))
    for start in range(0, points.shape[2], WIDE):
        part = np.square(points[..., start] - others[..., start])
        for axis in range(start + 1, min(start + WIDE, points.shape[2])):
            part += np.square(points[..., axis] - others[..., axis])
        total += part
    return total


def nearest_in(sample: Floats, points: Floats, k: int, own: Ints | None = None) -> Nearest:
    """The ``k`` nearest of ``sample`` (m, p) to each of ``points`` (n, p), by Euclidean distance; of equally near ones
    the first.

    ``own``: for each point its place in the sample, or -1: a point is no neighbour of itself.

    >>> nearest_in(np.array([[0.0], [1.0], [5.0]]), np.array([[1.5]]), 2).distances.tolist()
    [[0.5, 1.5]]
    >>> nearest_in(np.array([[0.0], [2.0], [2.0], [0.0]]), np.array([[1.0]]), 3).places.tolist()
    [[0, 1, 2]]
    """
    k = max(1, min(k, len(sample) - (own is not None)))
    squares = np.square(sample).sum(1)
    distances, places = np.empty((len(points), k)), np.empty((len(points), k), dtype=np.int64)
    step = max(1, min(BLOCK // len(sample), BLOCK // (k * max(1, sample.shape[1]))))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        mine = np.square(block).sum(1)[:, None]
        apart = mine - 2.0 * block @ sample.T + squares
        if own is not None:
            inside = np.flatnonzero(own[start : start + step] >= 0)
            apart[inside, own[start : start + step][inside]] = np.inf
        found = np.argpartition(apart, k - 1, axis=1)[:, :k] if k < len(sample) else np.argsort(apart, axis=1)
        # The short formula loses digits where points nearly coincide, so what was found is measured again.
        exact = _squared(block[:, None, :], sample[found])
        # Others may be as near as the last one: then all are measured.
        edge = exact.max(1, keepdims=True) + CLOSE * (mine + squares.max())
        for row in np.flatnonzero((apart <= edge).sum(1) > k):
            near = np.flatnonzero(apart[row] <= edge[row])
            every = _squared(block[row][None, None, :], sample[near])[0]
            first = np.lexsort((near, every))[:k]
            found[row], exact[row] = near[first], every[first]
        order = np.lexsort((found, exact), axis=1)
        distances[start : start + step] = np.sqrt(np.take_along_axis(exact, order, axis=1))
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
