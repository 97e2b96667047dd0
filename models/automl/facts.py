"""What a model remembers of its own making: sizes, options, trials, versions. Never the time of day or the clock."""

import time
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from models.automl.explain.overall import global_
from models.automl.explain.path import path_values
from models.automl.explain.trees import tree_view
from models.automl.folds import Plan
from models.automl.ground import Ground
from models.automl.matrix import Floats, Ints, Matrix
from models.automl.metrics import measure
from models.automl.model import Model, Quality
from models.automl.search import Outcome
from models.automl.words import noticed
from models.leaks.report import LeakReport

__all__ = ["attention", "facts_of", "sampled", "versions"]

BACKGROUND_ROWS, BACKGROUND_CELLS = 100, 20_000
ATTENTION_ROWS, ATTENTION_CELLS, FEWEST_ATTENTION, SURE_ATTENTION = 500, 20_000, 30, 100
"""Rows looked at for the importance of columns; fewer where there are many columns."""
ATTENTIVE = 3
LIBRARIES = ("genba", "lightgbm", "numpy", "pandas", "scikit-learn", "scipy", "xgboost-cpu")


def versions() -> dict[str, str]:
    """Of everything that may change a prediction."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def sampled(matrix: Matrix, seed: int) -> Matrix:
    """Rows to explain others against."""
    most = int(np.clip(BACKGROUND_CELLS // max(matrix.p, 1), 10, BACKGROUND_ROWS))
    if matrix.n <= most:
        return matrix
    return matrix.take(np.sort(np.random.default_rng(seed).choice(matrix.n, most, replace=False)))


def attention(model: Model, ground: Ground, split: Plan, seconds: float | None) -> list[dict[str, Any]]:
    """Permutation importance of each column, the largest first; on the rows held back where there are some.

    The finished model has learnt from these rows too: the figures say what it attends to, not how well it does. Its
    three heaviest members speak for all, and one refit for each of them. ``seconds``: about how long it may take; None:
    it depends on the table alone. Where permuting would take longer, the shares of the trees' SHAP values are given.
    """
    heavy = sorted(model.members, key=lambda member: -member.weight)[:ATTENTIVE]
    whole = sum(member.weight for member in heavy)
    members = tuple(replace(member, weight=member.weight / whole, fitted=member.fitted[:1]) for member in heavy)
    brief = replace(model, members=members)
    rows = split.held_back if len(split.held_back) else split.tested
    rows = np.random.default_rng(ground.options.seed).permutation(rows)
    most = _affordable_rows(brief, ground, rows, seconds)
    if not most:
        return _by_paths(brief, ground.table.iloc[np.sort(rows[:ATTENTION_ROWS])])
    rows = np.sort(rows[:most])
    codes = ground.codes[rows]

    def score(places: Ints, predicted: Floats) -> float | None:
        said = predicted if model.task == "classification" else predicted[:, 0]
        return measure(model.quality.metric, codes[places], said)

    found = global_(brief, ground.table.iloc[rows], score=score, seed=ground.options.seed)
    return [
        {str(key): None if pd.isna(value) else value for key, value in entry.items()}
        for entry in found.table.to_dict("records")
    ]


def _affordable_rows(model: Model, ground: Ground, rows: Ints, seconds: float | None) -> int:
    """Rows for which about ten predictions a column take no longer than that; 0 where even a few are too many."""
    most = int(np.clip(ATTENTION_CELLS // len(model.columns), FEWEST_ATTENTION, ATTENTION_ROWS))
    if seconds is None:
        return min(most, SURE_ATTENTION) if len(model.columns) <= SURE_ATTENTION else 0
    matrix = model.preparation.transform(ground.table.iloc[rows[:most]])
    for count in (most, FEWEST_ATTENTION):
        started = time.monotonic()
        model.predict_matrix(matrix.take(slice(0, count)))
        if (time.monotonic() - started) * 10 * len(model.columns) <= seconds:
            return count
    return 0


def _by_paths(model: Model, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Shares of the mean absolute path-dependent SHAP values of the tree members, by their weights."""
    matrix = model.preparation.transform(table)
    size = np.zeros(len(matrix.columns))
    for member in model.members:
        view = tree_view(member.fitted[0], matrix)
        if view is not None:
            parts = np.abs(path_values(view, matrix)[1]).mean(axis=(0, 2))
            size += member.weight * parts / max(float(parts.sum()), 1e-300)
    share = size / max(float(size.sum()), 1e-300)
    return [
        {"column": matrix.columns[place], "importance": float(share[place]), "low": None, "high": None,
         "share": float(share[place])}
        for place in np.argsort(-share, kind="stable")
    ]  # fmt: skip


def facts_of(ground: Ground, outcome: Outcome, split: Plan, leaks: LeakReport, quality: Quality) -> dict[str, Any]:
    """JSON-able facts."""
    options = {key: value for key, value in asdict(ground.options).items() if value not in (None, "", (), {})}
    return {
        "options": _plain(options),
        "rows": ground.n_rows,
        "rows_used": len(ground.codes),
        "rows_held_back": len(split.held_back),
        "split": split.kind,
        "folds": len(split.folds),
        "notes": noticed(ground, split, leaks, quality),
        "ended": outcome.ended,
        "trials": [
            {
                "algorithm": trial.algorithm,
                "config": dict(trial.config),
                "loss": trial.loss,
                "rounds": list(trial.rounds),
                "complete": trial.complete,
            }
            for trial in outcome.trials
        ],
        "naive_loss": outcome.trials[0].loss,
        "versions": versions(),
    }


def _plain(value: Any) -> Any:
    """Tuples become lists and keys become text, as JSON would have them."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(entry) for entry in value]
    return value
