"""What is made of scores: links, weights, calibration, and the decision, as rows."""

import json
from typing import Any

import numpy as np

from models.automl.columns.prepare import Preparation
from models.automl.columns.text import TextRecipe
from models.automl.decide import Decisions
from models.automl.matrix import Floats
from models.automl.target import Target
from models.sql.walk.rows import Rows, Unwalkable

__all__ = ["LONGEST", "MOST_DECISIONS", "PLAIN", "calibration", "classes", "costs", "quoted", "shown", "too_long",
           "too_many"]  # fmt: skip

LONGEST = 2_000
"""Characters of a label, or of a name of a column, as JSON: what the tables hold."""
PLAIN = ("identity", 1.0, 0.0, 0.0)
"""No calibration."""
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
        rows.add("walk_class", code, quoted(shown(label)), quoted(label), weight, shift)


def too_long(preparation: Preparation, *names: str) -> Unwalkable | None:
    """Words that the tables would cut."""
    terms = [term for recipe in preparation.recipes if isinstance(recipe, TextRecipe) for term in recipe.terms]
    if any(len(quoted(name)) > LONGEST for name in (*names, *preparation.columns, *terms)):
        return Unwalkable(f"a label, a word or the name of a column is longer than {LONGEST:,} characters")
    return None


def too_many(decisions: Decisions) -> Unwalkable | None:
    """Costs of too many classes to be stored."""
    matrix = _costs(decisions)
    if matrix is None or len(matrix) <= MOST_DECISIONS:
        return None
    return Unwalkable(f"it decides by costs among {len(matrix)} classes; SQL does for {MOST_DECISIONS} at most")


def costs(decisions: Decisions, rows: Rows) -> bool:
    """Write the costs of decisions; False where the most probable class is decided for."""
    matrix = _costs(decisions)
    if matrix is None:
        return False
    for one, line in enumerate(matrix.tolist()):
        for other, cost in enumerate(line):
            rows.add("walk_cost", one, other, cost)
    return True


def _costs(decisions: Decisions) -> Floats | None:
    """The matrix that decides; None where every mistake costs the same."""
    rule = decisions.rule
    if rule is None:
        return None
    matrix = np.array(rule.matrix)
    if rule.bad is not None:
        matrix[:, rule.bad] += rule.surcharge
    return None if (matrix == 1.0 - np.eye(len(matrix))).all() else matrix


def shown(label: Any) -> str:
    """A label as the text of a column.

    >>> shown("a"), shown(2), shown(True)
    ('a', '2', 'true')
    """
    return label if isinstance(label, str) else json.dumps(label)


def quoted(value: Any) -> str:
    """A label as JSON."""
    return json.dumps(value, ensure_ascii=False)
