"""Units that no rule names: their columns do not fit together as those of other units do.

Each cell's distance from what the unit's other columns lead one to expect (`models.unusual.residuals`) becomes a
p-value that reaches beyond the farthest cell seen (`models.unusual.tail`). A unit's p-value is that of its farthest
cell, times the number of judged columns (Bonferroni); the list is cut by the Benjamini-Hochberg rule at `LEVEL`, so
that on a table where nothing is wrong it is nearly always empty, and of a longer list about a tenth is false.

Context is what units are compared within: a rare product, a hot day, is no anomaly, but a good-day setting on a hot day
may be. Measured on planted and real faults against isolation forests, nearest neighbours and Mahalanobis distances:
docs/explain.md. Source: Benjamini & Hochberg 1995.

>>> import pandas as pd
>>> from models.study.data import prepare
>>> from models.study.spec import StudySpec
>>> rng = np.random.default_rng(0)
>>> table = pd.DataFrame({"speed": rng.normal(60, 5, 500), "bad": np.arange(500) % 10 == 0})
>>> table["current"] = 0.2 * table["speed"] + rng.normal(0, 0.1, 500)
>>> table.loc[7, "current"] += 1.5
>>> spec = StudySpec.parse({"name": "a", "task": "classification", "target": "bad", "bad": True})
>>> [entry.position for entry in unusual(prepare(table, spec), 0).units]
[7]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.study.data import StudyData
from models.unusual.document import OddColumn, UnusualDocument, UnusualEntry
from models.unusual.residuals import residuals
from models.unusual.tail import p_values
from models.unusual.words import say
from models.why.cells import Cells

__all__ = ["LEVEL", "Odd", "Unusual", "benjamini_hochberg", "unusual"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.10
"""Share of false alarms aimed at: who looks at ten units may look at one in vain."""
NAMED = 0.01
"""Further columns of an unusual unit are named if they alone would be this seldom."""
MOST_NAMED = 3
FEWEST_VALUES = 10
"""A column with fewer different values is a counter of kinds, not a measurement, and is not judged."""
WIDTH = 1.645
"""Standard deviations either way that hold 90 %."""


@dataclass(frozen=True)
class Odd:
    """One unusual unit. ``columns``: the farthest first."""

    position: int
    p: float
    columns: tuple[OddColumn, ...]


@dataclass(frozen=True)
class Unusual:
    """``units``: unusual ones, those with the good verdict first, then the least likely; ``most`` at most."""

    data: StudyData
    units: tuple[Odd, ...]
    found: int
    found_good: int
    judged: int

    def to_json(self, labels: Sequence[str] = ()) -> UnusualDocument:
        """``labels``: (n,) what people call the units; without, their number from 1."""
        n = self.data.n
        if not self.judged:
            said = [say("nothing_to_judge")]
        elif not self.found:
            said = [say("none", {"n": n})]
        else:
            said = [say("some", {"found": self.found, "n": n, "level": LEVEL})]
            if self.found_good:
                said.append(say("good_ones", {"good": self.found_good}))
        return {
            "level": LEVEL,
            "n_units": n,
            "n_columns": self.judged,
            "found": self.found,
            "found_good": self.found_good,
            "units": [self._entry(one, labels) for one in self.units],
            "said": said,
        }

    def _entry(self, one: Odd, labels: Sequence[str]) -> UnusualEntry:
        moment = None if self.data.time is None else self.data.time.iloc[one.position]
        at = moment.isoformat().replace("+00:00", "Z") if isinstance(moment, pd.Timestamp) else None
        label = labels[one.position] if labels else (at or str(one.position + 1))
        verdict: Literal["bad", "good"] | None = None
        if self.data.spec.task == "classification":
            verdict = "bad" if self.data.loss[one.position] > 0.5 else "good"
        columns = [
            say("column", {
                "column": cell["column"], "value": _shown(cell["value"], cell["unit"]), "low": _shown(cell["low"], ""),
                "high": _shown(cell["high"], cell["unit"]),
            })
            for cell in one.columns
        ]  # fmt: skip
        return {
            "unit": label, "position": one.position, "at": at, "verdict": verdict,
            "p": one.p, "columns": list(one.columns), "said": say("unit", {"unit": label, "columns": columns}),
        }  # fmt: skip


def unusual(data: StudyData, seed: int = 0, most: int = 10) -> Unusual:
    """The unusual units of an audited study, ``most`` at most."""
    cells = Cells.of(data.features, data.loss)
    numbers = cells.numbers(data.features)
    judged = tuple(place for place in range(len(cells.columns)) if _judged(data, cells, numbers, place))
    if not judged:
        return Unusual(data, (), 0, 0, 0)
    found = residuals(cells, numbers, judged, data.groups, seed)
    seldom = np.stack([p_values(np.abs(found.far[:, at])) for at in range(len(judged))], axis=1)
    unit = np.minimum(1.0, seldom.min(axis=1) * len(judged))
    rows = benjamini_hochberg(unit, LEVEL)
    good = data.loss < 0.5 if data.spec.task == "classification" else np.zeros(data.n, dtype=np.bool_)
    rows = rows[np.lexsort((unit[rows], ~good[rows]))]
    low, high = found.expected - WIDTH * found.size, found.expected + WIDTH * found.size

    def cell(row: int, at: int) -> OddColumn:
        column = cells.columns[judged[at]]
        return {
            "column": column, "factor": data.spec.factor_of(column), "unit": data.spec.factor(column).unit,
            "value": float(numbers[row, judged[at]]), "expected": float(found.expected[row, at]),
            "low": float(low[row, at]), "high": float(high[row, at]), "p": float(seldom[row, at]),
        }  # fmt: skip

    def odd(row: int) -> Odd:
        order = np.argsort(seldom[row], kind="stable")[:MOST_NAMED]
        named = [int(at) for place, at in enumerate(order) if place == 0 or seldom[row, at] < NAMED / len(judged)]
        return Odd(row, float(unit[row]), tuple(cell(row, at) for at in named))

    listed = tuple(odd(int(row)) for row in rows[:most])
    return Unusual(data, listed, len(rows), int(good[rows].sum()), len(judged))


def benjamini_hochberg(p: Floats, level: float) -> Ints:
    """Places of the discoveries among p-values (n,), the smallest first.

    >>> benjamini_hochberg(np.array([0.5, 0.001, 0.03, 0.9]), 0.1)
    array([1, 2])
    """
    order = np.argsort(p, kind="stable")
    passed = np.flatnonzero(p[order] <= level * np.arange(1, len(p) + 1) / len(p))
    return order[: int(passed[-1]) + 1 if len(passed) else 0]


def _judged(data: StudyData, cells: Cells, numbers: Floats, place: int) -> bool:
    """Numbers that are no context and take enough values."""
    if cells.levels[place] or data.spec.factor(cells.columns[place]).role == "context":
        return False
    values = numbers[:, place]
    return len(np.unique(values[np.isfinite(values)])) >= FEWEST_VALUES


def _shown(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".strip()
