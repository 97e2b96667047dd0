"""The documents of rows, ``ml_results`` and notes, as the row functions write them: for many rows at once.

MariaDB keeps a document as it was written, so these are those of ``routines/row*.sql`` byte for byte; MySQL stores
values. Probabilities have six decimals, a whole number ends in ``.0``, values have twelve significant digits.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import add
from typing import Any

import numpy as np
import orjson
import pandas as pd

from models.automl.matrix import Floats, Ints
from models.automl.model import Model
from models.sql.walk.explain import DECIMALS, DIGITS, Attributions, decimal
from models.sql.walk.said import quoted, shown
from models.sql.walk.words import WORDS
from models.study.data import word

__all__ = [
    "brief",
    "documents",
    "drifts",
    "explain_document",
    "explanations",
    "notes",
    "number",
    "predict_document",
    "predictions",
    "results",
]

_MILLION = 10**DECIMALS
_HUNDREDTHS = 10_000
"""Of a per cent, in the whole."""
_TOLD = 3
"""Columns that a drift names, as HeatWave does."""


def number(x: float) -> str:
    """A number as both servers print it, with ``.0`` if it is whole.

    >>> number(5.0), number(1.5e-7), number(2e22), number(-0.0)
    ('5.0', '0.00000015', '2e22', '0.0')
    """
    text = repr(x + 0.0)
    if x == 0 or 1e-4 <= abs(x) < 1e15:
        return text
    if 1e-15 <= abs(x) < 1e-4:
        return format(Decimal(text), "f")
    mantissa, _, power = f"{Decimal(text).normalize():e}".partition("e")
    return f"{mantissa}e{int(power)}"


def numbers(values: Floats) -> list[str]:
    """`number` of each of (n,), at the speed of a JSON writer.

    >>> numbers(np.array([5.0, 1.5e-7, 2e22, -0.0, 0.1]))
    ['5.0', '0.00000015', '2e22', '0.0', '0.1']
    """
    values = np.ascontiguousarray(values) + 0.0
    if not len(values):
        return []
    texts = orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].decode().split(",")
    size = np.abs(values)
    for place in np.flatnonzero((values != 0) & ~((size >= 1e-4) & (size < 1e15))).tolist():
        texts[place] = number(float(values[place]))
    return texts


def brief(values: Floats) -> Floats:
    """(n,) to twelve significant digits: what two ways of adding up agree on."""
    return decimal(values, DIGITS - 1 - np.floor(np.log10(np.maximum(np.abs(values), 1e-300))))


def predictions(model: Model, raw: Floats, decided: Ints | None = None) -> list[Any]:
    """The values of ``Prediction``: labels, or values to three decimals (small ones to six digits).

    ``raw``: (n, outputs) of `Model.predict_raw`; ``decided``: (n,) codes, if they are known.
    """
    if model.task == "classification":
        codes = model.decisions.decide(raw) if decided is None else decided
        return [model.target.classes[code] for code in codes.tolist()]
    values = raw[:, 0]
    decimals = np.maximum(3, 5 - np.floor(np.log10(np.maximum(np.abs(values), 1e-300))))
    listed: list[float] = decimal(values, decimals).tolist()
    return listed


def results(model: Model, raw: Floats, decided: Ints | None = None, drift: Sequence[str] | None = None) -> list[str]:
    """``ml_results`` of predictions. ``drift``: what `drifts` says of the same rows."""
    return _detailed(_results(model, raw, decided), drift)


def documents(results: Sequence[Any], drift: Sequence[str] | None = None) -> list[str]:
    """``ml_results`` of the other tasks. ``drift``: what `drifts` says of the same rows.

    >>> documents([{"predictions": {"item": ["a", "b"], "rating": [5.0, 1e-7]}}])
    ['{"predictions": {"item": ["a", "b"], "rating": [5.0, 0.0000001]}}']
    """
    return _detailed([_written(each) for each in results], drift)


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(str(name))}: {_written(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple, np.ndarray)):
        return "[" + ", ".join(map(_written, value)) + "]"
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        return number(plain) if np.isfinite(plain) else "null"
    return quoted(plain)


def _detailed(plain: list[str], drift: Sequence[str] | None) -> list[str]:
    if drift is None:
        return plain
    return [f'{document[:-1]}, "drift": {told}}}' for document, told in zip(plain, drift, strict=True)]


def drifts(names: Sequence[str], surprises: Floats) -> list[str]:
    """How unlike training each row is, with the at most three columns that say so most: shares of the squares.

    ``names``, ``surprises``: (columns,), (n, columns) of `models.sql.drift.Detector`.

    >>> drifts(["a", "b"], np.array([[3.0, 1.0], [0.0, 0.0]]))
    ['{"metric": 3.0, "attribution_percent": {"a": 90.0, "b": 10.0}}', '{"metric": 0.0, "attribution_percent": {}}']
    """
    rows = np.arange(len(surprises))
    squares = surprises * surprises
    whole = squares.sum(axis=1, keepdims=True)
    shares = np.floor(_HUNDREDTHS * (squares / np.where(whole > 0, whole, 1.0)) + 0.5).astype(np.int64)
    written = np.array([number(each / 100) for each in range(_HUNDREDTHS + 1)], dtype=object)
    parts = np.full(len(rows), "", dtype=object)
    for turn in range(min(_TOLD, len(names))):
        best = shares.argmax(axis=1)
        share = shares[rows, best]
        keys = np.array([f"{', ' if turn else ''}{quoted(name)}: " for name in names], dtype=object)
        parts = parts + np.where(share > 0, keys[best] + written[share], "")
        shares[rows, best] = 0
    largest = np.floor(surprises.max(axis=1, initial=0.0) * 1e4 + 0.5) / 1e4
    return [
        f'{{"metric": {number(metric)}, "attribution_percent": {{{part}}}}}'
        for metric, part in zip(largest.tolist(), parts.tolist(), strict=True)
    ]


def _results(model: Model, raw: Floats, decided: Ints | None) -> list[str]:
    goal = quoted(model.target.name)
    if model.task == "regression":
        return [f'{{"predictions": {{{goal}: {value}}}}}' for value in numbers(brief(raw[:, 0]))]
    codes = model.decisions.decide(raw) if decided is None else decided
    heads = [f'{{"predictions": {{{goal}: {quoted(label)}}}, "probabilities": {{' for label in model.target.classes]
    lines: list[str] = np.array(heads, dtype=object)[codes].tolist()
    for place, label in enumerate(model.target.classes):
        name = f"{', ' if place else ''}{quoted(shown(label))}: "
        lines = [f"{line}{name}{chance}" for line, chance in zip(lines, _chances(raw[:, place]), strict=True)]
    return [line + "}}" for line in lines]


def _chances(column: Floats) -> list[str]:
    """(n,) probabilities to six decimals; each different one is written once."""
    found, places = np.unique(np.rint(column * _MILLION).astype(np.int64), return_inverse=True)
    texts = [
        "0." + f"{each:06d}".rstrip("0") if each % _MILLION else f"{each // _MILLION}.0" for each in found.tolist()
    ]
    chances: list[str] = np.array(texts, dtype=object)[places].tolist()
    return chances


def notes(model: Model, frame: pd.DataFrame, found: Attributions, *, japanese: bool = False) -> list[str]:
    """Which column speaks most for each prediction, and which against it."""
    language = int(japanese)
    said = predictions(model, found.raw, found.decided if len(found.decided) else None)
    values = found.values
    if not values.shape[1]:
        return [WORDS["nothing"][language]] * len(said)
    best, worst = values.argmax(axis=1).tolist(), values.argmin(axis=1).tolist()
    high, low = values.max(axis=1).tolist(), values.min(axis=1).tolist()
    cells = {name: _cells(frame[name]) for name in found.columns}
    out = []
    for row, label in enumerate(said):
        parts = []
        for code, place, holds in (("towards", best[row], high[row] > 0), ("against", worst[row], low[row] < 0)):
            if holds:
                name = found.columns[place]
                value = cell_text(cells[name][row], WORDS["missing"][language])
                text = WORDS[code][language].format(column=name, value=value, said=_plain(label))
                parts.append(text)
        out.append(WORDS["whereas"][language].join(parts) or WORDS["nothing"][language])
    return out


def _cells(column: pd.Series) -> list[Any]:
    """As Python has them; a single-precision number as the shortest one meant, 4.2 and not 4.199999809265137."""
    if column.dtype == "float32":
        return [float(str(value)) for value in column.to_numpy()]
    return column.tolist()


def cell_text(value: Any, missing: str) -> str:
    """A cell as people read it: 1.0 is 1, and the shortest number that is meant."""
    if value is None or value is pd.NA or value is pd.NaT or value != value or value == "":
        return missing
    if isinstance(value, (float, Decimal)) and not float(value).is_integer():
        return number(float(value))
    return word(float(value) if isinstance(value, Decimal) else value)


def _plain(label: Any) -> str:
    return number(label) if isinstance(label, float) else shown(label)


def explanations(model: Model, found: Attributions, said: Sequence[str]) -> list[str]:
    """``ml_results`` of explanations. ``said``: the notes."""
    goal = quoted(model.target.name)
    names = [f"{quoted(name)}: " for name in found.columns]
    labels = predictions(model, found.raw, found.decided if len(found.decided) else None)
    # MariaDB and MySQL write a whole value as 5.0, a whole label as 5.
    written = [number(label) if model.task == "regression" else quoted(label) for label in labels]
    out = []
    width = len(names)
    values = numbers(found.values.ravel())
    for row, (note, label) in enumerate(zip(said, written, strict=True)):
        parts = ", ".join(map(add, names, values[row * width : (row + 1) * width]))
        out.append(
            f'{{"attributions": {{{parts}}}, "predictions": {{{goal}: {label}}}, '
            f'"notes": {json.dumps(note, ensure_ascii=False)}}}'
        )
    return out


def predict_document(row: Mapping[str, Any], prediction: Any, result: str) -> dict[str, Any]:
    """What ML_PREDICT_ROW returns for a row, as a value."""
    return {**row, "Prediction": prediction, "ml_results": json.loads(result)}


def explain_document(
    row: Mapping[str, Any], prediction: Any, note: str, attributed: Mapping[str, float], result: str
) -> dict[str, Any]:
    """What ML_EXPLAIN_ROW returns for a row, as a value."""
    members = {f"{name}_attribution": value for name, value in attributed.items()}
    return {**row, "Prediction": prediction, "Notes": note, **members, "ml_results": json.loads(result)}
