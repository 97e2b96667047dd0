"""What is made of scores: links, weights, calibration, and the decision, as rows."""

import json
from typing import Any

import numpy as np

from models.automl.decide import Decisions
from models.automl.target import Target
from models.sql.walk.rows import Rows, Unwalkable

__all__ = ["MOST_DECISIONS", "calibration", "classes", "costs"]

MOST_DECISIONS = 100
"""Classes up to which a matrix of costs is stored: its cells are their square."""


def calibration(decisions: Decisions, rows: Rows) -> tuple[str, float, float, float]:
    """Kind, slope, bend and shift of the calibration; the lines of an isotonic one are written."""
    kind, numbers = decisions.calibration.kind, decisions.calibration.numbers
    if kind == "platt":
        return kind, numbers[0], 0.0, numbers[1]
    if kind == "beta":
        return kind, numbers[0], numbers[1], numbers[2]
    if kind in ("temperature", "vector"):
        return "vector", numbers[0], 0.0, 0.0
    if kind == "isotonic":
        half = len(numbers) // 2
        places, heights = numbers[:half], numbers[half:]
        lows, highs = (-1.0, *places), (*places, 2.0)
        for at, (low, high) in enumerate(zip(lows, highs, strict=True)):
            inside = 0 < at < half
            slope = (heights[at] - heights[at - 1]) / (high - low) if inside else 0.0
            value = heights[max(at - 1, 0)]
            rows.add("walk_knot", low, high, value, slope)
    return kind, 1.0, 0.0, 0.0


def classes(target: Target, decisions: Decisions, rows: Rows) -> None:
    """The labels, the weights to be taken out again, and the shifts of a vector calibration."""
    numbers = decisions.calibration.numbers
    shifts = numbers[1:] if decisions.calibration.kind == "vector" else (0.0,) * len(target.classes)
    weights = decisions.class_weights or (1.0,) * len(target.classes)
    for code, (label, weight, shift) in enumerate(zip(target.classes, weights, shifts, strict=True)):
        rows.add("walk_class", code, shown(label), quoted(shown(label)), quoted(label), weight, shift)


def costs(decisions: Decisions, rows: Rows) -> bool | Unwalkable:
    """Write the costs of decisions; False where the most probable class is decided for."""
    rule = decisions.rule
    if rule is None:
        return False
    matrix = np.array(rule.matrix)
    if not rule.surcharge and (matrix == 1.0 - np.eye(len(matrix))).all():
        return False
    if len(matrix) > MOST_DECISIONS:
        return Unwalkable(f"it decides by costs among {len(matrix)} classes; SQL does for {MOST_DECISIONS} at most")
    if rule.bad is not None:
        matrix[:, rule.bad] += rule.surcharge
    for one, line in enumerate(matrix.tolist()):
        for other, cost in enumerate(line):
            rows.add("walk_cost", one, other, cost)
    return True


def shown(label: Any) -> str:
    """A label as the text of a column.

    >>> shown("a"), shown(2), shown(True)
    ('a', '2', 'true')
    """
    return label if isinstance(label, str) else json.dumps(label)


def quoted(value: Any) -> str:
    """A label as JSON."""
    return json.dumps(value, ensure_ascii=False)
