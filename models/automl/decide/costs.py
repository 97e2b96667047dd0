"""What wrong decisions cost: the option ``cost_matrix``, read into one matrix.

Either k rows of k numbers, rows = true class, columns = decision, classes in sorted order. Or words, for one class that
is to be caught, where units named so are stopped and inspected:

    {"bad": "NG", "missed": 5000, "false_stop": 300, "inspection": 20, "capacity": 0.1, "currency": "JPY"}

``missed`` money for each bad unit that is let through; ``false_stop`` for each good one stopped (0 if not said);
``inspection`` for each unit stopped, good or bad; ``capacity`` the largest share of units that can be inspected.

>>> costs = Costs.parse({"bad": "NG", "missed": 5000, "false_stop": 300, "inspection": 20}, ("NG", "OK"))
>>> costs.matrix
((20.0, 5000.0), (320.0, 0.0))
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

import numpy as np

from ingest.errors import StudyError, nearest
from models.automl.decide.weights import class_place
from models.automl.matrix import Floats

__all__ = ["Costs"]

KEYS = ("bad", "missed", "false_stop", "inspection", "capacity", "currency")


@dataclass(frozen=True)
class Costs:
    """Money for each true class (row) and decision (column)."""

    matrix: tuple[tuple[float, ...], ...]
    bad: int | None = None
    """Code of the class that is stopped and inspected, where one is named."""
    capacity: float = 1.0
    currency: str = ""

    @property
    def table(self) -> Floats:
        """The matrix as (k, k)."""
        return np.array(self.matrix)

    @classmethod
    def parse(
        cls, option: Mapping[str, Any] | Sequence[Sequence[float]] | None, classes: Sequence[Hashable]
    ) -> Self | None:
        """The option for sorted ``classes`` (none: not a classification); None if it is not given.

        Raises `StudyError` naming the key, the value and what was meant.
        """
        if option is None:
            return None
        if not classes:
            raise StudyError("cost_matrix is for classification; for a regression give cost per_unit in the study")
        if isinstance(option, Mapping):
            return cls(*_from_words(option, classes))
        return cls(_from_rows(option, classes))


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise StudyError(f"cost_matrix: {name} is {value!r}; write a number")
    return float(value)


def _money(option: Mapping[str, Any], key: str) -> float:
    value = _number(key, option.get(key, 0.0))
    if value < 0:
        raise StudyError(f"cost_matrix: {key} is {value:g}; a cost is 0 or more")
    return value


def _from_words(
    option: Mapping[str, Any], classes: Sequence[Hashable]
) -> tuple[tuple[tuple[float, ...], ...], int, float, str]:
    for key in option:
        if key not in KEYS:
            raise StudyError(f"cost_matrix: key {key!r} is unknown; {nearest(str(key), KEYS)}")
    for key in ("bad", "missed"):
        if key not in option:
            raise StudyError(f"cost_matrix names no {key!r}; write {{'bad': class, 'missed': money, …}}")
    bad = class_place(option["bad"], classes, "cost_matrix: bad")
    missed, false_stop, inspection = (_money(option, key) for key in ("missed", "false_stop", "inspection"))
    if missed <= inspection:
        raise StudyError(
            f"cost_matrix: missed {missed:g} is not above inspection {inspection:g}, so stopping a unit never pays; "
            "check the two"
        )
    capacity = _number("capacity", option.get("capacity", 1.0))
    if not 0 < capacity <= 1:
        raise StudyError(f"cost_matrix: capacity is {capacity:g}; it is the share of units, above 0 and up to 1")
    currency = option.get("currency", "")
    if not isinstance(currency, str):
        raise StudyError(f"cost_matrix: currency is {currency!r}; write three letters such as 'JPY'")
    matrix = np.zeros((len(classes), len(classes)))
    matrix[bad, :] = missed
    matrix[:, bad] = false_stop + inspection
    matrix[bad, bad] = inspection
    return tuple(tuple(map(float, row)) for row in matrix), bad, capacity, currency


def _from_rows(option: Any, classes: Sequence[Hashable]) -> tuple[tuple[float, ...], ...]:
    k = len(classes)
    rows = [list(row) if isinstance(row, Sequence) and not isinstance(row, str) else [] for row in option]
    if len(rows) != k or any(len(row) != k for row in rows):
        shape = f"{len(rows)} rows of {sorted({len(row) for row in rows})}"
        raise StudyError(f"cost_matrix has {shape} numbers; {k} classes need {k} rows of {k}")
    matrix = [[_number(f"row {i + 1}, column {j + 1}", rows[i][j]) for j in range(k)] for i in range(k)]
    for place, row in enumerate(matrix):
        least = min(value for at, value in enumerate(row) if at != place) if k > 1 else row[0]
        if row[place] > least:
            raise StudyError(
                f"cost_matrix: deciding {classes[place]!r} rightly costs {row[place]:g}, wrongly {least:g}; "
                "rows are true classes, columns decisions"
            )
    if all(value == row[0] for row in matrix for value in row):
        raise StudyError("cost_matrix: all decisions cost the same; leave it out or say what differs")
    return tuple(tuple(row) for row in matrix)
