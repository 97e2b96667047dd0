"""Trees that see how columns act together: each pair's product and difference beside the columns themselves.

Many faults are one condition on two columns: power = torque x speed out of its range, a temperature difference too
small, wear x load over a limit. Trees cut one column at a time and can only approximate such an edge by a staircase;
what is left over they put down to columns that have nothing to do with it. Given the product a·b and the difference
a - b of every pair of the columns that matter most, the edge is one cut, and both columns own it.

Models are cross-fitted over whole groups: `unseen` asks, for each unit, the model that has not learnt from its group,
`spread` all of them (a delete-one-group-of-folds jackknife, se² = (K-1)/K Σ (theta_k - mean)²).

Limits: pairs only among `PAIRED` columns; interactions of three columns need a staircase in the third. A difference is
taken of columns whose spreads are within `ALIKE` of one another, since others are of different quantities.

>>> rng = np.random.default_rng(0)
>>> values = rng.uniform(1, 2, (400, 2))
>>> loss = (values[:, 0] * values[:, 1] > 2.6).astype(np.float64)
>>> found = fit(values, loss, np.arange(400), numeric=(True, True), task="classification", seed=0)
>>> bool(np.mean((found.unseen(values, np.arange(400)) > 0.5) == (loss > 0.5)) > 0.9)
True
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.automl.algorithms.threads import threads_for

__all__ = ["FOLDS", "Mechanism", "fit", "jackknife"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 4
"""Models; each has not seen a quarter of the groups."""
PAIRED = 8
"""Columns of which pairs are made: 28 pairs, 56 features, a fit that stays within seconds."""
ALIKE = 10.0
QUICK = 40
"""Rounds of the model that finds the columns that matter."""
ROUNDS = 150
COMMON = {"num_leaves": 15, "learning_rate": 0.06, "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1}
FEWEST = 5
"""Units in a leaf: a mechanism that struck five times may be seen."""


@dataclass(frozen=True)
class Mechanism:
    """``pairs``: columns whose product and difference are features (``differ``: whether the difference is, too).
    ``fold``: (n,) the model that has not seen each unit. ``gain``: (columns,) share of the trees' gain, sums to 1.
    """

    boosters: tuple[Any, ...]
    pairs: tuple[tuple[int, int], ...]
    differ: tuple[bool, ...]
    fold: Ints
    gain: Floats

    def unseen(self, values: Floats, units: Ints) -> Floats:
        """(N,) risk or expected loss of (N, columns) made-up units, each by the model that has not seen unit
        ``units[i]``."""
        out = np.empty(len(values))
        for number, booster in enumerate(self.boosters):
            here = self.fold[units] == number
            if here.any():
                out[here] = _ask(booster, self._features(values[here]))
        return out

    def spread(self, values: Floats) -> Floats:
        """(models, N): what each model says."""
        features = self._features(values)
        return np.stack([_ask(booster, features) for booster in self.boosters])

    def _features(self, values: Floats) -> Floats:
        return _with_pairs(values, self.pairs, self.differ)


def fit(values: Floats, loss: Floats, groups: Ints, *, numeric: Sequence[bool], task: str, seed: int) -> Mechanism:
    """Learn from ``values`` (n, columns; NaN is missing) and ``loss`` (n,); ``groups`` (n,) are never split.

    ``numeric``: the columns of which pairs may be made.
    """
    rng = np.random.default_rng(seed)
    fold = _folds(loss, groups, rng)
    first = _train(values, loss, task, seed, QUICK)
    order = np.argsort(-first.feature_importance("gain"), kind="stable")
    chosen = sorted(int(place) for place in [place for place in order if numeric[place]][:PAIRED])
    spread = np.nanstd(values, axis=0)
    pairs = tuple(combinations(chosen, 2))
    differ = tuple(bool(spread[a] < ALIKE * spread[b] and spread[b] < ALIKE * spread[a]) for a, b in pairs)
    features = _with_pairs(values, pairs, differ)
    boosters = tuple(
        _train(features[fold != number], loss[fold != number], task, seed + number, ROUNDS)
        for number in range(int(fold.max()) + 1)
    )
    owners: list[tuple[int, ...]] = [(place,) for place in range(values.shape[1])]
    for pair, also in zip(pairs, differ, strict=True):
        owners += [pair] * (1 + also)
    gain = np.zeros(values.shape[1])
    for booster in boosters:
        for owner, amount in zip(owners, booster.feature_importance("gain"), strict=True):
            gain[list(owner)] += amount / len(owner)
    return Mechanism(boosters, pairs, differ, fold, gain / max(gain.sum(), 1e-300))


def jackknife(estimates: Floats) -> tuple[Floats, Floats]:
    """Mean and standard error of delete-one-fold estimates (models, ...).

    >>> jackknife(np.array([1.0, 2.0, 3.0]))
    (np.float64(2.0), np.float64(1.1547005383792515))
    """
    count, mean = len(estimates), estimates.mean(axis=0)
    return mean, np.sqrt((count - 1) / count * ((estimates - mean) ** 2).sum(axis=0))


def _with_pairs(values: Floats, pairs: Sequence[tuple[int, int]], differ: Sequence[bool]) -> Floats:
    out = np.empty((len(values), values.shape[1] + len(pairs) + sum(differ)))
    out[:, : values.shape[1]] = values
    at = values.shape[1]
    for (a, b), also in zip(pairs, differ, strict=True):
        np.multiply(values[:, a], values[:, b], out=out[:, at])
        at += 1
        if also:
            np.subtract(values[:, a], values[:, b], out=out[:, at])
            at += 1
    return out


def _folds(loss: Floats, groups: Ints, rng: np.random.Generator) -> Ints:
    """(n,) 0 … `FOLDS`-1: whole groups, dealt so that each fold gets its share of the loss."""
    count = int(groups.max()) + 1
    total = np.bincount(groups, weights=loss, minlength=count)
    order = np.lexsort((rng.random(count), -total))
    fold = np.empty(count, dtype=np.int64)
    # There and back, so that the first fold does not always get the worst group.
    deal = np.concatenate([np.arange(FOLDS), np.arange(FOLDS)[::-1]])
    fold[order] = deal[np.arange(count) % len(deal)]
    return fold[groups]


def _train(features: Floats, loss: Floats, task: str, seed: int, rounds: int) -> Any:
    options = COMMON | {
        "objective": "binary" if task == "classification" else "regression",
        "min_data_in_leaf": FEWEST, "min_sum_hessian_in_leaf": 1e-3, "lambda_l2": 1.0, "max_bin": 127,
        "seed": seed, "deterministic": True, "force_row_wise": True, "verbose": -1,
        "num_threads": threads_for(features.size),
    }  # fmt: skip
    return lightgbm.train(options, lightgbm.Dataset(features, loss), rounds)


def _ask(booster: Any, features: Floats) -> Floats:
    return np.asarray(booster.predict(features, num_threads=threads_for(features.size)), dtype=np.float64)
