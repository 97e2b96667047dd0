"""The dense view of a table for algorithms that want numbers of one size: no gaps, no far outliers, no codes.

A number goes through a broken line from its values to about [-3, 3] (straight, or to normal quantiles where it is
skewed), flat beyond the ends: what was never seen cannot explode. A gap is the middle, with a column that says so.
A category becomes one column of 0 and 1 per frequent level, and one for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from models.automl.algorithms.base import Workbench
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Scaled", "view", "widest"]

SAMPLE = 20_000
"""Rows from which the lines are drawn."""
KNOTS = 64
SKEWED = 1.0
"""Skewness beyond which a straight line would leave most rows in a corner."""
SPARSE = 0.75
"""Share of one value beyond which the others are exceptions to it."""
STRETCH = 0.1
"""How far beyond the seen values the line goes on, as a share of their span."""
LEVELS = 60
RAREST = 3
"""Rows below which a level shares the column of the rest."""


@dataclass(frozen=True)
class Number:
    """``line``: (knots, 2) value and what it becomes; ``gap``: what a missing one becomes; ``told``: with a column."""

    place: int
    line: Floats
    gap: float
    told: bool


@dataclass(frozen=True)
class Category:
    """``column``: (levels + 1,) for each code, and last for a missing one, its column; -1: none."""

    place: int
    column: Ints

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.column.max()) + 1


@dataclass(frozen=True)
class Scaled:
    """The map from a matrix of ``features`` features to the dense view."""

    features: int
    numbers: tuple[Number, ...]
    categories: tuple[Category, ...]

    @property
    def width(self) -> int:
        """Columns of the view; the first ``len(numbers)`` are the numbers."""
        return sum(1 + number.told for number in self.numbers) + sum(each.width for each in self.categories)

    def apply(self, matrix: Matrix) -> Floats:
        """(n, width)."""
        out = np.zeros((matrix.n, self.width))
        at = len(self.numbers)
        for place, number in enumerate(self.numbers):
            column = matrix.values[:, number.place]
            missing = np.isnan(column)
            out[:, place] = np.interp(column, number.line[:, 0], number.line[:, 1])
            out[missing, place] = number.gap
            if number.told:
                out[:, at] = missing
                at += 1
        for category in self.categories:
            codes = matrix.values[:, category.place]
            last = len(category.column) - 1
            known = (codes >= 0) & (codes < last)
            lit = category.column[np.where(known, codes, last).astype(np.int64)]
            rows = np.flatnonzero(lit >= 0)
            out[rows, at + lit[rows]] = 1.0
            at += category.width
        return out

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        numbers = [[each.place, each.gap, int(each.told), each.line.tolist()] for each in self.numbers]
        categories = [[each.place, each.column.tolist()] for each in self.categories]
        return {"kind": "scaled", "features": self.features, "numbers": numbers, "categories": categories}

    @classmethod
    def load(cls, written: Written) -> "Scaled":
        """What `to_dict` wrote."""
        features = written.whole("features", 0, 2**24)
        numbers = [_number(written, features, *each) for each in _rows(written, "numbers", 4)]
        categories = [_category(written, features, *each) for each in _rows(written, "categories", 2)]
        return cls(features, tuple(numbers), tuple(categories))


def _rows(written: Written, key: str, length: int) -> list[list[Any]]:
    rows = written.content.get(key)
    if not isinstance(rows, list) or any(not isinstance(row, list) or len(row) != length for row in rows):
        raise written.wrong(key, f"is not a list of {length} entries each")
    return rows


def _number(written: Written, features: int, place: Any, gap: Any, told: Any, line: Any) -> Number:
    entry = Written({"place": place, "gap": gap, "told": told, "line": line}, written.what)
    knots = entry.numbers("line", -1, 2)
    if not len(knots) or (np.diff(knots[:, 0]) <= 0).any():
        raise entry.wrong("line", "does not rise")
    return Number(entry.whole("place", 0, features - 1), knots, entry.number("gap"), entry.whole("told", 0, 1) == 1)


def _category(written: Written, features: int, place: Any, column: Any) -> Category:
    entry = Written({"place": place, "column": column}, written.what)
    columns = entry.wholes("column", -1, LEVELS + 2, -1)
    if not len(columns):
        raise entry.wrong("column", "is empty")
    return Category(entry.whole("place", 0, features - 1), columns)


def widest(matrix: Matrix) -> int:
    """Columns that the view can have at most."""
    return sum(min(levels, LEVELS) + 2 if levels else 2 for levels in matrix.levels)


def view(bench: Workbench) -> tuple[Scaled, Floats]:
    """The map drawn from all rows of the bench, target unseen, and the view of all rows. Made once."""

    def make() -> tuple[Scaled, Floats]:
        scaled = _drawn(bench.matrix)
        return scaled, scaled.apply(bench.matrix)

    made: tuple[Scaled, Floats] = bench.once("scaled", make)
    return made


def _drawn(matrix: Matrix) -> Scaled:
    rows = np.linspace(0, matrix.n - 1, min(matrix.n, SAMPLE)).astype(np.int64)
    values = matrix.values[rows]
    numbers, categories = [], []
    for place, levels in enumerate(matrix.levels):
        column = values[:, place]
        if levels:
            found: Sequence[Any] = [_levels(place, column, levels)]
            categories += [each for each in found if each is not None]
        else:
            line = _line(column[~np.isnan(column)])
            if line is not None:
                missing = np.isnan(column)
                gap = float(np.interp(np.nanmedian(column), line[:, 0], line[:, 1]))
                numbers.append(Number(place, line, gap, bool(missing.any())))
    return Scaled(matrix.p, tuple(numbers), tuple(categories))


def _line(seen: Floats) -> Floats | None:
    """The broken line; None for a constant."""
    if len(seen) < 2 or np.ptp(seen) == 0:
        return None
    spread = float(np.std(seen))
    centred = (seen - seen.mean()) / (spread or 1.0)
    if not np.isfinite(centred).all() or not centred.any():
        return None
    value, count = np.unique(seen, return_counts=True)
    if count.max() > SPARSE * len(seen):
        return _from_mode(seen, float(value[count.argmax()]))
    if abs(float((centred**3).mean())) > SKEWED and len(value) > 2:
        return _to_normal(seen)
    low, high = float(seen.min()), float(seen.max())
    ends = np.array([low - STRETCH * (high - low), high + STRETCH * (high - low)])
    return np.stack([ends, (ends - seen.mean()) / spread], axis=1)


def _from_mode(seen: Floats, mode: float) -> Floats:
    """The usual value is 0 and what lies far from it 1: in units of their spread, rare values would drown the rest."""
    away = np.abs(seen - mode)
    far = float(np.quantile(away[away > 0], 0.9))
    knots = np.unique([seen.min(), mode - far, mode, mode + far, seen.max()])
    knots = knots[(knots >= seen.min()) & (knots <= seen.max())]
    return np.stack([knots, np.clip((knots - mode) / far, -2.0, 2.0)], axis=1)


def _to_normal(seen: Floats) -> Floats:
    """Values at equal steps of rank against normal quantiles; tied values get the middle of their ranks."""
    ranked = np.sort(seen)
    shares = (np.arange(len(ranked)) + 0.5) / len(ranked)
    value, first, count = np.unique(ranked, return_index=True, return_counts=True)
    middle = (shares[first] + shares[first + count - 1]) / 2
    chosen = np.unique(np.linspace(0, len(value) - 1, min(len(value), KNOTS)).astype(np.int64))
    if len(value) > KNOTS:
        # By rank, not by number of distinct values.
        wanted = np.searchsorted(middle, np.linspace(middle[0], middle[-1], KNOTS))
        chosen = np.unique(np.clip(wanted, 0, len(value) - 1))
    return np.stack([value[chosen], ndtri(middle[chosen])], axis=1)


def _levels(place: int, codes: Floats, levels: int) -> Category | None:
    known = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(known, minlength=levels)
    order = np.argsort(-counts, kind="stable")[:LEVELS]
    frequent = order[counts[order] >= RAREST]
    column = np.full(levels + 1, -1, dtype=np.int64)
    column[frequent] = np.arange(len(frequent))
    rest = np.flatnonzero((counts > 0) & (column[:levels] < 0))
    width = len(frequent)
    if len(rest):
        column[rest] = width
        width += 1
    if len(known) < len(codes):
        column[levels] = width
        width += 1
    return Category(place, column) if width > 1 else None
