"""What a model says of rows, as columns of an output table with their SQL types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pandas as pd

from models.automl.model import Model
from models.sql.errors import MlError
from models.sql.options import flag
from models.tasks.protocol import Answers

__all__ = ["Answered", "columns_of", "explained", "predicted"]

LONGEST_WORD = 255
DOCUMENT = "LONGTEXT"
"""SQL type of ``ml_results``. Clients written for HeatWave, Oracle's own among them, decode its text themselves."""
OTHERS = ("threshold", "topk", "recommend", "remove_seen", "prediction_interval", "logad_options", "item_metadata",
          "user_metadata")  # fmt: skip
"""Options that speak of other tasks than classification and regression."""


@dataclass(frozen=True)
class Answered:
    """``columns``: name to one value per row. ``types``: name to SQL type, in the order of the table."""

    types: dict[str, str]
    columns: dict[str, Sequence[Any]]


def predicted(model: Model, frame: pd.DataFrame, options: Mapping[str, Any], japanese: bool) -> Answered:
    """``Prediction`` and ``ml_results`` of rows."""
    for name in OTHERS:
        if name in options:
            raise MlError(f"option {name!r} is not for {model.task}; leave it out")
    flag(options, "additional_details", False)
    raw = model.predict_raw(frame) if len(frame) else np.zeros((0, max(len(model.target.classes), 1)))
    return Answered(
        {"Prediction": type_of(model), "ml_results": DOCUMENT},
        {"Prediction": said(model, raw), "ml_results": results(model, raw)},
    )


def type_of(model: Model) -> str:
    """SQL type of the column ``Prediction``: that of the labels, as far as they have one."""
    if model.task == "regression":
        return "DOUBLE"
    labels = model.target.classes
    if all(isinstance(label, (int, bool)) for label in labels):
        return "BIGINT"
    if not any(isinstance(label, str) for label in labels):
        return "DOUBLE"
    return f"VARCHAR({min(max(len(str(label)) for label in labels), LONGEST_WORD)})"


def said(model: Model, raw: "np.ndarray[Any, Any]") -> list[Any]:
    """The values of ``Prediction``."""
    if model.task == "regression":
        return [round(value, 3) for value in raw[:, 0].tolist()]
    labels: list[Any] = model.target.labels(model.decisions.decide(raw)).tolist() if len(raw) else []
    return labels


def results(model: Model, raw: "np.ndarray[Any, Any]") -> list[str]:
    """The documents of ``ml_results``."""
    name = model.target.name
    if model.task == "regression":
        return [orjson.dumps({"predictions": {name: value}}).decode() for value in raw[:, 0].tolist()]
    classes = [str(label) for label in model.target.classes]
    labels = said(model, raw)
    return [
        orjson.dumps({"predictions": {name: label}, "probabilities": dict(zip(classes, row, strict=True))}).decode()
        for label, row in zip(labels, np.round(raw, 6).tolist(), strict=True)
    ]


def explained(model: Model, frame: pd.DataFrame, method: str, japanese: bool) -> Answered:
    """Prediction, notes and one attribution a column."""
    from models.sql.walk.explain import attributions

    raise NotImplementedError(attributions)


def columns_of(answers: Answers) -> Answered:
    """The answers of another task; ``Prediction`` only where the task has one."""
    documents = [orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY).decode() for document in answers.results]
    types, columns = {"ml_results": DOCUMENT}, {"ml_results": documents}
    if answers.predictions is None:
        return Answered(types, columns)
    values = list(answers.predictions)
    return Answered({"Prediction": _type(values)} | types, {"Prediction": values} | columns)


def _type(values: Sequence[Any]) -> str:
    known = [value for value in values if value is not None]
    if all(isinstance(value, (int, np.integer)) for value in known):
        return "BIGINT"
    if all(isinstance(value, (int, float, np.number)) for value in known):
        return "DOUBLE"
    return "TEXT"
