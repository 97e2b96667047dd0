"""A model that SQL can evaluate instead of one that it cannot.

Where most of a blend can be walked, the rest is left out; where it is too large, one refit of each member speaks for
the mean over several. Else a LightGBM learns what the model says (Hinton et al. 2015, distillation): a value, or the
probabilities, each row taken once per class with the probability as its weight, which makes its log-loss the
cross-entropy against them. All of these are worse than the model by a little; how much stands in what is returned, for
``model_metadata``.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from models.automl.algorithms.base import Config, Problem, Workbench
from models.automl.algorithms.boosting import LightGBM
from models.automl.decide.calibrate import Calibration
from models.automl.matrix import Floats, Ints, Matrix
from models.automl.model import Member, Model
from models.sql.walk.rows import Unwalkable, Walk
from models.sql.walk.walk import walk_of

__all__ = ["walkable"]

ENOUGH = 0.6
"""Weight of the walkable members of a blend that can speak for all."""
TREES = 200
"""What a prediction in SQL takes a few milliseconds for; all classes together."""
HELD = 0.1
"""Share of the rows that say when to stop."""
FAINT = 1e-3
"""Probabilities below are not worth a row."""
SEED = 0


def walkable(model: Model, frame: pd.DataFrame, most: int | None = None) -> tuple[Model, dict[str, Any]]:
    """The model itself and an empty report, or one that SQL can evaluate, and under ``distilled`` what that costs.

    ``frame``: the rows of training. ``most``: rows of tables from which on a model counts as too slow (default: what
    `walk_of` takes).
    """
    walk = walk_of(model)
    if isinstance(walk, Walk) and (most is None or walk.size <= most):
        return model, {}
    why = walk.why if isinstance(walk, Unwalkable) else f"its {walk.size:,} rows would make a prediction in SQL slow"
    how, other = "distilled", None
    whole = _without_others(model) if isinstance(walk, Unwalkable) else None
    for step, smaller in (("members left out", whole), ("one refit each", _once(whole or model))):
        if smaller is not None and _size(smaller) <= (np.inf if most is None else most):
            how, other = step, smaller
            break
    if other is None:
        other = _distilled(model, frame)
    report = {"why": why, "how": how, "before": _names(model), **_compared(model, other, frame)}
    return other, {"distilled": report}


def _once(model: Model) -> Model | None:
    """The first refit of each member instead of the mean over several; None where SQL cannot evaluate that either."""
    other = replace(model, members=tuple(replace(member, fitted=member.fitted[:1]) for member in model.members))
    return other if isinstance(walk_of(other), Walk) else None


def _size(model: Model) -> float:
    walk = walk_of(model)
    return walk.size if isinstance(walk, Walk) else np.inf


def _names(model: Model) -> list[str]:
    return [member.algorithm for member in model.members]


def _without_others(model: Model) -> Model | None:
    """The members that can be walked, if they have most of the weight."""
    kept = [member for member in model.members if isinstance(walk_of(replace(model, members=(member,))), Walk)]
    whole = sum(member.weight for member in kept)
    if whole < ENOUGH:
        return None
    other = replace(model, members=tuple(replace(member, weight=member.weight / whole) for member in kept))
    return other if isinstance(walk_of(other), Walk) else None


def _distilled(model: Model, frame: pd.DataFrame) -> Model:
    matrix = model.preparation.transform(frame)
    raw = model.predict_matrix(matrix)
    classes = len(model.target.classes)
    rows, target, weight = _lessons(raw, classes)
    bench = Workbench(matrix.take(rows), target, weight / weight.mean(), Problem(model.task, classes))
    held = np.random.default_rng(SEED).random(matrix.n) < HELD
    valid = np.flatnonzero(held[rows])
    name = "LGBMRegressor" if model.task == "regression" else "LGBMClassifier"
    config = _config(matrix, max(classes, 1))
    fitted = LightGBM(name, model.task).fit(
        bench, np.flatnonzero(~held[rows]), config, valid=valid if len(valid) else None, seed=SEED
    )
    # What is learnt is calibrated already.
    decisions = replace(model.decisions, class_weights=(), calibration=Calibration())
    return replace(model, members=(Member(name, config, 1.0, (fitted,)),), decisions=decisions)


def _config(matrix: Matrix, outputs: int) -> Config:
    trees = outputs if outputs > 2 else 1
    return {
        "num_iterations": max(TREES // trees, 20), "learning_rate": 0.1, "num_leaves": 31, "lambda_l2": 1.0,
        "min_data_in_leaf": int(np.clip(matrix.n // 200, 2, 20)), "feature_fraction": 0.9,
    }  # fmt: skip


def _lessons(raw: Floats, classes: int) -> tuple[Ints, Floats, Floats]:
    """Rows, what each is to say, and its weight."""
    if not classes:
        return np.arange(len(raw)), raw[:, 0], np.ones(len(raw))
    rows, codes = np.nonzero(raw > FAINT)
    return rows.astype(np.int64), codes.astype(np.float64), raw[rows, codes]


def _compared(model: Model, other: Model, frame: pd.DataFrame) -> Mapping[str, Any]:
    """Both scores on the rows of training, and how far the answers agree."""
    one, two = model.predict_raw(frame), other.predict_raw(frame)
    if model.task == "classification":
        agreement = float(np.mean(model.decisions.decide(one) == other.decisions.decide(two)))
    else:
        spread = float(np.var(one))
        agreement = 1.0 - float(np.mean((one - two) ** 2)) / spread if spread else 1.0
    found: dict[str, Any] = {"agreement": agreement, "after": _names(other)}
    if model.target.name in frame.columns:
        before, after = model.score(frame), other.score(frame)
        lost = None if before is None or after is None else before - after
        found |= {"metric": model.quality.metric, "score_before": before, "score_after": after, "score_lost": lost}
    return found
