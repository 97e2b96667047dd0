"""What the document says of each setting: an entry of the ranking, or why it is not in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rank.candidate import Estimate
from models.rank.document import ConsideredEntry, Entry, Gain, Sensitivity
from models.rank.money import Price
from models.rank.words import say
from models.study.data import StudyData

__all__ = ["LEVEL", "Explained", "considered", "entry_of", "helps", "place"]

Floats = NDArray[np.float64]

LEVEL = 0.90
BIG_SHARE = 0.15
"""Share of the explanation from which a setting must agree with it."""
OPPOSITE = -0.5


@dataclass(frozen=True)
class Explained:
    """What the model attends to: contributions of some units, and each factor's share of all. ``rows``: which units."""

    share: dict[str, float]
    parts: pd.DataFrame
    rows: NDArray[np.int64]


def gain_of(one: Estimate, data: StudyData) -> Gain:
    """Gain with its interval."""
    low, high = (float(edge) for edge in np.quantile(one.search.draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    value = one.search.estimate
    if data.spec.task == "classification":
        # No more bad units can be avoided than there are.
        low, value, high = (min(figure, data.baseline_loss) for figure in (low, value, high))
    unit = "bad units per unit" if data.spec.task == "classification" else _target_unit(data)
    return {"estimate": value, "low": min(low, value), "high": max(high, value), "level": LEVEL, "unit": unit}


def helps(one: Estimate) -> bool:
    """Does the whole interval say that the advice helps, and more than chance would promise?"""
    low = float(np.quantile(one.search.draws, (1 - LEVEL) / 2))
    return low > 0 and one.search.plain > one.search.floor


def entry_of(one: Estimate, data: StudyData, seen: Explained, price: Price | None, chance: float) -> Entry:
    """An entry without its rank. ``chance``: adjusted p-value of the gate."""
    column = one.candidate.column
    factor = data.spec.factor(column)
    gain = gain_of(one, data)
    return {
        "rank": 0,
        "factor": column,
        "group": list(one.candidate.members),
        "direction": one.direction,  # type: ignore[typeddict-item]
        "window": one.window,
        "windows": one.windows,
        "gain": gain,
        "money": price.money(gain) if price is not None else None,
        "net": price.net(gain, _cost_of_change(one, data)) if price is not None else None,
        "rank_interval": [1, 1],
        "p_first": 0.0,
        "p_value": chance,
        "noise_floor": one.search.floor,
        "promised_before_shrinkage": None,
        "evidence": _evidence(one, data, seen),  # type: ignore[typeddict-item]
        "sensitivity": _sensitivity(one, gain),
        "adjusted_for": list(one.adjusted_for),
        "share_of_explanation": sum(seen.share.get(member, 0.0) for member in one.candidate.members),
        "support": one.support,
        "unit": factor.unit,
        "role": factor.role,
        "stage": factor.stage,
        "now": _now(one, data),
        "proven": gain["low"] > 0,
        "curve": one.curve,
        "level_curve": one.level_curve,
    }


def considered(one: Estimate, data: StudyData, chance: float, level: float) -> ConsideredEntry:
    """A setting that was looked at and is not proposed."""
    if one.search.estimate <= 0:
        code = "no_better_window"
    elif chance > level:
        code = "could_be_chance"
    else:
        code = "gain_unsure"
    said = say(code)
    return {
        "factor": one.candidate.column,
        "group": list(one.candidate.members),
        "gain": gain_of(one, data),
        "p_value": chance,
        "why": code,
        "en": said["en"],
        "ja": said["ja"],
        "unit": data.spec.factor(one.candidate.column).unit,
        "now": _now(one, data),
        "curve": one.curve,
        "level_curve": one.level_curve,
    }


def _now(one: Estimate, data: StudyData) -> float | str:
    """The median, or the most common level."""
    values = data.features[one.candidate.column].dropna()
    return float(values.median()) if values.dtype == "float64" else str(values.mode().iloc[0])


def place(entries: list[Entry], found: Sequence[Estimate], data: StudyData, price: Price | None) -> list[Entry]:
    """Ranks, their intervals, and the order. ``found``: in the order of the entries."""
    worth = np.array([_worth(one, data, price) for one in found])
    places = np.argsort(np.argsort(-worth, axis=0, kind="stable"), axis=0) + 1
    for entry, own in zip(entries, places, strict=True):
        entry["rank_interval"] = [int(np.floor(np.quantile(own, 0.05))), int(np.ceil(np.quantile(own, 0.95)))]
        entry["p_first"] = float((own == 1).mean())
    ordered = sorted(
        entries, key=lambda entry: (-(entry["net"]["low"] if entry["net"] else entry["gain"]["low"]), entry["factor"])
    )
    for rank, entry in enumerate(ordered, start=1):
        entry["rank"] = rank
    return ordered


def _worth(one: Estimate, data: StudyData, price: Price | None) -> Floats:
    if price is None:
        return one.search.draws
    once = _cost_of_change(one, data) / price.horizon_units
    return one.search.draws * price.per_loss - once


def _cost_of_change(one: Estimate, data: StudyData) -> float:
    return sum(data.spec.factor(member).cost_of_change for member in one.candidate.members)


def _sensitivity(one: Estimate, gain: Gain) -> Sensitivity | None:
    """What the gain would be if something unrecorded mattered as much as the strongest column adjusted for."""
    measured = {name: moved for name, moved in one.search.unseen.items() if not name.startswith("(")}
    if not measured:
        return None
    strongest = max(measured, key=lambda name: (abs(measured[name]), name))
    moved = abs(measured[strongest])
    return {
        "benchmark": strongest,
        "shift": moved,
        "low": gain["low"] - moved,
        "high": gain["high"] + moved,
        "robust": gain["low"] - moved > 0,
    }


def _evidence(one: Estimate, data: StudyData, seen: Explained) -> str:
    if len(one.candidate.members) > 1 and not one.joint:
        return "inseparable"
    disagrees = seen.share.get(one.candidate.column, 0.0) >= BIG_SHARE and _agreement(one, data, seen) < OPPOSITE
    return "correlated_only" if disagrees or one.determined_by else "adjusted"


def _agreement(one: Estimate, data: StudyData, seen: Explained) -> float:
    """Correlation, over the units, of the SHAP value with the adjusted curve at the unit's setting."""
    values = data.features[one.candidate.column].iloc[seen.rows]
    if one.curve:
        points = np.array([(point["x"], point["loss"]) for point in one.curve])
        curve = np.interp(values.to_numpy(dtype=np.float64), points[:, 0], points[:, 1]) * data.sign
    else:
        level = {point["level"]: point["loss"] * data.sign for point in one.level_curve}
        curve = np.array([level.get(value, np.nan) for value in values.astype("object")])
    shap = seen.parts[one.candidate.column].to_numpy()
    known = np.isfinite(curve)
    if known.sum() < 20 or np.ptp(curve[known]) == 0 or np.ptp(shap[known]) == 0:
        return 0.0
    return float(np.corrcoef(curve[known], shap[known])[0, 1])


def _target_unit(data: StudyData) -> str:
    return data.spec.factor(data.spec.target).unit or data.spec.target
