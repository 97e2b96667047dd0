"""Columns by name, and mixed columns as one space of numbers in which distances mean something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.columns.cells import cells
from models.automl.columns.kinds import infer
from models.automl.columns.prepare import Preparation
from models.automl.columns.words import say as say_column
from models.automl.matrix import Floats
from models.rank.document import Said
from models.tasks.arrays import packed, significant, unpacked
from models.tasks.words import say

__all__ = ["Space", "column", "meant", "numbers", "picked"]

FARTHEST = 1e6
"""Standard deviations from the mean; nothing lies farther, so that squares stay finite."""


def column(table: pd.DataFrame, name: str, what: str) -> pd.Series:
    """A column of the table. ``what``: what it is for, as the error says it."""
    names = [str(each) for each in table.columns]
    if name not in names:
        raise StudyError(f"the table has no column {name!r}, {what}; {nearest(name, names)}")
    if names.count(name) > 1:
        raise StudyError(f"column {name!r} occurs {names.count(name)} times in the table; give each a name of its own")
    return table.iloc[:, names.index(name)]


def meant(table: pd.DataFrame) -> pd.DataFrame:
    """The table with single-precision numbers as they were meant, 4.2 and not 4.199999809265137: as SQL reads a FLOAT.

    >>> meant(pd.DataFrame({"x": np.array([4.2, 1 / 3], dtype="float32")}))["x"].tolist()
    [4.2, 0.3333333432674408]
    """
    single = [place for place, dtype in enumerate(table.dtypes) if dtype == "float32"]
    if not single:
        return table
    out = {place: table.iloc[:, place] for place in range(table.shape[1])}
    for place in single:
        kept = out[place].to_numpy()
        wide = kept.astype(np.float64)
        short = significant(np.where(np.isfinite(wide), wide, 0.0), 6)
        out[place] = pd.Series(np.where(short.astype(np.float32) == kept, short, wide), index=table.index)
    return pd.concat(out, axis=1).set_axis(table.columns, axis=1)


def numbers(table: pd.DataFrame, name: str, what: str) -> Floats:
    """A column of numbers, (n,); NaN is missing. Raises `StudyError` for words, dates and columns without a value."""
    content = cells(meant(column(table, name, what).to_frame()).iloc[:, 0])
    if content.form not in ("number", "boolean"):
        raise StudyError(f"column {name!r}, {what}, holds no numbers but {content.form}; give a column of numbers")
    values = np.where(np.isfinite(content.numbers), content.numbers, np.nan)
    if len(values) and np.isnan(values).all():
        raise StudyError(f"column {name!r}, {what}, holds no value in any row; give a column with values")
    return values


def picked(
    table: pd.DataFrame, include: Sequence[str] | None, exclude: Sequence[str] | None, besides: Sequence[str | None]
) -> list[str]:
    """The columns to learn from: all, without the excluded and those with another part (``besides``)."""
    names = [str(each) for each in table.columns]
    for option, listed in (("include_column_list", include), ("exclude_column_list", exclude)):
        for name in listed or ():
            if name not in names:
                raise StudyError(f"{option} names {name!r}, which is not in the table; {nearest(name, names)}")
    both = sorted(set(include or ()) & set(exclude or ()))
    if both:
        raise StudyError(f"column {both[0]!r} is both included and excluded; name it in one list only")
    return [name for name in names if name not in {*(exclude or ()), *besides}]


@dataclass(frozen=True)
class Space:
    """How rows become points: numbers and dates in standard deviations from their mean, a word as one axis per level.

    A column of many features counts as one column: its features are divided by the square root of their number. Two
    words are as far apart as two numbers are on the mean. ``rare``: axes of levels are in standard deviations too, so
    that a rare level is far from all others; a level that training had not seen is farther than any. Missing values
    lie in the middle.
    """

    preparation: Preparation
    centre: Floats
    spread: Floats
    rare: bool
    rows: int

    @classmethod
    def fit(
        cls,
        table: pd.DataFrame,
        names: Sequence[str],
        *,
        rare: bool,
        kept: Sequence[str] = (),
        needed: Sequence[str] = (),
    ) -> Self:
        """Learn from the columns ``names``; ``kept`` ones are never taken for identifiers.

        Raises `StudyError` where none of them varies; ``needed`` ones must.
        """
        if not names:
            raise StudyError("no column is left to learn from; exclude fewer columns")
        part = meant(table[list(names)])
        known = infer(part, roles=dict.fromkeys([*kept, *needed], "controllable"))
        preparation = Preparation.fit(part, known)
        lost = {entry.column: entry for entry in preparation.left_out}
        for name in needed:
            if name in lost:
                why = say_column(lost[name].why, lost[name].values)["en"]
                raise StudyError(f"column {name!r} must be learnt from, but {why}; take it off include_column_list")
        if not preparation.columns:
            first = preparation.left_out[0]
            why = say_column(first.why, first.values)["en"]
            raise StudyError(f"no column can be learnt from; of {first.column!r}: {why}. Give columns that vary")
        values = _raw(preparation, preparation.transform(part).values)
        with np.errstate(invalid="ignore"):
            centre = np.nanmean(values, axis=0)
            spread = np.nanstd(values, axis=0)
        axes = _axes(preparation)
        plain = np.array([not rare and level for _, level in axes])
        spread = np.where(plain | ~(spread > 0), 1.0, spread)
        return cls(preparation, np.where(np.isfinite(centre), centre, 0.0), spread, rare, len(table))

    @cached_property
    def weights(self) -> Floats:
        """(axes,) one over the root of how many axes the column has."""
        owners = [place for place, recipe in enumerate(self.preparation.recipes) for _ in recipe.features]
        axes = np.array([owners[feature] for feature, _ in _axes(self.preparation)])
        share = 1.0 / np.sqrt(np.bincount(axes))[axes]
        if not self.rare:
            return np.asarray(np.where([level for _, level in _axes(self.preparation)], 1.0, share))
        # A level that training never had deviates as one seen in one row more would.
        unseen = np.array([level for _, level in _axes(self.preparation)]) & (self.centre == 0)
        return np.asarray(np.where(unseen, share * np.sqrt(self.rows + 1.0), share))

    @property
    def columns(self) -> tuple[str, ...]:
        """The user's columns that became axes."""
        return self.preparation.columns

    def points(self, table: pd.DataFrame) -> Floats:
        """(n, axes), finite. Raises `StudyError` for a missing column."""
        return self.placed(self.preparation.transform(meant(table)).values)

    def placed(self, features: Floats) -> Floats:
        """(n, features) of the preparation → (n, axes)."""
        scaled = (_raw(self.preparation, features) - self.centre) / self.spread
        return np.asarray(np.clip(np.nan_to_num(scaled), -FARTHEST, FARTHEST) * self.weights)

    @property
    def sources(self) -> list[int]:
        """For each axis the place of its feature."""
        return [place for place, _ in _axes(self.preparation)]

    def notes(self) -> list[Said]:
        """Which columns are left out, and why."""
        out = []
        for entry in self.preparation.left_out:
            why = say_column(entry.why, entry.values)
            out.append(say("left_out", {"column": entry.column, "why_en": why["en"], "why_ja": why["ja"]}))
        return out

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "preparation": self.preparation.to_dict(),
            "centre": packed(self.centre),
            "spread": packed(self.spread),
            "rare": self.rare,
            "rows": self.rows,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(
            Preparation.from_dict(content["preparation"]),
            unpacked(content["centre"]),
            unpacked(content["spread"]),
            bool(content["rare"]),
            int(content["rows"]),
        )


def _axes(preparation: Preparation) -> list[tuple[int, bool]]:
    """For each axis the place of its feature, and whether it is that of a level."""
    axes: list[tuple[int, bool]] = []
    for place, (_, levels) in enumerate(feature for recipe in preparation.recipes for feature in recipe.features):
        axes += [(place, True)] * (levels + 1) if levels else [(place, False)]
    return axes


def _raw(preparation: Preparation, features: Floats) -> Floats:
    """(n, axes): numbers as they are, words as 0 and 1; the last axis of a word is for levels not seen before."""
    parts: list[Floats] = []
    for place, (_, levels) in enumerate(feature for recipe in preparation.recipes for feature in recipe.features):
        values = features[:, place]
        if not levels:
            parts.append(values[:, None])
            continue
        codes = np.where(np.isnan(values), levels, values).astype(np.int64)
        parts.append(np.eye(levels + 1)[codes])
    return np.hstack(parts)
