"""How good predictions are, under HeatWave's names: higher is better, weighted, and cheap to redraw by groups.

Shapes: ``truth`` (n,) class codes 0 … k-1 or values; ``predicted`` (n, k) probabilities or (n,) values; ``weight`` (n,)
not negative; ``groups`` (n,) codes of rows that belong together (without groups: ``np.arange(n)``).

With two classes ``f1``, ``precision``, ``recall``, ``roc_auc`` and ``average_precision`` speak of the last class. With
more, the latter two are means over the classes that occur, each against the rest; the former three are refused. A row
is decided for its most probable class. ``…_samples`` of rows with one label each is the accuracy.

Most metrics are formulas of sums over rows (`_Sums`): a redraw of groups only weighs the sums of each group, so 400
redraws cost one small matrix product. The others need an order of the rows (`_Ranked`), found once.

Intervals are expanded percentiles of the group bootstrap (Hesterberg 2015, "What teachers should know about the
bootstrap", section 4.3): with few groups they widen as Student's t does. They hold for groups that are alike; they say
nothing about drift.

>>> truth, sure = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])
>>> measure("roc_auc", truth, sure), measure("accuracy", truth, sure), measure("roc_auc", truth[:2], sure[:2])
(0.75, 0.75, None)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from ingest.errors import StudyError, nearest
from models.automl.algorithms.base import Task
from models.automl.matrix import Floats, Ints

__all__ = [
    "BINARY_ONLY",
    "Difference",
    "check",
    "interval",
    "mean_interval",
    "measure",
    "of_decisions",
    "paired",
    "per_row_loss",
]

BINARY_ONLY = ("f1", "precision", "recall")
REDRAWS = 400
BUNDLES = 2_000
"""More groups than this are bundled at random: the spread of their sum is then known to 2 %, at a bounded cost."""
ROWS = 20_000_000
CELLS = 50_000
"""Weights held at once: what fits into the cache is five times faster than what does not."""
EPS = float(np.finfo(np.float64).eps)


class _Statistic(Protocol):
    def over(self, draws: Floats, codes: Ints, weight: Floats) -> Floats:
        """One value for each row of ``draws`` (redraws, groups); NaN where it is undefined."""
        ...


@dataclass(frozen=True)
class _Sums:
    """``formula`` of sums over rows: (redraws, sums) → (redraws,)."""

    columns: tuple[Floats, ...]
    """(n,) each, summed as they are."""
    counts: tuple[tuple[Ints, Floats], ...]
    """(class of the row, amount): summed within classes."""
    classes: int
    formula: Callable[[Floats], Floats]

    def over(self, draws: Floats, codes: Ints, weight: Floats) -> Floats:
        groups, k = draws.shape[1], self.classes
        plain = [np.bincount(codes, weight * column, groups)[:, None] for column in self.columns]
        within = [
            np.bincount(codes * k + place, weight * amount, groups * k).reshape(groups, k)
            for place, amount in self.counts
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.formula(draws @ np.hstack([*plain, *within]))


@dataclass(frozen=True)
class _Ranked:
    """``formula`` of the weights of rows in ``order``: (redraws, n) → (redraws,)."""

    order: Ints
    formula: Callable[[Floats], Floats]

    def over(self, draws: Floats, codes: Ints, weight: Floats) -> Floats:
        codes, weight = codes[self.order], weight[self.order]
        step = max(1, CELLS // max(1, len(codes)))
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [
                self.formula(draws[at : at + step].take(codes, axis=1) * weight) for at in range(0, len(draws), step)
            ]
        return np.concatenate(parts)


@dataclass(frozen=True)
class _Mean:
    """The mean of several statistics where they are defined."""

    parts: tuple[_Statistic, ...]

    def over(self, draws: Floats, codes: Ints, weight: Floats) -> Floats:
        found = np.array([part.over(draws, codes, weight) for part in self.parts])
        known = np.isfinite(found)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: Floats = np.where(known, found, 0.0).sum(0) / known.sum(0)
        return mean


def _mean_of(loss: Floats) -> _Statistic:
    return _Sums((loss, np.ones(len(loss))), (), 1, lambda sums: -sums[:, 0] / sums[:, 1])


def per_row_loss(task: Task, truth: Floats | Ints, predicted: Floats) -> Floats:
    """What each row costs the default metric of the task: minus the log of the true class's probability, or the squared
    error. (n,)

    >>> per_row_loss("classification", np.array([1, 0]), np.array([[0.5, 0.5], [1.0, 0.0]])).round(3)
    array([0.693, 0.   ])
    """
    if task == "regression":
        return np.asarray(np.square(truth - predicted))
    chosen = predicted[np.arange(len(truth)), truth.astype(np.int64)]
    return np.asarray(np.abs(np.log(np.clip(chosen, EPS, 1.0))))


def _brier(truth: Ints, predicted: Floats) -> Floats:
    if predicted.shape[1] == 2:
        return np.asarray(np.square(predicted[:, 1] - truth))
    wanted = np.zeros_like(predicted)
    wanted[np.arange(len(truth)), truth] = 1.0
    return np.asarray(np.square(predicted - wanted).sum(1))


def _auc(bad: Floats, score: Floats) -> _Statistic:
    """The chance that a row of the class is ranked above another, ties counted half."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(score[order]) > 0]))
    inside = bad[order]

    def formula(weight: Floats) -> Floats:
        yes, no = np.add.reduceat(weight * inside, starts, 1), np.add.reduceat(weight * (1 - inside), starts, 1)
        below = np.cumsum(no, 1) - no / 2
        return np.asarray((yes * below).sum(1) / (yes.sum(1) * no.sum(1)))

    return _Ranked(order, formula)


def _average_precision(bad: Floats, score: Floats) -> _Statistic:
    """Σ (recall step × precision) from the surest row downwards, rows of one score together."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(score[order]) < 0]))
    inside = bad[order]

    def formula(weight: Floats) -> Floats:
        yes, all_ = np.add.reduceat(weight * inside, starts, 1), np.add.reduceat(weight, starts, 1)
        found, shown = np.cumsum(yes, 1), np.cumsum(all_, 1)
        precision = np.divide(found, shown, out=np.zeros_like(found), where=shown > 0)
        return np.asarray((yes * precision).sum(1) / yes.sum(1))

    return _Ranked(order, formula)


def _median(error: Floats) -> _Statistic:
    """Minus the weighted median: where half of the weight is reached, the mean of two where it is met exactly."""
    order = np.argsort(error, kind="stable")
    value = error[order]

    def formula(weight: Floats) -> Floats:
        total = np.cumsum(weight, 1)
        half = total[:, -1:] / 2
        low = (total < half * (1 - 1e-12)).sum(1)
        high = (total <= half * (1 + 1e-12)).sum(1)
        last = len(value) - 1
        return np.asarray(value[np.minimum(low, last)] + value[np.minimum(high, last)]) / -2

    return _Ranked(order, formula)


def _against_rest(make: Callable[[Floats, Floats], _Statistic], truth: Ints, predicted: Floats) -> _Statistic:
    k = predicted.shape[1]
    chosen = (1,) if k == 2 else range(k)
    return _Mean(tuple(make((truth == c).astype(np.float64), predicted[:, c]) for c in chosen))


def _decided(metric: str, truth: Ints, predicted: Floats) -> _Statistic:
    """Metrics of decisions, from three sums per class: decided rightly, true, decided."""
    k, n = predicted.shape[1], len(truth)
    decided, one = predicted.argmax(1), np.ones(n)
    right = (decided == truth).astype(np.float64)
    kind, _, way = metric.partition("_")
    if metric == "accuracy" or way in ("micro", "samples"):
        return _mean_of(-right)

    def formula(sums: Floats) -> Floats:
        hit, true, said = sums[:, :k], sums[:, k : 2 * k], sums[:, 2 * k :]
        if metric == "balanced_accuracy":
            return np.asarray(np.where(true > 0, hit / true, 0).sum(1) / (true > 0).sum(1))
        below = {"f1": (true + said) / 2, "precision": said, "recall": true}[kind]
        value = np.where(below > 0, hit / below, 0.0)
        occurs = (true > 0) | (said > 0)
        if not way:
            known = true[:, 1] > 0 if kind == "recall" else occurs[:, 1]
            return np.where(known, value[:, 1], np.nan)
        share = true if way == "weighted" else occurs
        return np.asarray((value * share).sum(1) / share.sum(1))

    return _Sums((), ((truth, right), (truth, one), (decided, one)), k, formula)


def _r2(truth: Floats, predicted: Floats) -> _Statistic:
    centred = truth - truth.mean() if len(truth) else truth
    columns = (np.ones(len(truth)), centred, centred**2, (truth - predicted) ** 2)

    def formula(sums: Floats) -> Floats:
        spread = sums[:, 2] - sums[:, 1] ** 2 / sums[:, 0]
        return np.where(spread > 1e-12 * np.maximum(sums[:, 2], EPS), 1 - sums[:, 3] / spread, np.nan)

    return _Sums(columns, (), 1, formula)


def _classified(metric: str, truth: Ints, predicted: Floats) -> _Statistic:
    if metric == "neg_log_loss":
        return _mean_of(per_row_loss("classification", truth, predicted))
    if metric == "neg_brier_score":
        return _mean_of(_brier(truth, predicted))
    if metric == "roc_auc":
        return _against_rest(_auc, truth, predicted)
    if metric == "average_precision":
        return _against_rest(_average_precision, truth, predicted)
    return _decided(metric, truth, predicted)


def _valued(metric: str, truth: Floats, predicted: Floats) -> _Statistic:
    error = np.abs(truth - predicted)
    if metric == "neg_mean_squared_error":
        return _mean_of(error**2)
    if metric == "neg_root_mean_squared_error":
        return _Sums((error**2, np.ones(len(error))), (), 1, lambda sums: -np.sqrt(sums[:, 0] / sums[:, 1]))
    if metric == "neg_mean_absolute_error":
        return _mean_of(error)
    if metric == "neg_mean_squared_log_error":
        # A forecast a little below zero of something never negative is zero; a negative truth has no logarithm.
        undefined = np.where(truth < 0, np.nan, 0.0)
        return _mean_of((np.log1p(np.maximum(truth, 0)) - np.log1p(np.maximum(predicted, 0))) ** 2 + undefined)
    return _median(error) if metric == "neg_median_absolute_error" else _r2(truth, predicted)


_WAYS = ("", "_macro", "_micro", "_weighted", "_samples")
_DECISIONS = ["accuracy", "balanced_accuracy", *(kind + way for kind in ("f1", "precision", "recall") for way in _WAYS)]
_CLASSIFIED = ("neg_log_loss", "neg_brier_score", "roc_auc", "average_precision", *_DECISIONS)
_VALUED = (
    "neg_mean_squared_error", "neg_root_mean_squared_error", "neg_mean_absolute_error", "neg_mean_squared_log_error",
    "neg_median_absolute_error", "r2",
)  # fmt: skip


def of_decisions(metric: str) -> bool:
    """Whether a metric looks at decided classes only: then it should be given a model's decisions, one-hot."""
    return metric in _DECISIONS


def check(metric: str, task: Task, classes: int) -> None:
    """Refuse a metric that is not of this task or not for so many classes. Raises `StudyError` naming a better one."""
    known = _CLASSIFIED if task == "classification" else _VALUED
    if metric not in known:
        raise StudyError(f"metric {metric!r} is not for {task}; {nearest(metric, known)}")
    if metric in BINARY_ONLY and classes > 2:
        raise StudyError(
            f"metric {metric!r} is for two classes, not {classes}; use {metric}_macro or {metric}_weighted"
        )


def _prepare(metric: str, truth: Floats | Ints, predicted: Floats) -> _Statistic:
    task: Task = "regression" if predicted.ndim == 1 else "classification"
    check(metric, task, predicted.shape[1] if task == "classification" else 0)
    if len(truth) != len(predicted):
        raise StudyError(f"{len(truth)} true values but {len(predicted)} predictions; give one for each row")
    if not (np.isfinite(truth).all() and np.isfinite(predicted).all()):
        raise StudyError(
            f"{metric} needs finite numbers, but truth or predictions hold NaN or infinity; drop those rows"
        )
    if task == "regression":
        return _valued(metric, np.asarray(truth, dtype=np.float64), predicted)
    return _classified(metric, truth.astype(np.int64), predicted)


def measure(metric: str, truth: Floats | Ints, predicted: Floats, weight: Floats | None = None) -> float | None:
    """The value of a metric; None where it is undefined: no rows, one class (ROC-AUC), no variance (R²).

    Raises `StudyError` for an unknown metric, one not for so many classes, and predictions that are not finite.
    """
    statistic = _prepare(metric, truth, predicted)
    n = len(truth)
    if not n:
        return None
    weight = np.ones(n) if weight is None else weight
    value = float(statistic.over(np.ones((1, 1)), np.zeros(n, dtype=np.int64), weight)[0])
    return value if np.isfinite(value) else None


def _draws(groups: Ints, rng: np.random.Generator, statistic: _Statistic) -> tuple[Ints, Floats]:
    """Codes of bundles of groups (n,), and how often each is drawn (redraws, bundles)."""
    # What needs every row in every redraw is redrawn less often on many rows: its interval is narrow there.
    redraws = REDRAWS if isinstance(statistic, _Sums) else int(np.clip(ROWS // len(groups), REDRAWS // 4, REDRAWS))
    names, codes = np.unique(groups, return_inverse=True)
    count = len(names)
    if count > BUNDLES:
        codes, count = (rng.permutation(count) % BUNDLES)[codes], BUNDLES
    drawn = rng.integers(0, count, (redraws, count)) + count * np.arange(redraws)[:, None]
    times = np.bincount(drawn.ravel(), minlength=redraws * count).reshape(redraws, count)
    return codes.astype(np.int64), times.astype(np.float64)


def _percentiles(found: Floats, groups: int, level: float) -> tuple[float | None, float | None]:
    known = np.isfinite(found)
    if known.mean() < 0.5 or groups < 2:
        return None, None
    found = found[known]
    tail = float(ndtr(stdtrit(groups - 1, (1 - level) / 2) * np.sqrt(groups / (groups - 1))))
    return float(np.quantile(found, tail)), float(np.quantile(found, 1 - tail))


def interval(
    metric: str,
    truth: Floats | Ints,
    predicted: Floats,
    groups: Ints,
    rng: np.random.Generator,
    level: float = 0.90,
) -> tuple[float | None, float | None]:
    """Where the metric would lie on other groups like these, (low, high); (None, None) where that cannot be told."""
    statistic = _prepare(metric, truth, predicted)
    if not len(truth):
        return None, None
    codes, draws = _draws(groups, rng, statistic)
    return _percentiles(statistic.over(draws, codes, np.ones(len(truth))), draws.shape[1], level)


def mean_interval(
    values: Floats, groups: Ints, rng: np.random.Generator, level: float = 0.90
) -> tuple[float | None, float | None]:
    """Where the mean of ``values`` (n,) would lie on other groups like these, (low, high)."""
    if not len(values):
        return None, None
    statistic = _mean_of(-values)
    codes, draws = _draws(groups, rng, statistic)
    return _percentiles(statistic.over(draws, codes, np.ones(len(values))), draws.shape[1], level)


@dataclass(frozen=True)
class Difference:
    """How much better ``a`` is than ``b``, with a 90 % interval; all None where it cannot be told."""

    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    """Two-sided: how easily chance alone would show such a difference. Not below 2 / redraws."""


def paired(
    metric: str,
    truth: Floats | Ints,
    a: Floats,
    b: Floats,
    groups: Ints,
    rng: np.random.Generator,
    level: float = 0.90,
) -> Difference:
    """``a`` against ``b`` on the same rows: each redraw judges both, so what makes a row hard for both cancels out.

    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(size=500)
    >>> better, worse = truth + 0.1 * rng.normal(size=500), truth + rng.normal(size=500)
    >>> found = paired("r2", truth, better, worse, np.arange(500), rng)
    >>> found.low > 0, found.p < 0.05
    (True, True)
    """
    first, second = measure(metric, truth, a), measure(metric, truth, b)
    if first is None or second is None:
        return Difference(None, None, None, None)
    left, right = _prepare(metric, truth, a), _prepare(metric, truth, b)
    codes, draws = _draws(groups, rng, left)
    one, count = np.ones(len(truth)), draws.shape[1]
    found = left.over(draws, codes, one) - right.over(draws, codes, one)
    low, high = _percentiles(found, count, level)
    if low is None:
        return Difference(first - second, None, None, None)
    found = found[np.isfinite(found)]
    # Ties count half on each side: two equal models are not different.
    side = (min((found > 0).sum(), (found < 0).sum()) + (found == 0).sum() / 2 + 1) / (len(found) + 2)
    p = 2 * float(stdtr(count - 1, ndtri(side) / np.sqrt(count / (count - 1))))
    return Difference(first - second, low, high, min(1.0, p))
