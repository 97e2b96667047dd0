"""What a model says of rows, as columns of an output table with their SQL types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.automl.model import Model
from models.sql import shapes
from models.sql.drift import Detector
from models.sql.errors import MlError
from models.sql.options import flag
from models.sql.walk.explain import Explainer
from models.tasks.anomaly.model import AnomalyModel
from models.tasks.protocol import TaskModel

__all__ = ["DOCUMENT", "LONGEST_WORD", "OTHERS", "Answered", "Column", "answered", "attributed", "explained",
           "predicted"]  # fmt: skip

LONGEST_WORD = 255
LONGEST_NAME = 64
DOCUMENT = "LONGTEXT"
"""SQL type of ``ml_results``. Clients written for HeatWave, Oracle's own among them, decode its text themselves."""
OTHERS = ("threshold", "topk", "recommend", "remove_seen", "prediction_interval", "logad_options",
          "supervised_submodel_weight", "item_metadata", "user_metadata")  # fmt: skip
"""Options that speak of other tasks than classification and regression."""


Column = Sequence[Any] | np.ndarray[Any, Any]


@dataclass(frozen=True)
class Answered:
    """``columns``: name to one value per row. ``types``: name to SQL type, in the order of the table."""

    types: dict[str, str]
    columns: Mapping[str, Column]


def predicted(model: Model, frame: pd.DataFrame, options: Mapping[str, Any]) -> Answered:
    """``Prediction`` and ``ml_results`` of rows."""
    for name in OTHERS:
        if name in options:
            raise MlError(f"option {name!r} is not for {model.task}; leave it out")
    drift = drifts_of(model, frame) if flag(options, "additional_details", False) else None
    raw = model.predict_raw(frame) if len(frame) else np.zeros((0, max(len(model.target.classes), 1)))
    return Answered(
        {"Prediction": type_of(model), "ml_results": DOCUMENT},
        {"Prediction": shapes.predictions(model, raw), "ml_results": shapes.results(model, raw, drift=drift)},
    )


def drifts_of(model: Model | AnomalyModel, frame: pd.DataFrame) -> list[str]:
    """How unlike the rows of training each row is. Raises `MlError` for a model that was not taught to tell."""
    if isinstance(model, Model):
        preparation, learnt = model.preparation, model.facts.get("drift")
    else:
        preparation, learnt = model.space.preparation, model.card.facts.get("drift")
    if learnt is None:
        raise MlError(
            "the model has no drift detector: an earlier release trained it; train it again for additional_details"
        )
    if not len(frame):
        return []
    detector = Detector.from_dict(learnt)
    return shapes.drifts([each.column for each in detector.watched], detector.surprises(preparation, frame))


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


def explained(explainer: Explainer, frame: pd.DataFrame, japanese: bool) -> Answered:
    """Prediction, notes, one attribution for each explained column, and ``ml_results`` of rows."""
    model, found = explainer.model, explainer.of(frame)
    decided = found.decided if model.task == "classification" else None
    notes = shapes.notes(model, frame, found, japanese=japanese)
    names = [attributed(name, place) for place, name in enumerate(found.columns)]
    return Answered(
        {
            "Prediction": type_of(model),
            "Notes": "TEXT",
            **dict.fromkeys(names, "DOUBLE"),
            "ml_results": DOCUMENT,
        },
        {
            "Prediction": shapes.predictions(model, found.raw, decided),
            "Notes": notes,
            **{name: found.values[:, place] for place, name in enumerate(names)},
            "ml_results": shapes.explanations(model, found, notes),
        },
    )


def attributed(name: str, place: int) -> str:
    """The column of an attribution. A long name is cut, and numbered, since another may begin like it."""
    written = f"{name}_attribution"
    return written if len(written) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 16]}_{place}_attribution"


def answered(model: TaskModel, frame: pd.DataFrame, options: Mapping[str, Any]) -> Answered:
    """What a model of another task says of rows."""
    drift = None
    if flag(options, "additional_details", False):
        if not isinstance(model, AnomalyModel):
            raise MlError(f"{model.card.task} has no drift to tell; leave additional_details out")
        drift = drifts_of(model, frame)
    found = model.predict(frame, {name: value for name, value in options.items() if name != "additional_details"})
    types, columns = {"ml_results": DOCUMENT}, {"ml_results": shapes.documents(found.results, drift)}
    if found.predictions is None:
        return Answered(types, columns)
    values = list(found.predictions)
    return Answered({"Prediction": _type(values)} | types, {"Prediction": values} | columns)


def _type(values: Sequence[Any]) -> str:
    known = [value for value in values if value is not None]
    if all(isinstance(value, (int, np.integer)) for value in known):
        return "BIGINT"
    if all(isinstance(value, (int, float, np.number)) for value in known):
        return "DOUBLE"
    return "TEXT"
