"""What `model_metadata` says of an ONNX model, in HeatWave's words: which outputs speak, and what their labels mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ingest.errors import StudyError, nearest
from models.automl.algorithms.base import Task

__all__ = ["INPUTS", "NUMPY", "OUTPUTS", "READ", "Described"]

TASKS: tuple[Task, ...] = ("classification", "regression")
READ = ("task", "target_column_name", "column_names", "onnx_inputs_info", "onnx_outputs_info")
"""Fields that say how a graph is used; the others of ``model_metadata`` are kept as they are."""
INPUTS = ("data_types_map",)
OUTPUTS = ("predictions_name", "prediction_probabilities_name", "labels_map")
NUMPY: Mapping[str, str] = {
    "str_": "str", "unicode_": "str", "bool_": "bool",
    **{name: name for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
                               "float16", "float32", "float64")},
    "int_": "int64", "byte": "int8", "ubyte": "uint8", "short": "int16", "ushort": "uint16", "intc": "int32",
    "uintc": "uint32", "uint": "uint64", "longlong": "int64", "ulonglong": "uint64", "intp": "int64", "uintp": "uint64",
    "half": "float16", "single": "float32", "double": "float64", "longdouble": "float64", "longfloat": "float64",
}  # fmt: skip
"""HeatWave's names of numpy's types, as far as an input of a graph can be made of them."""


@dataclass(frozen=True)
class Described:
    """``types``: ONNX type of an input → numpy's type that cells are read as. ``labels``: what the graph says → the
    label it means, as text; empty: the graph's own labels. ``columns``: those of the table, empty: as the graph says.
    """

    task: Task
    target: str
    columns: tuple[str, ...]
    types: Mapping[str, str]
    predictions: str | None
    probabilities: str | None
    labels: Mapping[str, Any]

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Self:
        """Raises `StudyError` naming the field that is wrong."""
        task = metadata.get("task") or "classification"
        if task not in TASKS:
            raise StudyError(f"task {str(task)[:40]!r} of model_metadata is not one of an ONNX model; "
                             f"{nearest(str(task), TASKS)}")  # fmt: skip
        columns = metadata.get("column_names") or []
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise StudyError("column_names of model_metadata is no list of names; write JSON_ARRAY('…')")
        inputs = _part(metadata, "onnx_inputs_info", INPUTS)
        outputs = _part(metadata, "onnx_outputs_info", OUTPUTS)
        probabilities = _word(outputs, "prediction_probabilities_name")
        if task == "regression" and (probabilities is not None or outputs.get("labels_map")):
            raise StudyError("regression has neither prediction_probabilities_name nor labels_map; leave them out")
        return cls(
            task,
            _word(metadata, "target_column_name") or "prediction",
            tuple(columns),
            _types(inputs.get("data_types_map") or {}),
            _word(outputs, "predictions_name"),
            probabilities,
            _labels(outputs.get("labels_map") or {}),
        )


def _part(metadata: Mapping[str, Any], name: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    part = metadata.get(name) or {}
    if not isinstance(part, dict):
        raise StudyError(f"{name} of model_metadata is no object; write JSON_OBJECT(…)")
    unknown = next((key for key in part if key not in known), None)
    if unknown is not None:
        raise StudyError(f"{name} has no {unknown[:40]!r}; {nearest(unknown, known)}")
    return part


def _word(part: Mapping[str, Any], name: str) -> str | None:
    value = part.get(name)
    if value is not None and not isinstance(value, str):
        raise StudyError(f"{name} of model_metadata is {str(value)[:40]!r}, no name; write it in quotes")
    return value


def _types(given: Any) -> Mapping[str, str]:
    if not isinstance(given, dict):
        raise StudyError("data_types_map is no object; write JSON_OBJECT('tensor(float)', 'float64')")
    for kind, name in given.items():
        if not str(kind).startswith("tensor("):
            raise StudyError(f"data_types_map names {kind[:40]!r}, no type of an input; write such as 'tensor(float)'")
        if name not in NUMPY:
            raise StudyError(f"data_types_map: no input takes {str(name)[:40]!r}; {nearest(str(name), NUMPY)}")
        if (kind == "tensor(string)") != (NUMPY[name] == "str"):
            raise StudyError(f"data_types_map: {kind[:40]} cannot be read as {name}; texts are str_, numbers are not")
    return {str(kind): NUMPY[name] for kind, name in given.items()}


def _labels(given: Any) -> Mapping[str, Any]:
    """What the graph says → label. Where labels are written before numbers (``{"no": 0, "yes": 1}``), the other way.

    >>> _labels({"0": "no", "1": "yes"}) == _labels({"no": 0, "yes": 1}) == {"0": "no", "1": "yes"}
    True
    """
    if not isinstance(given, dict) or not all(isinstance(value, (str, int, float)) for value in given.values()):
        raise StudyError("labels_map is no map; write JSON_OBJECT('0', 'first label', '1', 'second label')")
    turned = {str(value): key for key, value in given.items()}
    places = {str(place) for place in range(len(given))}
    if set(turned) == places != set(given):
        return turned
    if len(turned) < len(given):
        raise StudyError("labels_map gives one label twice; each output of the graph needs a label of its own")
    return dict(given)
