"""ML_EXPLAIN: what a model attends to over a labelled table, into the catalog."""

from collections.abc import Mapping
from typing import Any

import orjson
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.explain.overall import global_
from models.automl.model import Model
from models.onnx.model import OnnxModel
from models.sql.bench import Bench, under_its_name
from models.sql.errors import MlError
from models.sql.imported import explain_whole
from models.sql.options import checked, names_of

__all__ = ["EXPLAINERS", "ROW_EXPLAINERS", "explain", "explainer_of"]

EXPLAINERS = ("permutation_importance", "partial_dependence", "shap", "fast_shap")
ROW_EXPLAINERS = ("permutation_importance", "shap")


def explain(bench: Bench) -> dict[str, Any]:
    """Adds one explainer to ``model_explanation``: column to importance, or the curves of ``columns_to_explain``."""
    options = checked("ML_EXPLAIN", bench.options)
    model = bench.explainable()
    method = explainer_of(options)
    row_method = str(options.get("prediction_explainer", "permutation_importance"))
    if row_method not in ROW_EXPLAINERS:
        raise MlError(f"prediction_explainer {row_method[:40]!r} is unknown; {nearest(row_method, ROW_EXPLAINERS)}")
    if method != "partial_dependence" and ("columns_to_explain" in options or "target_value" in options):
        raise MlError("columns_to_explain and target_value belong to model_explainer 'partial_dependence'")
    if isinstance(model, OnnxModel):
        return explain_whole(bench, model, method, options)
    frame = _labelled(bench, model)
    bench.tell("explaining", 0.2)
    if method == "partial_dependence":
        found = _curves(model, frame, options)
    else:
        table = model.explain(frame, method=method).table  # type: ignore[arg-type]
        column = "importance" if "importance" in table else "share"
        found = {str(name): float(value) for name, value in zip(table["column"], table[column], strict=True)}
    bench.catalog.explained(bench.handle, {method: found})
    return {"explained": method}


def explainer_of(options: Mapping[str, Any]) -> str:
    """The model explainer that is asked for. Raises `MlError` for an unknown one."""
    method = str(options.get("model_explainer", EXPLAINERS[0]))
    if method not in EXPLAINERS:
        raise MlError(f"model_explainer {method[:40]!r} is unknown; {nearest(method, EXPLAINERS)}")
    return method


def _labelled(bench: Bench, model: Model) -> pd.DataFrame:
    frame, target = bench.read(), bench.args.get("target")
    if target is not None:
        bench.has_column(target, frame.columns)
    if not len(frame):
        raise MlError(f"table {bench.args['table']!r} holds no rows; give the training table, or a sample of it")
    return frame if target is None else under_its_name(frame, model, target)


def _curves(model: Model, frame: pd.DataFrame, options: dict[str, Any]) -> dict[str, Any]:
    """Column to its curve: cells and what the model says on average if every row stood there."""
    columns = names_of(options, "columns_to_explain")
    if not columns:
        raise MlError("partial_dependence needs columns_to_explain; write JSON_ARRAY('…')")
    for column in columns:
        if column not in model.columns:
            raise MlError(f"columns_to_explain names {column!r}, which the model does not read; "
                          f"{nearest(column, model.columns)}")  # fmt: skip
    wanted: Any = None
    if model.task == "classification":
        if "target_value" not in options:
            raise MlError("partial_dependence of a classifier needs target_value; give one of its classes")
        known = {str(label): label for label in model.target.classes}
        if str(options["target_value"]) not in known:
            raise MlError(f"target_value {str(options['target_value'])[:40]!r} is no class; "
                          f"{nearest(str(options['target_value']), known)}")  # fmt: skip
        wanted = str(options["target_value"])
    try:
        table = global_(model, frame, method="partial_dependence", columns=columns).table
    except StudyError as error:
        raise MlError(str(error)) from None
    if wanted is not None:
        table = table[table["output"].astype(str) == wanted]
    return {
        str(column): [{"value": _cell(row["cell"]), "mean": float(row["effect"])} for _, row in part.iterrows()]
        for column, part in table.groupby("column", sort=False)
    }


def _cell(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or plain != plain:
        return None
    try:
        orjson.dumps(plain)
    except TypeError:
        return str(plain)
    return plain
