"""From probabilities to marked rows, answers and scores: the same for rows of a table and lines of a log."""

from typing import Any

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.tasks.anomaly.labelled import Marks, judged
from models.tasks.options import Chosen
from models.tasks.tables import column

__all__ = ["DECIMALS", "documents", "labels_of", "marked", "scored"]

DECIMALS = 9
"""Of probabilities, none of which is nearer to 0 or 1 than `calibrate.CERTAIN`: what SQL and Python agree on."""


def marked(probability: Floats, chosen: Chosen, threshold: float) -> Marks:
    """Which rows are anomalies: above the threshold as it is printed, or the ``topk`` most probable, ties by order."""
    top, given = chosen["topk"], chosen["threshold"]
    if top is not None and given is not None:
        raise StudyError("options 'threshold' and 'topk' exclude each other; write one of them")
    if top is None:
        return np.asarray(np.round(probability, DECIMALS) > (threshold if given is None else given))
    out = np.zeros(len(probability), dtype=bool)
    out[np.argsort(-probability, kind="stable")[:top]] = True
    return out


def documents(probability: Floats, marks: Marks) -> list[dict[str, Any]]:
    """One ``ml_results`` per row."""
    unit = 10**DECIMALS
    return [
        {
            "predictions": {"is_anomaly": int(mark)},
            "probabilities": {"normal": (unit - part) / unit, "anomaly": part / unit},
        }
        for part, mark in zip(np.rint(probability * unit).tolist(), marks.tolist(), strict=True)
    ]


def labels_of(table: Any, target: str) -> Ints:
    """1 anomalous, 0 normal, -1 without a label, (n,). Raises `StudyError` for any other value, naming it."""
    values = column(table, target, "which holds the labels")
    out = np.full(len(values), -1)
    for place, value in enumerate(values.tolist()):
        word = str(value).strip().lower()
        if word in ("1", "1.0", "true"):
            out[place] = 1
        elif word in ("0", "0.0", "false"):
            out[place] = 0
        elif word not in ("none", "nan", "<na>", "nat", ""):
            raise StudyError(f"label {value!r} in column {target!r} is not 1 (anomalous), 0 (normal) or NULL; recode")
    return out


def scored(metric: str, truth: Ints, probability: Floats, chosen: Chosen, threshold: float) -> float | None:
    """A metric over the labelled rows; None where it is undefined, as ROC-AUC of one class is."""
    top, given = chosen["topk"], chosen["threshold"]
    known = truth >= 0
    if not known.any():
        raise StudyError("no row has a label 1 or 0, so nothing can be scored; give labelled rows")
    if metric == "precision_k":
        if top is None or given is not None:
            raise StudyError("metric 'precision_k' needs option 'topk' and no 'threshold'; write topk, as 10")
        picked = marked(np.where(known, probability, -1.0), chosen, threshold) & known
        return float(truth[picked].mean()) if picked.any() else None
    if top is not None:
        raise StudyError(f"option 'topk' is for metric 'precision_k', not for {metric!r}; leave it out")
    if metric == "roc_auc" and given is not None:
        raise StudyError("metric 'roc_auc' judges all thresholds at once; leave option 'threshold' out")
    marks = marked(probability, chosen, threshold)
    return judged(metric, truth[known], probability[known], marks[known])
