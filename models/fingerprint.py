"""Which data a model learnt from, in a few figures: the same table gives the same fingerprint, on any machine."""

import hashlib
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["fingerprint", "instant"]

SAMPLE = 1000
"""Rows whose values are hashed, evenly spaced: the first and the last are among them."""


def fingerprint(table: pd.DataFrame, time: pd.Series | None = None) -> dict[str, Any]:
    """``rows``, ``columns``, ``first`` and ``last`` instant (ISO 8601, or numbers; None without a time), and ``hash``.

    The hash (SHA-256) covers names and kinds of all columns, the number of rows, and the values of `SAMPLE` rows.
    ``time``: (n,) ascending, UTC instants or numbers.

    >>> found = fingerprint(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]}))
    >>> found["rows"], found["columns"], found["hash"][:8]
    (2, 2, '2a97e614')
    """
    digest = hashlib.sha256(f"{len(table)}\n".encode())
    rows = np.unique(np.linspace(0, max(len(table) - 1, 0), SAMPLE).astype(np.int64))[: len(table)]
    for name in table.columns:
        column = table[name].iloc[rows]
        kind, values = _values(column)
        digest.update(f"{name}\x1f{kind}\x1f".encode() + values + b"\x1e")
    known = None if time is None or not len(time) else time
    return {
        "rows": len(table),
        "columns": len(table.columns),
        "first": None if known is None else instant(known.iloc[0]),
        "last": None if known is None else instant(known.iloc[-1]),
        "hash": digest.hexdigest(),
    }


def instant(moment: Any) -> str | float:
    """A time as JSON keeps it: ISO 8601 in UTC to the microsecond, or a number."""
    if isinstance(moment, pd.Timestamp):
        return moment.tz_convert("UTC").to_pydatetime().isoformat(timespec="microseconds")
    return float(moment)


def _values(column: pd.Series) -> tuple[str, bytes]:
    """Numbers as little-endian doubles with one kind of NaN; everything else as text, missing apart from empty."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.to_numpy(dtype="<f8", na_value=np.nan)
        return "number", np.where(np.isnan(numbers), np.nan, numbers + 0.0).astype("<f8").tobytes()
    texts = ["\x00" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
    return "text", "\x1f".join(texts).encode("utf-8", "surrogatepass")
