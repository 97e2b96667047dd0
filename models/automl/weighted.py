"""Statistics of weighted rows that are cheap to compute again under many weights: what metrics are made of.

`Sums` are formulas of sums over rows: a redraw of groups only weighs the sums of each group, so hundreds of redraws are
one small matrix product. `Ranked` needs the rows in an order, found once. `Mean` is a mean of others.

Shapes: ``draws`` (redraws, groups) how often each group counts; ``codes`` (n,) the group of each row; ``weight`` (n,).

>>> spread = r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
>>> spread.over(np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]]), np.arange(3), np.ones(3))
array([0.5, 1. ])
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.automl.matrix import Floats, Ints

__all__ = ["Mean", "Ranked", "Statistic", "Sums", "auc", "average_precision", "decided", "mean_of", "median", "r2"]

CELLS = 50_000
"""Weights held at once: what fits into the cache is five times faster than what does not."""
EPS = float(np.finfo(np.float64).eps)


class Statistic(Protocol):
    """A figure of weighted rows."""

    def over(self, draws: Floats, codes: Ints, weight: Floats) -> Floats:
        """One value for each row of ``draws`` (redraws, groups); NaN where it is undefined."""
        ...


@dataclass(frozen=True)
class Sums:
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
class Ranked:
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
class Mean:
    """The mean of several statistics where they are defined."""

    parts: tuple[Statistic, ...]

    def over(self, draws: Floats, codes: Ints, weight: Floats) -> Floats:
        found = np.array([part.over(draws, codes, weight) for part in self.parts])
        known = np.isfinite(found)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: Floats = np.where(known, found, 0.0).sum(0) / known.sum(0)
        return mean


def mean_of(loss: Floats) -> Statistic:
    """Minus the mean of a loss (n,)."""
    return Sums((loss, np.ones(len(loss))), (), 1, lambda sums: -sums[:, 0] / sums[:, 1])


def auc(bad: Floats, score: Floats) -> Statistic:
    """The chance that a row of the class is ranked above another, ties counted half."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(score[order]) > 0]))
    inside = bad[order]

    def formula(weight: Floats) -> Floats:
        yes, no = np.add.reduceat(weight * inside, starts, 1), np.add.reduceat(weight * (1 - inside), starts, 1)
        below = np.cumsum(no, 1) - no / 2
        return np.asarray((yes * below).sum(1) / (yes.sum(1) * no.sum(1)))

    return Ranked(order, formula)


def average_precision(bad: Floats, score: Floats) -> Statistic:
    """Σ (recall step × precision) from the surest row downwards, rows of one score together."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(score[order]) < 0]))
    inside = bad[order]

    def formula(weight: Floats) -> Floats:
        yes, all_ = np.add.reduceat(weight * inside, starts, 1), np.add.reduceat(weight, starts, 1)
        found, shown = np.cumsum(yes, 1), np.cumsum(all_, 1)
        precision = np.divide(found, shown, out=np.zeros_like(found), where=shown > 0)
        return np.asarray((yes * precision).sum(1) / yes.sum(1))

    return Ranked(order, formula)


def median(error: Floats) -> Statistic:
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

    return Ranked(order, formula)


def decided(metric: str, truth: Ints, predicted: Floats) -> Statistic:
    """Metrics of decisions, from three sums per class: decided rightly, true, decided."""
    k, n = predicted.shape[1], len(truth)
    decided, one = predicted.argmax(1), np.ones(n)
    right = (decided == truth).astype(np.float64)
    kind, _, way = metric.partition("_")
    if metric == "accuracy" or way in ("micro", "samples"):
        return mean_of(-right)

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

    return Sums((), ((truth, right), (truth, one), (decided, one)), k, formula)


def r2(truth: Floats, predicted: Floats) -> Statistic:
    """1 − Σ (error²) / Σ (distance from the mean)²; undefined without variance."""
    centred = truth - truth.mean() if len(truth) else truth
    columns = (np.ones(len(truth)), centred, centred**2, (truth - predicted) ** 2)

    def formula(sums: Floats) -> Floats:
        spread = sums[:, 2] - sums[:, 1] ** 2 / sums[:, 0]
        return np.where(spread > 1e-12 * np.maximum(sums[:, 2], EPS), 1 - sums[:, 3] / spread, np.nan)

    return Sums(columns, (), 1, formula)
