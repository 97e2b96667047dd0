"""From a detector's score to a probability.

p(s) = 1 / (1 + exp(-(a + b ln(s + e)))), with a and b such that the score in the middle of the training rows gives the
contamination c, which is what one knows of a row that is like the others, and the score between the marked and the
unmarked rows gives 1/2. So the threshold 1/2 marks the share c of the training rows, and higher scores always give
higher probabilities. e is a thousandth of the middle score: rows with many twins have score 0.

Limits: an assumption about the share of anomalies made into a scale, not a frequency that was counted; with labels
see `combine`.
Source: the logistic form of Gao and Tan, Converting output scores from outlier detection algorithms into probability
estimates, ICDM 2006, fixed by two quantiles instead of by their mixture.

>>> scores = np.arange(1.0, 101.0)
>>> curve = Curve.through(scores, 0.05)
>>> int((curve.probability(scores) > 0.5).sum()), round(float(curve.probability(np.array([50.5]))[0]), 2)
(5, 0.05)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import expit, logit

from models.automl.matrix import Floats

__all__ = ["Curve", "cut_between", "prominence"]

STEEPEST = 1e4
"""b, where the middle and the marked rows hardly differ."""
CERTAIN = 1e-9
"""No probability is nearer to 0 or 1: logarithms stay finite, and the order of rows is kept."""


def cut_between(scores: Floats, share: float) -> float:
    """A value that ``share`` of the scores (at least one of them) are above; in the middle of the gap there.

    >>> cut_between(np.array([1.0, 2.0, 3.0, 9.0]), 0.25)
    6.0
    """
    ordered = np.sort(scores)[::-1]
    marked = int(np.clip(round(share * len(ordered)), 1, len(ordered) - 1))
    return float((ordered[marked - 1] + ordered[marked]) / 2)


def prominence(scores: Floats, share: float) -> float:
    """How far the highest scores, a ``share``, lie from the middle: their median, in robust deviations of logs."""
    log = np.log(np.maximum(scores, 1e-12 * max(float(scores.max()), 1e-300)))
    middle = float(np.median(log))
    spread = 1.4826 * float(np.median(np.abs(log - middle)))
    above = log[scores > cut_between(scores, share)]
    return float(np.median(above) - middle) / max(spread, 1e-12) if len(above) else 0.0


@dataclass(frozen=True)
class Curve:
    """``shift``: e; ``a``, ``b``: of the logistic curve."""

    shift: float
    a: float
    b: float

    @classmethod
    def through(cls, scores: Floats, contamination: float) -> Self:
        """From the scores of the training rows, (n,)."""
        cut, middle = cut_between(scores, contamination), float(np.median(scores))
        shift = 1e-3 * middle if middle > 0 else 1e-3 * cut if cut > 0 else 1.0
        low, high = np.log(middle + shift), np.log(cut + shift)
        slope = min(STEEPEST, float(-logit(contamination)) / max(high - low, 1e-300)) if high > low else STEEPEST
        return cls(shift, float(-slope * high), slope)

    def probability(self, scores: Floats) -> Floats:
        """Of being an anomaly, (n,)."""
        return np.asarray(np.clip(expit(self.a + self.b * np.log(scores + self.shift)), CERTAIN, 1 - CERTAIN))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"shift": self.shift, "a": self.a, "b": self.b}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(float(content["shift"]), float(content["a"]), float(content["b"]))
