"""Does the champion keep its promise on units it has not learnt from? Apart from drift, which needs no verdicts.

``below_promise``: the whole 90 % interval of its score on new units lies below the interval that was promised when it
was trained. Two 90 % intervals of equal width that just do not touch are 2.3 standard errors apart: about one false
alarm in a hundred looks. ``worse_than_naive``: the paired 90 % interval of its lead over the naive model (which says
the mean of the training data) lies below zero; such a model must not score anything.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.automl.metrics import interval, measure, paired

__all__ = ["Performance", "judge", "naive"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Performance:
    """``value`` with its interval, what was ``promised``, and the naive model on the same units."""

    code: Literal["as_promised", "below_promise", "worse_than_naive", "not_comparable"]
    metric: str
    value: float | None
    low: float | None
    high: float | None
    naive: float | None
    promised: float | None
    promised_low: float | None
    promised_high: float | None
    units: int
    groups: int

    @property
    def alarm(self) -> bool:
        """Somebody should look."""
        return self.code in ("below_promise", "worse_than_naive")


def naive(constant: float, n: int, task: Literal["classification", "regression"]) -> Floats:
    """What one says without a model, as `models.automl.metrics` wants it: (n, 2) probabilities, or (n,) values."""
    return np.tile([1 - constant, constant], (n, 1)) if task == "classification" else np.full(n, constant)


def judge(
    metric: str,
    truth: Floats,
    predicted: Floats,
    constant: Floats,
    groups: Ints,
    promise: tuple[float | None, float | None, float | None],
    rng: np.random.Generator,
) -> Performance:
    """Score new units. ``constant``: the `naive` model's answer; ``promise``: the score at training, low, high."""
    value, base = measure(metric, truth, predicted), measure(metric, truth, constant)
    low, high = interval(metric, truth, predicted, groups, rng)
    lead = paired(metric, truth, predicted, constant, groups, rng)
    code: Literal["as_promised", "below_promise", "worse_than_naive", "not_comparable"] = "as_promised"
    if value is None or base is None or high is None or lead.high is None:
        code = "not_comparable"
    elif lead.high < 0:
        code = "worse_than_naive"
    elif promise[1] is not None and high < promise[1]:
        code = "below_promise"
    return Performance(code, metric, value, low, high, base, *promise, units=len(truth), groups=len(np.unique(groups)))
