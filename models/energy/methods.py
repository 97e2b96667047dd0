"""Four ways to foresee a week, each from whole days of history only.

``history`` is (days, slots), energy per slot of the local day, NaN where nothing was measured; ``weekday`` (days,) 0
… 6. Every method gives (7, slots), no NaN. Two are naive: the same slot a week ago, the same slot yesterday. The
profile is the mean of the same slot on the last four days of that weekday. Gradient boosting (LightGBM, absolute
error) knows the slot, the weekday, how many days ahead, those three, and the level of the last week. Weather and
orders of the week to come are not known, so they are not used; holidays count as what their weekday is.
"""

from collections.abc import Callable

import lightgbm
import numpy as np
from numpy.typing import NDArray

__all__ = ["METHODS", "NAIVE", "Method"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Callable[[Floats, Ints, int], Floats]

WEEK = 7
PROFILE_WEEKS = 4
FEWEST_DAYS_TO_LEARN = 42
"""Six weeks: three of lags, three to learn from."""
LEARNT_DAYS = 364
"""Older days teach another plant."""
HORIZONS_PER_DAY = 1
"""Each day is learnt as seen from this many origins, drawn at random: all seven would mostly repeat each other."""
ROUNDS, RATE, LEAVES = 100, 0.1, 31


def week_ago(history: Floats, weekday: Ints, seed: int) -> Floats:
    """The same slot a week ago; two weeks ago where that is missing."""
    found = history[-WEEK:].copy()
    for back in range(2, len(history) // WEEK + 1):
        older = history[-back * WEEK : -(back - 1) * WEEK]
        found = np.where(np.isnan(found), older, found)
    return _filled(found, history)


def day_ago(history: Floats, weekday: Ints, seed: int) -> Floats:
    """The same slot of the last day."""
    return _filled(np.tile(history[-1], (WEEK, 1)), history)


def profile(history: Floats, weekday: Ints, seed: int) -> Floats:
    """The mean of the same slot on the last days of that weekday."""
    found = np.empty((WEEK, history.shape[1]))
    for ahead in range(WEEK):
        found[ahead] = _mean(history[ahead - WEEK :: -WEEK][:PROFILE_WEEKS])
    return _filled(found, history)


def boosting(history: Floats, weekday: Ints, seed: int) -> Floats:
    """Gradient boosting on lags that are known a week ahead."""
    days, slots = history.shape
    rng = np.random.default_rng(seed)
    rows, targets = [], []
    for day in range(max(3 * WEEK, days - LEARNT_DAYS), days):
        for ahead in rng.choice(np.arange(1, WEEK + 1), HORIZONS_PER_DAY, replace=False):
            rows.append(_features(history, weekday[day], day, int(ahead)))
            targets.append(history[day])
    x, y = np.concatenate(rows), np.concatenate(targets)
    known = np.isfinite(y)
    settings = {
        "objective": "l1",
        "learning_rate": RATE,
        "num_leaves": LEAVES,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
        "verbosity": -1,
    }
    trees = lightgbm.train(settings, lightgbm.Dataset(x[known], y[known]), ROUNDS)
    future = [_features(history, (weekday[-1] + 1 + place) % WEEK, days + place, place + 1) for place in range(WEEK)]
    return np.asarray(trees.predict(np.concatenate(future), num_threads=1)).reshape(WEEK, slots)


def _features(history: Floats, weekday: int, day: int, ahead: int) -> Floats:
    """What is known of one day from ``ahead`` days before it, shape (slots, features)."""
    slots = history.shape[1]
    origin = day - ahead  # the last known day
    same = [history[day - back * WEEK] for back in (1, 2, 3)]
    last_week = history[max(origin - WEEK + 1, 0) : origin + 1]
    level = np.nanmean(last_week) if np.isfinite(last_week).any() else np.nan
    columns = [
        np.arange(slots),
        np.full(slots, weekday),
        np.full(slots, ahead),
        *same,
        _mean(np.vstack([history[day - WEEK :: -WEEK][:PROFILE_WEEKS]])),
        history[origin],
        _mean(last_week),
        np.full(slots, level),
    ]
    return np.column_stack(columns).astype(np.float64)


def _mean(rows: Floats) -> Floats:
    """Mean by slot of what is known; NaN where nothing is."""
    known = np.isfinite(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _filled(found: Floats, history: Floats) -> Floats:
    """Slots never measured on that day get their mean over all days, or the mean of everything."""
    usual = _mean(history)
    usual = np.where(np.isfinite(usual), usual, np.nanmean(history))
    return np.where(np.isfinite(found), found, usual)


METHODS: dict[str, tuple[Method, int]] = {
    "week_ago": (week_ago, WEEK),
    "day_ago": (day_ago, 1),
    "profile": (profile, 2 * WEEK),
    "boosting": (boosting, FEWEST_DAYS_TO_LEARN),
}
"""Each with the days of history that it needs."""
NAIVE = ("week_ago", "day_ago")
