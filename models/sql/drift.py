"""How unlike the rows of training a row is: one surprise per column that the model reads, and the largest of them.

A surprise is -log10(p) / 2, where p is the share of training that is at least as odd as the cell: 0 in the middle, 1
for one cell in a hundred, 2 for one in ten thousand.

- Numbers, and instants as days: between quantiles of training by straight lines; beyond the outermost ones (0.5 % each
  side) the tail is taken as exponential, its scale from the median excess (peaks over a threshold, Balkema and de Haan
  1974), which neither heavy tails nor a stray value upset.
- Categories: p is the share of all levels that are as rare as this one or rarer, so that columns in which rare levels
  are common do not cry wolf. A level that training had not seen is told unless more than 1 % of its rows had a level of
  their own: then new levels are expected (Good and Turing).
- A missing value: by its own share.

All of a model's surprises are divided by the 99 % quantile, over the rows of training, of each row's largest one as
the other rows tell it (but at least by 1): about 1 % of rows like those of training are above 1. A cell tells of its
own column only: a relation between columns that breaks while each stays within its range is not seen. Free text is not
counted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from models.automl.columns.categories import CategoryRecipe
from models.automl.columns.cells import as_words, cells
from models.automl.columns.dates import DateRecipe
from models.automl.columns.prepare import Preparation, Recipe
from models.automl.columns.text import TextRecipe
from models.automl.matrix import Floats
from models.tasks.tables import meant

__all__ = ["MOST", "Detector", "Levels", "Scale", "learn"]

TAILS = (0.005, 0.03, 0.1, 0.25, 0.5)
"""Shares of training beyond the quantiles between which a number's surprise is a straight line."""
ALARM = 0.99
"""Quantile of the rows of training that becomes 1."""
NEW = 2.0
"""Surprise of what training never had, before it is divided …"""
CLEAR = 1.5
"""… and the least after: always a clear drift."""
EXPECTED = 0.01
"""Share of rows with a level of their own above which new levels are expected."""
MOST = 1000.0
"""Larger surprises are this one; they say nothing more."""
FLOOR = 0.05
"""Least scale of a tail, as a share of the range between the outermost quantiles: a range that ends sharply, as
that of dates, is not left by one step."""
ROWS = 100_000
"""Rows that are learnt from at most: the outermost quantiles of a column then rest on 500 of them."""
STEEPEST = 1e200
"""Surprise per unit: times the largest number (1e38) it is still one that a server takes."""
FOLDS = 5
"""Each row's largest surprise is told by the other four fifths: to itself no row is a surprise."""


@dataclass(frozen=True)
class Scale:
    """``knots``: where it has the surprises ``heights``; beyond, ``edge``, and more by ``below``, ``above``."""

    column: str
    missing: float
    knots: tuple[float, ...]
    heights: tuple[float, ...]
    edge: float
    below: float
    above: float

    @cached_property
    def pieces(self) -> Floats:
        """(pieces, 4): from where on it holds, an anchor, the surprise there, and its slope."""
        low, high = self.knots[0], self.knots[-1]
        # Whether a knot itself lies inside must not hang on the last digit.
        margin = 1e-9 * max(abs(low), abs(high))
        with np.errstate(over="ignore"):
            steps = np.clip(np.diff(self.heights) / np.diff(self.knots), -STEEPEST, STEEPEST)
        inner = list(zip(self.knots, self.knots, self.heights, steps.tolist(), strict=False))
        inner = inner or [(low, low, self.heights[0], 0.0)]
        inner[0] = (low - margin, *inner[0][1:])
        above = (np.nextafter(high + margin, np.inf), high, self.edge, self.above)
        return np.array([(-np.inf, low, self.edge, -self.below), *inner, above])

    def surprises(self, values: Floats) -> Floats:
        """(n,) of values, NaN where missing."""
        lows, anchors, bases, slopes = self.pieces.T
        x = np.nan_to_num(values)
        at = np.searchsorted(lows, x, side="right") - 1
        return np.where(np.isnan(values), self.missing, bases[at] + slopes[at] * (x - anchors[at]))


@dataclass(frozen=True)
class Levels:
    """A category. ``levels``: surprises of the levels that its recipe knows, in sorted order."""

    column: str
    missing: float
    unseen: float
    levels: tuple[float, ...]

    def surprises(self, values: Floats) -> Floats:
        """(n,) of places among the levels; -1 where unseen, NaN where missing."""
        known = np.array([*self.levels, self.unseen])
        return np.where(np.isnan(values), self.missing, known[np.nan_to_num(values).astype(np.int64)])


@dataclass(frozen=True)
class Detector:
    """What `learn` found, divided already: a row's drift is its largest surprise."""

    watched: tuple[Scale | Levels, ...]

    def surprises(self, preparation: Preparation, frame: pd.DataFrame) -> Floats:
        """(n, watched): of the rows of a table that has the model's columns."""
        recipes = {recipe.column: recipe for recipe in preparation.recipes}
        cells_of = meant(frame)
        found = [_values(recipes[each.column], cells_of[each.column]) for each in self.watched]
        return _surprises(self.watched, found, len(frame))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"watched": [asdict(each) for each in self.watched]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(tuple(_watched(entry) for entry in content["watched"]))


def _watched(entry: Mapping[str, Any]) -> Scale | Levels:
    listed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return Scale(**listed) if "knots" in listed else Levels(**listed)


def learn(preparation: Preparation, columns: Collection[str], frame: pd.DataFrame) -> tuple[Detector, dict[str, float]]:
    """The detector of a training table, and mean and variance of the drift of its rows. Deterministic.

    ``columns``: those that the model reads; free text among them is left out.

    >>> from models.automl.columns.kinds import infer
    >>> table = pd.DataFrame({"temperature": np.arange(1000) % 100 / 10.0, "die": ["A", "B"] * 500})
    >>> preparation = Preparation.fit(table, infer(table))
    >>> detector, drift = learn(preparation, ["temperature", "die"], table)
    >>> new = pd.DataFrame({"temperature": [5.0, 15.0, 5.0], "die": ["A", "A", "C"]})
    >>> detector.surprises(preparation, new).max(axis=1).round(1).tolist()
    [0.0, 3.2, 2.0]
    """
    frame = meant(frame.iloc[:: -(-len(frame) // ROWS) or 1])
    recipes = [each for each in preparation.recipes if each.column in set(columns) and not isinstance(each, TextRecipe)]
    table = [_values(recipe, frame[recipe.column]) for recipe in recipes]
    unit = max(1.0, float(np.quantile(_unseen(recipes, table, len(frame)), ALARM, method="inverted_cdf")))
    detector = Detector(tuple(_divided(_learnt(*each), unit) for each in zip(recipes, table, strict=True)))
    drift = _surprises(detector.watched, table, len(frame)).max(axis=1, initial=0.0)
    return detector, {"mean": round(float(drift.mean()), 6), "variance": round(float(drift.var()), 6)}


def _unseen(recipes: Sequence[Recipe], table: Sequence[Floats], n: int) -> Floats:
    """(n,) the largest surprise of each row, to what was learnt from the other rows."""
    fold = np.random.default_rng(0).permutation(n) % FOLDS
    largest = np.zeros(n)
    for held in (fold == each for each in range(min(FOLDS, n))):
        watched = [_learnt(recipe, values[~held]) for recipe, values in zip(recipes, table, strict=True)]
        rows = _surprises(watched, [values[held] for values in table], int(held.sum()))
        largest[held] = rows.max(axis=1, initial=0.0)
    return largest


def _surprises(watched: Sequence[Scale | Levels], table: Sequence[Floats], n: int) -> Floats:
    """(n, watched)"""
    out = np.zeros((n, len(watched)))
    for place, (one, values) in enumerate(zip(watched, table, strict=True)):
        out[:, place] = one.surprises(values)
    return np.minimum(out, MOST)


def level_words(recipe: Recipe) -> tuple[str, ...]:
    """The levels that a recipe of a category knows, sorted."""
    if not isinstance(recipe, CategoryRecipe):
        return ()
    return tuple(sorted(recipe.shares)) if recipe.shares else recipe.levels


def _divided(one: Scale | Levels, unit: float) -> Scale | Levels:
    """Surprises in the unit in which 1 is an alarm; what was never there is always one."""

    def told(surprise: float) -> float:
        return max(surprise / unit, CLEAR) if surprise >= NEW else surprise / unit

    if isinstance(one, Levels):
        levels = tuple(level / unit for level in one.levels)
        return Levels(one.column, told(one.missing), told(one.unseen), levels)
    heights = tuple(height / unit for height in one.heights)
    return Scale(one.column, told(one.missing), one.knots, heights, one.edge / unit, one.below / unit, one.above / unit)


def _values(recipe: Recipe, column: pd.Series) -> Floats:
    """(n,) numbers; instants as days since the first of training; levels as their places, -1 where unseen."""
    content = cells(column)
    if isinstance(recipe, CategoryRecipe):
        words = as_words(content)
        places = {word: float(place) for place, word in enumerate(level_words(recipe))}
        return np.array([*(places.get(word, -1.0) for word in words.levels), np.nan])[words.codes]
    if isinstance(recipe, DateRecipe):
        instants = recipe.instants(content)
        return np.asarray((instants - pd.Timestamp(recipe.origin)) / pd.Timedelta(days=1), np.float64)
    out = np.empty((len(column), len(recipe.features)))
    recipe.fill(content, out)
    values: Floats = out[:, 0]
    return values


def _learnt(recipe: Recipe, values: Floats) -> Scale | Levels:
    """In surprises that are not divided yet."""
    present = np.sort(values[~np.isnan(values)])
    missing = _of_share(1.0 - len(present) / max(len(values), 1))
    if isinstance(recipe, CategoryRecipe):
        return _levels(recipe, present, missing)
    return _scale(recipe.column, present if len(present) else np.zeros(1), missing)


def _scale(name: str, present: Floats, missing: float) -> Scale:
    """``present``: (n,) sorted, not empty."""
    highs = np.quantile(present, [1.0 - tail for tail in TAILS], method="inverted_cdf")
    lows = np.quantile(present, TAILS, method="inverted_cdf")
    heights = [-0.5 * np.log10(2.0 * tail) for tail in TAILS]
    knots: dict[float, float] = {}
    for x, height in zip([*lows.tolist(), *highs.tolist()], [*heights, *heights], strict=True):
        knots[x] = float(min(height, knots.get(x, height))) + 0.0
    places = sorted(knots)
    low, high = places[0], places[-1]
    span = high - low or float(present[-1] - present[0]) or max(abs(high), 1.0)
    span = max(span, 1e-12 * max(abs(low), abs(high)), 1.0 / STEEPEST)

    def slope(excess: Floats) -> float:
        scale = float(np.median(excess)) / np.log(2.0) if len(excess) else 0.0
        return float(0.5 / np.log(10.0) / max(scale, FLOOR * span))

    below, above = slope(low - present[present < low]), slope(present[present > high] - high)
    return Scale(name, missing, tuple(places), tuple(knots[x] for x in places), 1.0, below, above)


def _levels(recipe: CategoryRecipe, present: Floats, missing: float) -> Levels:
    """``present``: (n,) places of levels."""
    known = level_words(recipe)
    counts = np.bincount(present[present >= 0].astype(np.int64), minlength=len(known))
    filled = max(len(present), 1)
    # Levels that share their number share their surprise.
    shares = np.array([recipe.shares[word] for word in known]) if recipe.shares else counts / filled
    single = float((counts == 1).sum()) / filled
    unseen = _of_share(single if single > EXPECTED else 0.0)
    return Levels(recipe.column, missing, unseen, tuple(_rarity(shares)))


def _rarity(shares: Floats) -> list[float]:
    """(levels,) surprise by the share of all levels that are as rare or rarer.

    >>> [round(each, 3) for each in _rarity(np.array([0.9, 0.09, 0.01]))]
    [0.0, 0.5, 1.0]
    """
    found, places = np.unique(shares, return_inverse=True)
    tails = np.cumsum(np.bincount(places, weights=shares, minlength=len(found)))[places]
    return [_of_share(tail) for tail in tails.tolist()]


def _of_share(share: float) -> float:
    """A surprise of a share; of what was never there, `NEW`."""
    return NEW if share <= 10.0 ** (-2.0 * NEW) else max(0.0, float(-0.5 * np.log10(min(share, 1.0))))
