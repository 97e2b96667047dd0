"""An imported ONNX model as the SQL routines use it: what it takes, and what it says of rows."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.algorithms.base import Task
from models.automl.forest_readers import Bools
from models.automl.matrix import Floats, Ints
from models.onnx.apart import Apart
from models.onnx.described import Described
from models.onnx.feeds import Feed, Input, bound, feeds_of, inputs_of

__all__ = ["OnnxModel", "Said", "decoded"]

LARGEST = 2**30
"""Bytes: a batch of rows must fit into memory beside the model."""
WIDEST = 1_000
"""Classes, as many as our own models have."""


@dataclass(frozen=True)
class Said:
    """What a model says of n rows. ``labels``: the classes, empty for values; ``codes``: (n,) places in them.

    ``raw``: (n, classes) probabilities or (n, 1) values; of a graph without probabilities 1 for the class it says.
    ``known``: (n,) false where the graph said NaN, as many do of a row with a gap; ``raw`` is 0 there.
    """

    labels: tuple[Any, ...]
    codes: Ints
    raw: Floats
    known: Bools

    @classmethod
    def of(cls, labels: Sequence[Any], codes: Ints, raw: Floats) -> Self:
        """With what is no number marked."""
        return cls(
            tuple(labels), codes, np.nan_to_num(raw, posinf=0.0, neginf=0.0), np.asarray(np.isfinite(raw).all(axis=1))
        )


@dataclass(frozen=True)
class OnnxModel:
    """``feeds``: which columns go where; None where that depends on the table, see `on`."""

    described: Described
    inputs: tuple[Input, ...]
    outputs: Mapping[str, str]
    graph_labels: tuple[Any, ...]
    apart: Apart
    feeds: tuple[Feed, ...] | None

    @classmethod
    def of(cls, apart: Apart, metadata: Mapping[str, Any]) -> Self:
        """Opens the model in its process. Raises `StudyError` for what cannot be used."""
        described = Described.of(metadata)
        signature = apart.signature()
        inputs, outputs = inputs_of(signature), {str(name): str(kind) for name, kind in signature["outputs"]}
        described = _spoken(described, outputs)
        return cls(described, inputs, outputs, tuple(signature["labels"] or ()), apart, bound(inputs, described))

    @property
    def task(self) -> Task:
        """``classification`` or ``regression``."""
        return self.described.task

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a table must have, as far as they are known without one."""
        return tuple(name for feed in self.feeds or () for name in feed.columns)

    @property
    def probable(self) -> bool:
        """Does it say probabilities?"""
        return self.described.probabilities is not None

    @property
    def kind(self) -> str:
        """What a prediction is: ``text``, ``whole`` or ``number``."""
        if self.task == "regression":
            return "number"
        name = self.described.predictions
        labels = [*self.described.labels.values()] or ([*self.graph_labels] if name is None else [])
        if labels:
            return "whole" if all(isinstance(label, int) for label in labels) else "text"
        kind = self.outputs[name or str(self.described.probabilities)]
        if name is None and not kind.startswith("seq"):
            return "whole"
        return "text" if "string" in kind else "number" if "float" in kind or "double" in kind else "whole"

    def on(self, columns: Sequence[str], key: Sequence[str] = ()) -> Self:
        """The model with its columns found in a table. Raises `StudyError` where they do not fit."""
        return self if self.feeds is not None else replace(self, feeds=bound(self.inputs, self.described, columns, key))

    def say(self, frame: pd.DataFrame) -> Said:
        """Of the rows of a table with `columns`. Raises `StudyError`."""
        assert self.feeds is not None
        if not len(frame):
            return Said.of((), np.zeros(0, np.int64), np.zeros((0, 1)))
        rows = {each.to.rows for each in self.feeds} - {None}
        wanted = [name for name in (self.described.predictions, self.described.probabilities) if name is not None]
        labels, found = self.apart.run(feeds_of(self.feeds, frame), wanted, min(rows) if rows else None)  # type: ignore[type-var]
        wrong = next((name for name in wanted if len(found[name]) != len(frame)), None)
        if wrong is not None:
            raise StudyError(f"output {wrong!r} has {len(found[wrong])} entries for {len(frame)} rows")
        if self.task == "regression":
            return Said.of((), np.zeros(len(frame), np.int64), _values(wanted[0], found[wanted[0]]))
        return self._classes(labels, found)

    def _classes(self, keys: Mapping[str, Any], found: Mapping[str, Any]) -> Said:
        name, chances = self.described.predictions, self.described.probabilities
        said = None if name is None else list(map(self._label, _column(name, found[name])))
        if chances is None:
            assert said is not None
            labels = tuple(sorted(set(said), key=str))
            codes = _codes(said, labels)
            return Said.of(labels, codes, np.eye(len(labels))[codes])
        raw = _chances(chances, found[chances])
        labels = self._labels(raw.shape[1], keys.get(chances))
        codes = np.nan_to_num(raw).argmax(axis=1).astype(np.int64) if said is None else _codes(said, labels)
        return Said.of(labels, codes, raw)

    def _labels(self, width: int, keys: Sequence[Any] | None) -> tuple[Any, ...]:
        """The labels of the columns of probabilities."""
        graph = self.graph_labels if len(self.graph_labels) == width else tuple(range(width))
        labels = tuple(self._label(key) for key in (graph if keys is None else keys))
        mapped = self.described.labels
        if mapped and len(mapped) != width:
            raise StudyError(f"labels_map names {len(mapped)} labels, and the ONNX model has {width} classes")
        return labels

    def _label(self, value: Any) -> Any:
        mapped = self.described.labels
        if mapped and value not in mapped.values():  # a graph may say labels, and number its probabilities
            if str(value) not in mapped:
                raise StudyError(f"labels_map has no entry for {str(value)[:40]!r}, which the ONNX model says")
            return mapped[str(value)]
        return int(value) if isinstance(value, float) and value.is_integer() else value


def decoded(text: str) -> bytes:
    """The bytes of a Base64 text, line breaks or not. Raises `StudyError`."""
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise StudyError(f"model_object is no Base64 text: {str(error)[:60]}; encode the whole .onnx file") from None
    if not content:
        raise StudyError("model_object is empty; encode the .onnx file in Base64")
    if len(content) > LARGEST:
        raise StudyError(f"the ONNX model has {len(content):,} bytes; the most is {LARGEST:,}")
    return content


def _spoken(described: Described, outputs: Mapping[str, str]) -> Described:
    """With the one output of a regression found. Raises `StudyError` where an output is named wrongly, or not."""
    fields = (("predictions_name", described.predictions), ("prediction_probabilities_name", described.probabilities))
    for field, name in fields:
        if name is not None and name not in outputs:
            raise StudyError(f"{field} {name[:40]!r} is no output of the ONNX model; {nearest(name, outputs)}")
    if described.predictions is None and described.probabilities is None:
        listed = ", ".join(f"{name} {kind}" for name, kind in outputs.items())[:80]
        if described.task == "classification":
            raise StudyError(f"onnx_outputs_info names neither predictions_name nor prediction_probabilities_name; "
                             f"there are: {listed}")  # fmt: skip
        if len(outputs) > 1:
            raise StudyError(f"onnx_outputs_info names no predictions_name; there are: {listed}")
        return replace(described, predictions=next(iter(outputs)))
    return described


def _values(name: str, array: "np.ndarray[Any, Any]") -> Floats:
    """(n, 1)."""
    if array.dtype.kind not in "fiub" or array.size != len(array):
        raise StudyError(f"output {name!r} is no number per row; is it task 'classification'?")
    return array.reshape(-1, 1).astype(np.float64)


def _column(name: str, array: "np.ndarray[Any, Any]") -> list[Any]:
    """One label per row."""
    if array.size != len(array):
        raise StudyError(f"output {name!r} is no label per row; is it prediction_probabilities_name?")
    listed: list[Any] = array.reshape(-1).tolist()
    return listed


def _chances(name: str, array: "np.ndarray[Any, Any]") -> Floats:
    """(n, classes); of two classes the graph may say that of the second alone."""
    if array.dtype.kind != "f":
        raise StudyError(f"output {name!r} is not of probabilities; name it as predictions_name")
    raw = array.reshape(len(array), -1).astype(np.float64)
    if raw.shape[1] > WIDEST:
        raise StudyError(f"output {name!r} has {raw.shape[1]:,} columns per row; the most is {WIDEST:,} classes")
    return np.concatenate([1 - raw, raw], axis=1) if raw.shape[1] == 1 else raw


def _codes(said: Sequence[Any], labels: Sequence[Any]) -> Ints:
    places = {label: place for place, label in enumerate(labels)}
    unknown = next((label for label in said if label not in places), None)
    if unknown is not None:
        raise StudyError(f"the ONNX model says {str(unknown)[:40]!r}, which is none of its classes; name labels_map")
    return np.array([places[label] for label in said], dtype=np.int64)
