"""The detector of drift as rows: views that only a question for drift asks for, with numbers below 0, and what each of
their values is worth."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.automl.columns.dates import PARTS, DateRecipe
from models.automl.columns.prepare import Preparation
from models.sql.drift import Detector, Levels, Scale, level_words
from models.sql.walk.rows import BEYOND, EDGE, Rows
from models.sql.walk.views import ALWAYS, FIXED, MISSING, UNSEEN, Views

__all__ = ["watch"]


def watch(facts: Mapping[str, Any], preparation: Preparation, rows: Rows, views: Views) -> None:
    """Write the detector that the facts of a model of `models.sql.jobs.train` hold; older models have none."""
    found = facts.get("drift")
    if found is None:
        return
    rows.add("walk_drift", ALWAYS, -1.0, 1.0, 0.0, 0.0, 0.0, 0)  # also where nothing is watched
    for number, watched in enumerate(Detector.from_dict(found).watched, 1):
        column = preparation.columns.index(watched.column) + 1
        if isinstance(watched, Levels):
            _levels(preparation, rows, views, watched, (-number, column))
        else:
            _scale(preparation, rows, watched, (-number, column))


def _levels(preparation: Preparation, rows: Rows, views: Views, watched: Levels, where: tuple[int, int]) -> None:
    """The view is the surprise itself."""
    view, column = where
    worth = {MISSING: watched.missing, UNSEEN: watched.unseen}
    known = views.levels_of.get(column, {})
    for word, surprise in zip(level_words(preparation.recipes[column - 1]), watched.levels, strict=True):
        worth[known[word]] = surprise  # levels that share a number are equally frequent
    for level, surprise in worth.items():
        rows.add("walk_view", column, level, view, FIXED, None, 0.0, surprise, surprise)
    rows.add("walk_drift", view, -1.0, EDGE, 0.0, 0.0, 1.0, column)


def _scale(preparation: Preparation, rows: Rows, watched: Scale, where: tuple[int, int]) -> None:
    view, column = where
    part = PARTS.index("days") if isinstance(preparation.recipes[column - 1], DateRecipe) else 0
    rows.add("walk_view", column, 0, view, part, None, 0.0, BEYOND, BEYOND)
    pieces = np.clip(watched.pieces, -EDGE, EDGE)
    highs = [*pieces[1:, 0].tolist(), EDGE]
    for (low, *line), high in zip(pieces.tolist(), highs, strict=True):
        rows.add("walk_drift", view, low, high, *line, column)
    rows.add("walk_drift", view, EDGE, 10 * BEYOND, BEYOND, watched.missing, 0.0, column)
