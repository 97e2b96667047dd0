"""Which columns are explained, and the typical row that they are compared with: one answer for SQL and for Python."""

import re

import numpy as np

from models.automl.algorithms.base import Fitted
from models.automl.algorithms.bayes import BayesFitted
from models.automl.algorithms.blanked import Blanked
from models.automl.algorithms.linear import LinearFitted
from models.automl.algorithms.naive import NaiveFitted
from models.automl.algorithms.scaled import Scaled
from models.automl.algorithms.svm import SvmFitted
from models.automl.columns.categories import CategoryRecipe
from models.automl.explain.trees import tree_view
from models.automl.matrix import Floats, Ints, Matrix
from models.automl.model import Model

__all__ = ["EXPLAINED", "additive", "commonest", "explained_columns", "middle", "typical"]

EXPLAINED = 100
"""As many columns as HeatWave explains."""


def explained_columns(model: Model) -> tuple[int, ...]:
    """Places of the columns that members read, the most important first; at most `EXPLAINED`."""
    used: set[int] = set()
    for member in model.members:
        for fitted in member.fitted:
            used |= _read(fitted, model.background)
    found = model.facts.get("importance") or []
    rank = {entry["column"]: place for place, entry in enumerate(found)}
    order = sorted(used, key=lambda column: (rank.get(model.columns[column], len(rank)), column))
    return tuple(order[:EXPLAINED])


def _read(fitted: Fitted, matrix: Matrix) -> set[int]:
    """The columns that a trained model looks at."""
    blank = set(fitted.places) if isinstance(fitted, Blanked) else set()
    inside = fitted.fitted if isinstance(fitted, Blanked) else fitted
    view = tree_view(fitted, matrix)
    if view is not None:
        # The library's own count leaves out splits without a gain, which those of other libraries are in its form.
        lines = re.findall(r"^split_feature=(.*)$", view.trees.booster.model_to_string(), re.MULTILINE)
        places = {int(place) for line in set(lines) for place in line.split()}
        return {view.owner[place] for place in places if place not in blank}
    if isinstance(inside, NaiveFitted):
        return set()
    scaled = _scaled(inside)
    if scaled is None:
        return {matrix.source[place] for place in range(matrix.p) if place not in blank}
    seen = {each.place for each in scaled.numbers} | {each.place for each in scaled.categories}
    return {matrix.source[place] for place in seen - blank}


def _scaled(fitted: Fitted) -> Scaled | None:
    if isinstance(fitted, LinearFitted):
        return fitted.basis.scaled
    return fitted.scaled if isinstance(fitted, (BayesFitted, SvmFitted)) else None


def additive(model: Model) -> bool:
    """Is the model a sum of functions of one column each?"""
    return model.task == "regression" and all(_alone(fitted) for member in model.members for fitted in member.fitted)


def _alone(fitted: Fitted) -> bool:
    inside = fitted.fitted if isinstance(fitted, Blanked) else fitted
    if isinstance(inside, LinearFitted):
        return inside.basis.shape != "squares"
    return isinstance(inside, NaiveFitted) or (isinstance(inside, SvmFitted) and not inside.machine.gamma)


def typical(model: Model) -> Floats:
    """(p,): of the sample of training each number's median, as it occurred, and each category's commonest level."""
    out = np.empty(model.background.p)
    at = 0
    for recipe in model.preparation.recipes:
        values = model.background.values[:, at : at + len(recipe.features)]
        stop = at + len(recipe.features)
        if isinstance(recipe, CategoryRecipe):
            out[at:stop] = values[commonest(values)] if len(values) else np.nan
        else:
            out[at:stop] = [middle(column) for column in values.T]
        at = stop
    return out


def middle(column: Floats) -> float:
    """A median that occurred; NaN where nothing is present."""
    present = np.sort(column[~np.isnan(column)])
    return float(present[(len(present) - 1) // 2]) if len(present) else float("nan")


def commonest(rows: Floats) -> int:
    """A row that most rows equal, leaving out empty ones as long as others are there; of several the smallest."""
    filled = np.nan_to_num(rows, nan=-1.0)
    different, first, count = np.unique(filled, axis=0, return_index=True, return_counts=True)
    counts: Ints = np.where((different == -1.0).all(axis=1) & (len(different) > 1), 0, count)
    return int(first[counts.argmax()])
