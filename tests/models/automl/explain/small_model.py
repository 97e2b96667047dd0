"""A blend that is trained in no time: one LightGBM member and one that is no tree."""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from models.automl.algorithms.base import Task
from models.automl.algorithms.boosted import Boosted
from models.automl.columns import Preparation, infer
from models.automl.matrix import Floats, Matrix
from models.automl.target import Target


def small_table(n: int = 300) -> pd.DataFrame:
    """kwh = 2 speed + (die is B) * load + noise; load is missing in a fifth; twin repeats speed."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"speed": rng.normal(size=n), "load": rng.normal(size=n), "die": rng.choice(list("ABC"), n)})
    table["twin"] = table["speed"] + 0.01 * rng.normal(size=n)
    table.loc[rng.random(n) < 0.2, "load"] = np.nan
    table["at"] = pd.Timestamp("2026-01-05") + pd.to_timedelta(rng.integers(0, 5_000, n), unit="h")
    lift = np.where(table["die"] == "B", table["load"].fillna(1.0), 0.0)
    table["kwh"] = 2 * table["speed"] + lift + 0.05 * rng.normal(size=n)
    return table


@dataclass(frozen=True)
class Line:
    """No tree: the sum of the first two features, missing ones 0."""

    classes: int
    rounds: None = None

    def predict(self, matrix: Matrix) -> Floats:
        said = np.nan_to_num(matrix.values[:, :2]).sum(axis=1)
        if not self.classes:
            return said
        share = 1 / (1 + np.exp(-said))
        return np.stack([1 - share, share], axis=1)

    def to_dict(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class Part:
    weight: float
    fitted: tuple[Any, ...]


@dataclass(frozen=True)
class SmallModel:
    """`models.automl.explain.asked.Explainable`."""

    task: Task
    target: Target
    preparation: Preparation
    members: tuple[Part, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.preparation.columns

    def predict_matrix(self, matrix: Matrix) -> Floats:
        parts = [part.weight * one.predict(matrix) / len(part.fitted) for part in self.members for one in part.fitted]
        return np.asarray(sum(parts)).reshape(matrix.n, -1)


def small_model(table: pd.DataFrame, task: Task = "regression", trees: float = 0.7) -> SmallModel:
    """``trees``: the weight of the LightGBM member; the rest is `Line`'s."""
    features = table.drop(columns=["kwh"])
    preparation = Preparation.fit(features, infer(features))
    matrix = preparation.transform(features)
    classes = 2 if task == "classification" else 0
    target = (table["kwh"] > 0).to_numpy(dtype=float) if classes else table["kwh"].to_numpy()
    params = {
        "objective": "binary" if classes else "regression", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5,
        "num_leaves": 8, "learning_rate": 0.3,
    }  # fmt: skip
    data = lgb.Dataset(matrix.values, target, params=params, categorical_feature=matrix.categorical())
    booster = lgb.train(params, data, 20)
    boosted = Boosted(booster, classes, matrix.p, "logit" if classes else "identity")
    members = [Part(trees, (boosted, boosted)), Part(1 - trees, (Line(classes),))]
    found = Target("kwh", task, ("low", "high") if classes else ())
    return SmallModel(task, found, preparation, tuple(part for part in members if part.weight > 0))
