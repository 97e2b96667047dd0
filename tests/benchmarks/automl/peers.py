"""One peer on one table, in a process and an environment of its own: ``python peers.py SYSTEM BUDGET FOLDER OUT``.

Writes ``OUT.npy`` (probabilities of the sorted classes, rows × classes, or predicted values) and ``OUT.json`` (seconds
of learning and of predicting, peak memory in MB). Every peer gets the same columns and is named the time or group
column in its own way; LightGBM's defaults know no such thing.
"""

import json
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CORES = 2
SEED = 0
Predict = Callable[[pd.DataFrame], np.ndarray]
Fit = Callable[[pd.DataFrame, np.ndarray, dict[str, Any], float], Predict]


def lightgbm(features: pd.DataFrame, target: np.ndarray, table: dict[str, Any], _budget: float) -> Predict:
    """100 trees with the library's own settings; strings as categories, times as numbers; no use for the budget."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    strings = {name: sorted(features[name].dropna().unique()) for name in features.select_dtypes("object").columns}

    def plain(frame: pd.DataFrame) -> pd.DataFrame:
        numbers = {name: frame[name].astype("int64") for name in frame.select_dtypes("datetime").columns}
        coded = {name: pd.Categorical(frame[name], categories=seen) for name, seen in strings.items()}
        # The library refuses brackets and commas in names.
        return frame.assign(**numbers, **coded).set_axis([f"c{at}" for at in range(frame.shape[1])], axis=1)

    kind = LGBMRegressor if table["task"] == "regression" else LGBMClassifier
    model = kind(n_jobs=CORES, random_state=SEED, verbosity=-1).fit(plain(features), target)
    answer = model.predict if table["task"] == "regression" else model.predict_proba
    return lambda rows: np.asarray(answer(plain(rows)))


def flaml(features: pd.DataFrame, target: np.ndarray, table: dict[str, Any], budget: float) -> Predict:
    from flaml import AutoML  # type: ignore[import-not-found]

    how: dict[str, Any] = {}
    if table["order"]:
        how["split_type"] = "time"
    elif table["group"]:
        how |= {"split_type": "group", "groups": pd.factorize(features[table["group"]])[0]}
    task = "regression" if table["task"] == "regression" else "classification"
    metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "r2"}[table["task"]]
    kept = features.drop(columns=table["group"] or [])
    model = AutoML()
    model.fit(kept, target, task=task, metric=metric, time_budget=budget, n_jobs=CORES, seed=SEED, verbose=0, **how)
    answer = model.predict if task == "regression" else model.predict_proba
    return lambda rows: np.asarray(answer(rows[kept.columns]))


def _autogluon(preset: str) -> Fit:
    def fit(features: pd.DataFrame, target: np.ndarray, table: dict[str, Any], budget: float) -> Predict:
        from autogluon.tabular import TabularPredictor  # type: ignore[import-not-found]

        metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "r2"}[table["task"]]
        structure = {"time_on": table["order"]} if table["order"] else {"group_on": table["group"]}
        named = {"validation_structure": structure} if any(structure.values()) else {}
        ignored = {"learner_kwargs": {"ignored_columns": [table["group"]]}} if table["group"] else {}
        label = "__target__"
        place = tempfile.TemporaryDirectory()
        predictor = TabularPredictor(
            label, problem_type=table["task"], eval_metric=metric, path=place.name, verbosity=0, **ignored
        )
        rows = features.assign(**{label: target})
        predictor.fit(rows, presets=preset, time_limit=budget, num_cpus=CORES, **named)

        def predict(rows: pd.DataFrame) -> np.ndarray:
            with place:
                if table["task"] == "regression":
                    return np.asarray(predictor.predict(rows))
                return np.asarray(predictor.predict_proba(rows)[sorted(predictor.class_labels)])

        return predict

    return fit


SYSTEMS: dict[str, Fit] = {
    "lightgbm": lightgbm,
    "flaml": flaml,
    "ag_medium": _autogluon("medium_quality"),
    "ag_high": _autogluon("high_quality"),
}


def main(system: str, budget: float, folder: Path, out: Path) -> None:
    table = json.loads((folder / "table.json").read_text())
    train, test = (pd.read_parquet(folder / f"{part}.parquet") for part in ("train", "test"))
    target = train.pop(table["target"]).to_numpy()
    if table["task"] != "regression":
        target = np.unique(target, return_inverse=True)[1]
    # The default learner is not told of groups, and a group's name is no property of its rows.
    if system == "lightgbm" and table["group"]:
        train = train.drop(columns=table["group"])
    rows = test[list(train.columns)]
    started = time.perf_counter()
    predict = SYSTEMS[system](train, target, table, budget)
    fitted = time.perf_counter()
    np.save(out.with_suffix(".npy"), predict(rows).astype(float))
    figures = {
        "fit_seconds": fitted - started,
        "predict_seconds": time.perf_counter() - fitted,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    out.with_suffix(".json").write_text(json.dumps(figures))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
