"""A model as a table of curves: one piecewise linear curve per number, one value per level, added up.

``eta(x) = c + sum_j f_j(x_j)``; the loss is ``eta * scale + shift``, or ``1 / (1 + exp(-eta))`` for a chance of a bad
unit. It is fitted as penalised splines (`models.rank.glm`: penalties from the marginal likelihood, whole groups drawn
again for the error) and then kept as the values of each curve at its knots: plain numbers that any later version, or a
person, reads the same way. Beyond its outer knots a curve stays level.

Limits: no interactions beyond what the logistic scale brings; what additive curves miss, the residuals of the units
before an action show, and its interval pays for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rank.basis import Curve, Levels
from models.rank.glm import Fit, fit, sigmoid

__all__ = ["Additive", "Design", "Fitted", "Part", "fitted"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KNOTS = 7
FEWEST_KNOTS = 4
MOST_COLUMNS = 90
"""Smooth columns in all, as in `models.rank.effects`; a table of many columns gets straight lines."""
SMOOTH_ORDER = 2
FEWEST_GAPS = 10
"""Missing values (and values that are there) from which a column's gaps get a value of their own."""
DIGITS = 7
"""Significant digits kept; a rounding of one in ten million moves no gain that is shown."""


@dataclass(frozen=True)
class Part:
    """One column's curve. ``knots``: of a number; ``levels``: of a category; the other is empty.

    ``values``: (1 + draws, k + 1) for numbers, the last for a missing value; (1 + draws, k + 2) for categories, the
    last two for a level that was not there and for a missing value. The first row is the estimate.
    """

    column: str
    knots: tuple[float, ...]
    levels: tuple[str, ...]
    values: Floats

    def at(self, column: pd.Series) -> Floats:
        """The curve at each unit, for the estimate and each draw. (1 + draws, n)"""
        if self.levels:
            known = {level: place for place, level in enumerate(self.levels)}
            words = column.astype("object")
            other = len(self.levels)
            place = np.array([known.get(str(word), other) if word is not None else -1 for word in _cells(words)])
            return self.values[:, np.where(place < 0, other + 1, place)]
        numbers = column.to_numpy(dtype=np.float64)
        knots = np.array(self.knots)
        inner = np.clip(np.nan_to_num(numbers, nan=knots[0]), knots[0], knots[-1])
        place = np.clip(np.searchsorted(knots, inner, side="right") - 1, 0, len(knots) - 2)
        share = (inner - knots[place]) / (knots[place + 1] - knots[place])
        found = self.values[:, place] * (1 - share) + self.values[:, place + 1] * share
        return np.where(np.isnan(numbers), self.values[:, -1:], found)

    def strange(self, column: pd.Series) -> NDArray[np.bool_]:
        """Units at a level that the model has not learnt. (n,)"""
        if not self.levels:
            return np.zeros(len(column), dtype=np.bool_)
        known = set(self.levels)
        return np.array([word is not None and str(word) not in known for word in _cells(column.astype("object"))])


def _cells(words: pd.Series) -> list[Any]:
    return [None if isinstance(word, float) and np.isnan(word) else word for word in words.tolist()]


@dataclass(frozen=True)
class Additive:
    """The curves of a model. ``start``: (1 + draws,), the estimate first."""

    logistic: bool
    scale: float
    shift: float
    start: Floats
    parts: tuple[Part, ...]

    @property
    def columns(self) -> list[str]:
        """What it asks for."""
        return [part.column for part in self.parts]

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Expected loss of each unit, for the estimate and each draw. (1 + draws, n)"""
        eta = np.repeat(self.start[:, None], len(frame), axis=1)
        for part in self.parts:
            eta += part.at(frame[part.column])
        return sigmoid(eta) if self.logistic else eta * self.scale + self.shift

    def strange(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Units unlike any it learnt from: a level it does not know. (n,)"""
        found = np.zeros(len(frame), dtype=np.bool_)
        for part in self.parts:
            found |= part.strange(frame[part.column])
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "logistic": self.logistic,
            "scale": self.scale,
            "shift": self.shift,
            "start": _short(self.start),
            "parts": [
                {"column": part.column, "knots": list(part.knots), "levels": list(part.levels),
                 "values": _short(part.values)}
                for part in self.parts
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> "Additive":
        """What `to_json` wrote."""
        parts = tuple(
            Part(one["column"], tuple(one["knots"]), tuple(one["levels"]), np.array(one["values"], dtype=np.float64))
            for one in said["parts"]
        )
        start = np.array(said["start"], dtype=np.float64)
        return cls(bool(said["logistic"]), float(said["scale"]), float(said["shift"]), start, parts)


def _short(values: Floats) -> Any:
    return np.vectorize(lambda value: float(f"{value:.{DIGITS}g}"), otypes=[float])(values).tolist()


@dataclass(frozen=True)
class _Column:
    """How a column becomes numbers: a curve or levels, and a mark of its gaps where there are enough."""

    name: str
    curve: Curve | None
    levels: Levels | None
    smooth: bool
    gap: tuple[float, float] | None

    @classmethod
    def of(cls, name: str, values: pd.Series, knots: int) -> "_Column":
        gaps = values.isna().to_numpy(dtype=np.float64)
        many = FEWEST_GAPS <= gaps.sum() <= len(gaps) - FEWEST_GAPS
        gap = (float(gaps.mean()), float(gaps.std())) if many else None
        if values.dtype != "float64":
            return cls(name, None, Levels.of(values), False, gap)
        curve = Curve.of(values.to_numpy(dtype=np.float64), max(knots, 2), SMOOTH_ORDER)
        return cls(name, curve, None, knots > 0, gap)

    def matrix(self, values: pd.Series) -> tuple[Floats, Floats]:
        """Columns that are not penalised, and those that are. (n, a), (n, b)"""
        n = len(values)
        marks: Floats = np.zeros((n, 0))
        if self.gap is not None:
            mean, spread = self.gap
            marks = np.asarray((values.isna().to_numpy(dtype=np.float64)[:, None] - mean) / spread)
        if self.levels is not None:
            return marks, self.levels.columns(values)
        assert self.curve is not None
        numbers = values.to_numpy(dtype=np.float64)
        rough = self.curve.rough(numbers) if self.smooth else np.zeros((n, 0))
        return np.hstack([self.curve.line(numbers)[:, None], marks]), rough

    def corners(self) -> pd.Series:
        """The values at which the curve bends, and those that stand for nothing known."""
        if self.levels is not None:
            return pd.Series([*self.levels.levels, "\0", None], dtype="object")
        assert self.curve is not None
        return pd.Series([*self.curve.knots, np.nan], dtype="float64")


@dataclass(frozen=True)
class Design:
    """The columns of a model's matrix: an intercept, what is free of penalty, then one penalised block per column."""

    columns: tuple[_Column, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Design":
        """Knots and levels from the units that are learnt from."""
        room = MOST_COLUMNS // max(frame.shape[1], 1)
        knots = min(room, KNOTS) if room >= FEWEST_KNOTS else 0
        return cls(tuple(_Column.of(str(name), frame[name], knots) for name in frame.columns))

    def matrix(self, frame: pd.DataFrame) -> tuple[Floats, Ints, list[list[int]]]:
        """(n, p), the block of each column (-1: free), and the places that belong to each of ``columns``."""
        pieces, blocks, owned = [np.ones((len(frame), 1))], [-1], []
        for place, column in enumerate(self.columns):
            free, shrunk = column.matrix(frame[column.name])
            first = len(blocks)
            pieces += [free, shrunk]
            blocks += [-1] * free.shape[1] + [place] * shrunk.shape[1]
            owned.append(list(range(first, len(blocks))))
        named = np.array(blocks, dtype=np.int64)
        used = np.unique(named[named >= 0])
        numbered = np.where(named >= 0, np.searchsorted(used, named), -1)
        return np.hstack(pieces), numbered, owned

    def tables(self, betas: Floats, owned: Sequence[Sequence[int]]) -> tuple[Part, ...]:
        """The curves that rows of coefficients (1 + draws, p) stand for."""
        parts = []
        for column, places in zip(self.columns, owned, strict=True):
            corners = column.corners()
            values = betas[:, places] @ np.hstack(column.matrix(corners)).T
            knots = tuple(column.curve.knots.tolist()) if column.curve is not None else ()
            levels = column.levels.levels if column.levels is not None else ()
            parts.append(Part(column.name, knots, levels, values))
        return tuple(parts)


@dataclass(frozen=True)
class Fitted:
    """A fit before it is frozen: its matrix, and what refits with other weights per cell need."""

    design: Design
    fit: Fit
    phi: Floats
    owned: list[list[int]]
    scale: float
    shift: float

    def losses(self, betas: Floats) -> Floats:
        """Expected loss of every unit under rows of coefficients. (rows, n)"""
        eta = betas @ self.phi.T
        return sigmoid(eta) if self.fit.logistic else eta * self.scale + self.shift

    def frozen(self, draws: Floats) -> Additive:
        """The curves, with those of ``draws`` (draws, p) behind them."""
        betas = np.vstack([self.fit.beta, draws])
        parts = self.design.tables(betas, self.owned)
        return Additive(self.fit.logistic, self.scale, self.shift, betas[:, 0], parts)


def fitted(frame: pd.DataFrame, loss: Floats, cells: Ints, n_cells: int, *, logistic: bool) -> Fitted:
    """Fit the loss of units on columns. ``cells``: (n,) the resampling unit of each, 0 … n_cells-1."""
    design = Design.of(frame)
    phi, blocks, owned = design.matrix(frame)
    scale, shift = (1.0, 0.0) if logistic else (float(loss.std()) or 1.0, float(loss.mean()))
    model = fit(phi, (loss - shift) / scale, blocks, cells, n_cells, logistic=logistic)
    return Fitted(design, model, phi, owned, scale, shift)
