"""What came of an action: its state, what was promised and what it gave, as one JSON-able value."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from models.lifecycle.window import subset
from models.promise.frozen import Frozen
from models.promise.kept import Kept, Window, kept
from models.promise.measure import also_moved, comparable, mix_factor, realised
from models.promise.states import LEVEL, Interval, judge, stated
from models.rank.money import PER, price_of
from models.study.data import StudyData

__all__ = ["outcome", "short_before"]

FEWEST_UNITS = 30
FEWEST_GROUPS = 3
"""Groups since the action: one lot is an anecdote, and of two the spread is hardly known."""
FEWEST_BAD = 10
"""Bad units to expect without the action: below, counts are too skewed for a normal interval."""
FEWEST_BEFORE = 40
FEWEST_GROUPS_BEFORE = 5


def short_before(before: StudyData) -> tuple[str, int, int] | None:
    """What the units before an action lack to be learnt from: code, how many there are, how many it takes."""
    groups = len(np.unique(before.groups))
    if before.n < FEWEST_BEFORE:
        return "few_before", before.n, FEWEST_BEFORE
    if groups < FEWEST_GROUPS_BEFORE:
        return "few_groups_before", groups, FEWEST_GROUPS_BEFORE
    bad = int(before.loss.sum())
    if before.spec.task == "classification" and bad < FEWEST_BAD:
        return "few_bad_before", bad, FEWEST_BAD
    return None


def outcome(
    frozen: Frozen, after: StudyData, windows: Mapping[str, Window], promise: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Measure an action. ``after``: the units since (and until it ended), with at least one.

    ``promise``: what the ranking said, with ``gain`` (``estimate``, ``low``, ``high``, ``unit``).
    """
    assert after.time is not None
    done = kept(frozen.inside, after.features, windows, after.spec)
    span = {"from": _iso(after.time.iloc[0]), "until": _iso(after.time.iloc[-1])}
    shown = {"before": round(done.before, 4), "after": round(done.after, 4), "followed": done.followed}
    rows = np.flatnonzero(comparable(frozen, after))
    early = _early(frozen, after, rows)
    if early is not None:
        return stated("too_early", early[0], have=early[1], need=early[2]) | {"kept": shown, **span}
    if not done.followed:
        return stated("not_followed", "not_followed", before=done.before, after=done.after) | {"kept": shown, **span}
    units = subset(after, rows)
    return _measured(frozen, units, done, promise) | {"kept": shown, "left_out": after.n - len(rows), **span}


def _iso(moment: pd.Timestamp) -> str:
    return moment.isoformat(timespec="seconds")


def _early(frozen: Frozen, after: StudyData, rows: Any) -> tuple[str, int, int] | None:
    groups = len(np.unique(after.groups[rows]))
    if len(rows) < FEWEST_UNITS:
        return "few_units", len(rows), FEWEST_UNITS
    if groups < FEWEST_GROUPS:
        return "few_groups", groups, FEWEST_GROUPS
    bad = int(frozen.loss * len(rows))
    if after.spec.task == "classification" and bad < FEWEST_BAD:
        return "few_bad", bad, FEWEST_BAD
    return None


def _measured(frozen: Frozen, units: StudyData, done: Kept, promise: Mapping[str, Any] | None) -> dict[str, Any]:
    real = realised(frozen, units)
    mix = mix_factor(frozen, units)
    due = None if promise is None else _interval(promise["gain"]).times(mix)
    gave = Interval(real.estimate, real.low, real.high)
    state, code = judge(gave, due)
    unit = promise["gain"]["unit"] if promise is not None else ""
    return {
        "state": state,
        "code": code,
        "values": {},
        "n_units": real.n,
        "n_groups": real.groups,
        "expected": real.expected * units.sign,
        "observed": real.observed * units.sign,
        "realised": {**asdict(gave), "level": LEVEL, "unit": unit},
        "promised": None if due is None else {**asdict(due), "level": LEVEL, "unit": unit},
        "mix": mix,
        "money": _money(units, gave, due),
        "total": real.estimate * real.n,
        "ratio": None if promise is None or not done.whole else _ratio(gave, promise, mix),
        "placebos": [asdict(one) for one in frozen.placebos],
        "stretch": frozen.stretch,
        "also_moved": also_moved(frozen, units),
    }


def _interval(gain: Mapping[str, Any]) -> Interval:
    return Interval(float(gain["estimate"]), float(gain["low"]), float(gain["high"]))


def _money(units: StudyData, gave: Interval, due: Interval | None) -> dict[str, Any] | None:
    """Per 1000 units, at today's price."""
    price, _ = price_of(units)
    if price is None:
        return None
    scale = price.per_loss * PER
    found: dict[str, Any] = {"currency": price.currency, "per": f"{PER} units", "realised": asdict(gave.times(scale))}
    return found | {"promised": None if due is None else asdict(due.times(scale))}


def _ratio(gave: Interval, promise: Mapping[str, Any], mix: float) -> dict[str, float] | None:
    """Realised over promised, before any shrinkage, with its standard deviation; for `models.promise.shrinkage`."""
    due = _interval(promise.get("before_shrinkage") or promise["gain"]).times(mix)
    if due.estimate <= 0:
        return None
    spread = float(np.hypot(gave.spread, due.spread)) / due.estimate
    return {"estimate": gave.estimate / due.estimate, "spread": spread}
