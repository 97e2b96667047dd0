"""Single columns that foretell the target better than a cause can: noisy copies, flags' continuous cousins.

A column alone is judged on rows that it was not fitted on: the mean of the target in 100 bins of the column, and for
numbers also a straight line. Excellence alone is no leak: compressor pressure gives a turbine's power with R² 0.98,
petal length tells one iris from the others. So the column must also leave far less unexplained than *all the others*
together (a small LightGBM): where an honest quantity is that good, its neighbours know much of it too.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import lightgbm
import numpy as np
from sklearn.metrics import roc_auc_score

from models.leaks.fits import trimmed
from models.leaks.report import Suspect
from models.leaks.view import Column, Floats, Ints, View

__all__ = ["alone", "too_good"]

BINS = 100
DOUBTFUL = 0.985
"""ROC-AUC (mean over the classes) or R² of one column alone that is worth a question."""
SURE = 0.995
NEARLY_STRAIGHT = 0.999
"""R² of a straight line, the worst rows apart: the target with a little noise."""
LEFT = {False: 0.25, True: 0.1}
"""What the column leaves unexplained, over what all others leave; the smaller one makes it sure."""
PRIOR = 0.5
"""Errors that a perfect column is charged with: a few rows are separated perfectly by chance."""
GAP, FEWEST = 2.0, 10
"""Empty space between two classes, in standard deviations within them; rows of a class at least."""
MOST_ROWS = 6000
MOST_OTHERS = 60
PARAMS = {
    "verbosity": -1, "num_threads": 1, "num_leaves": 15, "learning_rate": 0.15, "min_data_in_leaf": 10,
    "deterministic": True, "force_row_wise": True, "seed": 0, "max_bin": 63,
}  # fmt: skip
ROUNDS = 60


def too_good(data: View, seed: int) -> Iterator[Suspect]:
    """Each column that is."""
    half = np.random.default_rng(seed).permutation(data.n) % 2 == 0
    if (data.task == "regression" and np.ptp(data.y) == 0) or min(half.sum(), (~half).sum()) < 20:
        return
    scores = {column.name: alone(column, data, half) for column in data.columns.values() if column.n_levels > 1}
    suspected = [name for name, score in scores.items() if score >= DOUBTFUL]
    if not suspected:
        return
    rest = sorted((name for name in scores if name not in suspected), key=lambda name: -scores[name])
    others = _together([data.columns[name] for name in rest[:MOST_OTHERS]], data, half)
    prior = PRIOR / float(min(np.bincount(data.labels_of))) if data.task == "classification" else 0.0
    for name in suspected:
        score, column = scores[name], data.columns[name]
        left = (1 - score + prior) / max(1 - others, 1e-9)
        sure = (score >= SURE and left <= LEFT[True]) or _nearly_straight(column, data)
        sure |= others < SURE and _apart(column, data)
        if not sure and left > LEFT[False]:
            continue
        blanks = {
            "column": name, "other": data.target, "value": score, "others": others, "n": int(column.known.sum()),
        }  # fmt: skip
        evidence = "too_good" if data.task == "classification" else "too_good_numbers"
        yield Suspect((name,), "too_good", sure, evidence, blanks, "excluded" if sure else "kept", (name,) * sure)


def _nearly_straight(column: Column, data: View) -> bool:
    if data.task != "regression" or column.values is None or column.n_levels < 3:
        return False
    known = column.known
    return bool(trimmed(column.values[known][:, None], data.y[known]).r2 >= NEARLY_STRAIGHT)


def _apart(column: Column, data: View) -> bool:
    """Does each class have a stretch of the column's numbers for itself, with wide empty gaps between them?"""
    if data.task == "regression" or column.values is None or column.n_levels <= data.classes:
        return False
    known = column.known
    x, labels = column.values[known], data.labels_of[known]
    sides = [x[labels == label] for label in np.unique(labels)]
    if len(sides) < 2 or min(len(side) for side in sides) < FEWEST:
        return False
    sides.sort(key=lambda side: float(side.mean()))
    within = float(np.sqrt(sum(((side - side.mean()) ** 2).sum() for side in sides) / len(x)))
    return min(float(after.min() - before.max()) for before, after in pairwise(sides)) >= GAP * within > 0


def alone(column: Column, data: View, half: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> float:
    """What one column gives on the rows outside ``half``: mean ROC-AUC over the classes, or R²."""
    codes = _bins(column)
    size = int(codes.max()) + 1
    count, tested = (np.bincount(codes[side], minlength=size) for side in (half, ~half))
    scores = []
    for target in _targets(data):
        mean = float(target[half].mean())
        said = (np.bincount(codes[half], target[half], minlength=size) + mean) / (count + 1)
        if data.task == "classification":
            good = np.bincount(codes[~half], target[~half], minlength=size).astype(np.float64)
            scores.append(_auc(said, good, tested.astype(np.float64) - good))
        else:
            scores.append(_score(target[~half], said[codes[~half]], data))
    best = float(np.mean(scores))
    if data.task == "regression" and column.values is not None:
        known = column.known
        if known.all() and np.ptp(column.values) > 0:
            best = max(best, float(np.corrcoef(column.values, data.y)[0, 1]) ** 2)
    return best


def _auc(said: Floats, good: Floats, bad: Floats) -> float:
    """ROC-AUC where all rows of a bin get one prediction. ``good`` and ``bad``: (bins,) rows of either kind."""
    if good.sum() == 0 or bad.sum() == 0:
        return 0.0
    place = np.unique(said, return_inverse=True)[1]
    ups, downs = np.bincount(place, good), np.bincount(place, bad)
    below = np.cumsum(downs) - downs
    return float((ups * (below + 0.5 * downs)).sum() / (ups.sum() * downs.sum()))


def _targets(data: View) -> Sequence[Floats]:
    if data.task == "regression":
        return [data.y]
    labels = range(1, 2) if data.classes == 2 else range(data.classes)
    return [(data.labels_of == label).astype(np.float64) for label in labels]


def _score(truth: Floats, predicted: Floats, data: View) -> float:
    if np.ptp(truth) == 0:
        return 0.0
    if data.task == "classification":
        return float(roc_auc_score(truth, predicted))
    return float(1 - ((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())


def _bins(column: Column) -> Ints:
    """(n,) bins of about the same size for many numbers, else the levels; 0 is missing."""
    if column.values is None or column.n_levels <= BINS:
        return column.codes + 1
    edges = np.unique(np.nanquantile(column.values, np.linspace(0, 1, BINS + 1)[1:-1]))
    found = np.searchsorted(edges, column.values, side="right") + 1
    return np.where(column.known, found, 0).astype(np.int64)


def _together(columns: Sequence[Column], data: View, half: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> float:
    """What many columns give together, on the same rows."""
    if not columns:
        return 0.5 if data.task == "classification" else 0.0
    step = max(1, data.n // MOST_ROWS)
    rows = np.arange(0, data.n, step)
    x = np.column_stack([
        np.where(column.known[rows], column.codes[rows] if column.values is None else column.values[rows], np.nan)
        for column in columns
    ])  # fmt: skip
    learn = half[rows]
    scores = []
    for target in _targets(data.take(rows)):
        kind = "binary" if data.task == "classification" else "regression"
        if np.ptp(target[learn]) == 0:
            continue
        known = lightgbm.Dataset(x[learn], target[learn], params=PARAMS)
        model = lightgbm.train({**PARAMS, "objective": kind}, known, ROUNDS)
        scores.append(_score(target[~learn], np.asarray(model.predict(x[~learn], num_threads=1)), data))
    return float(np.mean(scores)) if scores else 0.0
