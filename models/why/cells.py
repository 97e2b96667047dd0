"""A study table as numbers and as normal scores: the two forms in which units are compared here.

Numbers: a category becomes the place of its level in the order of the levels' mean loss, so that trees cut it well.
Scores: a number becomes the normal quantile of its rank, z = Phi^-1((rank + 1/2) / (n + 1)), so that units (degC, bar,
outliers) do not matter; a category becomes one column of noughts and ones per level, times `APART`. What is missing
gets the score 0, the middle.

>>> frame = pd.DataFrame({"speed": [10.0, 20.0, 30.0], "product": pd.Categorical(["A", "B", "B"])})
>>> cells = Cells.of(frame, np.array([0.0, 1.0, 1.0]))
>>> cells.numbers(frame)[:, 1]
array([0., 1., 1.])
>>> cells.scores(cells.numbers(frame)).shape
(3, 3)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

__all__ = ["Cells"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

APART = 2.0
"""Two levels are so many standard deviations of a number apart: units of another product are far away."""
PRIOR = 10.0
"""Units with the overall loss that every level is given: rare levels do not lead the order by luck."""


@dataclass(frozen=True)
class Cells:
    """``levels``: per column, its levels in order of mean loss; empty for a number. ``known``: per column, its values
    in ascending order, of which ranks are taken; empty for a category."""

    columns: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    known: tuple[Floats, ...]

    @classmethod
    def of(cls, features: pd.DataFrame, loss: Floats) -> "Cells":
        """Of the features of a study and the loss of its units."""
        levels: list[tuple[str, ...]] = []
        known: list[Floats] = []
        for name in features.columns:
            column = features[name]
            if column.dtype == "float64":
                values = column.to_numpy()
                levels.append(())
                known.append(np.sort(values[np.isfinite(values)]))
                continue
            found = pd.Series(loss).groupby(column.to_numpy(), observed=True).agg(["sum", "count"])
            mean = (found["sum"] + PRIOR * loss.mean()) / (found["count"] + PRIOR)
            levels.append(tuple(str(level) for level in mean.sort_values(kind="stable").index))
            known.append(np.zeros(0))
        return cls(tuple(map(str, features.columns)), tuple(levels), tuple(known))

    def numbers(self, features: pd.DataFrame) -> Floats:
        """(n, columns); NaN is missing, or a level never seen."""
        out = np.full((len(features), len(self.columns)), np.nan)
        for place, name in enumerate(self.columns):
            if not self.levels[place]:
                out[:, place] = features[name].to_numpy(dtype=np.float64)
                continue
            codes = pd.Categorical(features[name], categories=list(self.levels[place])).codes
            out[:, place] = np.where(codes < 0, np.nan, codes)
        return out

    def frame(self, numbers: Floats) -> pd.DataFrame:
        """The way back: (n, columns) to a table as the model wants it."""
        made: dict[str, Any] = {}
        for place, name in enumerate(self.columns):
            cells = numbers[:, place]
            if self.levels[place]:
                codes = np.where(np.isnan(cells), -1, cells).astype(np.int64)
                made[name] = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(self.levels[place])))
            else:
                made[name] = cells
        return pd.DataFrame(made)

    def cell(self, place: int, number: float) -> float | str | None:
        """One cell for people: a number, a level, or None where it is missing."""
        if not np.isfinite(number):
            return None
        return self.levels[place][int(number)] if self.levels[place] else float(number)

    @cached_property
    def owner(self) -> Ints:
        """(scores,): the column that each score was made from."""
        widths = [max(1, len(levels)) for levels in self.levels]
        return np.repeat(np.arange(len(self.columns)), widths)

    def scores(self, numbers: Floats) -> Floats:
        """(n, columns) numbers → (n, scores)."""
        out = np.zeros((len(numbers), len(self.owner)))
        at = 0
        for place, levels in enumerate(self.levels):
            cells = numbers[:, place]
            if levels:
                out[:, at : at + len(levels)] = APART * (cells[:, None] == np.arange(len(levels)))
                at += len(levels)
                continue
            known = self.known[place]
            rank = (np.searchsorted(known, cells, "left") + np.searchsorted(known, cells, "right")) / 2
            out[:, at] = np.where(np.isnan(cells), 0.0, ndtri((rank + 0.5) / (len(known) + 1)))
            at += 1
        return out

    def places(self, names: Sequence[str]) -> list[int]:
        """Where some columns stand."""
        return [self.columns.index(name) for name in names]
