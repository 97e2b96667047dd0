"""`to_onnx`: a finished model as one graph; `metadata_of`: what says to ML_MODEL_IMPORT what its outputs are.

Inputs: one (rows, 1) for each column that the model reads, under the column's name; see `columns` for their types.
Outputs: ``prediction`` (rows, 1) for a value; for classes ``label`` (rows,), decided as the costs ask, and
``probabilities`` (rows, classes), which are calibrated. All numbers are of 53 bits, so the graph agrees with the model
itself to rounding (1e-9 relative).

Limits: free text has no operators. A category's text is compared
as it is, without the blanks around it that our own reading takes away.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto

from ingest.errors import StudyError
from models.automl.algorithms.base import Fitted
from models.automl.algorithms.bayes import BayesFitted
from models.automl.algorithms.blanked import Blanked
from models.automl.algorithms.boosted import Boosted
from models.automl.algorithms.linear import LinearFitted
from models.automl.algorithms.naive import NaiveFitted
from models.automl.algorithms.neural import NeuralFitted
from models.automl.algorithms.svm import SvmFitted
from models.automl.algorithms.trees import Grown
from models.automl.model import Member, Model
from models.onnx.write import dense
from models.onnx.write.columns import features as features_of
from models.onnx.write.decide import decided, probabilities
from models.onnx.write.graph import Graph
from models.onnx.write.trees import boosted

__all__ = ["metadata_of", "to_onnx"]

_DENSE: dict[type, Any] = {
    LinearFitted: dense.linear, SvmFitted: dense.svm, BayesFitted: dense.bayes, NeuralFitted: dense.neural,
    NaiveFitted: dense.naive,
}  # fmt: skip


def to_onnx(model: Model) -> tuple[bytes, dict[str, Any]]:
    """The bytes of an ``.onnx`` file, and `metadata_of` it. Raises `StudyError` naming what has no operators."""
    if not model.columns:
        raise StudyError("the model reads no column; there is no input that a graph could have")
    graph = Graph(model.columns)
    features = features_of(graph, model.preparation)
    levels = [count for recipe in model.preparation.recipes for _, count in recipe.features]
    total = _sum(graph, [(_member(graph, member, features, levels), member.weight) for member in model.members])
    if model.task == "regression":
        names = [graph.output(total, "prediction", TensorProto.DOUBLE, 1)]
    else:
        chances = probabilities(graph, model.decisions, total)
        codes = decided(graph, model.decisions.rule, chances)
        labels, kind = _labels(model.target.classes)
        names = [
            graph.output(graph("Gather", labels, codes, axis=0), "label", kind, None),
            graph.output(chances, "probabilities", TensorProto.DOUBLE, len(model.target.classes)),
        ]
    metadata = metadata_of(model, names)
    return graph.finished(model.target.name, {"model_metadata": json.dumps(metadata, ensure_ascii=False)}), metadata


def metadata_of(model: Model, names: Sequence[str]) -> dict[str, Any]:
    """Fields of HeatWave's ``model_metadata``. ``names``: of the outputs, predictions first."""
    outputs: dict[str, Any] = {"predictions_name": names[0]}
    if model.task == "classification":
        outputs["prediction_probabilities_name"] = names[1]
        outputs["labels_map"] = {str(code): label for code, label in enumerate(model.target.classes)}
    return {
        "task": model.task,
        "format": "ONNX",
        "target_column_name": model.target.name,
        "column_names": list(model.columns),
        "onnx_outputs_info": outputs,
    }


def _labels(classes: Sequence[Any]) -> tuple[Any, int]:
    if all(isinstance(label, bool) for label in classes):
        return np.array(classes), TensorProto.BOOL
    if all(isinstance(label, int) for label in classes):
        return np.array(classes, dtype=np.int64), TensorProto.INT64
    if all(isinstance(label, (int, float)) for label in classes):
        return np.array(classes, dtype=np.float64), TensorProto.DOUBLE
    return np.array([str(label) for label in classes]), TensorProto.STRING


def _sum(graph: Graph, parts: Sequence[tuple[str, float]]) -> str:
    """The weighted sum of values."""
    out = ""
    for value, weight in parts:
        weighted = value if weight == 1.0 else graph("Mul", value, np.float64(weight))
        out = graph("Add", out, weighted) if out else weighted
    return out


def _member(graph: Graph, member: Member, features: Sequence[str], levels: Sequence[int]) -> str:
    share = 1.0 / len(member.fitted)
    return _sum(
        graph, [(_fitted(graph, member.algorithm, fitted, features, levels), share) for fitted in member.fitted]
    )


def _fitted(graph: Graph, algorithm: str, fitted: Fitted, features: Sequence[str], levels: Sequence[int]) -> str:
    if isinstance(fitted, Blanked):
        features = list(features)
        for place in fitted.places:
            features[place] = graph("Mul", features[place], np.float64(np.nan))
        fitted = fitted.fitted
    if isinstance(fitted, Grown):
        fitted = fitted.boosted
    if isinstance(fitted, Boosted):
        return boosted(graph, fitted, features, levels)
    for kind, write in _DENSE.items():
        if isinstance(fitted, kind):
            written: str = write(graph, fitted, features)
            return written
    raise StudyError(f"its member {algorithm} has no ONNX operators; train with another model_list")
