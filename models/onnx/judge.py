"""How good an imported model is on labelled rows, and what it attends to: by questions alone, since it is a black box.

``score``: a metric of `models.automl.metrics`. ``importance``: by how much it falls when one column's cells are dealt
out anew (Breiman 2001). ``effects``: what is said of a row minus what is said with one cell from the typical row, of
the probability of the class decided for, or of the value; f of a graph without probabilities is 1 where it says the
same class, else 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl import metrics
from models.automl.matrix import Floats, Ints
from models.automl.metrics import of_decisions
from models.automl.target import Target
from models.onnx.model import OnnxModel, Said

__all__ = ["effects", "importance", "score", "typical"]

ROWS = 2_000
"""Rows of a sample that importances are told from: enough for two digits."""
REPEATS = 3
"""Deals of each column; their mean is taken."""
DEFAULT = {"classification": "balanced_accuracy", "regression": "r2"}
"""What importances are a loss of: defined for graphs with probabilities and without."""


def score(model: OnnxModel, frame: pd.DataFrame, target: str, metric: str) -> float | None:
    """Higher is better; None where it is undefined for these rows. Raises `StudyError` for a metric that cannot be."""
    frame = frame[frame[target].notna()]
    return _measured(model, metric, frame[target], model.say(frame)) if len(frame) else None


def _measured(model: OnnxModel, metric: str, truth: pd.Series, said: Said) -> float | None:
    if not said.known.all():
        count = int((~said.known).sum())
        raise StudyError(f"the ONNX model says no number of {count} rows, NULL in its columns? Leave them out")
    if model.task == "regression":
        values = Target("", "regression", ()).codes(truth)
        known = np.isfinite(values)
        return metrics.measure(metric, values[known], said.raw[known, 0])
    if not of_decisions(metric) and not model.probable:
        raise StudyError(
            f"metric {metric!r} needs probabilities; the ONNX model names no prediction_probabilities_name"
        )
    labels = list(said.labels) if model.probable else sorted({*map(str, said.labels), *map(str, truth)})
    places = {str(label): place for place, label in enumerate(labels)}
    codes = np.array([places.get(_word(value), -1) for value in truth])
    if not (codes >= 0).any():
        raise StudyError(f"column {truth.name!r} holds {_word(truth.iloc[0])!r}, none of the model's classes "
                         f"{', '.join(map(str, labels[:3]))}; labels_map names them")  # fmt: skip
    known = codes >= 0
    decided = np.array([places[str(label)] for label in said.labels])[said.codes]
    raw = said.raw if not of_decisions(metric) else np.eye(len(labels))[decided]
    return metrics.measure(metric, codes[known], raw[known])


def _word(value: Any) -> str:
    """A label as text, 1.0 as 1."""
    return str(int(value)) if isinstance(value, (float, np.floating)) and float(value).is_integer() else str(value)


def importance(model: OnnxModel, frame: pd.DataFrame, target: str, seed: int = 0) -> dict[str, float]:
    """Column to how much the score falls without it, the largest first. Raises `StudyError` where no score is."""
    rng = np.random.default_rng(seed)
    frame = frame[frame[target].notna()]
    frame = frame.iloc[np.sort(rng.permutation(len(frame))[:ROWS])].reset_index(drop=True)
    metric = DEFAULT[model.task]
    whole = score(model, frame, target, metric)
    if whole is None:
        raise StudyError(f"{metric} is undefined on these rows; give rows with different values of {target!r}")
    lost = {}
    for name in model.columns:
        found = []
        for _ in range(REPEATS):
            dealt = frame.assign(**{name: frame[name].iloc[rng.permutation(len(frame))].reset_index(drop=True)})
            after = score(model, dealt, target, metric)
            found.append(0.0 if after is None else whole - after)
        lost[name] = float(np.mean(found))
    return dict(sorted(lost.items(), key=lambda item: -item[1]))


def typical(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """A cell of each column that JSON keeps: of numbers the median that occurred, else what is there most often."""
    return {name: _typical(frame[name].dropna()) for name in columns}


def _typical(cells: pd.Series) -> Any:
    if not len(cells):
        return None
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        value = cells.sort_values().iloc[(len(cells) - 1) // 2]
    else:
        counts = cells.astype(str).value_counts()
        return str(min(counts.index[counts == counts.max()]))
    return value.item() if hasattr(value, "item") else float(value)


def effects(
    model: OnnxModel, frame: pd.DataFrame, columns: Sequence[str], other: Mapping[str, Any]
) -> tuple[Said, Floats, Floats]:
    """What is said of the rows, (n, columns) the effect of each column, and (n,) the largest value it is made of."""
    said = model.say(frame)
    here = _of(said, said.labels, said.codes)
    out = np.zeros((len(frame), len(columns)))
    largest = np.abs(here)
    for place, name in enumerate(columns):
        changed = frame.assign(**{name: pd.Series([other.get(name)] * len(frame), index=frame.index)})
        there = _of(model.say(changed), said.labels, said.codes)
        out[:, place] = np.where(said.known, here - there, 0.0)
        largest = np.maximum(largest, np.abs(there))
    return said, out, largest


def _of(said: Said, labels: Sequence[Any], codes: Ints) -> Floats:
    """(n,) the value, or the probability of the class of each row, ``codes`` into ``labels``."""
    if not labels:
        return said.raw[:, 0]
    places = {label: place for place, label in enumerate(said.labels)}
    padded = np.concatenate([said.raw, np.zeros((len(said.raw), 1))], axis=1)
    at = np.array([places.get(label, said.raw.shape[1]) for label in labels])
    return np.asarray(padded[np.arange(len(codes)), at[codes]])
