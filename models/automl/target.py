"""The column to foretell: classes with stable codes, or numbers. Rows without a target are left out and counted."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.algorithms.base import Task
from models.automl.matrix import Floats, Ints
from models.study.data import LARGEST

__all__ = ["Target", "encode"]

MOST_CLASSES = 1000


@dataclass(frozen=True)
class Target:
    """``classes``: the labels as the user wrote them, sorted; empty for regression."""

    name: str
    task: Task
    classes: tuple[Any, ...]

    def codes(self, column: pd.Series) -> Floats:
        """Class codes or values; NaN where missing, or where training had not seen the class. (n,)"""
        if self.task == "regression":
            return _numbers(column, self.name)
        places = {label: float(code) for code, label in enumerate(self.classes)}
        # Each different value is looked up once: there are few of them, and perhaps millions of rows.
        seen, values = pd.factorize(column)
        known = np.array([*(places.get(_plain(value), np.nan) for value in values), np.nan], dtype=np.float64)
        return np.asarray(known[seen])

    def labels(self, codes: Ints) -> np.ndarray[Any, Any]:
        """The user's labels of class codes."""
        return np.asarray(self.classes)[codes]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: labels are text, numbers or booleans."""
        return {"name": self.name, "task": self.task, "classes": list(self.classes)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(content["name"], content["task"], tuple(content["classes"]))


def encode(table: pd.DataFrame, name: str, task: Task) -> tuple[Target, Floats]:
    """The target and its codes, (n,) with NaN where it is missing.

    Raises `StudyError` where nothing can be learnt: no such column, one class only, no numbers, a constant.
    """
    column = table[name]
    if task == "regression":
        values = _numbers(column, name)
        known = values[np.isfinite(values)]
        if len(known) < 2 or np.ptp(known) == 0:
            raise StudyError(
                f"target {name!r} has {len(np.unique(known))} different values; regression needs two or more"
            )
        return Target(name, task, ()), values
    labels = {_plain(value) for value in column.dropna().unique()}
    kinds = {str if isinstance(label, str) else float for label in labels}
    if len(kinds) > 1:
        raise StudyError(f"target {name!r} mixes text and numbers; write all of its classes in one way")
    if len(labels) < 2:
        shown = repr(next(iter(labels))) if labels else "no value"
        raise StudyError(f"target {name!r} holds {shown} only; classification needs two classes or more")
    if len(labels) > min(MOST_CLASSES, max(2, len(table) // 2)):
        raise StudyError(
            f"target {name!r} has {len(labels)} classes in {len(table)} rows; is it a number? say task='regression'"
        )
    target = Target(name, task, tuple(sorted(labels)))
    return target, target.codes(column)


def _plain(value: Any) -> Any:
    """A label as plain Python: JSON keeps it, and ``1`` of any dtype is the same label."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return None if value is None or value is pd.NA else str(value)


def _numbers(column: pd.Series, name: str) -> Floats:
    try:
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError, OverflowError):
        values = np.full(len(column), np.nan)
    if column.notna().any() and not np.isfinite(values).any():
        raise StudyError(
            f"target {name!r} holds no number (first: {column.dropna().iloc[0]!r}); classes need task='classification'"
        )
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    if largest > LARGEST:
        raise StudyError(f"target {name!r} reaches {largest:g}, too large to be squared; divide it by a constant")
    return np.where(np.isfinite(values), values, np.nan)
