"""A model as rows of the fixed tables ``walk_*``, which SQL evaluates; what the columns of those tables are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.automl.matrix import Floats
from models.tasks.anomaly.neighbours import WIDE

__all__ = ["BEYOND", "EDGE", "MOST_ROWS", "NOWHERE", "TABLES", "Row", "Rows", "Unwalkable", "Walk"]

Row = tuple[Any, ...]

BEYOND = 1e150
"""Stands for a missing number where it goes right of every threshold (its negative: left). Its square is finite."""
EDGE = 1e149
"""Between the largest number (1e38) and `BEYOND`."""
NOWHERE = -1e151
"""Left of everything."""
MOST_ROWS = 400_000
"""Of one model: beyond, storing takes minutes and a prediction some hundred milliseconds."""

TABLES: Mapping[str, tuple[str, ...]] = {
    "walk_model": (
        "task", "target", "classes", "wide", "products", "mixes", "additive", "slope", "bend", "shift", "calibration",
        "weighted", "ruled",
    ),
    "walk_column": ("column_no", "name", "path", "kind", "how", "pattern", "decimal_sign", "unit", "place",
                    "base_level"),
    "walk_level": ("column_no", "word", "level_no"),
    "walk_view": ("column_no", "level_no", "view_no", "part", "term", "weight", "absent", "base"),
    "walk_split": ("view_no", "threshold", "tree", "word", "mask"),
    "walk_leaf": ("tree", "leaf", "score", "value"),
    "walk_curve": ("view_no", "low", "score", "high", "anchor", "c0", "c1", "c2"),
    "walk_product": ("first", "second", "score", "weight"),
    "walk_score": ("score", "grp", "class", "base"),
    "walk_group": ("grp", "weight", "link", "slope", "shift"),
    "walk_mix": ("grp", "source", "class", "weight"),
    "walk_class": ("class", "json_key", "json_label", "weight", "shift"),
    "walk_cost": ("class", "decision", "cost"),
    "walk_knot": ("low", "high", "value", "slope"),
    "walk_drift": ("view_no", "low", "high", "anchor", "base", "slope", "column_no"),
    "walk_axis": ("view_no", "axis", "centre", "spread", "weight", "otherwise"),
    "walk_vector": ("part", "block", "vector", *(f"x{place}" for place in range(WIDE))),
    "walk_neighbour": ("part", "vector", "reach", "worth"),
    "walk_detector": ("algorithm", "k", "shift", "a", "b", "threshold", "voters", "weight", "prior", "blur"),
    "walk_recommender": ("json_users", "json_items", "json_ratings", "users", "items", "base", "low", "high", "paired"),
    "walk_party": ("part", "vector", "json_word", "bias", "worth", "size"),
    "walk_rating": ("part", "mine", "other", "rating", "of_users", "of_items"),
    "walk_pair": ("item", "beside", "above", "raters"),
}  # fmt: skip
"""The columns of each table after ``model_no``."""


@dataclass(frozen=True)
class Walk:
    """``rows``: of each of `TABLES`. ``columns``: what the input must hold. ``explained``: the most important first."""

    rows: Mapping[str, tuple[Row, ...]]
    columns: tuple[str, ...]
    explained: tuple[str, ...]
    words: int
    """Mask words of the widest tree: 1 up to 64 leaves."""

    @property
    def size(self) -> int:
        """Rows of all tables."""
        return sum(map(len, self.rows.values()))


@dataclass(frozen=True)
class Unwalkable:
    """Why SQL cannot evaluate the model: half a sentence."""

    why: str


@dataclass
class Rows:
    """Rows while they are being collected."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def add(self, table: str, *row: Any) -> None:
        """One row, in the order of `TABLES`."""
        self.tables[table].append(row)

    def vectors(self, part: int, values: Floats) -> None:
        """(n, p) as rows of `WIDE` numbers, what is left over 0."""
        wide = np.zeros((len(values), max(1, -(-values.shape[1] // WIDE)) * WIDE))
        wide[:, : values.shape[1]] = values
        for block in range(wide.shape[1] // WIDE):
            some = wide[:, block * WIDE : (block + 1) * WIDE].tolist()
            self.tables["walk_vector"] += [(part, block, place, *line) for place, line in enumerate(some)]

    def walk(self, columns: tuple[str, ...], explained: tuple[str, ...] = (), words: int = 1) -> "Walk":
        """What was collected."""
        return Walk({name: tuple(found) for name, found in self.tables.items()}, columns, explained, words)
