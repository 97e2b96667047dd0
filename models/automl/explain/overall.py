"""What a model attends to over all rows, by the names that HeatWave AutoML has for it, and ALE.

``permutation_importance``: by how much the score falls without the column, with an interval (`importance`).
``shap``: the mean absolute SHAP value in the unit of the prediction, over a sample of rows (`rows`).
``fast_shap``: the same for each tree member in the scale in which its trees add up, exact and fast (`background`); the
members' shares are averaged by their weights. Shares only: a member's scale may not be the prediction's.
``partial_dependence``, ``ale``: curves, one per column (`dependence`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.algorithms.base import Fitted
from models.automl.explain.asked import Explainable, outputs_of
from models.automl.explain.dependence import accumulated_effects, partial_dependence
from models.automl.explain.game import Game, matrix_game
from models.automl.explain.importance import Score, permutation_importance
from models.automl.explain.permutation import permutation_values
from models.automl.explain.rows import BACKGROUND, explain_matrix
from models.automl.explain.trees import tree_view
from models.automl.matrix import Floats, Ints, Matrix
from models.study.data import Notice

__all__ = ["GLOBAL_METHODS", "Attention", "GlobalMethod", "global_"]

GlobalMethod = Literal["permutation_importance", "shap", "fast_shap", "partial_dependence", "ale"]
GLOBAL_METHODS: tuple[GlobalMethod, ...] = ("permutation_importance", "shap", "fast_shap", "partial_dependence", "ale")
ROWS = {"permutation_importance": 2_000, "shap": 200, "fast_shap": 2_000, "partial_dependence": 500, "ale": 1_000}
"""Rows of which a sample is taken if there are more."""
_SHUFFLED = 400_000  # rows predicted for ``permutation_importance``: wide tables get fewer rows, shuffled less often
_FEWEST = 200  # rows of which a score says something
_REST = (50, 20)  # rows and background of members that are no trees, in ``fast_shap``
_LEAVES = 30_000_000  # leaves looked up in ``fast_shap``: deep forests get fewer rows
_SMALL = 25  # background for ``shap`` where nothing is exact


@dataclass(frozen=True)
class Attention:
    """``table``: for importances ``column``, ``importance``, ``low``, ``high`` (both None where there is no interval)
    and ``share`` (of the positive ones; sums to 1), the largest first; for curves ``column``, ``cell`` (the user's,
    None for missing), ``output``, ``effect``, ``share`` (of the rows)."""

    method: GlobalMethod
    table: pd.DataFrame
    notes: tuple[Notice, ...]


def global_(
    model: Explainable,
    table: pd.DataFrame,
    *,
    method: GlobalMethod = "permutation_importance",
    score: Score | None = None,
    columns: Sequence[str] | None = None,
    sample: int | None = None,
    threads: int = 1,
    seed: int = 0,
) -> Attention:
    """Explain a model over the rows of a table.

    ``score``: needed for ``permutation_importance``: places of rows of ``table`` and their predictions → a score,
    higher is better. ``columns``: for curves, which (default: all). ``sample``: rows used at most (default: `ROWS`).
    """
    if method not in GLOBAL_METHODS:
        raise StudyError(f"explainer {method!r} is unknown; {nearest(method, GLOBAL_METHODS)}")
    for name in columns or ():
        if name not in model.columns:
            raise StudyError(f"the model does not read column {name!r}; {nearest(name, model.columns)}")
    if not len(table):
        raise StudyError("the table to explain the model on holds no rows; give rows like those of training")
    rng = np.random.default_rng(seed)
    most = sample or ROWS[method]
    if method == "permutation_importance":
        most = min(most, max(_FEWEST, _SHUFFLED // (2 * max(1, len(model.columns)))))
    places = rng.permutation(len(table))[:most]
    matrix = model.preparation.transform(table.iloc[places])
    notes = [Notice("sampled_rows", {"count": len(places), "n": len(table)})] if len(places) < len(table) else []
    if method in ("partial_dependence", "ale"):
        shown = columns or model.columns
        made = _curves(model, matrix, table.iloc[places], shown, method)
        return Attention(method, made, tuple(notes))
    if method == "permutation_importance":
        if score is None:
            raise StudyError("permutation importance needs a score; give the table with its target")
        found = _by_shuffling(model, matrix, score, places, seed)
    elif method == "shap":
        against = matrix.take(slice(0, BACKGROUND if model.task == "regression" else _SMALL))
        explained = explain_matrix(model, matrix, against, method="shap", threads=threads, seed=seed)
        notes += explained.notes
        found = _ranked(model.columns, np.abs(explained.values).mean(axis=(0, 2)))
    else:
        notes.append(Notice("log_odds"))
        found = _ranked(model.columns, _fast(model, matrix, threads, seed))
    return Attention(method, found, tuple(notes))


def _game(model: Explainable, matrix: Matrix) -> Game:
    return matrix_game(model.predict_matrix, matrix)


def _by_shuffling(model: Explainable, matrix: Matrix, score: Score, places: Ints, seed: int) -> pd.DataFrame:
    def of_sample(rows: Ints, predicted: Floats) -> float | None:
        return score(places[rows], predicted)

    often = 10 if matrix.n <= 1_000 else 5
    repeats = min(often, max(2, _SHUFFLED // max(1, matrix.n * len(model.columns))))
    found = permutation_importance(
        _game(model, matrix), np.arange(matrix.n), model.columns, of_sample, repeats=repeats, seed=seed
    )
    return _ranked(
        model.columns,
        np.array([np.nan if each.estimate is None else each.estimate for each in found]),
        [each.low for each in found],
        [each.high for each in found],
    )


def _ranked(
    columns: Sequence[str],
    size: Floats,
    low: Sequence[float | None] | None = None,
    high: Sequence[float | None] | None = None,
) -> pd.DataFrame:
    none = [None] * len(columns)
    positive = np.maximum(np.nan_to_num(size), 0.0)
    made = pd.DataFrame({
        "column": list(columns),
        "importance": size,
        "low": pd.array(low or none, dtype="Float64"),
        "high": pd.array(high or none, dtype="Float64"),
        "share": positive / positive.sum() if positive.sum() > 0 else positive,
    })  # fmt: skip
    return made.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _fast(model: Explainable, matrix: Matrix, threads: int, seed: int) -> Floats:
    """(columns,): shares, averaged over the members by weight."""
    total = np.zeros(len(matrix.columns))
    for member in model.members:
        size = _attention(member.fitted[0], matrix, threads, seed)  # refits differ by their seed alone
        if size.sum() > 0:
            total += member.weight * size / size.sum()
    return total


def _attention(fitted: Fitted, matrix: Matrix, threads: int, seed: int) -> Floats:
    view = tree_view(fitted, matrix)
    if view is not None:
        leaves = int((view.forest.feature < 0).sum())
        rows = matrix.take(slice(0, max(50, _LEAVES // leaves)))
        _, values = view.values(rows, matrix.take(slice(0, BACKGROUND)), threads)
        return np.asarray(np.abs(values).mean(axis=(0, 2)))

    def predict(cells: Matrix) -> Floats:
        return fitted.predict(cells).reshape(cells.n, -1)

    some, against = (np.arange(min(count, matrix.n)) for count in _REST)
    _, values = permutation_values(matrix_game(predict, matrix), some, against, len(matrix.columns), seed=seed)
    return np.asarray(np.abs(values).mean(axis=(0, 2)))


def _curves(
    model: Explainable, matrix: Matrix, table: pd.DataFrame, columns: Sequence[str], method: GlobalMethod
) -> pd.DataFrame:
    game, rows, outputs = _game(model, matrix), np.arange(matrix.n), outputs_of(model)
    parts = []
    places = {str(name): at for at, name in enumerate(table.columns)}
    for column in columns:
        place = matrix.columns.index(column)
        features = [feature for feature, source in enumerate(matrix.source) if source == place]
        number = len(features) == 1 and not matrix.levels[features[0]]
        key = matrix.values[:, features[0]] if number else None
        cells, width = table.iloc[:, places[column]], len(matrix.columns)
        if method == "ale":
            others = np.delete(matrix.values, features, axis=1)
            curve = accumulated_effects(game, cells, rows, place, width, key=key, others=others)
        else:
            curve = partial_dependence(game, cells, rows, place, width, key=key)
        effect, share, shown = curve.effect, curve.share, list(curve.cells)
        if curve.missing is not None:
            effect = np.concatenate([effect, curve.missing[None]])
            share, shown = np.append(share, 1 - share.sum()), [*shown, None]
        parts.append(
            pd.DataFrame(
                {
                    "column": column,
                    "cell": pd.Series(np.repeat(np.array(shown, dtype=object), len(outputs)), dtype=object),
                    "output": list(outputs) * len(shown),
                    "effect": effect.reshape(-1),
                    "share": np.repeat(share, len(outputs)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
