"""The options of the routines, checked: what is not known is refused, and the nearest known name is said."""

from collections.abc import Collection, Mapping
from typing import Any

from ingest.errors import nearest
from models.automl.options import METRICS
from models.sql.errors import MlError, coded

__all__ = ["OPTIONS", "TABULAR", "TASKS", "checked", "flag", "names_of", "task_of", "train_options", "whole"]

TABULAR = ("classification", "regression")
"""What `models.automl` does; every other task is in `models.tasks`."""
TASKS = (
    *TABULAR,
    *("forecasting", "anomaly_detection", "log_anomaly_detection", "recommendation", "topic_modeling", "clustering"),
)
COMMON = ("task", "notes", "exclude_column_list", "include_column_list", "time_budget", "seed")
LEARNING = (
    *COMMON,
    *("model_list", "exclude_model_list", "optimization_metric", "trials", "group_column", "time_column"),
    *("datetime_index", "cost_matrix", "monotone", "class_weight", "leaks", "roles"),
)
PREDICT = (
    *("threshold", "topk", "recommend", "remove_seen", "additional_details", "batch_size", "prediction_interval"),
    *("logad_options", "supervised_submodel_weight", "item_metadata", "user_metadata"),
)
OPTIONS: dict[str, tuple[str, ...]] = {
    "ML_TRAIN": LEARNING,
    "ML_EXPLAIN": ("model_explainer", "prediction_explainer", "columns_to_explain", "target_value"),
    "ML_PREDICT_TABLE": PREDICT,
    "ML_EXPLAIN_TABLE": ("prediction_explainer", "model_explainer", "batch_size"),
    "ML_SCORE": (
        *("threshold", "topk", "remove_seen", "supervised_submodel_weight", "item_metadata", "user_metadata"),
    ),
    "TRAIN_TEST_SPLIT": ("task", "datetime_index", "group_column", "time_column", "seed"),
    "ML_RANK": ("task", "bad", "goal", "factors", "time", "group", "cost", "min_support", "budget", "seed", "name"),
    "ML_AUDIT": ("task", "time_column", "group_column", "exclude_column_list", "seed"),
}
"""Of each routine; for ``ML_TRAIN`` of classification and regression, the others bring their own."""

SHAPES: dict[str, tuple[tuple[type, ...], str]] = {
    "monotone": ((dict,), "JSON_OBJECT('column', …)"),
    "roles": ((dict,), "JSON_OBJECT('column', 'controllable')"),
    "cost_matrix": ((dict, list), "JSON_OBJECT(…) or rows of numbers, JSON_ARRAY(JSON_ARRAY(0, 5), JSON_ARRAY(1, 0))"),
    "class_weight": ((dict, str), "'balanced' or JSON_OBJECT('class', 2)"),
}
"""Options of a training that are no single value: how they are written."""
LARGEST = 2**31 - 1
"""Of whole numbers: what every generator of random numbers takes as its seed."""
COLUMNS = ("group_column", "time_column", "datetime_index", "time", "group")
"""Options that name one column."""


def checked(routine: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, all of them known to the routine. Raises `MlError`."""
    refuse_unknown(options, OPTIONS[routine], routine)
    for name in COLUMNS:
        if not isinstance(options.get(name, ""), str):
            raise MlError(f"option {name!r} is {str(options[name])[:40]!r}; write the name of one column")
    if "batch_size" in options and whole(options, "batch_size", 1) < 1:
        raise MlError("option 'batch_size' is 0; write a whole number from 1 on")
    return dict(options)


def refuse_unknown(options: Mapping[str, Any], known: Collection[str], routine: str) -> None:
    for name in options:
        if name not in known:
            raise MlError(f"option {name!r} is unknown to {routine}; {nearest(str(name), known)}")


def task_of(options: Mapping[str, Any]) -> str:
    """The task of a training: classification where none is named. Raises `MlError` (ML001016)."""
    task = options.get("task")
    if task is None:
        return "classification"
    if not isinstance(task, str) or task.lower() not in TASKS:
        raise coded("task", f"task {str(task)[:40]!r} is not supported; {nearest(str(task), TASKS)}")
    return task.lower()


def flag(options: Mapping[str, Any], name: str, default: bool) -> bool:
    """A truth, as JSON true or as the word. Raises `MlError`."""
    value = options.get(name, default)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    raise MlError(f"option {name!r} is {str(value)[:40]!r}; write true or false")


def whole(options: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number from 0 to `LARGEST`. Raises `MlError`.

    >>> whole({"seed": 3}, "seed", 0), whole({}, "seed", 0)
    (3, 0)
    """
    value = options.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise MlError(f"option {name!r} is {str(value)[:40]!r}; write a whole number from 0 to {LARGEST}")
    return value


def train_options(options: Mapping[str, Any], columns: Collection[str], target: str, task: str) -> dict[str, Any]:
    """What `models.automl.fit` is given: HeatWave's words in ours, columns that exist. Raises `MlError`."""
    out = checked("ML_TRAIN", options) | {"task": task, "seed": whole(options, "seed", 0)}
    _refuse_shapes(out)
    for name in ("include_column_list", "exclude_column_list"):
        for column in names_of(out, name):
            if column not in columns:
                raise MlError(f"{name} names {column!r}, no column of the table; {nearest(column, columns)}")
            if column == target:
                raise MlError(f"{name} names {column!r}, which is the target; leave it out")
    both = set(names_of(out, "include_column_list")) & set(names_of(out, "exclude_column_list"))
    if both:
        raise MlError(f"column {min(both)!r} is both included and excluded; name it in one list only")
    if "model_list" in out and "exclude_model_list" in out:
        raise MlError("model_list and exclude_model_list cannot be combined; give one of them")
    metric = out.get("optimization_metric")
    if metric is not None and metric not in METRICS[task]:  # type: ignore[index]
        raise MlError(f"optimization_metric {str(metric)[:40]!r}: {nearest(str(metric), METRICS[task])}")  # type: ignore[index]
    # Who names a target in SQL gets the model asked for, and a warning; nothing is taken away behind his back.
    out.setdefault("leaks", "report")
    # HeatWave's list names columns that must stay, not the only ones. A setting is never taken for a name of the row.
    stay = dict.fromkeys(names_of(out, "include_column_list"), "controllable")
    if stay:
        out["roles"] = stay | dict(out.get("roles") or {})
    out.pop("include_column_list", None)
    if "notes" in out:
        out["notes"] = str(out["notes"])
    return out


def _refuse_shapes(options: Mapping[str, Any]) -> None:
    for name, (kinds, how) in SHAPES.items():
        if name in options and not isinstance(options[name], kinds):
            raise MlError(f"option {name!r} is {str(options[name])[:40]!r}; write {how}")


def names_of(options: Mapping[str, Any], name: str) -> list[str]:
    """A list of names. Raises `MlError` for anything else."""
    value = options.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise MlError(f"option {name!r} must be a list of names; write JSON_ARRAY('…', '…')")
    return value
