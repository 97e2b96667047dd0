"""A study's units and the engine: one table in, a model and its honest quality out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.errors import StudyError
from models.automl import Model, fit
from models.automl.engine import Told
from models.automl.explain.path import path_values
from models.automl.explain.rows import explain_matrix
from models.automl.explain.trees import tree_view
from models.automl.model import Quality
from models.study.data import StudyData

__all__ = ["Learned", "contributions", "explained", "glance", "learn", "losses", "shares"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GLANCED = 50_000
"""Units of a large table that a quick model learns from."""
FEW = 20
"""Rows to compare with where every value costs a prediction."""


@dataclass(frozen=True)
class Learned:
    """A model of all units, and how well models like it foretell units they have not seen."""

    model: Model
    quality: Quality


def learn(
    data: StudyData,
    seed: int = 0,
    *,
    time_budget: float = 60.0,
    trials: int | None = None,
    model_list: Sequence[str] = (),
    told: Told = lambda what, share, best: None,
) -> Learned:
    """Train on every unit of an audited study. Raises `StudyError` where no column is left to learn from."""
    names = _free(data.features.columns, ("loss", "order", "group"))
    table = data.features.assign(**{names["loss"]: data.loss})
    if data.spec.task == "classification":
        table[names["loss"]] = data.loss.astype(np.int64)
    timed, grouped = data.time is not None, data.spec.group is not None
    if timed:
        table[names["order"]] = np.arange(data.n)
    if grouped:
        table[names["group"]] = data.groups
    model = fit(
        table,
        names["loss"],
        told=told,
        task=data.spec.task,
        leaks="off",
        seed=seed,
        time_budget=time_budget,
        trials=trials,
        model_list=tuple(model_list),
        monotone=_directions(data),
        time_column=names["order"] if timed else None,
        group_column=names["group"] if grouped else None,
    )
    return Learned(model, model.quality)


def glance(data: StudyData, seed: int = 0, seconds: float | None = None) -> Learned | None:
    """One boosted model, quickly: enough to say how far the table foretells its target and what the model attends to.

    Of a large table every k-th unit is used. None where nothing can be learnt or tested.
    """
    rows = np.arange(0, data.n, max(1, data.n // GLANCED))
    if len(rows) < data.n:
        time = None if data.time is None else data.time.iloc[rows].reset_index(drop=True)
        features = data.features.iloc[rows].reset_index(drop=True)
        data = replace(data, features=features, loss=data.loss[rows], groups=data.groups[rows], time=time)
    name = "LGBMClassifier" if data.spec.task == "classification" else "LGBMRegressor"
    limit: dict[str, Any] = {"trials": 2} if seconds is None else {"time_budget": max(1.0, seconds)}
    try:
        return learn(data, seed, model_list=(name,), **limit)
    except StudyError:
        return None


def losses(model: Model, features: pd.DataFrame) -> Floats:
    """Probability of a bad unit, or expected loss. (n,). Raises `StudyError` for a column that is not there."""
    return np.asarray(model.predict_raw(features)[:, -1])


def contributions(model: Model, frame: pd.DataFrame, factor_of: Mapping[str, str] | None = None) -> pd.DataFrame:
    """What moved the prediction of each unit: one column per factor, one row per unit.

    Path-dependent SHAP values of the heaviest tree member, in its raw scale; of a model without trees permutation
    values. They say what moved the prediction, not what would change the plant: `models.rank` answers that.
    ``factor_of``: factor of each column; without it every column is its own.
    """
    matrix = model.preparation.transform(frame)
    views = (tree_view(member.fitted[0], matrix) for member in model.members)
    view = next((found for found in views if found is not None), None)
    if view is not None:
        values = path_values(view, matrix)[1][:, :, -1]
    else:
        some = model.background.take(slice(0, FEW))
        values = explain_matrix(model, matrix, some, method="permutation_importance").values[:, :, -1]
    out = {(factor_of or {}).get(column, column): np.zeros(len(frame)) for column in frame.columns}
    for place, column in enumerate(model.columns):
        factor = (factor_of or {}).get(column, column)
        out[factor] = out[factor] + values[:, place]
    return pd.DataFrame(out, index=frame.index)


def explained(learned: Learned | None, data: StudyData, rows: Ints) -> pd.DataFrame:
    """Contributions per factor of some units of a study; noughts where there is no model."""
    frame = data.features.iloc[rows]
    if learned is None:
        return pd.DataFrame(0.0, index=frame.index, columns=data.factors)
    return contributions(learned.model, frame, data.factor_of)


def shares(parts: pd.DataFrame) -> dict[str, float]:
    """Mean absolute contribution of each factor, as a share of all (they sum to 1; all 0 for a constant model)."""
    size = parts.abs().mean()
    total = float(size.sum())
    return {str(factor): float(value) / total if total > 0 else 0.0 for factor, value in size.items()}


def _free(taken: Iterable[str], wanted: Sequence[str]) -> dict[str, str]:
    """Names that no column has."""
    used = set(taken)
    out = {}
    for wish in wanted:
        name = wish
        while name in used:
            name += "'"
        used.add(name)
        out[wish] = name
    return out


def _directions(data: StudyData) -> dict[str, int]:
    """Columns that the plant declares monotone, as directions of the loss."""
    found = {}
    for column in data.features.columns:
        factor = data.spec.factor(column)
        if factor.monotone is not None and factor.of is None and data.features[column].dtype == "float64":
            found[column] = int(data.sign) * (1 if factor.monotone == "rising" else -1)
    return found
