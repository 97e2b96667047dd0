"""Imported ONNX models in the routines: what they say and why as columns of output tables, their scores, their loading.

They are run by `models.onnx`; the documents are those of our own models.
"""

from collections.abc import Mapping
from typing import Any, cast, get_args

import numpy as np
import pandas as pd

from ingest.errors import nearest
from models.automl.model import Model
from models.automl.options import METRICS
from models.automl.target import Target
from models.onnx.judge import attention, curve, effects, importance, score, shares, typical
from models.onnx.model import OnnxModel, Said
from models.sql import shapes
from models.sql.answers import DOCUMENT, LONGEST_WORD, OTHERS, Answered, attributed
from models.sql.bench import Bench
from models.sql.errors import MlError
from models.sql.options import flag, names_of
from models.sql.tables import shape_of
from models.sql.walk.explain import DECIMALS, Attributions, Method, rounded
from models.sql.walk.explained import EXPLAINED
from models.sql.walk.said import quoted

__all__ = ["BACKGROUND", "explain_rows", "explain_whole", "fitted", "predict_rows", "score_rows"]

BACKGROUND = "background"
"""Field of ``model_metadata``: the typical row, which ML_EXPLAIN learns from its table."""
ONLY = "permutation_importance"
SHAP_ROWS = {"shap": 50, "fast_shap": 20}
"""Rows that are explained: a graph is asked twice per row, background row and column."""


class _View:
    """As much of a model as `shapes` reads."""

    def __init__(self, model: OnnxModel, said: Said) -> None:
        self.task = model.task
        self.target = Target(model.described.target, model.task, said.labels)


def fitted(bench: Bench, model: OnnxModel) -> OnnxModel:
    """The model, its columns found in the table of the call."""
    shape = shape_of(bench)
    return model.on(shape.columns, shape.key)


def predict_rows(model: OnnxModel, frame: pd.DataFrame, options: Mapping[str, Any]) -> Answered:
    """``Prediction`` and ``ml_results`` of rows."""
    for name in OTHERS:
        if name in options:
            raise MlError(f"option {name!r} is not for {model.task}; leave it out")
    if flag(options, "additional_details", False):
        raise MlError("additional_details needs a drift detector, which an imported ONNX model does not bring")
    said = model.say(frame)
    view = cast("Model", _View(model, said))
    predictions = shapes.predictions(view, said.raw, said.codes)
    goal = quoted(model.described.target)
    if model.task == "classification" and not model.probable:
        results = [f'{{"predictions": {{{goal}: {quoted(label)}}}}}' for label in predictions]
    else:
        results = shapes.results(view, said.raw, said.codes)
    for row in np.flatnonzero(~said.known).tolist():
        predictions[row], results[row] = None, f'{{"predictions": {{{goal}: null}}}}'
    return Answered(
        {"Prediction": _type(model), "ml_results": DOCUMENT}, {"Prediction": predictions, "ml_results": results}
    )


def _type(model: OnnxModel) -> str:
    return {"text": f"VARCHAR({LONGEST_WORD})", "whole": "BIGINT", "number": "DOUBLE"}[model.kind]


def explain_rows(bench: Bench, model: OnnxModel, options: Mapping[str, Any]) -> Any:
    """What explains a batch of rows. The typical row is ML_EXPLAIN's; where it was not called, that of the batch."""
    method = str(options.get("prediction_explainer", ONLY))
    if method not in get_args(Method):
        raise MlError(f"prediction_explainer {method[:40]!r} is unknown; {nearest(method, get_args(Method))}")
    together = method == "shap"
    entry = bench.loaded_entry()
    ranked = [name for name in entry.explanation.get(ONLY, {}) if name in model.columns]
    columns = tuple(dict.fromkeys([*ranked, *model.columns]))[:EXPLAINED]
    kept = entry.metadata.get(BACKGROUND)

    def answer(frame: pd.DataFrame) -> Answered:
        other = kept if isinstance(kept, dict) else typical(frame, model.columns)
        if together:
            said, all_, largest = shares(model, frame, other)
            values = all_[:, [model.columns.index(name) for name in columns]]
        else:
            said, values, largest = effects(model, frame, columns, other)
        if model.task == "classification":
            found = Attributions(columns, said.raw, said.codes, np.round(values, DECIMALS) + 0.0)
        else:
            found = Attributions(columns, said.raw, np.zeros(0, np.int64), rounded(values, largest))
        return _explained(model, frame, said, found, bench.japanese)

    return answer


def _explained(model: OnnxModel, frame: pd.DataFrame, said: Said, found: Attributions, japanese: bool) -> Answered:
    view = cast("Model", _View(model, said))
    notes = shapes.notes(view, frame, found, japanese=japanese)
    names = [attributed(name, place) for place, name in enumerate(found.columns)]
    predictions = shapes.predictions(view, said.raw, said.codes)
    for row in np.flatnonzero(~said.known).tolist():
        predictions[row] = None
    return Answered(
        {"Prediction": _type(model), "Notes": "TEXT", **dict.fromkeys(names, "DOUBLE"), "ml_results": DOCUMENT},
        {
            "Prediction": predictions,
            "Notes": notes,
            **{name: found.values[:, place] for place, name in enumerate(names)},
            "ml_results": shapes.explanations(view, found, notes),
        },
    )


def explain_whole(bench: Bench, model: OnnxModel, method: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """ML_EXPLAIN: adds an explainer to ``model_explanation``, and keeps the typical row."""
    target = bench.args.get("target") or model.described.target
    frame, model = _labelled(bench, model, target)
    bench.tell("explaining", 0.2)
    if method == "partial_dependence":
        found: dict[str, Any] = _curves(model, frame, options)
    elif method == ONLY:
        found = importance(model, frame, target)
    else:
        found = attention(model, frame, SHAP_ROWS[method])
    bench.catalog.explained(bench.handle, {method: found})
    bench.catalog.note(bench.handle, BACKGROUND, typical(frame, model.columns))
    return {"explained": method}


def _curves(model: OnnxModel, frame: pd.DataFrame, options: Mapping[str, Any]) -> dict[str, Any]:
    columns = names_of(options, "columns_to_explain")
    if not columns:
        raise MlError("partial_dependence needs columns_to_explain; write JSON_ARRAY('…')")
    wrong = next((name for name in columns if name not in model.columns), None)
    if wrong is not None:
        raise MlError(f"columns_to_explain names {wrong!r}, which the model does not read; "
                      f"{nearest(wrong, model.columns)}")  # fmt: skip
    wanted = options.get("target_value")
    if model.task == "classification" and wanted is None:
        raise MlError("partial_dependence of a classifier needs target_value; give one of its classes")
    return {
        name: [
            {"value": value if isinstance(value, (int, float, str)) else str(value), "mean": mean}
            for value, mean in curve(model, frame, name, None if wanted is None else str(wanted))
        ]
        for name in columns
    }


def score_rows(bench: Bench, model: OnnxModel) -> float | None:
    """ML_SCORE."""
    target, metric = bench.args.get("target"), str(bench.args.get("metric"))
    if target is None:
        raise MlError(f"the target is NULL; a {model.task} model is scored against a column")
    if metric not in METRICS[model.task]:
        raise MlError(f"metric {metric[:40]!r} is not one of {model.task}; {nearest(metric, METRICS[model.task])}")
    frame, model = _labelled(bench, model, target)
    return score(model, frame, target, metric)


def _labelled(bench: Bench, model: OnnxModel, target: str) -> tuple[pd.DataFrame, OnnxModel]:
    """The table of the call, and the model with its columns found in it."""
    frame = bench.read()
    bench.has_column(target, frame.columns)
    if not len(frame):
        raise MlError(f"table {bench.args['table']!r} holds no rows; give labelled ones")
    model = model.on([name for name in frame.columns if name != target], shape_of(bench).key)
    missing = next((name for name in model.columns if name not in frame.columns), None)
    if missing is not None:
        raise MlError(f"table {bench.args['table']!r} has no column {missing!r}, which the model needs")
    return frame, model
