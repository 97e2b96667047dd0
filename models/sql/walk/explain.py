"""Attributions of many rows: the numbers of `ML_EXPLAIN_ROW`, computed from the model itself.

``permutation_importance``: f(x) - f(x with one column from the typical row), f the probability of the class decided
for, or the value. ``shap``: Shapley values of the game whose coalitions S are worth f(x on S, the typical row
elsewhere); they add up to f(x) - f(typical row).

- A sum of functions of one column each (linear regression): both methods agree.
- Up to `MOST_PLAYERS` columns: exact, 2^n predictions a row.
- More: the mean over `ORDERS` in which the columns are taken away one after the other, each also backwards; exact
  where no more than two columns interact (see `models.automl.explain.permutation`), and always adds up. 4 n
  predictions a row.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.algorithms.threads import cores
from models.automl.matrix import Floats, Ints, Matrix
from models.automl.model import Model
from models.sql.walk.explained import additive, explained_columns, typical
from models.sql.walk.leave_out import LeaveOut

__all__ = ["CHUNK", "DIGITS", "MOST_PLAYERS", "ORDERS", "Attributions", "Explainer", "Method", "decimal", "rounded"]

Method = Literal["permutation_importance", "shap"]
MOST_PLAYERS = 8
"""256 predictions a row: some ten milliseconds in SQL."""
ORDERS = 4
"""By importance, from half way on, and both backwards."""
DIGITS = 12
"""Significant digits of values: what two ways of adding up agree on."""
DECIMALS = 6
"""Of probabilities: a defect in a million is still told from none."""
CHUNK = 5_000
"""Rows taken at once: more cost less each, but their variants must fit in memory."""


@dataclass(frozen=True)
class Attributions:
    """``columns``: explained, the most important first. ``raw``: (n, outputs) what `Model.predict_raw` says;
    ``decided``: (n,) codes of classes, empty for values; ``values``: (n, columns), rounded."""

    columns: tuple[str, ...]
    raw: Floats
    decided: Ints
    values: Floats


class Explainer:
    """What explains rows of one model, asked for batch after batch. Raises `StudyError` for an unknown method."""

    def __init__(self, model: Model, method: Method = "permutation_importance") -> None:
        if method not in get_args(Method):
            raise StudyError(f"prediction_explainer {method!r} is unknown; {nearest(method, get_args(Method))}")
        columns = explained_columns(model)
        self.model = model
        self._together = method == "shap" and not additive(model) and bool(columns)
        self._asked = LeaveOut(model, columns, typical(model))

    def of(self, frame: pd.DataFrame) -> Attributions:
        """Explain the rows of a table."""
        starts = range(0, max(len(frame), 1), CHUNK)

        def work(first: int) -> tuple[Floats, Ints, Floats]:
            matrix = self.model.preparation.transform(frame.iloc[first : first + CHUNK])
            return _explained(self._asked, matrix, self._together)

        if len(starts) == 1:
            parts = [work(0)]
        else:
            with ThreadPoolExecutor(cores()) as pool:
                parts = list(pool.map(work, starts))
        raw, decided, values = (np.concatenate(list(each)) for each in zip(*parts, strict=True))
        columns = tuple(self.model.columns[place] for place in self._asked.columns)
        return Attributions(columns, raw, decided, values)


def rounded(values: Floats, largest: Floats) -> Floats:
    """(n, k) to as many digits as ``largest`` (n,) has: a difference has no more than what it is the difference of.

    >>> rounded(np.array([[1e-15, 0.123456789012345]]), np.array([250.0])).tolist()
    [[0.0, 0.123456789]]
    """
    return decimal(values, DIGITS - 1 - np.floor(np.log10(np.maximum(largest, 1e-300)))[:, None])


def decimal(values: Floats, decimals: Floats) -> Floats:
    """As ROUND(value, decimals) of both servers, negative decimals too; without -0.

    >>> decimal(np.array([1234.5678, -0.001]), np.array([-2.0, 2.0]))
    array([1200.,    0.])
    """
    scale = 10.0 ** np.clip(np.abs(decimals), 0, 300)
    fine = decimals >= 0
    whole = np.rint(np.where(fine, values * scale, values / scale))
    return np.asarray(np.where(fine, whole / scale, whole * scale) + 0.0)


def _explained(asked: LeaveOut, matrix: Matrix, together: bool) -> tuple[Floats, Ints, Floats]:
    model, columns = asked.model, asked.columns
    raw = model.predict_matrix(matrix)
    classes = model.task == "classification"
    decided = model.decisions.decide(raw) if classes else np.zeros(0, dtype=np.int64)
    rows, chosen = np.arange(len(raw)), decided if classes else np.zeros(len(raw), dtype=np.int64)
    said: dict[tuple[int, ...], Floats] = {(): raw[rows, chosen]}

    def without(gone: tuple[int, ...]) -> Floats:
        """(n,) what is said with these columns from the typical row."""
        if gone not in said:
            values = matrix.values.copy()
            places = np.flatnonzero(np.isin(matrix.source, gone))
            values[:, places] = asked.other[places]
            said[gone] = model.predict_matrix(replace(matrix, values=values))[rows, chosen]
        return said[gone]

    if together and len(columns) <= MOST_PLAYERS:
        values = np.stack([_shapley(column, columns, without) for column in columns], axis=1)
    elif together:
        values = _in_orders(columns, without)
    elif columns:
        said |= {
            (column,): found[rows, chosen] for column, found in zip(columns, asked.predictions(matrix), strict=True)
        }
        values = np.stack([said[()] - said[column,] for column in columns], axis=1)
    else:
        values = np.empty((len(raw), 0))
    if classes:
        return raw, decided, np.round(values, DECIMALS) + 0.0
    return raw, decided, rounded(values, np.max(np.abs(np.stack(list(said.values()))), axis=0))


def _shapley(column: int, columns: Sequence[int], without: Callable[[tuple[int, ...]], Floats]) -> Floats:
    """(n,) the Shapley value: what the column adds, over the numbers of others that are absent, each number alike."""
    others = [each for each in columns if each != column]
    added = [
        (without(gone) - without(tuple(sorted((*gone, column))))) / comb(len(others), size)
        for size in range(len(columns))
        for gone in combinations(sorted(others), size)
    ]
    return np.asarray(np.sum(added, axis=0) / len(columns))


def _in_orders(columns: Sequence[int], without: Callable[[tuple[int, ...]], Floats]) -> Floats:
    """(n, columns): what is lost when a column goes, on the mean over `ORDERS`."""
    half = len(columns) // 2
    turned = [place for place, _ in sorted(enumerate(columns), key=lambda each: (each[0] + half) % len(columns))]
    straight = list(range(len(columns)))
    total = np.zeros((len(without(())), len(columns)))
    for order in (straight, straight[::-1], turned, turned[::-1]):
        for step, place in enumerate(order):
            before = tuple(sorted(columns[each] for each in order[:step]))
            after = tuple(sorted((*before, columns[place])))
            total[:, place] += without(before) - without(after)
    return total / ORDERS
