"""Rows of many plants into figures of a family and method, with Wilson intervals for shares."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.ranking.metrics import covered

__all__ = ["COLUMNS", "Share", "share_of", "summarise", "wilson"]

Row = Mapping[str, Any]
Z = 1.6449
"""Of a 90 % interval, as the ranking's own."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 90 % interval of a share.

    >>> [round(edge, 3) for edge in wilson(9, 10)]
    [0.647, 0.978]
    """
    if of == 0:
        return 0.0, 1.0
    p, z2 = hits / of, Z * Z
    middle, half = p + z2 / (2 * of), Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z2 / of)), min(1.0, (middle + half) / (1 + z2 / of))


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else math.nan

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = wilson(self.hits, self.of)
        return f"{self.value:.2f} ({low:.2f}–{high:.2f})"


def share_of(values: Iterable[bool | None]) -> Share:
    """Of those that are not None."""
    known = [value for value in values if value is not None]
    return Share(sum(map(bool, known)), len(known))


def _quantile(values: Iterable[float | None], q: float) -> float:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.quantile(known, q)) if known else math.nan


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else math.nan


def _ratio(entry: Row) -> float | None:
    return entry["truth"] / entry["estimate"] if entry["estimate"] > 0 else None


def _firsts(rows: Sequence[Row]) -> list[Row]:
    return [row["first"] for row in rows if row["first"]]


def _entries(rows: Sequence[Row]) -> list[Row]:
    return [entry for row in rows for entry in row["entries"]]


def _answers(rows: Sequence[Row]) -> list[Row]:
    """Plants that were not refused for want of data: refusing is judged by how often, not by what was missed."""
    return [row for row in rows if row["verdict"] != "not_enough_data"]


def _false(row: Row) -> bool:
    return any(entry["idle"] for place, entry in enumerate(row["entries"]) if place == 0 or entry["proven"])


def _warned(row: Row) -> bool | None:
    first = row["first"]
    return None if first is None else bool(first["evidence"] != "adjusted" or first.get("bound"))


def _holds(first: Row) -> bool | None:
    bound = first.get("bound")
    return None if bound is None else bool(bound[0] <= first["truth"] <= bound[1])


COLUMNS: dict[str, Callable[[Sequence[Row]], Any]] = {
    "n": len,
    "best first": lambda rows: share_of(row["hit"] for row in _answers(rows)),
    "regret": lambda rows: _mean(row["regret"] for row in _answers(rows)),
    "median": lambda rows: _quantile((row["regret"] for row in _answers(rows)), 0.5),
    "90 %": lambda rows: _quantile((row["regret"] for row in _answers(rows)), 0.9),
    "of loss": lambda rows: _mean(row.get("regret_of_loss") for row in rows),
    "overlap": lambda rows: _mean(row.get("overlap") for row in rows),
    "real/pred": lambda rows: _quantile(map(_ratio, _firsts(rows)), 0.5),
    "10 %": lambda rows: _quantile(map(_ratio, _firsts(rows)), 0.1),
    "proven": lambda rows: _quantile((_ratio(e) for e in _entries(rows) if e["proven"]), 0.5),
    "proven 10 %": lambda rows: _quantile((_ratio(e) for e in _entries(rows) if e["proven"]), 0.1),
    "cover": lambda rows: share_of(covered(_firsts(rows))),
    "weighty": lambda rows: share_of(covered([e for e in _entries(rows) if e["weighty"]])),
    "all": lambda rows: share_of(covered(_entries(rows))),
    "false first": lambda rows: share_of(row.get("false_first", False) for row in rows),
    "false any": lambda rows: share_of(_false(row) for row in rows),
    "admissible": lambda rows: share_of(entry.get("admissible") for entry in _entries(rows)),
    "found": lambda rows: share_of(row["verdict"] == "factors_found" for row in rows),
    "too little": lambda rows: share_of(row["verdict"] == "not_enough_data" for row in rows),
    "labelled": lambda rows: share_of(one["evidence"] == "correlated_only" for one in _firsts(rows)),
    "warned": lambda rows: share_of(map(_warned, rows)),
    "bound holds": lambda rows: share_of(_holds(one) for one in _firsts(rows)),
    "seconds": lambda rows: _quantile((row["seconds"] for row in rows), 0.5),
    "most s": lambda rows: max(row["seconds"] for row in rows),
    "MB": lambda rows: max(row["rss_mb"] for row in rows),
}
"""Title to figure. Shares of null plants that are ``found`` are false alarms."""


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Every figure of the rows of one family and method; rows that failed are counted only."""
    whole = [row for row in rows if "error" not in row]
    figures = {title: (figure(whole) if whole else math.nan) for title, figure in COLUMNS.items()}
    return figures | {"failed": len(rows) - len(whole)}
