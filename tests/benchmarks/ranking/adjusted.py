"""A plain adjusted estimate that is told the true stages: how far one gets without any care, as a yardstick.

For each setting a regression (logistic for defects) on splines of the setting, of context, of every column of a truly
lower stage and of the other settings of the same stage; then standardisation over the units. No interactions, no
intervals, no gate, and the window is chosen and valued on the same data.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

from tests.benchmarks.ranking.files import frame_of
from tests.benchmarks.ranking.line import Floats
from tests.benchmarks.ranking.peers import advice, level_gain, recorded_loss, used_columns
from tests.benchmarks.ranking.plants import Plant
from tests.benchmarks.ranking.truth import Best, best_on_grid

__all__ = ["adjusted"]

ROWS = 3_000
"""Units that the standardisation runs over."""
FITTED = 20_000
"""Units that the regression sees at most."""


def adjustment(plant: Plant, setting: str) -> list[str]:
    """Context, truly lower stages, and the other settings of the same stage."""
    nodes, stage = plant.line.nodes, plant.line.nodes[setting].stage or 0.0
    found = []
    for column in used_columns(plant):
        node = nodes[column]
        lower = node.stage is not None and node.stage < stage
        beside = column in plant.truth.settings and node.stage == stage and column != setting
        if (node.role == "context" or lower or beside) and node.role != "outcome":
            found.append(column)
    return found


def _regression(plant: Plant, frame: pd.DataFrame, columns: list[str]) -> Pipeline:
    numbers = [column for column in columns if frame[column].dtype == "float64"]
    levels = [column for column in columns if column not in numbers]
    spline = make_pipeline(StandardScaler(), SplineTransformer(n_knots=5, knots="quantile", extrapolation="constant"))
    design = ColumnTransformer(
        [("numbers", spline, numbers), ("levels", OneHotEncoder(handle_unknown="ignore"), levels)], sparse_threshold=0.0
    )
    last = LogisticRegression(C=1.0, max_iter=200) if plant.config.task == "classification" else Ridge(alpha=1.0)
    return Pipeline([("design", design), ("last", last)])


def _best(plant: Plant, setting: str, frame: pd.DataFrame, y: Floats, rng: np.random.Generator) -> Best:
    columns = [setting, *adjustment(plant, setting)]
    rows = rng.permutation(len(frame))
    fitted, some = rows[:FITTED], frame.iloc[rows[:ROWS]][columns]
    model = _regression(plant, frame, columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(frame.iloc[fitted][columns], y[fitted])

    def loss(table: pd.DataFrame) -> Floats:
        if plant.config.task == "classification":
            return np.asarray(model.predict_proba(table)[:, 1], dtype=np.float64)
        return np.asarray(model.predict(table), dtype=np.float64)

    now, declared = loss(some), plant.truth.settings[setting]
    if declared.levels:
        means = {level: float(loss(some.assign(**{setting: level})).mean()) for level in declared.levels}
        share = {level: float((frame[setting] == level).mean()) for level in declared.levels}
        return level_gain(float(now.mean()), means, share)
    at = np.stack([loss(some.assign(**{setting: point})) for point in declared.grid])
    return best_on_grid(some[setting].to_numpy(), now, declared.grid, at)


def _filled(frame: pd.DataFrame) -> pd.DataFrame:
    """Missing numbers as their medians."""
    return frame.fillna({column: frame[column].median() for column in frame if frame[column].dtype == "float64"})


def adjusted(plant: Plant) -> dict[str, Any]:
    """The setting with the largest estimate, and its window."""
    frame, y, rng = _filled(frame_of(plant)), recorded_loss(plant), np.random.default_rng(plant.seed)
    found = {setting: _best(plant, setting, frame, y, rng) for setting in plant.truth.settings}
    factor = max(found, key=lambda one: found[one].gain)
    return advice(factor, found[factor])
