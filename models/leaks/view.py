"""The table as the checks see it: numbers, codes of levels and instants of a sample of its rows, and the target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.automl.columns import dates, kinds, numbers
from models.automl.columns.cells import cells
from models.study.data import LARGEST, word

__all__ = ["FEW_LEVELS", "Column", "Floats", "Ints", "Task", "View", "rows_with_target", "view"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Task = Literal["classification", "regression"]

FEW_LEVELS = 40
"""A numeric column with at most so many different values may be a code."""
EPOCH = pd.Timestamp("1970-01-01")
"""In microseconds: in nanoseconds the year 1000 is out of reach."""


@dataclass(frozen=True)
class Column:
    """One column of the sample.

    ``values``: (n,) float64, NaN is missing: numbers, truths as 0 and 1, instants as seconds. None for words.
    ``codes``: (n,) the place of each cell's level among ``levels`` (different values in ascending order, or words), -1
    is missing.
    """

    name: str
    values: Floats | None
    codes: Ints
    levels: Sequence[str] | Floats
    instant: bool = False

    @property
    def n_levels(self) -> int:
        """Different values."""
        return len(self.levels)

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """(n,) which cells hold a value."""
        return self.codes >= 0

    @cached_property
    def counts(self) -> Ints:
        """(n_levels,) how often each level occurs."""
        return np.bincount(self.codes[self.known], minlength=self.n_levels).astype(np.int64)

    def spelt(self, level: int) -> str:
        """A level in words."""
        value = self.levels[level]
        return value if isinstance(value, str) else f"{float(value):g}"

    def take(self, rows: Ints) -> "Column":
        """Some rows."""
        values = None if self.values is None else self.values[rows]
        return Column(self.name, values, self.codes[rows], self.levels, self.instant)


@dataclass(frozen=True)
class View:
    """``n`` rows of the sample, in the order of the table. ``rows``: (n,) their places in the table.

    ``y``: (n,) the target as a number, or the code of its class. ``classes``: how many classes; 0 for regression.
    """

    task: Task
    target: str
    columns: Mapping[str, Column]
    y: Floats
    classes: int
    rows: Ints
    labels: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Rows of the sample."""
        return len(self.y)

    @cached_property
    def labels_of(self) -> Ints:
        """(n,) the class of each row, for classification."""
        return self.y.astype(np.int64)

    @cached_property
    def shares(self) -> Floats:
        """(classes,) the share of each class."""
        return np.bincount(self.labels_of, minlength=self.classes) / max(self.n, 1)

    def without(self, names: Sequence[str]) -> "View":
        """The same rows with fewer columns."""
        return replace(self, columns={name: one for name, one in self.columns.items() if name not in names})

    def take(self, rows: Ints) -> "View":
        """Some rows, in that order."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return replace(self, columns=columns, y=self.y[rows], rows=self.rows[rows])

    def numeric(self) -> list[Column]:
        """Columns of numbers that are no instants and not always the same."""
        return [one for one in self.columns.values() if one.values is not None and not one.instant and one.n_levels > 1]


def rows_with_target(table: pd.DataFrame, target: str, task: Task) -> Ints:
    """Places of the rows that have a target: a class, or a finite number."""
    return np.flatnonzero(_target_known(table[target], task))


def view(table: pd.DataFrame, target: str, task: Task, inferred: Sequence[kinds.Column]) -> View:
    """A table as a `View`. ``inferred``: the columns to look at, as `models.automl.columns.kinds.infer` gave them."""
    places = {str(name): place for place, name in enumerate(table.columns)}
    columns = {one.name: read(one, table.iloc[:, places[one.name]]) for one in inferred}
    own = table.iloc[:, places[target]]
    rows = np.arange(len(table))
    if task == "regression":
        return View(task, target, columns, _target_numbers(own), 0, rows)
    codes, levels = pd.factorize(own.map(word), sort=True)
    return View(task, target, columns, codes.astype(np.float64), len(levels), rows, tuple(levels))


def _target_numbers(own: pd.Series) -> Floats:
    return pd.to_numeric(own, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _target_known(own: pd.Series, task: Task) -> NDArray[np.bool_]:
    return own.notna().to_numpy() if task == "classification" else np.isfinite(_target_numbers(own))


def read(kind: kinds.Column, cells_of: pd.Series) -> Column:
    """One column, read the way its kind says."""
    content = cells(cells_of)
    how = kind.reading
    if content.form == "instant":
        return _instants(kind.name, content.instants)
    if content.form in ("number", "boolean"):
        if "numbers" in how:
            return _instants(kind.name, dates.read_numbers(content.numbers, how["numbers"]))
        return _numbers(kind.name, content.numbers)
    if content.form == "strange":
        return Column(kind.name, None, np.full(len(cells_of), -1), ())
    if "decimal" in how:
        read = numbers.read(content.levels, numbers.Spelling(how["decimal"], how.get("unit", "")))
        values = np.append(read, np.nan)[content.codes]
        if "numbers" in how:
            return _instants(kind.name, dates.read_numbers(values, how["numbers"]))
        return _numbers(kind.name, values)
    if "spelling" in how:
        instants = dates.read_words(content.levels, how["spelling"])
        return _instants(kind.name, pd.DatetimeIndex(instants.append(pd.DatetimeIndex([pd.NaT]))[content.codes]))
    return Column(kind.name, None, content.codes, content.levels)


def _numbers(name: str, values: Floats, *, instant: bool = False) -> Column:
    # Larger ones are as good as infinite: what is fitted to them has squares of squares.
    values = np.where(np.abs(values) <= LARGEST, values, np.nan)
    codes, levels = pd.factorize(values, sort=True)
    return Column(name, values, codes.astype(np.int64), levels, instant)


def _instants(name: str, instants: pd.DatetimeIndex) -> Column:
    since = (instants.tz_convert("UTC").tz_localize(None) if instants.tz is not None else instants) - EPOCH
    return _numbers(name, since.total_seconds().to_numpy(np.float64), instant=True)
