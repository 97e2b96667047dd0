"""A detector with its probabilities and, where there are labels, what they add: from points to probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.rank.document import Said
from models.tasks.anomaly.calibrate import Curve, cut_between, prominence
from models.tasks.anomaly.detector import Detector
from models.tasks.anomaly.gknn import GkNN
from models.tasks.anomaly.glof import GLOF
from models.tasks.anomaly.labelled import Labelled, weighed
from models.tasks.anomaly.neighbours import sample_of
from models.tasks.anomaly.pca import PCA
from models.tasks.options import Chosen
from models.tasks.words import say

__all__ = ["DETECTORS", "Fitted", "Labels", "one_algorithm"]

DETECTORS: Mapping[str, type[Detector]] = {"GkNN": GkNN, "PCA": PCA, "GLOF": GLOF}
COMPARED = 1000
"""Points of the comparison with nothing but chance."""
CLEARLY = 1.3
"""How much more than by chance marked rows must stand out to be called anomalies; chance varies by a tenth or two."""
UNLABELLED = 0.5
"""The threshold of `Curve`."""


@dataclass(frozen=True)
class Labels:
    """``values``: (n,) 1, 0 or -1; the options of the part that learns from them."""

    values: Ints
    n_neighbors: int
    min_labels: int
    ensemble_score: str

    @classmethod
    def of(cls, values: Ints, chosen: Chosen) -> Self:
        """The options stand inside ``experimental`` as with HeatWave, or outside."""
        inside = "experimental" in chosen.given
        source: Any = chosen["experimental"]["semisupervised"] if inside else chosen
        sub = source["supervised_submodel_options"]
        return cls(values, sub["n_neighbors"], sub["min_labels"], source["ensemble_score"])

    @property
    def enough(self) -> bool:
        """Are there so many, and of both kinds?"""
        known = self.values >= 0
        return int(known.sum()) >= self.min_labels and len(np.unique(self.values[known])) == 2


def one_algorithm(chosen: Chosen) -> str:
    """The detector asked for. Raises `StudyError` for several: without labels nothing could choose among them."""
    names = chosen["model_list"] or ("GkNN",)
    if len(names) > 1:
        raise StudyError(f"model_list names {', '.join(names)}; nothing could choose among detectors: name one")
    return str(names[0])


@dataclass(frozen=True)
class Fitted:
    """``threshold``: what a row's probability must exceed to be marked."""

    algorithm: str
    detector: Detector
    curve: Curve
    threshold: float
    labelled: Labelled | None
    weight: float

    @classmethod
    def fit(
        cls, algorithm: str, points: Floats, chosen: Chosen, labels: Labels | None, seed: int
    ) -> tuple[Self, Floats, dict[str, Any]]:
        """Also the probabilities of the training rows, and facts: training score, quality, notes."""
        contamination = float(chosen["contamination"])
        detector, scores = DETECTORS[algorithm].fit(points, seed)
        curve = Curve.through(scores, contamination)
        notes: list[Said] = []
        clear = _stand_out(DETECTORS[algorithm], points, scores, contamination, seed)
        if not clear:
            notes.append(say("no_tail"))
        facts: dict[str, Any] = {"notes": notes, "quality": "high" if clear else "low", "score": None}
        found = cls(algorithm, detector, curve, UNLABELLED, None, 0.0)
        probability = curve.probability(scores)
        if labels is not None:
            found, probability = found._taught(points, probability, labels, chosen, facts, seed)
        return found, probability, facts

    def _taught(
        self, points: Floats, probability: Floats, labels: Labels, chosen: Chosen, facts: dict[str, Any], seed: int
    ) -> tuple[Self, Floats]:
        """The same with labels; unchanged where they are too few."""
        known = np.flatnonzero(labels.values >= 0)
        ones = int((labels.values[known] == 1).sum())
        if not labels.enough:
            few = {"count": len(known), "ones": ones, "needed": labels.min_labels}
            facts["notes"].append(say("few_labels", few))
            return self, probability
        rows = known[sample_of(len(known), seed)]
        taught = Labelled.fit(points[rows], labels.values[rows], labels.n_neighbors, chosen["contamination"])
        votes = taught.own_votes()
        weight, threshold, value = weighed(labels.ensemble_score, taught.labels, votes, probability[rows])
        facts["notes"] = [say("semisupervised", {"count": len(known), "ones": ones, "weight": weight})]
        facts["score"] = value
        facts["quality"] = "high" if _better(labels.ensemble_score, value, ones / len(known)) else "low"
        voted = taught.votes(points)
        voted[rows] = votes
        together = weight * voted + (1 - weight) * probability
        if "contamination" in chosen.given:
            threshold = cut_between(together, chosen["contamination"])
        return type(self)(self.algorithm, self.detector, self.curve, threshold, taught, weight), together

    def as_asked(self, chosen: Chosen) -> Self:
        """The same with the weight of the votes that a call asks for. Raises `StudyError` where nothing votes."""
        weight = chosen["supervised_submodel_weight"]
        if weight is None:
            return self
        if self.labelled is None:
            raise StudyError("option 'supervised_submodel_weight' needs a model trained with labels; leave it out")
        return replace(self, weight=float(weight))

    def probability(self, points: Floats) -> Floats:
        """Of being an anomaly, (n,)."""
        alone = self.curve.probability(self.detector.score(points))
        if self.labelled is None:
            return alone
        return np.asarray(self.weight * self.labelled.votes(points) + (1 - self.weight) * alone)

    def params(self) -> dict[str, Any]:
        """What the catalog keeps as ``training_params``."""
        out = {**self.detector.params(), "anomaly_detection_threshold": self.threshold}
        if self.labelled is not None:
            out |= {"supervised_n_neighbors": self.labelled.k, "supervised_weight": self.weight}
        return out

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "algorithm": self.algorithm,
            "detector": self.detector.to_dict(),
            "curve": self.curve.to_dict(),
            "threshold": self.threshold,
            "labelled": None if self.labelled is None else self.labelled.to_dict(),
            "weight": self.weight,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        taught = content["labelled"]
        return cls(
            str(content["algorithm"]),
            DETECTORS[content["algorithm"]].from_dict(content["detector"]),
            Curve.from_dict(content["curve"]),
            float(content["threshold"]),
            None if taught is None else Labelled.from_dict(taught),
            float(content["weight"]),
        )


def _stand_out(detector: type[Detector], points: Floats, scores: Floats, share: float, seed: int) -> bool:
    """Do the marked rows stand out more than the same share of as many normally distributed points would?"""
    shape = min(len(points), COMPARED), points.shape[1]
    _, usual = detector.fit(np.random.default_rng(seed).normal(size=shape), seed)
    return prominence(scores, share) > CLEARLY * prominence(usual, share)


def _better(metric: str, value: float, share: float) -> bool:
    """Is it better than marking every row, or none, or guessing the share of anomalies would be?"""
    entropy = share * np.log(share) + (1 - share) * np.log(1 - share)
    blind = {
        "neg_log_loss": entropy,
        "accuracy": max(share, 1 - share),
        "balanced_accuracy": 0.5,
        "roc_auc": 0.5,
        "f1": 2 * share / (1 + share),
        "precision": share,
        "recall": 0.5,
    }
    return bool(value > blind[metric])
