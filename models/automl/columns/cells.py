"""What the cells of a column are, whatever dtype they came in: numbers, instants, or the distinct words among them."""

import datetime as clock
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.study.data import word

__all__ = ["MISSING_WORDS", "Cells", "Form", "as_words", "cells", "refused"]

Form = Literal["number", "boolean", "instant", "words", "strange"]

MISSING_WORDS = frozenset([
    "?", "-", "--", ".", "na", "n/a", "#n/a", "nan", "<na>", "nat", "null", "none", "nil", "missing", "#div/0!",
    "#value!", "inf", "+inf", "-inf", "infinity", "-infinity", "∞", "欠測", "なし",
])  # fmt: skip
"""What people and spreadsheets write where a number, a truth or an instant is missing; lower case."""
_SCALARS = (str, bytes, int, float, Decimal, np.generic, clock.date, clock.time, clock.timedelta, UUID, pd.Interval)


@dataclass(frozen=True)
class Cells:
    """A column, read once.

    ``numbers``: (n,) float64 for numbers (NaN is missing, infinite as found) and booleans (0, 1, NaN). Durations are
    numbers of seconds.
    ``instants``: n instants, aware where the column was.
    ``codes``, ``levels``: words as codes of the distinct words in sorted order; -1 is missing.
    ``strange``: what was found that is no cell: the name of a type.
    """

    form: Form
    numbers: Floats = field(default_factory=lambda: np.empty(0))
    instants: pd.DatetimeIndex = field(default_factory=lambda: pd.DatetimeIndex([]))
    codes: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    levels: tuple[str, ...] = ()
    strange: str = ""
    declared: bool = False
    """The user declared a category (pandas' own dtype)."""
    duration: bool = False

    @property
    def blank(self) -> bool:
        """Nothing in it: a column without cells has no kind."""
        return self.form == "number" and bool(np.isnan(self.numbers).all())

    def counts(self) -> Ints:
        """How often each level occurs."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.levels)).astype(np.int64)


def cells(column: pd.Series) -> Cells:
    """Read a column of any dtype. Nothing is guessed from words here; see `numbers` and `dates`."""
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        return cells(pd.Series(np.asarray(column)))
    if isinstance(dtype, pd.CategoricalDtype):
        return _declared(column)
    if isinstance(dtype, pd.PeriodDtype):
        return Cells("instant", instants=pd.DatetimeIndex(column.dt.to_timestamp()))
    if pd.api.types.is_bool_dtype(dtype):
        return Cells("boolean", _floats(column))
    if pd.api.types.is_complex_dtype(dtype):
        return Cells("strange", strange="complex")
    if pd.api.types.is_numeric_dtype(dtype):
        return Cells("number", _floats(column))
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Cells("instant", instants=pd.DatetimeIndex(column))
    if pd.api.types.is_timedelta64_dtype(dtype):
        return _duration(column)
    return _objects(column)


def as_words(content: Cells) -> Cells:
    """Numbers and truths as the words that stand for them: 1, 1.0 and "1" are one word."""
    if content.form == "words":
        return content
    codes, found = pd.factorize(content.numbers)
    values = [bool(value) if content.form == "boolean" else value for value in found.tolist()]
    return _words(codes.astype(np.int64, copy=False), values)


def refused(column: str, content: Cells, wanted: str) -> StudyError:
    """The error for cells of another kind than training had."""
    first = f"words such as {content.levels[0]!r}" if content.levels else f"{content.strange or content.form} cells"
    return StudyError(f"column {column!r} holds {first} where training had {wanted}; give it as in training")


def _floats(column: pd.Series) -> Floats:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), np.float64)


def _duration(column: pd.Series) -> Cells:
    return Cells("number", _floats(pd.to_timedelta(column).dt.total_seconds()), duration=True)


def _declared(column: pd.Series) -> Cells:
    codes = np.asarray(column.cat.codes, dtype=np.int64)
    found = _words(codes, column.cat.categories.tolist())
    return Cells("words", codes=found.codes, levels=found.levels, declared=True)


def _objects(column: pd.Series) -> Cells:
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "empty":
        return Cells("number", np.full(len(column), np.nan))
    if kind == "boolean":
        return Cells("boolean", _floats(column.astype("boolean")))
    if kind in {"integer", "floating", "mixed-integer-float", "decimal"}:
        return Cells("number", _loose(column))
    if kind in {"datetime64", "datetime", "date"}:
        instants = _instants(column)
        if instants is not None:
            return Cells("instant", instants=instants)
    if kind in {"timedelta64", "timedelta"}:
        return _duration(column)
    if kind == "complex":
        return Cells("strange", strange="complex")
    if kind == "string":
        return _texts(column)
    kinds = {type(value) for value in column.dropna().to_numpy(object)}
    odd = sorted(kind.__name__ for kind in kinds if not issubclass(kind, _SCALARS) or issubclass(kind, complex))
    if odd:
        return Cells("strange", strange=odd[0])
    # Words before they are compared: to Python, True and 1 are the same.
    codes, levels = pd.factorize(column.map(word, na_action="ignore"))
    return _words(codes.astype(np.int64, copy=False), list(levels))


def _loose(column: pd.Series) -> Floats:
    """Python's own numbers as floats; integers too large for a float are infinite."""
    return np.array([_float(value) for value in column.to_numpy(object)], np.float64)


def _float(value: Any) -> float:
    if value is None or value is pd.NA:
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
    except ValueError:  # a decimal that signals that it is none
        return np.nan


def _instants(column: pd.Series) -> pd.DatetimeIndex | None:
    """Python's dates and times; of mixed zones as UTC. None where they lie outside what an instant can hold."""
    for utc in (False, True):
        try:
            return pd.DatetimeIndex(pd.to_datetime(column, utc=utc))
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _texts(column: pd.Series) -> Cells:
    """Texts alone, as `_words` reads them and many times faster."""
    try:
        texts = pa.Array.from_pandas(column, type=pa.large_string())
    except (UnicodeEncodeError, pa.ArrowInvalid):  # half a character: no text that can be written down
        return _texts(column.map(lambda text: text.encode("utf-8", "replace").decode(), na_action="ignore"))
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    encoded = pc.utf8_trim_whitespace(whole).dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    levels = encoded.dictionary.take(pa.array(order)).to_pylist()
    blank = levels[:1] == [""]  # it sorts first
    rank = np.full(len(levels) + 1, -1, np.int64)
    rank[order] = np.arange(len(levels)) - blank
    codes = encoded.indices.fill_null(len(levels)).to_numpy(zero_copy_only=False)
    return Cells("words", codes=rank[codes], levels=tuple(levels[blank:]))


def _words(codes: Ints, values: list[Any]) -> Cells:
    """Distinct words in sorted order; blank ones are missing. ``1``, ``1.0`` and ``"1"`` are one word."""
    words = ["" if value is None or value is pd.NA or value is pd.NaT else word(value) for value in values]
    levels = sorted(set(words) - {""})
    place = {level: at for at, level in enumerate(levels)}
    recode = np.array([*(place.get(level, -1) for level in words), -1], np.int64)
    return Cells("words", codes=recode[codes], levels=tuple(levels))
