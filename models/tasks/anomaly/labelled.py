"""What labels add: a vote of labelled neighbours, weighted against the part that needs no labels.

vote(x) = (sum of 1/(d+e) over the anomalous ones among the k labelled points nearest to x + c) / (the sum over all k +
1), with distances d in the units of the space, e a thousandth of the median distance between labelled neighbours, the
sum scaled so that its largest term is 1, and c the contamination: one vote for what one knew before.
p(x) = w vote(x) + (1 - w) unlabelled(x). w of 0, 0.1 … 1 and the threshold are those with the best `ensemble_score` on
the labelled rows, each voted on by the others only; of equals the smallest w.

Limits: labels should cover the kinds of anomalies that matter; where nothing labelled is near, the vote says little.
Source: Dudani, The distance-weighted k-nearest-neighbor rule, IEEE SMC 1976; HeatWave's semi-supervised mode has the
same two parts, its formula is unpublished.

>>> rng = np.random.default_rng(0)
>>> points = rng.normal(size=(60, 2)); labels = (points[:, 0] > 0).astype(int)
>>> votes = Labelled.fit(points, labels, 5, 0.01).votes(np.array([[2.0, 0.0], [-2.0, 0.0]]))
>>> votes.round(1)
array([0.8, 0. ])
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.automl.matrix import Floats, Ints
from models.automl.metrics import measure, of_decisions
from models.tasks.anomaly.neighbours import Nearest, nearest_in, neighbours_of
from models.tasks.arrays import packed, unpacked, unpacked_ints

__all__ = ["Labelled", "Marks", "judged", "weighed"]

Marks = NDArray[np.bool_]

WEIGHTS = tuple(np.linspace(0, 1, 11).round(1).tolist())


def _both(probability: Floats) -> Floats:
    """Probabilities of normal and anomalous, (n, 2)."""
    return np.column_stack([1 - probability, probability])


def judged(metric: str, truth: Ints, probability: Floats, marked: Marks) -> float | None:
    """The value of a metric of decisions, from the marked rows, or of probabilities."""
    if not len(truth):
        return None
    return measure(metric, truth, _both(marked.astype(np.float64)) if of_decisions(metric) else _both(probability))


@dataclass(frozen=True)
class Labelled:
    """``points``: (m, p) labelled; ``labels``: (m,) 0 or 1; ``k``: neighbours that vote; ``prior``, ``blur``: c and e
    above."""

    points: Floats
    labels: Ints
    k: int
    prior: float
    blur: float

    @classmethod
    def fit(cls, points: Floats, labels: Ints, k: int, prior: float) -> Self:
        """Keep the points in single precision, so that the fitted part is the restored one."""
        kept, k = points.astype(np.float32).astype(np.float64), min(k, len(points) - 1)
        near = nearest_in(kept, kept, k, np.arange(len(kept)))
        return cls(kept, labels, k, prior, 1e-3 * float(np.median(near.distances)) + 1e-12)

    def votes(self, points: Floats) -> Floats:
        """Of points that are not among the labelled, (n,)."""
        return self._counted(neighbours_of(self.points, points, self.k))

    def own_votes(self) -> Floats:
        """Of the labelled points, each without itself, (m,)."""
        return self._counted(nearest_in(self.points, self.points, self.k, np.arange(len(self.points))))

    def _counted(self, near: Nearest) -> Floats:
        weights = 1.0 / (near.distances + self.blur)
        weights /= weights.max(1, keepdims=True)
        anomalous = (weights * self.labels[near.places]).sum(1)
        return np.asarray((anomalous + self.prior) / (weights.sum(1) + 1.0))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "points": packed(self.points, "<f4"),
            "labels": packed(self.labels, "<i4"),
            "k": self.k,
            "prior": self.prior,
            "blur": self.blur,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(
            unpacked(content["points"]),
            unpacked_ints(content["labels"]),
            int(content["k"]),
            float(content["prior"]),
            float(content["blur"]),
        )


def weighed(metric: str, truth: Ints, votes: Floats, unlabelled: Floats) -> tuple[float, float, float]:
    """Weight of the votes, threshold, and the metric's value with both."""
    best = (-np.inf, 0.0, 0.5)
    for weight in WEIGHTS:
        probability = weight * votes + (1 - weight) * unlabelled
        for threshold in _thresholds(probability) if of_decisions(metric) else (0.5,):
            value = judged(metric, truth, probability, probability > threshold)
            if value is not None and value > best[0] + 1e-12:
                best = (value, weight, threshold)
    if not of_decisions(metric):  # the threshold is not what this metric judges
        probability = best[1] * votes + (1 - best[1]) * unlabelled
        cuts = _thresholds(probability)
        found = [judged("f1", truth, probability, probability > each) or 0.0 for each in cuts]
        return best[1], cuts[int(np.argmax(found))], best[0]
    return best[1], best[2], best[0]


def _thresholds(probability: Floats) -> list[float]:
    """In the middle between neighbouring values; of many, a hundred evenly drawn."""
    values = np.unique(probability)
    if len(values) < 2:
        return [0.5]
    between = (values[1:] + values[:-1]) / 2
    return [float(each) for each in between[np.unique(np.linspace(0, len(between) - 1, 100).astype(int))]]
