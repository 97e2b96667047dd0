"""From a table to the matrix that algorithms see: fitted once, the same for every later table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.columns.categories import CategoryRecipe
from models.automl.columns.cells import Cells, cells
from models.automl.columns.dates import DateRecipe
from models.automl.columns.kinds import Column
from models.automl.columns.numbers import NumberRecipe
from models.automl.columns.text import TextRecipe
from models.automl.columns.words import WORDS, say
from models.automl.matrix import Floats, Matrix
from models.study.data import Notice

__all__ = ["LeftOut", "Preparation", "Recipe"]

SCHEMA = 1


class Recipe(Protocol):
    """How one column of the user becomes features."""

    @property
    def column(self) -> str:
        """The user's column."""
        ...

    @property
    def features(self) -> tuple[tuple[str, int], ...]:
        """Name and number of levels (0: a number) of each feature."""
        ...

    def fill(self, content: Cells, out: Floats) -> None:
        """Write (n, features)."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        ...


_RECIPES: Mapping[str, Any] = {
    recipe.kind: recipe for recipe in (NumberRecipe, CategoryRecipe, DateRecipe, TextRecipe)
}  # fmt: skip


@dataclass(frozen=True)
class LeftOut:
    """A column that is not learnt from, and why: a code of `words` and what stands in its blanks."""

    column: str
    why: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Preparation:
    """How each column is read. ``known``: every column of the training table; ``recipes``: of those that are used."""

    known: tuple[Column, ...]
    recipes: tuple[Recipe, ...]

    @classmethod
    def fit(cls, table: pd.DataFrame, columns: Iterable[Column]) -> Self:
        """Learn levels, terms and calendar parts from the rows of a table; no target is looked at.

        ``columns``: what `kinds.infer` found; those that are used must be in the table. Features follow their order.
        """
        known = tuple(columns)
        places = _places(table, [column.name for column in known if column.used])
        recipes = [_fitted(column, table, places) for column in known if column.used]
        return cls(known, tuple(recipe for recipe in recipes if recipe.features))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The user's columns that became features."""
        return tuple(recipe.column for recipe in self.recipes)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Every other column, and why."""
        used = set(self.columns)
        out = []
        for column in self.known:
            if column.name not in used:
                why = Notice("no_feature") if column.used else column.notes[0]
                out.append(LeftOut(column.name, why.code, why.values))
        return tuple(out)

    def transform(self, table: pd.DataFrame) -> Matrix:
        """Any table with the columns of training, in any order, among others.

        Raises `StudyError` for a column that is absent or there twice, and for cells of another kind than training had.
        """
        places = _places(table, self.columns)
        spans = [len(recipe.features) for recipe in self.recipes]
        values = np.empty((len(table), sum(spans)))
        at = 0
        for recipe, width in zip(self.recipes, spans, strict=True):
            recipe.fill(cells(table.iloc[:, places[recipe.column]]), values[:, at : at + width])
            at += width
        return self.matrix(values)

    def matrix(self, values: Floats) -> Matrix:
        """Numbers that `transform` gave, as a matrix again."""
        return Matrix(
            values.reshape(len(values), len(self.source)), self._names, self.columns, self.source, self._levels
        )

    @cached_property
    def source(self) -> tuple[int, ...]:
        """For each feature the place of its column."""
        return tuple(place for place, recipe in enumerate(self.recipes) for _ in recipe.features)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """Different names; the user's own names are kept as they are."""
        taken = set(self.columns)
        names = []
        for recipe in self.recipes:
            for wish, _ in recipe.features:
                name = wish
                while name in taken and name != recipe.column:
                    name += "'"
                taken.add(name)
                names.append(name)
        return tuple(names)

    @cached_property
    def _levels(self) -> tuple[int, ...]:
        return tuple(levels for recipe in self.recipes for _, levels in recipe.features)

    def describe(self) -> list[dict[str, Any]]:
        """Per column of the training table its kind, its features and what was noticed, in words."""
        features: dict[str, list[str]] = {column.name: [] for column in self.known}
        owners = [recipe.column for recipe in self.recipes for _ in recipe.features]
        for owner, name in zip(owners, self._names, strict=True):
            features[owner].append(name)
        lost = {entry.column: entry for entry in self.left_out}
        out = []
        for column in self.known:
            notes = list(column.notes)
            if column.used and column.name in lost:
                notes.insert(0, Notice("no_feature"))
            said = [say(note.code, note.values) for note in notes]
            out.append({"column": column.name, "kind": column.kind, "used": column.name not in lost,
                        "features": features[column.name], "notes": said})  # fmt: skip
        return out

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; the same preparation gives the same bytes."""
        known = [{**asdict(column), "reading": dict(column.reading)} for column in self.known]
        return {"schema": SCHEMA, "known": known, "recipes": [recipe.to_dict() for recipe in self.recipes]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises `StudyError` for anything else."""
        if dict(content).get("schema") != SCHEMA:
            raise StudyError("the preparation of a model is of another version; train the model again")
        try:
            known = tuple(_column(each) for each in content["known"])
            recipes = tuple(_RECIPES[each["kind"]].from_dict(each) for each in content["recipes"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StudyError(f"the preparation of a model cannot be read: {error}; train the model again") from error
        names = [column.name for column in known]
        if len(set(names)) < len(names) or not {recipe.column for recipe in recipes} <= set(names):
            raise StudyError("the preparation of a model names columns that it does not know; train the model again")
        return cls(known, recipes)


def _column(content: Mapping[str, Any]) -> Column:
    notes = tuple(Notice(str(note["code"]), dict(note["values"])) for note in content["notes"])
    unknown = next((note.code for note in notes if note.code not in WORDS), None)
    if unknown is not None:
        raise ValueError(f"note {unknown!r}")
    reading = {str(key): str(value) for key, value in content["reading"].items()}
    return Column(str(content["name"]), content["kind"], notes, reading)


def _places(table: pd.DataFrame, wanted: Sequence[str]) -> dict[str, int]:
    """Where each wanted column stands."""
    places: dict[str, int] = {}
    needed = set(wanted)
    for place, name in enumerate(map(str, table.columns)):
        if name in needed and name in places:
            raise StudyError(f"column {name!r} occurs twice in the table; give each a name of its own")
        places[name] = place
    for name in wanted:
        if name not in places:
            raise StudyError(f"the table has no column {name!r}, which the model needs; {nearest(name, places)}")
    return places


def _fitted(column: Column, table: pd.DataFrame, places: Mapping[str, int]) -> Recipe:
    if column.kind in ("number", "boolean"):
        return NumberRecipe(column.name, **column.reading)
    content = cells(table.iloc[:, places[column.name]])
    if column.kind == "date":
        return DateRecipe.fit(column.name, column.reading, content)
    if column.kind == "text":
        return TextRecipe.fit(column.name, content)
    return CategoryRecipe.fit(column.name, content)
