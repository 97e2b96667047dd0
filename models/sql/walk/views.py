"""What the row functions read of a cell: its features, and numbered *views* of them without gaps.

A view is one number of a row as the tests of trees and the curves of smooth models take it: a feature with what stands
for a missing one. The feature of a category depends on its level alone, so its views are looked up by level; a view may
be absent at a level, and then nothing that hangs on it is evaluated.

Level 0 of a category is "missing", level 1 "not seen in training".
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

from models.automl.columns.categories import CategoryRecipe
from models.automl.columns.dates import PARTS, DateRecipe
from models.automl.columns.numbers import NumberRecipe
from models.automl.columns.prepare import Preparation, Recipe
from models.automl.columns.text import TextRecipe
from models.automl.matrix import Floats
from models.sql.walk.dates import reading
from models.sql.walk.rows import Rows

__all__ = ["ALWAYS", "Constant", "Feature", "Levels", "Plain", "Source", "Views", "word_key"]

ALWAYS = 0
"""The view that every row has; its value is 0."""
MISSING, UNSEEN = 0, 1
FIXED = -1
"""The part of a cell that a view of levels reads: none."""


@dataclass(frozen=True)
class Plain:
    """A number of the cell. ``absent``: what a missing one becomes, NaN: stays missing. ``base``: the background's."""

    column: int
    part: int
    base: float
    absent: float = np.nan


@dataclass(frozen=True)
class Levels:
    """A number for each level of a category."""

    column: int
    values: Floats


@dataclass(frozen=True)
class Constant:
    """The same in every row."""

    value: float


Source = Plain | Levels | Constant


@dataclass(frozen=True)
class Feature:
    """One feature of the matrix, as a source, and the recipe's term if it counts one."""

    source: Plain | Levels
    term: str | None = None
    weight: float = 0.0


def filled(values: Floats) -> Floats:
    """Without NaN, so that rows can be compared."""
    return np.nan_to_num(values, nan=-1.0)


def word_key(word: str) -> bytes:
    """What a level is found by: the first half of the SHA-256 of its first 250 characters."""
    return hashlib.sha256(word[:250].encode("utf-8", "replace")).digest()[:16]


def spellings(word: str) -> list[str]:
    """How servers write a small number that Python writes with an exponent.

    >>> spellings("1.5e-05")
    ['0.000015', '1.5e-5']
    """
    if "e-" not in word:
        return []
    try:
        return [format(Decimal(word), "f"), re.sub("e-0+", "e-", word)]
    except InvalidOperation:
        return []


class Views:
    """Features of a preparation, and the views that were asked for."""

    def __init__(self, rows: Rows, preparation: Preparation, base: Floats) -> None:
        """``base``: (features,) the typical row."""
        self.rows = rows
        self.features: list[Feature] = []
        self._plain: dict[tuple[int, int, float], int] = {}
        self._levels: dict[tuple[int, bytes], int] = {}
        self._next = ALWAYS + 1
        self.base_levels: dict[int, int] = {}
        self.levels_of: dict[int, dict[str, int]] = {}
        """Of each category the level of a word."""
        for column, recipe in enumerate(preparation.recipes, 1):
            at = len(self.features)
            values = base[at : at + len(recipe.features)]
            if isinstance(recipe, CategoryRecipe):
                self.features += self._category(column, recipe, values)
            else:
                self.features += _plain_features(column, recipe, values)

    def source(self, feature: int, fill: Mapping[int, float], blank: frozenset[int]) -> Source:
        """A feature as a member sees it."""
        source = self.features[feature].source
        instead = fill.get(feature, np.nan)
        if feature in blank:
            return Constant(instead)
        if isinstance(source, Plain):
            return Plain(source.column, source.part, source.base, instead)
        return Levels(source.column, np.where(np.isnan(source.values), instead, source.values))

    def view(self, source: Plain | Levels, absent: float) -> int:
        """The number of the view of a source in which a missing value is ``absent``."""
        if isinstance(source, Levels):
            return self.at_levels(source.column, np.where(np.isnan(source.values), absent, source.values))
        known = absent if np.isnan(source.absent) else source.absent
        key = (source.column, source.part, known)
        if key not in self._plain:
            self._plain[key] = self._new()
            feature = next(each for each in self.features if _is(each.source, source))
            base = known if np.isnan(source.base) else source.base
            row = (source.column, 0, self._plain[key], source.part, feature.term, feature.weight, known, base)
            self.rows.add("walk_view", *row)
        return self._plain[key]

    def at_levels(self, column: int, values: Floats) -> int:
        """The number of a view with a value for each level of a category; NaN: absent there."""
        key = (column, values.tobytes())
        if key not in self._levels:
            self._levels[key] = self._new()
            for level in np.flatnonzero(~np.isnan(values)).tolist():
                x = float(values[level])
                self.rows.add("walk_view", column, level, self._levels[key], FIXED, None, 0.0, x, x)
        return self._levels[key]

    def _new(self) -> int:
        self._next += 1
        return self._next - 1

    def _category(self, column: int, recipe: CategoryRecipe, base: Floats) -> list[Feature]:
        codes = {level: float(code) for code, level in enumerate(recipe.levels)}
        other = float(len(recipe.levels)) if recipe.shares else np.nan
        gap: tuple[float, ...] = (np.nan,) * len(recipe.features)

        def numbers(word: str | None) -> tuple[float, ...]:
            code = [codes.get(word or "", other)] if recipe.levels else []
            return (*code, recipe.shares.get(word or "", 0.0)) if recipe.shares else tuple(code)

        different: dict[tuple[float, ...], int] = {}
        table = [gap, numbers(None)]
        keys: dict[bytes, int] = {}
        words = dict.fromkeys((*recipe.levels, *sorted(recipe.shares)))
        for word in words:
            found = numbers(word)
            if found not in different:
                different[found] = len(table)
                table.append(found)
            for spelt in [word, *(each for each in spellings(word) if each not in words)]:
                keys.setdefault(word_key(spelt), different[found])
            self.levels_of.setdefault(column, {})[word] = different[found]
        for key, level in keys.items():
            self.rows.add("walk_level", column, key, level)
        values = np.array(table, dtype=np.float64).reshape(len(table), len(gap))
        self.base_levels[column] = int(np.flatnonzero((filled(values) == filled(base)).all(axis=1))[0])
        return [Feature(Levels(column, values[:, place])) for place in range(len(gap))]

    def describe(self, preparation: Preparation, places: Mapping[int, int]) -> None:
        """Write the columns. ``places``: of explained columns, the most important is 1."""
        for column, recipe in enumerate(preparation.recipes, 1):
            path = "$." + json.dumps(recipe.column, ensure_ascii=False)
            decimal, unit, how, pattern = ".", "", "", ""
            if isinstance(recipe, NumberRecipe):
                decimal, unit = recipe.decimal, recipe.unit
            elif isinstance(recipe, DateRecipe):
                how, pattern = reading(recipe.how)
            origin = recipe.origin if isinstance(recipe, DateRecipe) else unit
            self.rows.add("walk_column", column, recipe.column, path, recipe.to_dict()["kind"], how, pattern, decimal,
                          origin, places.get(column), self.base_levels.get(column))  # fmt: skip


def _is(one: Source, other: Plain) -> bool:
    return isinstance(one, Plain) and (one.column, one.part) == (other.column, other.part)


def _plain_features(column: int, recipe: Recipe, base: Floats) -> list[Feature]:
    parts = range(len(recipe.features))
    parts_of = [PARTS.index(part) for part in recipe.parts] if isinstance(recipe, DateRecipe) else list(parts)
    sources = [Plain(column, part, float(base[at])) for at, part in zip(parts, parts_of, strict=True)]
    if isinstance(recipe, TextRecipe):
        terms = [(None, 0.0), *zip(recipe.terms, recipe.idf, strict=True)]
        return [Feature(source, *term) for source, term in zip(sources, terms, strict=True)]
    return [Feature(source) for source in sources]
