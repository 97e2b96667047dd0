"""Which row a user means by a serial, a time or a number."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.study.data import StudyData, TooLittle, instants, prepare, word
from models.study.spec import StudySpec

__all__ = ["Unit", "find_unit", "prepared"]


@dataclass(frozen=True)
class Unit:
    """``row``: place in the table as it was given. ``by``: what the word was taken for, ``column`` if of a column."""

    row: int
    by: Literal["column", "time", "row"]
    column: str | None


def find_unit(frame: pd.DataFrame, spec: StudySpec, unit: str) -> Unit:
    """The unit of a table: by a column that names every row, else by its time, else by its number, from 1.

    Raises `StudyError` for a word that fits none, or several times.

    >>> spec = StudySpec.parse({"name": "a", "task": "regression", "target": "kwh"})
    >>> find_unit(pd.DataFrame({"lot": ["L1", "L2"], "kwh": [3.0, 4.0]}), spec, "L2")
    Unit(row=1, by='column', column='lot')
    """
    wanted = unit.strip()
    names = _naming(frame, spec)
    for name in names:
        found = np.flatnonzero(frame[name].map(word) == wanted)
        if len(found):
            return Unit(int(found[0]), "column", name)
    by_time = _at(frame, spec, wanted)
    if by_time is not None:
        return by_time
    if wanted.isdigit() and 1 <= int(wanted) <= len(frame):
        return Unit(int(wanted) - 1, "row", None)
    known = [word(value) for name in names for value in frame[name]]
    if spec.time is not None and spec.time in frame.columns:
        known += [str(value) for value in frame[spec.time]]
    looked = " or ".join([*(f"column {name!r}" for name in names), *([f"time {spec.time!r}"] if spec.time else [])])
    looked = f"not in {looked}, and " if looked else ""
    hint = nearest(wanted, known) if known else "give a number"
    hint = hint if hint.startswith("did you mean") or not known else f"units are called {known[0]!r}, {known[-1]!r}"
    raise StudyError(f"unit {unit!r} is {looked}no row number from 1 to {len(frame)}; {hint}")


def prepared(frame: pd.DataFrame, spec: StudySpec, unit: Unit) -> tuple[StudyData | TooLittle, int]:
    """The study, and the unit's position in it; it is in order of time, and without rows that have no target.

    Raises `StudyError` for a unit without a target.
    """
    if pd.isna(frame[spec.target].iloc[unit.row]):
        raise StudyError(f"row {unit.row + 1} has no {spec.target!r} yet; name a unit that was judged")
    mark = "row"
    while mark in frame.columns:
        mark += "'"
    # The half keeps it from being taken for an identifier and left out.
    data = prepare(frame.assign(**{mark: np.arange(len(frame)) + 0.5}), spec)
    if isinstance(data, TooLittle):
        return data, 0
    rows = data.features[mark].to_numpy()
    found = np.flatnonzero(rows == unit.row + 0.5)
    if not len(found):
        raise StudyError(f"row {unit.row + 1}: {spec.target!r} is no number; name a unit that was measured")
    return replace(data, features=data.features.drop(columns=mark)), int(found[0])


def _naming(frame: pd.DataFrame, spec: StudySpec) -> list[str]:
    """Columns with another word or whole number in every row."""
    special = {spec.target, spec.time, spec.group}
    found = []
    for name in frame.columns:
        column = frame[name]
        if name in special or column.isna().any() or column.nunique() < len(column):
            continue
        if pd.api.types.is_numeric_dtype(column.dtype):
            if bool((column == column.round()).all()):
                found.append(str(name))
        elif not pd.api.types.is_datetime64_any_dtype(column.dtype):
            found.append(str(name))
    # Words before numbers: a serial before a count.
    return sorted(found, key=lambda name: pd.api.types.is_numeric_dtype(frame[name].dtype))


def _at(frame: pd.DataFrame, spec: StudySpec, wanted: str) -> Unit | None:
    """The row made at that moment; a time without a zone is read as the table's own are."""
    if spec.time is None or spec.time not in frame.columns:
        return None
    column = frame[spec.time]
    same = np.flatnonzero(column.map(word) == wanted)
    if not len(same) and not pd.api.types.is_numeric_dtype(column.dtype):
        asked, known = instants(pd.Series([wanted])), instants(column.astype("str").where(column.notna(), None))
        if asked is not None and known is not None:
            same = np.flatnonzero(known == asked.iloc[0])
    if len(same) > 1:
        raise StudyError(f"unit {wanted!r}: {len(same)} rows have this {spec.time!r}; give the number of one, from 1")
    return Unit(int(same[0]), "time", spec.time) if len(same) else None
