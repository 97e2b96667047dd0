"""Columns of a model's design: smooth curves of numbers, levels of categories, marks of missing values."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Curve", "Levels", "Term", "term"]

Floats = NDArray[np.float64]

FEW_VALUES = 3
RARE_LEVEL = 10
"""Levels with fewer rows share one column."""


@dataclass(frozen=True)
class Curve:
    """A number as a straight line plus a penalised broken line over quantile knots.

    The broken line is written as random jumps of its slope-free part: ``Z = B D' (D D')^-1`` with hat functions ``B``
    and differences ``D`` (Eilers and Marx 1996), so a ridge on ``Z`` is a penalty on roughness.
    """

    knots: Floats
    center: float
    scale: float
    map: Floats
    mean: Floats

    @classmethod
    def of(cls, values: Floats, knots: int, order: int) -> "Curve":
        known = values[np.isfinite(values)]
        low, high = np.quantile(known, [0.002, 0.998])
        inner = np.clip(known, low, high)
        places = np.unique(np.quantile(inner, np.linspace(0, 1, knots)))
        if len(places) < FEW_VALUES:
            places = np.unique(inner)[: max(2, len(places))] if len(np.unique(inner)) > 1 else np.array([low, low + 1])
        center, scale = float(inner.mean()), float(inner.std()) or 1.0
        # Divided by the knots' distance, so that narrow gaps in the middle are not smoothed more than wide ones.
        differences = np.diff(np.eye(len(places)), order, axis=0) if len(places) > order else np.zeros((0, len(places)))
        mapping = differences.T @ np.linalg.pinv(differences @ differences.T) if len(differences) else differences.T
        rough = cls(places, center, scale, mapping, np.zeros(mapping.shape[1]))
        mean = rough._hat(inner).mean(axis=0) @ mapping
        return cls(places, center, scale, mapping, mean)

    def _hat(self, values: Floats) -> Floats:
        knots = self.knots
        inner = np.clip(values, knots[0], knots[-1])
        place = np.clip(np.searchsorted(knots, inner, side="right") - 1, 0, len(knots) - 2)
        share = (inner - knots[place]) / (knots[place + 1] - knots[place])
        out = np.zeros((len(inner), len(knots)))
        rows = np.arange(len(inner))
        out[rows, place] = 1 - share
        out[rows, place + 1] = share
        return out

    def line(self, values: Floats) -> Floats:
        """The straight part, unit variance; beyond the outer knots it stays level. Missing values are 0."""
        inner = (np.clip(values, self.knots[0], self.knots[-1]) - self.center) / self.scale
        return np.nan_to_num(inner, nan=0.0)

    def rough(self, values: Floats) -> Floats:
        """The penalised part, (n, knots - order). Missing values are 0."""
        known = np.isfinite(values)
        out = np.zeros((len(values), self.map.shape[1]))
        if self.map.shape[1]:
            out[known] = self._hat(values[known]) @ self.map - self.mean
        return out


@dataclass(frozen=True)
class Levels:
    """A category as centred 0/1 columns, one per common level."""

    levels: tuple[str, ...]
    mean: Floats

    @classmethod
    def of(cls, values: pd.Series) -> "Levels":
        counts = values.value_counts()
        common = tuple(str(level) for level in counts.index[counts >= min(RARE_LEVEL, counts.max())])
        rough = cls(common, np.zeros(len(common)))
        return cls(common, rough.columns(values).mean(axis=0))

    def columns(self, values: pd.Series) -> Floats:
        """(n, levels)."""
        text = values.astype("object").to_numpy()
        columns = np.column_stack([(text == level).astype(np.float64) for level in self.levels])
        centred: Floats = columns - self.mean
        return centred


@dataclass(frozen=True)
class Term:
    """One column of a table, as columns of a design.

    ``free``: (n, a) not penalised. ``shrunk``: (n, b) one block. ``simple``: (n, c) what interactions are built from.
    """

    free: Floats
    shrunk: Floats
    simple: Floats


def term(values: pd.Series, knots: int) -> Term:
    """The term of a column that is adjusted for. ``knots``: 0 leaves the straight line alone."""
    n = len(values)
    if values.dtype != "float64":
        columns = Levels.of(values).columns(values)
        gap = _gap(values)
        return Term(gap, columns, columns[:, :6])
    numbers = values.to_numpy(dtype=np.float64)
    curve = Curve.of(numbers, max(knots, 2), 2)
    line = curve.line(numbers)[:, None]
    rough = curve.rough(numbers) if knots else np.zeros((n, 0))
    return Term(np.hstack([line, _gap(values)]), rough, line)


def _gap(values: pd.Series) -> Floats:
    """A column that marks missing values, where there are enough to matter."""
    gap = values.isna().to_numpy(dtype=np.float64)
    if gap.sum() < RARE_LEVEL or gap.sum() > len(gap) - RARE_LEVEL:
        return np.zeros((len(gap), 0))
    return np.asarray((gap - gap.mean())[:, None] / float(gap.std()))
