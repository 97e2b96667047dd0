"""How good predictions are, under HeatWave's names: higher is better, weighted, and cheap to redraw by groups.

Shapes: ``truth`` (n,) class codes 0 … k-1 or values; ``predicted`` (n, k) probabilities or (n,) values; ``weight`` (n,)
not negative; ``groups`` (n,) codes of rows that belong together (without groups: ``np.arange(n)``).

With two classes ``f1``, ``precision``, ``recall``, ``roc_auc`` and ``average_precision`` speak of the last class. With
more, the latter two are means over the classes that occur, each against the rest; the former three are refused. A row
is decided for its most probable class. ``…_samples`` of rows with one label each is the accuracy.

Intervals are expanded percentiles of the group bootstrap (Hesterberg 2015, "What teachers should know about the
bootstrap", section 4.3): with few groups they widen as Student's t does. They hold for groups that are alike; they say
nothing about drift.

>>> truth, sure = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])
>>> measure("roc_auc", truth, sure), measure("accuracy", truth, sure), measure("roc_auc", truth[:2], sure[:2])
(0.75, 0.75, None)
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from ingest.errors import StudyError, nearest
from models.automl import weighted
from models.automl.algorithms.base import Task
from models.automl.matrix import Floats, Ints
from models.automl.weighted import EPS, Mean, Statistic, Sums

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


def _against_rest(make: Callable[[Floats, Floats], Statistic], truth: Ints, predicted: Floats) -> Statistic:
    k = predicted.shape[1]
    chosen = (1,) if k == 2 else range(k)
    return Mean(tuple(make((truth == c).astype(np.float64), predicted[:, c]) for c in chosen))


def _classified(metric: str, truth: Ints, predicted: Floats) -> Statistic:
    if metric == "neg_log_loss":
        return weighted.mean_of(per_row_loss("classification", truth, predicted))
    if metric == "neg_brier_score":
        return weighted.mean_of(_brier(truth, predicted))
    if metric == "roc_auc":
        return _against_rest(weighted.auc, truth, predicted)
    if metric == "average_precision":
        return _against_rest(weighted.average_precision, truth, predicted)
    return weighted.decided(metric, truth, predicted)


def _valued(metric: str, truth: Floats, predicted: Floats) -> Statistic:
    error = np.abs(truth - predicted)
    if metric == "neg_mean_squared_error":
        return weighted.mean_of(error**2)
    if metric == "neg_root_mean_squared_error":
        return Sums((error**2, np.ones(len(error))), (), 1, lambda sums: -np.sqrt(sums[:, 0] / sums[:, 1]))
    if metric == "neg_mean_absolute_error":
        return weighted.mean_of(error)
    if metric == "neg_mean_squared_log_error":
        # A forecast a little below zero of something never negative is zero; a negative truth has no logarithm.
        undefined = np.where(truth < 0, np.nan, 0.0)
        return weighted.mean_of((np.log1p(np.maximum(truth, 0)) - np.log1p(np.maximum(predicted, 0))) ** 2 + undefined)
    return weighted.median(error) if metric == "neg_median_absolute_error" else weighted.r2(truth, predicted)


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


def _prepare(metric: str, truth: Floats | Ints, predicted: Floats) -> Statistic:
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


def _draws(groups: Ints, rng: np.random.Generator, statistic: Statistic) -> tuple[Ints, Floats]:
    """Codes of bundles of groups (n,), and how often each is drawn (redraws, bundles)."""
    # What needs every row in every redraw is redrawn less often on many rows: its interval is narrow there.
    redraws = REDRAWS if isinstance(statistic, Sums) else int(np.clip(ROWS // len(groups), REDRAWS // 4, REDRAWS))
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
    statistic = weighted.mean_of(-values)
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
