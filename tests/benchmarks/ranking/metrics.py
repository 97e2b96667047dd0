"""One document against one truth: everything the tables are made of, as one flat row."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.ranking.truth import Truth

__all__ = ["NEAR", "score"]

NEAR = 0.05
"""A setting within this share of the best gain counts as the best."""
WEIGHTY = 0.10
"""Entries whose true gain is above this share of the best one are looked at apart from the rest."""


def score(document: Mapping[str, Any], truth: Truth) -> dict[str, Any]:
    """Judge a document of contract 5.2.

    ``regret``: share of the best single gain that the first advice misses, 1 where there is none although there
    is something to gain, negative where a pair gives more than any single setting; None where nothing is to be gained.
    """
    entries = [_entry(entry, truth) for entry in document["ranking"]]
    best = truth.best_gain
    row: dict[str, Any] = {
        "verdict": document["verdict"],
        "baseline": float(truth.now.mean()),
        "best": best,
        "leading": truth.leading,
        "codes": [warning.get("code") for warning in document.get("warnings", ())],
        "entries": entries,
        "quiet": [_quiet(entry, truth) for entry in document.get("considered", ())],
        "first": None,
    }
    if not entries:
        row |= {"hit": False, "regret": 1.0} if best > 0 else {"hit": None, "regret": None}
        return row
    first = entries[0]
    row["first"] = first
    row["false_first"] = first["idle"]
    if best > 0:
        worth = max(first["reachable"], first["truth"] if len(first["windows"]) > 1 else 0.0)
        row["hit"] = bool(worth >= (1.0 - NEAR) * best)
        row["regret"] = float(1.0 - first["truth"] / best)
        row["regret_of_loss"] = float((best - first["truth"]) / abs(row["baseline"]))
        row["overlap"] = _overlap(first, truth)
    else:
        row |= {"hit": None, "regret": None}
    return row


def _entry(entry: Mapping[str, Any], truth: Truth) -> dict[str, Any]:
    gain, factor = entry["gain"], entry["factor"]
    # What nobody can set gives nothing, whatever it is correlated with.
    windows = {column: list(window) for column, window in entry["windows"].items() if column in truth.settings}
    low, high = gain.get("low"), gain.get("high")
    real, best = truth.gain(windows) if windows else 0.0, truth.best.get(factor)
    proven = entry.get("proven", low is not None and low > 0)
    return {
        "factor": factor,
        "windows": windows,
        "estimate": gain["estimate"],
        "low": low,
        "high": high,
        "truth": real,
        "reachable": best.gain if best else 0.0,
        "weighty": bool(truth.best_gain > 0 and real > WEIGHTY * truth.best_gain),
        "idle": not any(truth.acts(column) for column in windows),
        "p_value": entry.get("p_value"),
        "admissible": all(truth.admissible(column, window) for column, window in windows.items()),
        "proven": bool(proven),
        "evidence": entry.get("evidence"),
        "bound": _bound(entry),
    }


def _quiet(entry: Mapping[str, Any], truth: Truth) -> dict[str, Any]:
    """What was looked at and not advised; p-value and interval say what another gate would have done."""
    best = truth.best.get(entry["factor"])
    told = {key: entry["gain"][key] for key in ("estimate", "low", "high")}
    idle = not any(truth.acts(column) for column in entry["group"] if column in truth.settings)
    return (
        {"factor": entry["factor"], "p_value": entry["p_value"], "reachable": best.gain if best else 0.0}
        | told
        | {"idle": idle}
    )


def _bound(entry: Mapping[str, Any]) -> list[float] | None:
    """What is left of the gain with something unrecorded, at worst and at best."""
    told = entry.get("sensitivity")
    return None if told is None else [told["low"], told["high"]]


def _overlap(first: Mapping[str, Any], truth: Truth) -> float | None:
    """Units inside both the advised and the best window of the advised setting, over those inside either."""
    factor = first["factor"]
    best, window = truth.best.get(factor), first["windows"].get(factor)
    if best is None or not best.window or window is None:
        return None
    advised, wanted = truth.inside({factor: window}), truth.inside({factor: best.window})
    either = int(np.count_nonzero(advised | wanted))
    return float(np.count_nonzero(advised & wanted) / either) if either else None


def covered(entries: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Is the truth inside the interval, for those that have one?"""
    return [
        bool(one["low"] <= one["truth"] <= one["high"])
        for one in entries
        if one["low"] is not None and one["high"] is not None
    ]
