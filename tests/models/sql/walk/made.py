"""Small models of every kind, on a table with everything in it that a column can be."""

import datetime as clock
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd

from models.automl import fit
from models.automl.algorithms.base import Config, Problem, Task, Workbench
from models.automl.algorithms.blanked import Blanked
from models.automl.algorithms.registry import by_name
from models.automl.model import Member, Model

__all__ = ["CLASSES", "CONFIGS", "document", "member", "records", "rows_of", "small", "table", "with_members"]

CLASSES: Mapping[str, tuple[str, ...]] = {"binary": ("NG", "OK"), "multi": ("high", "low", "mid"), "regression": ()}
CONFIGS: Mapping[str, list[tuple[str, Config]]] = {
    "classification": [
        ("NaiveClassifier", {}),
        ("LogisticRegression", {"C": 10.0, "path": 1, "basis": "linear"}),
        ("LogisticRegression", {"C": 1.0, "path": 1, "basis": "curves"}),
        ("LogisticRegression", {"C": 1.0, "path": 1, "basis": "squares"}),
        ("GaussianNB", {"var_smoothing": 1e-9}),
        ("LGBMClassifier", {"num_iterations": 12, "num_leaves": 8, "learning_rate": 0.2, "min_data_in_leaf": 5}),
        ("LGBMClassifier", {"num_iterations": 8, "num_leaves": 8, "target_encoding": True, "min_data_in_leaf": 5}),
        ("LGBMExtraTreesClassifier", {"num_iterations": 8, "num_leaves": 16, "min_data_in_leaf": 5}),
        ("LGBMRandomForestClassifier", {"num_iterations": 8, "num_leaves": 90, "min_data_in_leaf": 1,
                                        "bagging_fraction": 0.632, "feature_fraction": 0.8}),
        ("ExtraTreesClassifier", {"n_estimators": 6, "min_samples_leaf": 1, "max_features": 0.5}),
        ("RandomForestClassifier", {"n_estimators": 6, "min_samples_leaf": 1, "max_features": 0.3}),
        ("DecisionTreeClassifier", {"min_samples_leaf": 5, "max_depth": 8}),
        ("HistGradientBoostingClassifier", {"max_iter": 8, "max_leaf_nodes": 8, "min_samples_leaf": 5}),
        ("LinearSVC", {"C": 0.1}),
    ],
    "regression": [
        ("NaiveRegressor", {}),
        ("LinearRegression", {"C": 10.0, "path": 1, "basis": "linear"}),
        ("LinearRegression", {"C": 1.0, "path": 1, "basis": "curves"}),
        ("LinearRegression", {"C": 1.0, "path": 1, "basis": "squares"}),
        ("LGBMRegressor", {"num_iterations": 12, "num_leaves": 8, "learning_rate": 0.2, "min_data_in_leaf": 5}),
        ("LGBMExtraTreesRegressor", {"num_iterations": 8, "num_leaves": 16, "min_data_in_leaf": 5}),
        ("ExtraTreesRegressor", {"n_estimators": 4, "min_samples_leaf": 1, "max_features": 0.5}),
        ("RandomForestRegressor", {"n_estimators": 4, "min_samples_leaf": 1, "max_features": 0.3}),
        ("DecisionTreeRegressor", {"min_samples_leaf": 5, "max_depth": 8}),
        ("HistGradientBoostingRegressor", {"max_iter": 8, "max_leaf_nodes": 8, "min_samples_leaf": 5}),
        ("LinearSVR", {"C": 0.1}),
    ],
}  # fmt: skip


def table(kind: str, rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps, skewed and as words; truths; categories of few and of many levels; dates; text; target y."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    x[rng.random((rows, 3)) < 0.1] = np.nan
    line = rng.choice(["A", "B", "C", "ライン1"], rows).astype(object)
    line[rng.random(rows) < 0.05] = None
    many = np.array([f"part {each}" for each in rng.zipf(1.3, rows) % 150], dtype=object)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400 * 24 * 60, rows), unit="min")
    spelt = np.array([f"{each:.2f} kg".replace(".", ",") for each in rng.gamma(3, 2, rows)], dtype=object)
    spelt[rng.random(rows) < 0.05] = "n/a"
    words = ["摩耗", "ベルト", "motor", "noise", "異音", "clean", "oil leak", "停止", "line", "油漏れ"]
    text = np.array([" ".join(rng.choice(words, rng.integers(1, 9))) + f". {each % 9}" for each in range(rows)])
    flag = rng.random(rows) < 0.3
    found = pd.DataFrame({
        "x 0": x[:, 0], "x1": x[:, 1], 'q"uo`te\\': x[:, 2], "line": line, "many": many, "when": when, "comment": text,
        "weight": spelt, "flag": flag, "skew": np.exp(1.5 * rng.normal(size=rows)), "code": rng.choice([1, 2, 3], rows),
    })  # fmt: skip
    z = 1.5 * np.nan_to_num(x[:, 0]) + np.array([{"A": 1.0, "B": -1.0}.get(each, 0.3) for each in line]) + 0.5 * flag
    z = z + np.sin(when.month) + 1.2 * np.array(["異音" in each for each in text]) + 0.5 * rng.normal(size=rows)
    if kind == "regression":
        return found.assign(y=10 * z + 100)
    if kind == "binary":
        return found.assign(y=np.where(z > 0.5, "NG", "OK"))
    return found.assign(y=np.where(z > 1, "high", np.where(z < -0.5, "low", "mid")))


def rows_of(kind: str, rows: int = 12) -> pd.DataFrame:
    """Rows that no model has seen, the first ones with what training had not."""
    found = table(kind, max(rows, 12), seed=99).drop(columns="y")
    found.loc[0, "line"], found.loc[1, "many"], found.loc[2, "comment"] = "unseen", "nobody", None
    found.loc[3, "when"], found.loc[4, "skew"], found.loc[5, "skew"] = pd.NaT, 1e9, -1e9
    found.loc[6, "x 0"], found.loc[7, "weight"], found.loc[8, "weight"] = np.nan, "3,5", "7.5 km"
    return found.head(rows)


@cache
def small(kind: str) -> Model:
    """A model of the table that says the same in every row."""
    task: Task = "regression" if kind == "regression" else "classification"
    naive = "NaiveRegressor" if task == "regression" else "NaiveClassifier"
    return fit(table(kind), "y", task=task, model_list=[naive], trials=1, threads=1, leaks="off")


@cache
def _bench(kind: str) -> Workbench:
    model, frame = small(kind), table(kind)
    problem = Problem(model.task, len(CLASSES[kind]), (), 1)
    return Workbench(model.preparation.transform(frame), model.target.codes(frame["y"]), np.ones(len(frame)), problem)


def member(kind: str, name: str, config: Config, weight: float = 1.0, blank: tuple[int, ...] = ()) -> Member:
    """A trained algorithm; ``blank``: features that it never sees."""
    bench = _bench(kind)
    if blank:
        bench = Workbench(bench.matrix.blank(blank), bench.target, bench.weight, bench.problem)
    fitted = by_name(name, bench.problem.task).fit(bench, np.arange(bench.matrix.n), config)
    return Member(name, config, weight, (Blanked(fitted, blank) if blank else fitted,))


def with_members(kind: str, *members: Member, **changes: Any) -> Model:
    """The model with these members, written to text and read again, as a catalog does."""
    model = replace(small(kind), members=members, **changes)
    return Model.from_text(model.to_text())


def document(row: Mapping[Any, Any]) -> str:
    """A row as ``JSON_OBJECT`` writes it."""

    def cell(value: Any) -> Any:
        if value is None or value is pd.NaT or value != value:
            return None
        if isinstance(value, clock.datetime):
            return str(value)
        return value.item() if isinstance(value, np.generic) else value

    return json.dumps({str(name): cell(value) for name, value in row.items()}, ensure_ascii=False)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    return cast("list[dict[str, Any]]", frame.to_dict("records"))
