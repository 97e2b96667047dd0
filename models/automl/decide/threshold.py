"""From probabilities to decisions: one matrix of costs decides for any number of classes.

The decision is argmin_j Σ_i p_i·C_ij (+ a surcharge on stopping), p calibrated; among equally cheap ones the most
probable class. For two classes that is a threshold on the last one's probability,

    t = (C_01 − C_00) / (C_01 − C_00 + C_10 − C_11)

for costs of missing m and of false stops f alone t = f / (f + m) (Elkan 2001). Without costs C comes from the metric:
balanced accuracy and macro recall divide by the class's share, F1 has the threshold that is best in expectation over
the calibrated probabilities (half the best F1; Lipton, Elkan, Naryanaswamy 2014), everything else decides for the most
probable class (t = 0.5).

Inspection capacity: only the units where stopping gains most are stopped; the surcharge is as large as the gain of the
first one that no longer fits among the out-of-fold rows. The threshold is fixed: capacity is kept on average, not
counted in each batch.

`economy` then says what the rule would have cost on the out-of-fold rows, against what needs no model.

>>> from models.automl.decide.costs import Costs
>>> costs = Costs.parse({"bad": "NG", "missed": 900, "false_stop": 100}, ("NG", "OK"))
>>> p = np.array([[0.05, 0.95], [0.2, 0.8], [0.5, 0.5]])
>>> rule = choose(p, np.array([1, 0, 0]), costs, "neg_log_loss")
>>> rule.threshold, rule.decide(p)
(0.9, array([1, 0, 0]))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ingest.errors import StudyError
from models.automl.decide.costs import Costs
from models.automl.matrix import Floats, Ints
from models.automl.metrics import mean_interval

__all__ = ["Economy", "Money", "Rule", "choose", "economy"]

GRID = 512


@dataclass(frozen=True)
class Rule:
    """``matrix``: (k, k) cost of deciding for the column when the row is true, any scale. ``bad``: the class that is
    stopped, if one is named; ``surcharge`` is added to the cost of stopping."""

    matrix: tuple[tuple[float, ...], ...]
    bad: int | None = None
    surcharge: float = 0.0

    @property
    def threshold(self) -> float | None:
        """Two classes: from this probability of the last class on it is decided for. May lie outside [0, 1]: never or
        always. None for more classes."""
        if len(self.matrix) != 2:
            return None
        cost = self._charged()
        false, missed = cost[0, 1] - cost[0, 0], cost[1, 0] - cost[1, 1]
        # 12 digits: thresholds are read by people, and 0.9 is not 0.8999999999999999.
        return round(float(false / (false + missed)), 12) if false + missed > 0 else (0.0 if false < 0 else 1.0)

    def _charged(self) -> Floats:
        cost = np.array(self.matrix)
        if self.bad is not None:
            cost[:, self.bad] += self.surcharge
        return cost

    def decide(self, probabilities: Floats) -> Ints:
        """(n, k) calibrated probabilities → (n,) class codes."""
        cost = probabilities @ self._charged()
        least = cost.min(1, keepdims=True)
        close = cost <= least + 1e-12 * np.maximum(np.abs(least), 1e-300)
        return np.asarray(np.where(close, probabilities, -1.0).argmax(1), dtype=np.int64)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"matrix": [list(row) for row in self.matrix], "bad": self.bad, "surcharge": self.surcharge}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises `StudyError` for anything else."""
        try:
            matrix = np.array(content["matrix"], dtype=np.float64)
            bad, surcharge = content["bad"], float(content["surcharge"])
        except (KeyError, TypeError, ValueError):
            raise StudyError("the model's decision rule cannot be read; train the model again") from None
        square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
        if not square or not np.isfinite(matrix).all() or not (bad is None or bad in range(len(matrix))):
            raise StudyError("the model's decision rule is no square of numbers; train the model again")
        return cls(tuple(tuple(map(float, row)) for row in matrix), bad, surcharge)


def choose(probabilities: Floats, truth: Ints, costs: Costs | None, metric: str) -> Rule:
    """The rule for (n, k) calibrated out-of-fold probabilities of rows of class ``truth`` (n,)."""
    k = probabilities.shape[1]
    wrong = 1.0 - np.eye(k)
    if costs is not None:
        rule = Rule(costs.matrix, costs.bad)
        if costs.bad is None or costs.capacity >= 1:
            return rule
        return Rule(costs.matrix, costs.bad, _surcharge(probabilities, rule, costs.capacity))
    if metric in ("balanced_accuracy", "recall_macro"):
        share = np.bincount(truth.astype(np.int64), minlength=k) / max(len(truth), 1)
        wrong = wrong / np.maximum(share, 1 / max(len(truth), 1))[:, None] / k
    elif metric in ("f1", "f1_macro") and k == 2 and len(truth):
        best = _best_f1(probabilities[:, 1], metric)
        wrong = np.array([[0.0, best], [1 - best, 0.0]])
    return Rule(tuple(tuple(map(float, row)) for row in wrong))


def _surcharge(probabilities: Floats, rule: Rule, capacity: float) -> float:
    cost = probabilities @ np.array(rule.matrix)
    others = np.delete(cost, rule.bad or 0, axis=1).min(1)
    gain = np.sort(others - cost[:, rule.bad or 0])[::-1]
    fit = int(np.floor(capacity * len(gain) + 1e-9))
    if fit >= len(gain) or gain[fit] <= 0:
        return 0.0
    # Half way to the last one that fits; of units alike none, if not all fit.
    last = gain[fit - 1] if fit else np.inf
    slack = (last - gain[fit]) / 2 if np.isfinite(last) else 0.0
    return float(gain[fit] + max(slack, 1e-9 * np.abs(cost).max()))


def _best_f1(sure: Floats, metric: str) -> float:
    """The threshold with the best expected F1 (of the last class, or the mean of both) among quantiles of ``sure``."""
    edges = np.unique(np.quantile(sure, np.linspace(0, 1, GRID)))
    order = np.sort(sure)
    above = np.concatenate([np.cumsum(order[::-1])[::-1], [0.0]])
    start = np.searchsorted(order, edges, side="left")
    hit, said, n, bad = above[start], len(order) - start, len(order), float(order.sum())
    value = 2 * hit / np.maximum(said + bad, 1e-300)
    if metric == "f1_macro":
        rest = (start - (bad - hit)) * 2 / np.maximum(start + n - bad, 1e-300)
        value = (value + rest) / 2
    best = int(value.argmax())
    # Between the last score that is let through and the first that is stopped.
    below = order[start[best] - 1] if start[best] else 0.0
    return float((edges[best] + below) / 2)


@dataclass(frozen=True)
class Money:
    """Mean cost of 1,000 units with its 90 % interval over groups."""

    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Economy:
    """What decisions cost, per 1,000 units like the out-of-fold rows."""

    with_rule: Money
    nothing: Money
    """No unit is stopped (or, without a class that is stopped: always the most frequent class)."""
    everything: Money | None
    """Every unit is stopped; None where capacity forbids it, or no class is stopped."""
    saved: Money
    """Against the cheaper of the two."""
    stopped: float | None
    missed: float | None
    false_stops: float | None
    """Units of 1,000 that are stopped, bad but let through, stopped but good; None where no class is stopped."""
    threshold: float | None
    """From this probability of the bad class on a unit is stopped; None for a matrix of more than two classes."""
    currency: str


def economy(
    probabilities: Floats, truth: Ints, rule: Rule, costs: Costs, groups: Ints, rng: np.random.Generator
) -> Economy | None:
    """Count what the rule would have cost on (n, k) calibrated out-of-fold probabilities; None without rows."""
    n, table = len(truth), costs.table
    if not n:
        return None
    truth, decided = truth.astype(np.int64), rule.decide(probabilities)
    bad = costs.bad
    share = np.bincount(truth, minlength=len(table)) / n
    idle = _idle(share, bad)

    def money(values: Floats) -> Money:
        return Money(float(values.mean()), *mean_interval(values, groups, rng))

    paid, lazy = 1000 * table[truth, decided], 1000 * table[truth, idle]
    full = 1000 * table[truth, bad] if bad is not None and costs.capacity >= 1 else None
    cheaper = lazy if full is None or lazy.mean() <= full.mean() else full
    stop = None if bad is None else decided == bad
    wrong = None if bad is None else truth == bad
    return Economy(
        money(paid),
        money(lazy),
        None if full is None else money(full),
        money(cheaper - paid),
        None if stop is None else float(1000 * stop.mean()),
        None if stop is None or wrong is None else float(1000 * (wrong & ~stop).mean()),
        None if stop is None or wrong is None else float(1000 * (stop & ~wrong).mean()),
        _stop_from(rule, bad),
        costs.currency,
    )


def _idle(share: Floats, bad: int | None) -> int:
    """What is decided when nothing is stopped: the most frequent class that is not the bad one."""
    rest = share.copy()
    if bad is not None and len(rest) > 1:
        rest[bad] = -1.0
    return int(rest.argmax())


def _stop_from(rule: Rule, bad: int | None) -> float | None:
    threshold = rule.threshold
    if threshold is None or bad is None:
        return threshold
    return threshold if bad == 1 else round(1 - threshold, 12)
