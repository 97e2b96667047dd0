"""Linear models and naive Bayes as rows: sums, over features, of curves made of pieces of parabolas.

The dense view of `models.automl.algorithms.scaled` draws a number through a broken line z(x); a linear model adds
w·z, or bends Σ w·max(z - b, 0), and naive Bayes -(z - m)²/2v. Each is, between two neighbouring places, one parabola
c0 + c1·t + c2·t², t = x - anchor. A missing number has a piece of its own, a level of a category a view of its own.
Products of two numbers need z itself: it is a score of its own, below 0, which `walk_product` multiplies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.automl.algorithms.basis import Basis
from models.automl.algorithms.bayes import BayesFitted
from models.automl.algorithms.scaled import Category, Number, Scaled
from models.automl.matrix import Floats
from models.sql.walk.rows import BEYOND, EDGE, NOWHERE, Rows
from models.sql.walk.views import Constant, Plain, Source, Views

__all__ = ["Smooth"]

_FAR = 1e151


@dataclass(frozen=True)
class _Shape:
    """What a feature adds to a score, by z: value, slope to the right of z, half the curvature (constant)."""

    value: Callable[[float], float]
    slope: Callable[[float], float]
    curve: float
    missing: float
    bends: Sequence[float] = ()


class Smooth:
    """Collects curves; ``base``: what each score gets in every row."""

    def __init__(self, rows: Rows, views: Views, base: dict[int, float]) -> None:
        self.rows, self.views, self.base = rows, views, base
        self._factors: dict[tuple[int, bytes], int] = {}
        self._products: dict[tuple[int, int, int], float] = {}
        self._curves: dict[tuple[int, float, int, float], list[float]] = {}

    @property
    def products(self) -> bool:
        """Does a score need products of numbers?"""
        return bool(self._products)

    def linear(self, basis: Basis, weights: Floats, scores: Sequence[int], blank: frozenset[int]) -> None:
        """Add a linear model, ``weights`` (width + 1, scores)."""
        scaled = basis.scaled
        numbers = len(scaled.numbers)
        bent = weights[scaled.width : -1].reshape(numbers, -1, len(scores)) if basis.shape == "curves" else None
        told = numbers
        for place, number in enumerate(scaled.numbers):
            missing = weights[told] if number.told else np.zeros(len(scores))
            told += number.told
            bends = basis.bends[place] if bent is not None else np.zeros(0)
            steep = bent[place] if bent is not None else np.zeros((0, len(scores)))
            source = self.views.source(number.place, {}, blank)
            for output, score in enumerate(scores):
                shape = _bent(float(weights[place, output]), bends, steep[:, output], number.gap, missing[output])
                self._number(source, number, score, shape)
        at = told
        for category in scaled.categories:
            source = self.views.source(category.place, {}, blank)
            self._category(source, _lit(category, weights[at : at + category.width]), scores)
            at += category.width
        if basis.shape == "squares":
            self._squares(scaled, weights[at:-1], scores, blank)
        for output, score in enumerate(scores):
            self.base[score] += float(weights[-1, output])

    def bayes(self, fitted: BayesFitted, mix: Floats, scores: Sequence[int], blank: frozenset[int]) -> None:
        """Add logarithms of densities, classes mixed by ``mix`` (classes, scores)."""
        for place, number in enumerate(fitted.scaled.numbers):
            source = self.views.source(number.place, {}, blank)
            for output, score in enumerate(scores):
                mean, variance = fitted.mean[:, place], fitted.variance[:, place]
                self._number(source, number, score, _parabola(mean, variance, mix[:, output]))
        for category, shares in zip(fitted.scaled.categories, fitted.shares, strict=True):
            table = np.concatenate([shares, np.zeros((1, shares.shape[1]))]) @ mix
            self._category(self.views.source(category.place, {}, blank), table, scores)
        for output, score in enumerate(scores):
            self.base[score] += float(fitted.prior @ mix[:, output])

    def finish(self) -> None:
        """Write what was collected."""
        for key, piece in sorted(self._curves.items()):
            self.rows.add("walk_curve", *key, *piece)
        for (first, second, score), weight in sorted(self._products.items()):
            self.rows.add("walk_product", first, second, score, weight)

    def _squares(self, scaled: Scaled, weights: Floats, scores: Sequence[int], blank: frozenset[int]) -> None:
        factors = [self._factor(self.views.source(each.place, {}, blank), each) for each in scaled.numbers]
        at = 0
        for one, first in enumerate(factors):
            for second in factors[one:]:
                for output, score in enumerate(scores):
                    key = (first, second, score)
                    self._products[key] = self._products.get(key, 0.0) + float(weights[at, output])
                at += 1

    def _factor(self, source: Source, number: Number) -> int:
        """The score, below 0, that is z itself."""
        key = (hash(repr(source)), number.line.tobytes() + np.float64(number.gap).tobytes())
        if key not in self._factors:
            self._factors[key] = -1 - len(self._factors)
            self.base.setdefault(self._factors[key], 0.0)
            shape = _Shape(lambda z: z, lambda _: 1.0, 0.0, number.gap)
            self._number(source, number, self._factors[key], shape)
        return self._factors[key]

    def _number(self, source: Source, number: Number, score: int, shape: _Shape) -> None:
        if isinstance(source, Constant):
            known = not np.isnan(source.value)
            z = float(np.interp(source.value, number.line[:, 0], number.line[:, 1])) if known else 0.0
            self.base[score] += shape.value(z) if known else shape.missing
            return
        pieces = _pieces(number.line, shape)
        if any(any(piece[3:]) for piece in pieces) or shape.missing:
            view = self.views.view(source, BEYOND)
            for low, *piece in [*pieces, (EDGE, _FAR, 0.0, shape.missing, 0.0, 0.0)]:
                self._curve(view, low, score, piece)

    def _category(self, source: Source, table: Floats, scores: Sequence[int]) -> None:
        """``table``: (levels + 1, scores), for each code, and last for any other."""
        if isinstance(source, Plain):
            raise TypeError("a category is a number")
        values = np.array([source.value]) if isinstance(source, Constant) else source.values
        known = (values >= 0) & (values < len(table) - 1)
        added = table[np.where(known, values, len(table) - 1).astype(np.int64)]
        if isinstance(source, Constant):
            for output, score in enumerate(scores):
                self.base[score] += float(added[0, output])
            return
        for alike in np.unique(added, axis=0):
            if alike.any():
                view = self.views.at_levels(source.column, np.where((added == alike).all(axis=1), 1.0, np.nan))
                for output, score in enumerate(scores):
                    self._curve(view, NOWHERE, score, [_FAR, 0.0, float(alike[output]), 0.0, 0.0])

    def _curve(self, view: int, low: float, score: int, piece: Sequence[float]) -> None:
        """Add a piece: (high, anchor, c0, c1, c2). Where pieces of one score overlap, both count."""
        key = (view, low, score, piece[0])
        known = self._curves.get(key, [piece[1], 0.0, 0.0, 0.0])
        self._curves[key] = [known[0], *(one + other for one, other in zip(known[1:], piece[2:], strict=True))]


def _bent(weight: float, bends: Floats, steep: Floats, gap: float, told: float) -> _Shape:
    def value(z: float) -> float:
        return weight * z + float(np.maximum(z - bends, 0.0) @ steep)

    def slope(z: float) -> float:
        return weight + float(steep[bends <= z].sum())

    return _Shape(value, slope, 0.0, value(gap) + float(told), bends[steep != 0].tolist())


def _parabola(mean: Floats, variance: Floats, mix: Floats) -> _Shape:
    share = mix / variance

    def value(z: float) -> float:
        return float(-0.5 * (mix @ np.log(variance) + share @ (z - mean) ** 2))

    return _Shape(value, lambda z: float(-(share @ (z - mean))), float(-0.5 * share.sum()), 0.0)


def _lit(category: Category, weights: Floats) -> Floats:
    """(levels + 1, scores) what each code adds; the last for a missing one."""
    table = np.concatenate([weights, np.zeros((1, weights.shape[1]))])
    return np.asarray(table[category.column])


def _pieces(line: Floats, shape: _Shape) -> list[tuple[float, ...]]:
    """(low, high, anchor, c0, c1, c2) from left to right over all numbers."""
    places, heights = line[:, 0].tolist(), line[:, 1].tolist()
    out: list[tuple[float, ...]] = [(NOWHERE, places[0], 0.0, shape.value(heights[0]), 0.0, 0.0)]
    for place in range(len(places) - 1):
        low, high, z, end = places[place], places[place + 1], heights[place], heights[place + 1]
        steep = (end - z) / (high - low)
        inside = [bend for bend in shape.bends if min(z, end) < bend < max(z, end)]
        cuts = [(low, z), *sorted((low + (bend - z) / steep, bend) for bend in inside)]
        stops = [at for at, _ in cuts[1:]] + [high]
        for (start, now), stop in zip(cuts, stops, strict=True):
            if start < stop:
                # The slope within the piece is that at its middle: bends lie at its ends.
                middle = now + steep * (stop - start) / 2
                straight = shape.slope(middle) - 2 * shape.curve * (middle - now)
                out.append((start, stop, start, shape.value(now), steep * straight, steep * steep * shape.curve))
    return [*out, (places[-1], EDGE, 0.0, shape.value(heights[-1]), 0.0, 0.0)]
