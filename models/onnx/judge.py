"""How good an imported model is on labelled rows, and what it attends to: by questions alone, since it is a black box.

``score``: a metric of `models.automl.metrics`. ``importance``, ``attention``, ``curve``: permutation importance, SHAP
and partial dependence of `models.automl.explain`. ``effects``: what is said of a row minus what is said with one cell
from the typical row, of the probability of the class decided for, or of the value; ``shares``: its Shapley values. What
a graph without probabilities says of a class is 1 or 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl import metrics
from models.automl.explain.dependence import partial_dependence
from models.automl.explain.game import Game, frame_game
from models.automl.explain.importance import permutation_importance
from models.automl.explain.permutation import permutation_values
from models.automl.matrix import Floats, Ints
from models.automl.metrics import of_decisions
from models.automl.target import Target
from models.onnx.model import OnnxModel, Said

__all__ = ["attention", "curve", "effects", "importance", "score", "shares", "typical"]

ROWS = 2_000
"""Rows of a sample that importances are told from: enough for two digits."""
REPEATS = 5
"""Deals of each column; their mean is taken."""
CURVE_ROWS = 500
"""As for our own models."""
ORDERS = 4
"""In which columns join, each also backwards; exact where no more than two columns interact."""
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


def _game(model: OnnxModel, frame: pd.DataFrame, labels: Sequence[Any]) -> Game:
    """Predictions of rows whose cells come from rows of the table: of these labels, or (n, 1) values."""

    def predict(rows: pd.DataFrame) -> Floats:
        said = model.say(rows)
        if not labels:
            return said.raw
        return np.stack([_of(said, labels, np.full(len(rows), code)) for code in range(len(labels))], axis=1)

    return frame_game(predict, frame[list(model.columns)].reset_index(drop=True))


def _some(frame: pd.DataFrame, target: str, most: int, seed: int) -> pd.DataFrame:
    frame = frame[frame[target].notna()]
    chosen = np.sort(np.random.default_rng(seed).permutation(len(frame))[:most])
    return frame.iloc[chosen].reset_index(drop=True)


def importance(model: OnnxModel, frame: pd.DataFrame, target: str, seed: int = 0) -> dict[str, float]:
    """Column to how much the score falls without it, the largest first. Raises `StudyError` where no score is."""
    frame = _some(frame, target, ROWS, seed)
    metric, truth = DEFAULT[model.task], frame[target]
    said = model.say(frame)
    if _measured(model, metric, truth, said) is None:
        raise StudyError(f"{metric} is undefined on these rows; give rows with different values of {target!r}")

    def scored(rows: Ints, predicted: Floats) -> float | None:
        found = Said(said.labels, predicted.argmax(axis=1), predicted, np.ones(len(rows), dtype=np.bool_))
        return _measured(model, metric, truth.iloc[rows], found)

    game = _game(model, frame, said.labels)
    lost = permutation_importance(game, np.arange(len(frame)), model.columns, scored, repeats=REPEATS, seed=seed)
    return _ranked({each.column: each.estimate or 0.0 for each in lost})


def attention(model: OnnxModel, frame: pd.DataFrame, rows: int, seed: int = 0) -> dict[str, float]:
    """Column to its mean absolute SHAP value over ``rows`` rows, against half as many, the largest first."""
    chosen = np.random.default_rng(seed).permutation(len(frame))[:rows]
    frame = frame.iloc[chosen].reset_index(drop=True)
    places = np.arange(len(frame))
    game = _game(model, frame, model.say(frame).labels)
    _, values = permutation_values(game, places, places[: max(rows // 2, 1)], len(model.columns), seed=seed)
    return _ranked(dict(zip(model.columns, np.abs(values).mean(axis=(0, 2)).tolist(), strict=True)))


def curve(
    model: OnnxModel, frame: pd.DataFrame, column: str, wanted: str | None, seed: int = 0
) -> list[tuple[Any, float]]:
    """Partial dependence: cells of a column, and what is said on average if every row stood there, of class ``wanted``.
    Raises `StudyError` for a class that is never said."""
    chosen = np.random.default_rng(seed).permutation(len(frame))[:CURVE_ROWS]
    frame = frame.iloc[chosen].reset_index(drop=True)
    labels = model.say(frame).labels
    known = [str(label) for label in labels]
    if labels and wanted not in known:
        raise StudyError(f"target_value {str(wanted)[:40]!r} is no class; {nearest(str(wanted), known)}")
    place = model.columns.index(column)
    found = partial_dependence(
        _game(model, frame, labels), frame[column], np.arange(len(frame)), place, len(model.columns)
    )
    effect = found.effect[:, known.index(str(wanted)) if labels else 0]
    return list(zip(found.cells, effect.tolist(), strict=True))


def _ranked(found: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def typical(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """A cell of each column that JSON keeps: of numbers the median that occurred, else what is there most often."""
    return {name: _typical(frame[name].dropna()) for name in columns}


def _typical(cells: pd.Series) -> Any:
    if not len(cells):
        return None
    if pd.api.types.is_numeric_dtype(cells):  # truths are in order, too
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
        out[:, place] = here - there
        largest = np.maximum(largest, np.abs(there))
    return said, np.where(said.known[:, None], out, 0.0), largest


def shares(model: OnnxModel, frame: pd.DataFrame, other: Mapping[str, Any]) -> tuple[Said, Floats, Floats]:
    """As `effects` of all columns, by Shapley values against the typical row: they add up to the whole difference."""
    said, columns = model.say(frame), list(model.columns)
    whole = pd.concat([frame[columns], pd.DataFrame({name: [other.get(name)] for name in columns})], ignore_index=True)
    game, rows = _game(model, whole, said.labels), np.arange(len(frame))
    base, values = permutation_values(game, rows, np.repeat(len(frame), ORDERS), len(columns))
    here = _of(said, said.labels, said.codes)
    chosen = values[rows, :, said.codes]
    largest = np.maximum(np.abs(here), np.abs(base[said.codes]))
    return said, np.where(said.known[:, None], chosen, 0.0), largest


def _of(said: Said, labels: Sequence[Any], codes: Ints) -> Floats:
    """(n,) the value, or the probability of the class of each row, ``codes`` into ``labels``."""
    if not labels:
        return said.raw[:, 0]
    places = {label: place for place, label in enumerate(said.labels)}
    padded = np.concatenate([said.raw, np.zeros((len(said.raw), 1))], axis=1)
    at = np.array([places.get(label, said.raw.shape[1]) for label in labels])
    return np.asarray(padded[np.arange(len(codes)), at[codes]])
