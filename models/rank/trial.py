"""A small trial that would settle what the data cannot: which settings, which levels, how many units, for how long.

Settings that always moved together are tried apart: each alone at the advised window, the others as they run now,
both, and none (a factorial in two levels; with more than two settings, each alone, all and none). A setting whose
effect these data cannot tell from what it follows is tried alone, against now. Units per run come from the comparison
of two means: ``n = 2 (z_a + z_b)^2 v / d^2`` with the difference *d* worth seeing (half of the promised gain), the
variance *v* of the loss and ``z_a + z_b = 2.8`` (5 % two-sided, 80 % power); they are multiplied by the design effect
``1 + (m - 1) icc`` of lots of *m* units that are alike (Kish 1965). Runs change at random from lot to lot, so that the
time of day and the material meet all of them.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from models.rank.document import Entry, Trial
from models.rank.words import say
from models.study.data import StudyData

__all__ = ["propose"]

POWER = (1.96 + 0.84) ** 2
FEWEST_LOTS = 4
"""Lots per run at least: fewer say nothing of how lots differ."""


def propose(data: StudyData, ranking: Sequence[Entry]) -> Trial | None:
    """The trial for the best ranked advice that these data leave open, or None where none is needed."""
    for entry in ranking:
        if entry["evidence"] != "adjusted":
            return _trial(data, entry)
    return None


def _trial(data: StudyData, entry: Entry) -> Trial:
    factors = list(entry["windows"])
    now = {factor: _now(data, factor) for factor in factors}
    tried = {factor: _middle(entry["windows"][factor], data, factor) for factor in factors}
    if len(factors) <= 2:
        pattern = list(product((False, True), repeat=len(factors)))
    else:
        alone = [tuple(place == own for place in range(len(factors))) for own in range(len(factors))]
        pattern = [(False,) * len(factors), *alone, (True,) * len(factors)]
    runs = [
        {factor: tried[factor] if moved else now[factor] for factor, moved in zip(factors, row, strict=True)}
        for row in pattern
    ]
    size = max(1, round(data.n / data.n_groups)) if data.spec.group is not None else 1
    units = int(np.ceil(2 * POWER * float(data.loss.var()) / (entry["gain"]["estimate"] / 2) ** 2 * _alike(data, size)))
    lots = max(FEWEST_LOTS, -(-units // size)) if size > 1 else 0
    units = max(units, lots * size)
    days = _days(data, units * len(runs))
    blanks = {
        "factors": ", ".join(factors),
        "runs": len(runs),
        "units": units,
        "total": units * len(runs),
        "lots": lots,
        "days": days or 0.0,
    }
    code = "trial_apart" if len(factors) > 1 else "trial_alone"
    said = say(code + ("_lots" if lots else ""), blanks)
    when = say("trial_days", blanks) if days is not None else {"code": "", "en": "", "ja": ""}
    return {
        "code": code,
        "factors": factors,
        "runs": runs,
        "units_per_run": units,
        "lots_per_run": lots,
        "units": units * len(runs),
        "days": days,
        "en": f"{said['en']} {when['en']}".strip(),
        "ja": f"{said['ja']}{when['ja']}",
    }


def _now(data: StudyData, factor: str) -> Any:
    values = data.features[factor].dropna()
    return float(values.median()) if values.dtype == "float64" else str(values.mode().iloc[0])


def _middle(window: Sequence[Any], data: StudyData, factor: str) -> Any:
    """The middle of a window, on the setting's steps; or its level."""
    if data.features[factor].dtype != "float64":
        return window[0]
    known = data.spec.factor(factor)
    low, high = float(window[0]), float(window[1])
    if known.step is None:
        return (low + high) / 2
    return low + round((high - low) / 2 / known.step) * known.step


def _alike(data: StudyData, size: int) -> float:
    """The design effect of whole lots: how much more units it takes than if they were independent."""
    if size <= 1:
        return 1.0
    counts = np.bincount(data.groups)
    means = np.bincount(data.groups, data.loss) / counts
    within = float(((data.loss - means[data.groups]) ** 2).sum()) / max(data.n - data.n_groups, 1)
    between = float((counts * (means - data.loss.mean()) ** 2).sum()) / max(data.n_groups - 1, 1)
    share = max(0.0, (between - within) / max(between + (size - 1) * within, 1e-12))
    return 1.0 + (size - 1) * share


def _days(data: StudyData, units: int) -> float | None:
    """Days at the pace of the table."""
    if data.time is None or not pd.api.types.is_datetime64_any_dtype(data.time.dtype):
        return None
    days = (data.time.iloc[-1] - data.time.iloc[0]).total_seconds() / 86400
    return round(units * days / data.n, 1) if days > 0 else None
