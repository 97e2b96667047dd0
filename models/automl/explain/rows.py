"""Why each row is predicted as it is: values per column of the user that add up to the prediction.

`rows` explains in the space of the prediction: the target's unit, or the (calibrated) probability of each class. What a
member foretells in that unit by adding trees is explained exactly (`background`); all else by permutations
(`permutation`), which add up exactly, too. A blend is a weighted sum, and so are its values.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.explain.asked import Explainable, Part, outputs_of
from models.automl.explain.game import matrix_game
from models.automl.explain.notes import Known
from models.automl.explain.permutation import permutation_values
from models.automl.explain.trees import TreeView, tree_view
from models.automl.matrix import Floats, Matrix
from models.study.data import Notice

__all__ = ["ROW_METHODS", "Explanation", "RowMethod", "explain_matrix", "rows"]

RowMethod = Literal["shap", "permutation_importance"]
ROW_METHODS: tuple[RowMethod, ...] = ("shap", "permutation_importance")
BACKGROUND = 100
"""Rows to compare with: more change little, and cost in proportion where nothing is exact."""


@dataclass(frozen=True)
class Explanation:
    """``base``: (outputs,) the mean prediction of the background. ``values``: (n, columns, outputs).
    ``prediction``: (n, outputs) = base + values summed over the columns, to rounding. ``exact``: no sampling error.
    ``notes``: about the method; ``row_notes``: (n,) about each row.
    """

    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    base: Floats
    values: Floats
    prediction: Floats
    method: RowMethod
    exact: bool
    notes: tuple[Notice, ...] = ()
    row_notes: tuple[tuple[Notice, ...], ...] = ()

    def frame(self, output: str | None = None) -> pd.DataFrame:
        """One row per row, one column per column of the user: the values of one output (default: the last one).

        Raises `StudyError` for an output that is not there.
        """
        name = self.outputs[-1] if output is None else output
        if name not in self.outputs:
            raise StudyError(f"the model has no output {name!r} to explain; {nearest(name, self.outputs)}")
        return pd.DataFrame(self.values[:, :, self.outputs.index(name)], columns=list(self.columns))


def rows(
    model: Explainable,
    table: pd.DataFrame,
    background: pd.DataFrame,
    *,
    method: RowMethod = "shap",
    known: Known | None = None,
    threads: int = 1,
    seed: int = 0,
) -> Explanation:
    """Explain the rows of a table against a background: rows like those of training, or those of a good day.

    Of a long ``background`` a sample of `BACKGROUND` rows is used. ``method``: ``shap`` takes the exact way where there
    is one, ``permutation_importance`` asks the model alone. ``known``: what training looked like, for notes per row.
    """
    if method not in ROW_METHODS:
        raise StudyError(f"explainer {method!r} is unknown for rows; {nearest(method, ROW_METHODS)}")
    if len(background) > BACKGROUND:
        chosen = np.random.default_rng(seed).choice(len(background), BACKGROUND, replace=False)
        background = background.iloc[np.sort(chosen)]
    matrix, against = model.preparation.transform(table), model.preparation.transform(background)
    found = explain_matrix(model, matrix, against, method=method, threads=threads, seed=seed)
    said = known.rows(matrix, table) if known is not None else []
    return replace(found, row_notes=tuple(tuple(notes) for notes in said))


def explain_matrix(
    model: Explainable, matrix: Matrix, background: Matrix, *, method: RowMethod, threads: int = 1, seed: int = 0
) -> Explanation:
    """As `rows`, of matrices."""
    if not background.n:
        raise StudyError("the background holds no rows; give rows to compare with, such as those of training")
    exact: list[tuple[float, TreeView]] = []
    rest: list[tuple[float, Part]] = []
    for member in model.members:
        views = [tree_view(fitted, matrix) for fitted in member.fitted]
        ready = [view for view in views if view is not None and view.in_its_unit]
        if method == "shap" and model.task == "regression" and len(ready) == len(views):
            exact += [(member.weight / len(ready), view) for view in ready]
        else:
            rest.append((member.weight, member))
    prediction = model.predict_matrix(matrix)
    base = np.zeros(prediction.shape[1])
    values = np.zeros((matrix.n, len(matrix.columns), prediction.shape[1]))
    for weight, view in exact:
        start, parts = view.values(matrix, background, threads)
        base, values = base + weight * start, values + weight * parts
    if rest:
        start, parts = _by_permutation(model, rest, matrix, background, alone=not exact, seed=seed)
        base, values = base + start, values + parts
    sampled = bool(rest) and len(matrix.columns) > 2
    notes = (Notice("approximate", {"draws": 2 * background.n}),) if sampled else ()
    return Explanation(matrix.columns, outputs_of(model), base, values, prediction, method, not sampled, notes)


def _by_permutation(
    model: Explainable, rest: list[tuple[float, Part]], matrix: Matrix, background: Matrix, *, alone: bool, seed: int
) -> tuple[Floats, Floats]:
    """The whole model, or the sum of some of its members (of a regression)."""

    def part(cells: Matrix) -> Floats:
        if alone:
            return model.predict_matrix(cells)
        said = [weight / len(one.fitted) * fitted.predict(cells) for weight, one in rest for fitted in one.fitted]
        return np.asarray(sum(said))[:, None]

    both = replace(matrix, values=np.concatenate([matrix.values, background.values]))
    game = matrix_game(part, both)
    places = np.arange(both.n)
    return permutation_values(game, places[: matrix.n], places[matrix.n :], len(matrix.columns), seed=seed)
