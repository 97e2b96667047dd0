"""From the rows of a table to the inputs of a graph: which columns go where, and as what type.

HeatWave takes two kinds of graphs, and so do we: one input that is the whole table (``[None, 4]``, or ``[None, 2, 3]``:
columns follow in the order of the table), and several inputs that are a column each (``[None, 1]`` or ``[None]``).
The first dimension is the rows; where it is a number, the graph is run so many rows at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl.columns.cells import Cells, as_words, cells
from models.automl.matrix import Floats
from models.onnx.described import Described

__all__ = ["Feed", "Input", "bound", "feeds_of", "inputs_of"]

TENSORS: Mapping[str, str] = {
    "tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16", "tensor(string)": "str",
    "tensor(bool)": "bool",
    **{f"tensor({name})": name for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
}  # fmt: skip
"""What the runtime takes for each type of an input; HeatWave's default ``data_types_map``."""


@dataclass(frozen=True)
class Input:
    """``tail``: the shape of one row; ``rows``: how many the graph takes at once, None: any."""

    name: str
    kind: str
    tail: tuple[int, ...]
    rows: int | None

    @property
    def width(self) -> int:
        """Columns of the table that go into it."""
        return prod(self.tail)


@dataclass(frozen=True)
class Feed:
    """An input, its columns, and the numpy type that their cells are read as before they become the input's own."""

    to: Input
    columns: tuple[str, ...]
    read: str


def inputs_of(signature: Mapping[str, Any]) -> tuple[Input, ...]:
    """The inputs of a session. Raises `StudyError` naming one that no table can feed."""
    out = []
    for name, kind, shape in signature["inputs"]:
        if kind not in TENSORS:
            raise StudyError(f"input {name!r} is a {kind}; tables feed tensors of numbers, truths or strings")
        if not shape or not all(isinstance(size, int) and size > 0 for size in shape[1:]):
            raise StudyError(f"input {name!r} has shape {shape!r}; all but the first must be whole numbers")
        first = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else None
        out.append(Input(name, kind, tuple(shape[1:]), first))
    if not out:
        raise StudyError("the ONNX model has no input; there is nothing to give it")
    wide = next((each.name for each in out if each.width > 1), None)
    if len(out) > 1 and wide is not None:
        raise StudyError(f"input {wide!r} takes several columns beside other inputs; give each one column, or one all")
    return tuple(out)


def bound(
    inputs: Sequence[Input], described: Described, columns: Sequence[str] | None = None, key: Sequence[str] = ()
) -> tuple[Feed, ...] | None:
    """Which columns go into which input; None where the table must be known for that, and is not.

    ``columns``: those of the table, in order; ``key``: its primary key. Raises `StudyError` where they do not fit.
    """
    width = sum(each.width for each in inputs)
    names = described.columns
    if names and len(names) != width:
        raise StudyError(f"column_names names {len(names)} columns, and the ONNX model takes {width}")
    if not names and all(each.width == 1 for each in inputs) and (len(inputs) > 1 or inputs[0].name in (columns or ())):
        names = tuple(each.name for each in inputs)
    if not names:
        if columns is None:
            return None
        names = _in_order(columns, key, described.target, width)
    out, at = [], 0
    for each in inputs:
        out.append(Feed(each, tuple(names[at : at + each.width]), described.types.get(each.kind, TENSORS[each.kind])))
        at += each.width
    return tuple(out)


def _in_order(columns: Sequence[str], key: Sequence[str], target: str, width: int) -> tuple[str, ...]:
    """All columns but the target and, if that is what fits, but the key."""
    rest = [name for name in columns if name != target]
    for names in (rest, [name for name in rest if name not in key]):
        if len(names) == width:
            return tuple(names)
    raise StudyError(
        f"the ONNX model takes {width} columns, the table has {len(rest)} beside the target; say which in column_names"
    )


def feeds_of(feeds: Sequence[Feed], frame: pd.DataFrame) -> dict[str, "np.ndarray[Any, Any]"]:
    """An array for each input. Raises `StudyError` naming the column whose cells are none of the input's type."""
    found = {}
    for feed in feeds:
        columns = [_read(frame, name, feed.read, TENSORS[feed.to.kind]) for name in feed.columns]
        array = np.stack(columns, axis=1) if columns else np.zeros((len(frame), 0))
        found[feed.to.name] = array.reshape(len(frame), *feed.to.tail)
    return found


def _read(frame: pd.DataFrame, name: str, read: str, wanted: str) -> "np.ndarray[Any, Any]":
    """(n,) cells as numpy has them. A missing number is NaN, a missing text empty, a missing whole number an error.

    An instant, also one written as ISO 8601, is a number of seconds since 1970-01-01 00:00, as in our own graphs.
    """
    if name not in frame.columns:
        raise StudyError(f"the table has no column {name!r}, which the model takes; {nearest(name, frame.columns)}")
    content = cells(frame[name])
    if wanted == "str":
        return _texts(frame[name], content)
    values = _numbers(name, content)
    if np.dtype(read).kind in "iub" or np.dtype(wanted).kind in "iub":
        if np.isnan(values).any():
            raise StudyError(f"column {name!r} holds NULL, and its input takes whole numbers; fill it with COALESCE")
        if pd.api.types.is_integer_dtype(frame[name].dtype):
            return np.asarray(frame[name].to_numpy()).astype(read).astype(wanted)  # beyond 2^53, too
    with np.errstate(over="ignore"):
        return values.astype(read).astype(wanted)


def _texts(column: pd.Series, content: Cells) -> "np.ndarray[Any, Any]":
    if content.form in ("instant", "strange"):
        return np.asarray(column.astype(str).where(column.notna(), ""), dtype=str)
    words = as_words(content)
    return np.array([*words.levels, ""], dtype=str)[words.codes]


def _numbers(name: str, content: Cells) -> Floats:
    if content.form in ("number", "boolean"):
        return content.numbers
    if content.form == "instant":
        return _seconds(content.instants)
    words = pd.Series([*content.levels, None], dtype=object)
    levels = pd.to_numeric(words, errors="coerce").to_numpy(np.float64)
    instants = pd.to_datetime(words.where(np.isnan(levels)), format="ISO8601", errors="coerce", utc=True)
    levels = np.where(np.isnan(levels), _seconds(pd.DatetimeIndex(instants)), levels)
    wrong = np.flatnonzero(np.isnan(levels[:-1]))
    if content.form == "strange" or len(wrong):
        said = repr(content.levels[wrong[0]][:40]) if len(wrong) else content.strange
        raise StudyError(f"column {name!r} holds {said}; its input takes numbers, or instants as ISO 8601")
    return np.asarray(levels[content.codes])


def _seconds(instants: pd.DatetimeIndex) -> Floats:
    return np.asarray((instants.tz_localize(None) - pd.Timestamp(0)) / pd.Timedelta(seconds=1), np.float64)
