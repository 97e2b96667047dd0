"""Prediction intervals for a regression: conformal on out-of-fold residuals, scaled by difficulty, newest first.

For out-of-fold residuals r_i = y_i − ŷ_i:

1. Difficulty s(ŷ): the mean |r| in bins of the prediction (Mondrian), drawn a little to the overall mean, joined by
   lines. A machine that draws more power is foretold less exactly.
2. Scores e_i = r_i / s(ŷ_i) with weights 2^(−age_i / half-life), age in rows: where the plant drifts, old residuals
   count less (weighted conformal: Barber, Candès, Ramdas, Tibshirani 2023). Without time all weights are one.
3. The interval at ``level`` is [ŷ + s·q_low, ŷ + s·q_high], the weighted quantiles of e that leave half of 1 − level on
   either side, with one score at ±∞ added as conformal prediction asks: asymmetric where residuals are.
4. With time, half-life and a ``stretch`` ≥ 1 of the scores' distance from their median are chosen by playing the past
   through: intervals from the rows before are tried on each next tenth of the rows. The half-life with the least mean
   interval score (Gneiting, Raftery 2007) wins, and the stretch is what would have reached 90 % there.

Shapes: ``truth``, ``predicted`` (n,). Limits: the promise (coverage ≥ level on average over rows) holds for rows that
could be exchanged with these, groups apart; after a drift that the past did not show nothing can be promised, so
`coverage` is measured on rows held back. Levels above (n − 1)/(n + 1) would need infinite bounds and get the extremes.

>>> rng = np.random.default_rng(0)
>>> x = rng.random(4000)
>>> found = fit(x + 0.1 * x * rng.normal(size=4000), x)
>>> low, high = found.bounds(np.array([0.2, 0.8]), 0.90)
>>> (high - low).round(2)
array([0.07, 0.25])
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.automl.metrics import mean_interval

__all__ = ["Coverage", "Intervals", "coverage", "fit"]

LEVEL = 0.90
BINS, ROWS_PER_BIN, PULL = 10, 50, 20.0
KEPT = 1_001
PIECES, LEAST_TIMED = 10, 400
HALF_LIVES = (np.inf, 0.5, 0.2)
"""As shares of the rows. Shorter ones were tried on real plants: they follow a season that is about to end."""
MOST_STRETCH = 5.0


@dataclass(frozen=True)
class Intervals:
    """``places``, ``scales``: knots of the difficulty. ``scores``: quantiles of the scaled residuals, ascending, at
    ``shares`` of their weight. ``rows``: how many the scores stand for (after weighting)."""

    places: tuple[float, ...]
    scales: tuple[float, ...]
    scores: tuple[float, ...]
    shares: tuple[float, ...]
    rows: float
    half_life: float | None = None
    """In rows; None: all residuals count alike."""
    stretch: float = 1.0

    def bounds(self, predicted: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
        """(low, high) of each prediction (n,). Raises `StudyError` for a level outside (0, 1)."""
        if not 0 < level < 1:
            raise StudyError(f"level {level!r} is not between 0 and 1; write 0.9 for 90 %")
        scale = np.interp(predicted, self.places, self.scales)
        # One more score at infinity on either side: the finite-sample guarantee.
        tail = (1 - level) / 2 * (1 + 1 / self.rows)
        low, middle, high = np.interp([tail - 1 / self.rows, 0.5, 1 - tail + 1 / self.rows], self.shares, self.scores)
        return (
            predicted + scale * (middle + self.stretch * (low - middle)),
            predicted + scale * (middle + self.stretch * (high - middle)),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "places": list(self.places),
            "scales": list(self.scales),
            "scores": list(self.scores),
            "shares": list(self.shares),
            "rows": self.rows,
            "half_life": self.half_life,
            "stretch": self.stretch,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises `StudyError` for anything else."""
        try:
            places, scales, scores, shares = (
                tuple(map(float, content[key])) for key in ("places", "scales", "scores", "shares")
            )
            rows, stretch, half_life = float(content["rows"]), float(content["stretch"]), content["half_life"]
            half_life = None if half_life is None else float(half_life)
        except (KeyError, TypeError, ValueError):
            raise StudyError("the model's prediction intervals cannot be read; train the model again") from None
        numbers = np.array([*places, *scales, *scores, *shares, rows, stretch])
        if not np.isfinite(numbers).all() or len(places) != len(scales) or len(scores) != len(shares):
            raise StudyError("the model's prediction intervals hold numbers that do not fit; train the model again")
        return cls(places, scales, scores, shares, rows, half_life, stretch)


def fit(truth: Floats, predicted: Floats, order: Floats | Ints | None = None) -> Intervals:
    """Learn intervals from out-of-fold predictions.

    ``order``: (n,) time of the rows where splits are forward in time; None: residuals of all rows count alike.
    Raises `StudyError` without rows and for numbers that are not finite.
    """
    if not len(truth) or not np.isfinite(truth).all() or not np.isfinite(predicted).all():
        raise StudyError(f"prediction intervals need finite numbers, not these {len(truth)} rows; drop the bad ones")
    if order is None or len(truth) < LEAST_TIMED:
        return _fitted(truth, predicted, np.inf)
    place = np.argsort(order, kind="stable")
    truth, predicted = truth[place], predicted[place]
    tried = [_played(truth, predicted, share) for share in HALF_LIVES]
    best = int(np.argmin([score for score, _ in tried]))
    # Forgetting costs rows: it must be worth one part in a hundred.
    best = 0 if tried[0][0] <= 1.01 * tried[best][0] else best
    found = _fitted(truth, predicted, HALF_LIVES[best] * len(truth))
    return replace(found, stretch=tried[best][1])


def _fitted(truth: Floats, predicted: Floats, half_life: float) -> Intervals:
    """Rows oldest first."""
    n = len(truth)
    weight = np.exp2(-np.arange(n)[::-1] / half_life)
    residual = truth - predicted
    places, scales = _difficulty(predicted, np.abs(residual), weight)
    score = residual / np.interp(predicted, places, scales)
    order = np.argsort(score, kind="stable")
    score, weight = score[order], weight[order]
    share = (np.cumsum(weight) - weight / 2) / weight.sum()
    if n > KEPT:
        # Dense in the tails, where bounds are read.
        wanted = (1 - np.cos(np.linspace(0, np.pi, KEPT))) / 2
        score = np.interp(wanted, share, score)
        share = wanted
    rows = float(weight.sum() ** 2 / np.square(weight).sum())
    life = None if np.isinf(half_life) else float(half_life)
    return Intervals(places, scales, tuple(map(float, score)), tuple(map(float, share)), rows, life)


def _difficulty(predicted: Floats, size: Floats, weight: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Knots of the expected |residual| over the prediction."""
    overall = float(np.average(size, weights=weight))
    count = int(np.clip(len(size) // ROWS_PER_BIN, 1, BINS))
    edges = np.unique(np.quantile(predicted, np.arange(1, count) / count))
    place = np.unique(np.searchsorted(edges, predicted, side="right"), return_inverse=True)[1]
    rows, total = np.bincount(place), np.bincount(place, weight)
    middle = np.bincount(place, predicted) / rows
    mean = np.bincount(place, weight * size) / np.maximum(total, 1e-300)
    effective = np.square(total) / np.maximum(np.bincount(place, np.square(weight)), 1e-300)
    scale = (effective * mean + PULL * overall) / (effective + PULL)
    # A perfect model has residuals of zero; the scale must divide.
    scale = np.maximum(scale, max(1e-3 * overall, 1e-12 * max(1.0, float(np.abs(predicted).max()))))
    return tuple(map(float, middle)), tuple(map(float, scale))


def _played(truth: Floats, predicted: Floats, share: float) -> tuple[float, float]:
    """(mean interval score, stretch that reaches the level) of intervals from the past on each next piece."""
    n = len(truth)
    cuts = np.linspace(0, n, PIECES + 1).astype(np.int64)
    scores, needed = [], []
    for start, end in pairwise(cuts[1:]):
        found = _fitted(truth[:start], predicted[:start], share * n)
        now, said = truth[start:end], predicted[start:end]
        low, high = found.bounds(said, LEVEL)
        beyond = np.maximum(low - now, 0) + np.maximum(now - high, 0)
        scores.append(high - low + 2 / (1 - LEVEL) * beyond)
        middle = said + np.interp(said, found.places, found.scales) * np.interp(0.5, found.shares, found.scores)
        half = np.where(now > middle, high - middle, middle - low)
        needed.append(np.abs(now - middle) / np.maximum(half, 1e-300))
    stretch = float(np.quantile(np.concatenate(needed), LEVEL))
    return float(np.concatenate(scores).mean()), float(np.clip(stretch, 1.0, MOST_STRETCH))


@dataclass(frozen=True)
class Coverage:
    """How often the truth was inside, with a 90 % interval over groups, and how wide intervals were."""

    level: float
    share: float
    low: float | None
    high: float | None
    width: float
    n: int


def coverage(
    intervals: Intervals, truth: Floats, predicted: Floats, groups: Ints, rng: np.random.Generator, level: float = LEVEL
) -> Coverage | None:
    """Measure on rows that had no part in the intervals; None without rows."""
    if not len(truth):
        return None
    low, high = intervals.bounds(predicted, level)
    inside = ((truth >= low) & (truth <= high)).astype(np.float64)
    return Coverage(
        level, float(inside.mean()), *mean_interval(inside, groups, rng), float((high - low).mean()), len(truth)
    )
