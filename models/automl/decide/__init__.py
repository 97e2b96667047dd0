"""From what a model says to what is done: calibrated probabilities, decisions by cost, intervals that hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from ingest.errors import StudyError
from models.automl.algorithms.base import Task
from models.automl.decide.calibrate import Calibration
from models.automl.decide.calibrate import fit as fit_calibration
from models.automl.decide.costs import Costs
from models.automl.decide.intervals import LEVEL, Intervals
from models.automl.decide.intervals import fit as fit_intervals
from models.automl.decide.threshold import Rule, choose
from models.automl.decide.weights import true_mix
from models.automl.matrix import Floats, Ints
from models.automl.metrics import of_decisions

__all__ = ["Costs", "Decisions"]


@dataclass(frozen=True)
class Decisions:
    """What stands between a model's raw output and its user. All three parts may be absent: then nothing is changed."""

    class_weights: tuple[float, ...] = ()
    """Weights of classes in training, taken out of the probabilities again; empty: none."""
    calibration: Calibration = field(default_factory=Calibration)
    rule: Rule | None = None
    """None: the most probable class."""
    intervals: Intervals | None = None

    @classmethod
    def fit(
        cls,
        task: Task,
        truth: Floats | Ints,
        oof: Floats,
        groups: Ints,
        metric: str,
        rng: np.random.Generator,
        *,
        costs: Costs | None = None,
        weights: Floats | None = None,
        order: Floats | Ints | None = None,
    ) -> Self:
        """Learn from out-of-fold predictions.

        ``truth``: (n,) class codes or values. ``oof``: (n, k) raw probabilities or (n,) values of models that had not
        seen the rows. ``groups``: (n,), ``np.arange(n)`` without. ``weights``: (k,) those of classes that the models
        were trained with, if any. ``order``: (n,) time where splits are forward.
        Without rows nothing is learnt. Raises `StudyError` for predictions that are not finite.
        """
        if not len(truth):
            return cls(rule=None if costs is None else Rule(costs.matrix, costs.bad))
        if not np.isfinite(oof).all():
            raise StudyError("out-of-fold predictions hold NaN or infinity; leave out the rows without a prediction")
        if task == "regression":
            return cls(intervals=fit_intervals(np.asarray(truth, dtype=np.float64), oof, order))
        codes = truth.astype(np.int64)
        mixed = oof if weights is None else true_mix(oof, weights)
        calibration = fit_calibration(codes, mixed, groups, rng)
        return cls(
            () if weights is None else tuple(map(float, weights)),
            calibration,
            choose(calibration.apply(mixed), codes, costs, metric),
        )

    def probabilities(self, raw: Floats) -> Floats:
        """(n, k) raw → (n, k) calibrated."""
        mixed = true_mix(raw, np.array(self.class_weights)) if self.class_weights else raw
        return self.calibration.apply(mixed)

    def decide(self, probabilities: Floats) -> Ints:
        """(n, k) calibrated probabilities → (n,) class codes."""
        if self.rule is None:
            return np.asarray(probabilities.argmax(1), dtype=np.int64)
        return self.rule.decide(probabilities)

    def judged(self, metric: str, probabilities: Floats) -> Floats:
        """What `models.automl.metrics` should be given for a metric: calibrated probabilities (n, k) as they are; for
        metrics of decisions (accuracy, F1, …) 1 for the class that `decide` chose, 0 for the others."""
        if not of_decisions(metric):
            return probabilities
        return np.asarray(np.eye(probabilities.shape[1])[self.decide(probabilities)])

    def bounds(self, raw: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
        """(low, high) around (n,) predicted values. Raises `StudyError` where no intervals were learnt."""
        if self.intervals is None:
            raise StudyError("this model has no prediction intervals: nothing was tested; train it on more rows")
        return self.intervals.bounds(raw, level)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "class_weights": list(self.class_weights),
            "calibration": self.calibration.to_dict(),
            "rule": None if self.rule is None else self.rule.to_dict(),
            "intervals": None if self.intervals is None else self.intervals.to_dict(),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises `StudyError` for anything else."""
        try:
            weights = tuple(float(weight) for weight in content["class_weights"])
            calibration, rule, intervals = content["calibration"], content["rule"], content["intervals"]
        except (KeyError, TypeError, ValueError):
            raise StudyError("the model's decisions cannot be read; train the model again") from None
        if not all(0 < weight < np.inf for weight in weights):
            raise StudyError("the model's class weights are not positive numbers; train the model again")
        return cls(
            weights,
            Calibration.from_dict(calibration),
            None if rule is None else Rule.from_dict(rule),
            None if intervals is None else Intervals.from_dict(intervals),
        )
