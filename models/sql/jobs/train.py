"""ML_TRAIN: a table becomes a model of the caller's catalog."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from models.automl.engine import fit
from models.automl.model import Model
from models.sql.bench import Bench, Cancelled
from models.sql.drift import learn
from models.sql.errors import MlError, brief, coded
from models.sql.options import TABULAR, task_of, train_options, whole
from models.sql.walk.distil import walkable
from models.sql.walk.explained import explained_columns
from models.tasks.anomaly.model import AnomalyModel
from models.tasks.protocol import TaskModel, fit_task

__all__ = ["importance_of", "train"]

MOST_ROWS = 15_000
"""Rows of the model in the database: a prediction in SQL then takes about five milliseconds."""
WARNINGS = {
    "kept": (
        "{columns} may give the target away: CALL ML_AUDIT, or train with 'leaks', 'exclude'",
        "{columns}は目的変数を直接表している疑いがあります。ML_AUDITで確認するか、'leaks', 'exclude'で除いてください",
    ),
    "excluded": (
        "{columns} gave the target away and was left out; 'leaks', 'report' keeps it",
        "{columns}は目的変数を直接表しているため除きました。残すには'leaks', 'report'とします",
    ),
    "weak": (
        "not clearly better than a naive model: {metric} {forward} against {baseline} on unseen rows",
        "単純な予測より明らかに良いとは言えません。未知の行での{metric}は{forward}、単純な予測は{baseline}です",
    ),
}
"""What ML_TRAIN warns of, English and Japanese; MySQL takes 128 letters."""
LONGEST_LIST = 40
"""Letters of the columns that a warning names."""
FEWEST = 5
"""Rows of a class, as HeatWave asks for."""
WALKABLE = {
    "classification": (
        *("LogisticRegression", "GaussianNB", "DecisionTreeClassifier", "LGBMClassifier"),
        "LGBMExtraTreesClassifier",
    ),
    "regression": ("LinearRegression", "DecisionTreeRegressor", "LGBMRegressor", "LGBMExtraTreesRegressor"),
}
"""What is tried unless the caller names others: models that a row function evaluates in milliseconds."""


def train(bench: Bench) -> dict[str, Any]:
    """Answers with the model's handle."""
    began = time.monotonic()
    options = bench.options
    task = task_of(options)
    target = bench.args.get("target")
    handle = str(bench.args.get("handle") or _handle(bench))
    lock = bench.queue.lock(bench.job)
    bench.catalog.begin(handle, str(bench.args["table"]), target, task, options.get("notes"), lock)
    try:
        written, metadata, explanation = _learnt(bench, target, task, options)
    except Cancelled:
        bench.catalog.withdraw(handle)
        raise
    except Exception as error:
        bench.catalog.failed(handle, brief(str(error)))
        raise
    metadata |= {"training_time": round(time.monotonic() - began, 3), "train_table_name": bench.args["table"]}
    metadata |= {"target_column_name": target, "options": options | {"task": task}, "notes": options.get("notes")}
    bench.catalog.finish(handle, written, metadata, explanation)
    warning = _warning(metadata, bench.japanese)
    return {"handle": handle} | ({"warning": warning} if warning else {})


def _warning(metadata: Mapping[str, Any], japanese: bool) -> str | None:
    """Columns that clearly know the answer, or that nothing was learnt, for a client that shows no metadata."""
    quality = metadata.get("quality")
    clear = [
        suspect
        for suspect in (metadata.get("leaks") or {}).get("suspects", ())
        if suspect["clear"] and suspect["columns"] and suspect["kind"] != "identifier"
    ]
    if clear:
        names = list(dict.fromkeys(repr(column) for suspect in clear for column in suspect["columns"]))
        columns = ", ".join(names)
        if len(columns) > LONGEST_LIST:
            columns = f"{names[0][:LONGEST_LIST]}…" + (f" (+{len(names) - 1})" if names[1:] else "")
        code = "excluded" if any(suspect["action"] == "excluded" for suspect in clear) else "kept"
        return WARNINGS[code][int(japanese)].format(columns=columns)
    if metadata["model_quality"] == "low" and quality and quality["baseline"] is not None:
        shown = {key: f"{quality[key]:.3f}" for key in ("forward", "baseline")}
        return WARNINGS["weak"][int(japanese)].format(metric=quality["metric"], **shown)
    return None


def _learnt(
    bench: Bench, target: str | None, task: str, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The model's text, its metadata, what explains it."""
    frame = bench.read()
    bench.tell("reading", 0.02)
    if not len(frame):
        raise MlError(f"table {bench.args['table']!r} holds no rows; there is nothing to learn from")
    if target is not None:
        bench.has_column(target, frame.columns)
    return (_tabular if task in TABULAR else _other)(bench, frame, target, task, options)


def _handle(bench: Bench) -> str:
    # Two trainings of one table may begin in one second: with the job's number they are two.
    return f"{bench.table}_{bench.job.owner}_{int(time.time())}_{bench.job.number}"


def _tabular(
    bench: Bench, frame: pd.DataFrame, target: str | None, task: str, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    if target is None:
        raise MlError(f"the target is NULL; {task} needs the name of the column to foretell")
    words = train_options(options, frame.columns, target, task)
    _check_target(frame[target], target, task)
    words = _tried(words, task)
    model = fit(frame, target, told=lambda what, share, best: bench.tell(what, 0.05 + 0.85 * share), **words)
    bench.tell("distilling", 0.92)
    model, distilled = walkable(model, frame, MOST_ROWS)
    detector, drift = learn(model.preparation, [model.columns[place] for place in explained_columns(model)], frame)
    model = replace(model, facts={**model.facts, "drift": detector.to_dict()})
    explanation = {"permutation_importance": importance_of(model)}
    metadata = metadata_of(model, frame) | {"training_drift_metric": drift}
    return model.to_text(), metadata | distilled, explanation


def _tried(words: dict[str, Any], task: str) -> dict[str, Any]:
    """The options with what is tried: who excludes some gets the rest of what SQL walks, or, where nothing of that is
    left, of everything."""
    if words.get("model_list"):
        return words
    unwanted = words.get("exclude_model_list") or ()
    left = [name for name in WALKABLE[task] if name not in unwanted]
    return words | {"model_list": left}


def _check_target(values: pd.Series, target: str, task: str) -> None:
    missing = int(values.isna().sum())
    if missing:
        raise coded("target_null", f"target {target!r} holds NULL in {missing} rows; fill or delete them")
    if task == "classification":
        counts = values.value_counts()
        few = int((counts < FEWEST).sum())
        if few:
            raise coded(
                "few_rows_of_class",
                f"{few} of {len(counts)} classes of {target!r} have fewer than {FEWEST} rows; is it regression?",
            )


def importance_of(model: Model) -> dict[str, float]:
    """Column to how much the score falls without it, the largest first."""
    return {str(entry["column"]): float(entry["importance"] or 0.0) for entry in model.facts.get("importance", [])}


def metadata_of(model: Model, frame: pd.DataFrame) -> dict[str, Any]:
    """HeatWave's fields, and ours beside them (``quality``, ``leaks``, ``remarks``)."""
    heaviest = max(model.members, key=lambda member: member.weight)
    quality = model.quality
    low, baseline = quality.forward_low, quality.baseline
    good = low is None or baseline is None or low > baseline
    return {
        "task": model.task,
        "column_names": [str(column) for column in frame.columns if column != model.target.name],
        "model_quality": "high" if good else "low",
        "algorithm_name": heaviest.algorithm,
        "training_score": quality.forward if quality.forward is not None else quality.random,
        "n_rows": len(frame),
        "n_columns": frame.shape[1] - 1,
        "n_selected_rows": model.facts.get("rows_used", len(frame)),
        "n_selected_columns": len(model.columns),
        "optimization_metric": quality.metric,
        "selected_column_names": list(model.columns),
        "contamination": None,
        "training_params": {
            "members": [
                {"algorithm": one.algorithm, "weight": one.weight, "config": dict(one.config)} for one in model.members
            ]
        },
        "onnx_inputs_info": None,
        "onnx_outputs_info": None,
        "quality": vars(quality),
        "leaks": model.leaks.to_dict(),
        "remarks": model.facts.get("notes"),
    }


def _other(
    bench: Bench, frame: pd.DataFrame, target: str | None, task: str, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    words = {key: value for key, value in options.items() if key not in ("task", "notes", "seed")}
    seed = whole(options, "seed", 0)
    model: TaskModel = fit_task(
        task, frame, target, words, seed=seed, told=lambda what, share: bench.tell(what, 0.05 + 0.9 * share)
    )
    card, facts = model.card, dict(model.card.facts)
    if isinstance(model, AnomalyModel):
        detector, facts["training_drift_metric"] = learn(model.space.preparation, model.space.columns, frame)
        model = replace(model, card=replace(card, facts={**card.facts, "drift": detector.to_dict()}))
    metadata = {
        "task": task,
        "column_names": [str(column) for column in frame.columns if column != target],
        "model_quality": facts.pop("quality", "high"),
        "algorithm_name": card.algorithm,
        "training_score": _plain(card.training_score),
        "n_rows": len(frame),
        "n_columns": frame.shape[1],
        "optimization_metric": card.metric,
        "selected_column_names": list(card.columns),
        "contamination": options.get("contamination"),
        "remarks": facts.pop("notes", None),
        **facts,
    }
    return model.to_text(), metadata, {}


def _plain(value: Any) -> Any:
    return None if value is None or not np.isfinite(value) else float(value)
