"""Probabilities that mean what they say: the map from raw to calibrated ones, learnt on out-of-fold predictions.

Two classes, p the raw probability of the last one:

- ``identity``  p
- ``platt``     σ(a·logit p + b), a > 0 (Platt 1999, on the logit)
- ``beta``      σ(a·ln p − b·ln(1−p) + c), a, b > 0 (Kull, Silva Filho, Flach 2017): also bends both ends differently
- ``isotonic``  the best rising step function (pool adjacent violators), drawn as lines between the middles of its
  steps, with one hundredth of p mixed in, so that it rises strictly and never says 0 or 1. Only from 1,000 rows.

More classes: ``temperature`` softmax(a·ln p), and ``vector`` softmax(a·ln p + b), a > 0 (Guo et al. 2017, with one
common slope). All parameters are drawn to those of the identity with the weight of a few rows.

Which one: log-loss on groups that the map was not fitted on (five folds); the simplest whose loss is within one
standard error of the best, so the identity unless something is really gained. All two-class maps rise strictly:
ROC-AUC is kept.

>>> rng = np.random.default_rng(0)
>>> sure = rng.random(4000)
>>> truth = (rng.random(4000) < sure).astype(int)
>>> too_sure = sure**3 / (sure**3 + (1 - sure) ** 3)
>>> found = fit(truth, np.column_stack([1 - too_sure, too_sure]), np.arange(4000), rng)
>>> found.kind, round(float(found.apply(np.array([[0.1, 0.9]]))[0, 1]), 1)
('platt', 0.7)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logit, softmax
from sklearn.isotonic import isotonic_regression

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.automl.metrics import per_row_loss

__all__ = ["Calibration", "fit"]

Kind = Literal["identity", "temperature", "platt", "beta", "vector", "isotonic"]
"""From the simplest to the freest."""

EPS = 1e-7
PULL = 5.0
MIXED = 0.01
LEAST, LEAST_GROUPS, LEAST_ISOTONIC = 10, 20, 1_000
MOST_KNOTS = 200
FOLDS = 5


@dataclass(frozen=True)
class Calibration:
    """A map of probabilities. ``numbers``: the parameters; for ``isotonic`` the knots, all places before all values."""

    kind: Kind = "identity"
    numbers: tuple[float, ...] = ()

    def apply(self, raw: Floats) -> Floats:
        """(n, k) raw probabilities → (n, k) calibrated ones; rows sum to 1."""
        if self.kind == "identity":
            return raw
        safe = np.clip(raw, EPS, 1.0)
        if self.kind in ("temperature", "vector"):
            slope, *shifts = self.numbers
            return np.asarray(softmax(slope * np.log(safe) + np.array(shifts or [0.0]), axis=1))
        last = np.clip(safe[:, 1] / safe.sum(1), EPS, 1 - EPS)
        if self.kind == "isotonic":
            half = len(self.numbers) // 2
            line = np.interp(last, self.numbers[:half], self.numbers[half:])
            sure = (1 - MIXED) * line + MIXED * last
        else:
            sure = expit(_bent(self.kind, last) @ np.array(self.numbers))
        return np.column_stack([1 - sure, sure])

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"kind": self.kind, "numbers": list(self.numbers)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises `StudyError` for an unknown kind or numbers that are none."""
        kind, numbers = content.get("kind"), content.get("numbers")
        if kind is None or kind not in get_args(Kind) or not isinstance(numbers, list):
            raise StudyError(f"calibration {kind!r} is not one of {', '.join(get_args(Kind))}; train the model again")
        if not np.isfinite(np.array(numbers, dtype=np.float64)).all():
            raise StudyError(f"calibration {kind!r} holds numbers that are not finite; train the model again")
        return cls(kind, tuple(float(number) for number in numbers))


def _bent(kind: Kind, last: Floats) -> Floats:
    if kind == "platt":
        return np.column_stack([logit(last), np.ones(len(last))])
    return np.column_stack([np.log(last), -np.log1p(-last), np.ones(len(last))])


def fit(truth: Ints, predicted: Floats, groups: Ints, rng: np.random.Generator) -> Calibration:
    """Choose and fit a map.

    ``truth``: (n,) class codes. ``predicted``: (n, k) out-of-fold probabilities. ``groups``: (n,). The identity where
    some class has fewer than 10 rows, or there are fewer than 20 groups.
    """
    truth = truth.astype(np.int64)
    names, codes = np.unique(groups, return_inverse=True)
    counts = np.bincount(truth, minlength=predicted.shape[1])
    if counts.min() < LEAST or len(names) < LEAST_GROUPS:
        return Calibration()
    kinds: list[Kind] = ["identity", "platt", "beta"] if len(counts) == 2 else ["identity", "temperature", "vector"]
    if len(counts) == 2 and len(truth) >= LEAST_ISOTONIC and counts.min() >= LEAST_ISOTONIC // 10:
        kinds.append("isotonic")
    fold = (rng.permutation(len(names)) % FOLDS)[codes]
    loss = np.array([_crossed(kind, truth, predicted, fold) for kind in kinds])
    best = int(loss.mean(1).argmin())
    chosen = next(place for place in range(len(kinds)) if _as_good(loss[place] - loss[best], codes))
    return _fitted(kinds[chosen], truth, predicted)


def _crossed(kind: Kind, truth: Ints, predicted: Floats, fold: Ints) -> Floats:
    """Log-loss of each row under a map fitted without its fold. (n,)"""
    out = np.empty(len(truth))
    for place in range(FOLDS):
        inside = fold == place
        calibration = _fitted(kind, truth[~inside], predicted[~inside])
        out[inside] = per_row_loss("classification", truth[inside], calibration.apply(predicted[inside]))
    return out


def _as_good(worse: Floats, codes: Ints) -> bool:
    """Whether the mean of ``worse`` is within one standard error (over groups) of zero."""
    sums = np.bincount(codes, worse - worse.mean())
    return bool(worse.mean() <= np.sqrt(np.square(sums).sum()) / len(worse))


def _fitted(kind: Kind, truth: Ints, predicted: Floats) -> Calibration:
    if kind == "identity":
        return Calibration()
    safe = np.clip(predicted, EPS, 1.0)
    if kind in ("temperature", "vector"):
        return _softened(kind, truth, np.log(safe))
    last = np.clip(safe[:, 1] / safe.sum(1), EPS, 1 - EPS)
    if kind == "isotonic":
        return _stepped(truth, last)
    table = _bent(kind, last)
    start = np.array([1.0, 0.0]) if kind == "platt" else np.array([1.0, 1.0, 0.0])

    def loss(beta: Floats) -> tuple[float, Floats]:
        score = table @ beta
        value = np.logaddexp(0, score).sum() - score[truth == 1].sum() + PULL * np.square(beta - start).sum() / 2
        return float(value), table.T @ (expit(score) - truth) + PULL * (beta - start)

    bounds = [(0.01, None)] * (len(start) - 1) + [(None, None)]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B")
    return Calibration(kind, tuple(float(number) for number in found.x))


def _softened(kind: Kind, truth: Ints, logs: Floats) -> Calibration:
    n, k = logs.shape
    wanted = np.zeros((n, k))
    wanted[np.arange(n), truth] = 1.0
    start = np.concatenate([[1.0], np.zeros(k if kind == "vector" else 0)])

    def loss(beta: Floats) -> tuple[float, Floats]:
        score = log_softmax(beta[0] * logs + (beta[1:] if kind == "vector" else 0.0), axis=1)
        over = np.exp(score) - wanted
        steep = np.concatenate([[(over * logs).sum()], over.sum(0) if kind == "vector" else []])
        value = -score[np.arange(n), truth].sum() + PULL * np.square(beta - start).sum() / 2
        return float(value), steep + PULL * (beta - start)

    bounds = [(0.01, None)] + [(None, None)] * (len(start) - 1)
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B")
    return Calibration(kind, tuple(float(number) for number in found.x))


def _stepped(truth: Ints, last: Floats) -> Calibration:
    order = np.argsort(last, kind="stable")
    level = np.asarray(isotonic_regression(truth[order].astype(np.float64)))
    step = np.cumsum(np.diff(level, prepend=level[0]) > 0)
    rows = np.bincount(step)
    middle = np.bincount(step, last[order]) / rows
    # One row more of what the raw probability says keeps small steps from certainty.
    height = np.maximum.accumulate((level[np.cumsum(rows) - 1] * rows + middle) / (rows + 1))
    # Equal raw probabilities may lie in two steps: a knot each needs a place of its own.
    middle, first = np.unique(middle, return_index=True)
    height = height[first]
    if len(middle) > MOST_KNOTS:
        kept = np.unique(np.linspace(0, len(middle) - 1, MOST_KNOTS).round().astype(np.int64))
        middle, height = middle[kept], height[kept]
    return Calibration("isotonic", (*map(float, middle), *map(float, height)))
