"""How answers are scored and systems compared: pure functions of predictions.

A score is the area under the ROC curve (binary), the share of right answers (several classes) or R2 (regression);
higher is better. The naive answer always predicts what was commonest, or the mean, among the rows to learn from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Task = Literal["binary", "multiclass", "regression"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_SCALE = 0.05
"""Where the best peer is hardly better than naive, or worse, differences are counted in units of this."""
DRAWS = 200
BLOCKS = 50


@dataclass(frozen=True)
class Truth:
    """The judged rows: ``target`` holds numbers of sorted classes or values; ``cluster`` names rows drawn together."""

    task: Task
    target: Floats
    classes: int
    naive: float
    cluster: Ints


@dataclass(frozen=True)
class Interval:
    """A mean over tables and where it lies with the given confidence."""

    mean: float
    low: float
    high: float


def score(truth: Truth, predicted: Floats, weight: Floats | None = None) -> float:
    """Higher is better. ``predicted``: probabilities, rows × classes, or values."""
    weight = np.ones(len(truth.target)) if weight is None else weight
    if truth.task == "regression":
        return _r2(truth.target, predicted, weight)
    if truth.task == "binary":
        return _area(truth.target == 1, predicted[:, 1], weight)
    return float(np.average(truth.target == predicted.argmax(axis=1), weights=weight))


def _r2(target: Floats, predicted: Floats, weight: Floats) -> float:
    around_mean = weight @ (target - np.average(target, weights=weight)) ** 2
    return float(1 - weight @ (target - predicted) ** 2 / around_mean)


def _area(positive: NDArray[np.bool_], value: Floats, weight: Floats) -> float:
    """Chance that a positive row lies above a negative one; equal values count half."""
    rank = np.unique(value, return_inverse=True)[1]
    above, below = np.bincount(rank, weight * positive), np.bincount(rank, weight * ~positive)
    return float(above @ (np.cumsum(below) - below / 2) / (above.sum() * below.sum()))


def loss(truth: Truth, predicted: Floats) -> float:
    """Log-loss, or the root of the mean squared error in the target's unit."""
    if truth.task == "regression":
        return float(np.sqrt(np.mean((truth.target - predicted) ** 2)))
    own = np.take_along_axis(predicted, truth.target.astype(int)[:, None], axis=1)[:, 0] / predicted.sum(axis=1)
    return float(-np.mean(np.log(np.clip(own, 1e-15, 1.0))))


def naive_score(task: Task, learnt: Floats, judged: Floats) -> float:
    """What the commonest class, or the mean, of the rows to learn from scores on the judged rows."""
    if task == "binary":
        return 0.5
    if task == "multiclass":
        values, counts = np.unique(learnt, return_counts=True)
        return float(np.mean(judged == values[counts.argmax()]))
    return _r2(judged, np.full(len(judged), learnt.mean()), np.ones(len(judged)))


def relative(scored: float, naive: float, best_peer: float) -> float:
    """The score as a share of what the best peer gains over naive; within -1 and 2, so that no single table decides."""
    return min(max((scored - naive) / max(best_peer - naive, LEAST_SCALE), -1.0), 2.0)


def blocks(rows: int) -> Ints:
    """Neighbouring rows of a time series, to be drawn together: they are no independent witnesses."""
    return np.arange(rows) * min(BLOCKS, rows) // max(rows, 1)


def standard_error(truth: Truth, ours: Floats, theirs: Floats) -> float:
    """Of the difference of two scores on the same rows, by drawing clusters of rows again."""
    rng = np.random.default_rng(0)
    clusters, of_row = np.unique(truth.cluster, return_inverse=True)
    differences = []
    for _ in range(DRAWS):
        times = np.bincount(rng.integers(len(clusters), size=len(clusters)), minlength=len(clusters))
        weight = times[of_row].astype(float)
        if truth.task != "regression" and len(np.unique(truth.target[weight > 0])) < 2:
            continue
        differences.append(score(truth, ours, weight) - score(truth, theirs, weight))
    return float(np.std(differences))


def mean_interval(values: Sequence[float], level: float = 0.90) -> Interval:
    """Mean of one value per table, with a bootstrap interval over tables."""
    drawn = np.asarray(values, dtype=float)
    rng = np.random.default_rng(0)
    means = drawn[rng.integers(len(drawn), size=(10_000, len(drawn)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(drawn.mean()), float(low), float(high))


def best_single(scores: Mapping[str, Sequence[float]]) -> str:
    """The system with the highest mean over tables; the first of several."""
    return max(scores, key=lambda system: float(np.mean(scores[system])))
