"""`walk_of`: a finished model as rows that SQL evaluates, or why it cannot be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.automl.algorithms.base import Fitted
from models.automl.algorithms.basis import Basis
from models.automl.algorithms.bayes import MOST, BayesFitted
from models.automl.algorithms.blanked import Blanked
from models.automl.algorithms.boosted import Boosted
from models.automl.algorithms.linear import LinearFitted
from models.automl.algorithms.naive import NaiveFitted
from models.automl.algorithms.svm import SvmFitted
from models.automl.algorithms.trees import Grown
from models.automl.matrix import Floats
from models.automl.model import Model
from models.sql.walk import said
from models.sql.walk.explained import additive, explained_columns, typical
from models.sql.walk.rows import MOST_ROWS, Rows, Unwalkable, Walk
from models.sql.walk.smooth import Smooth
from models.sql.walk.trees import Trees
from models.sql.walk.views import Views
from models.sql.walk.watch import watch

__all__ = ["walk_of"]


@dataclass
class _Plan:
    """A walk in the making. ``base``: what each score gets in every row."""

    model: Model
    rows: Rows
    views: Views
    trees: Trees
    smooth: Smooth
    base: dict[int, float]
    scores: list[tuple[int, int]] = field(default_factory=list)
    """Group and class of each score."""
    groups: int = 0
    mixes: bool = False

    def outputs(self) -> int:
        """Scores of a member: that of the value, of the last of two classes, or of each of more."""
        return len(self.model.target.classes) if len(self.model.target.classes) > 2 else 1

    def group(self, weight: float, link: str, slope: float = 1.0, shift: float = 0.0) -> list[int]:
        """A new group, and its scores."""
        self.rows.add("walk_group", self.groups, weight, link, slope, shift)
        first = len(self.scores)
        self.scores += [(self.groups, each if self.outputs() > 1 else 1) for each in range(self.outputs())]
        self.groups += 1
        for score in range(first, len(self.scores)):
            self.base.setdefault(score, 0.0)
        return list(range(first, len(self.scores)))


def walk_of(model: Model) -> Walk | Unwalkable:
    """All rows of a model. Pure: nothing is stored.

    What they say agrees with ``model.predict_raw`` to rounding (about 1e-13).
    """
    rows, base = Rows(), dict[int, float]()
    views = Views(rows, model.preparation, typical(model))
    plan = _Plan(model, rows, views, Trees(rows, views), Smooth(rows, views, base), base)
    why = said.too_long(model.preparation, model.target.name, *map(said.shown, model.target.classes))
    why = why or said.too_many(model.decisions) or _members(plan)
    if why is not None:
        return why
    plan.trees.finish()
    plan.smooth.finish()
    for score, (group, code) in enumerate(plan.scores):
        rows.add("walk_score", score, group, code, base[score])
    for score in sorted(each for each in base if each < 0):
        rows.add("walk_score", score, -1, 0, base[score])
    explained = explained_columns(model)
    views.describe(model.preparation, {column + 1: place for place, column in enumerate(explained, 1)})
    watch(model.facts, model.preparation, rows, views)
    _about(plan)
    walk = rows.walk(model.columns, tuple(model.columns[column] for column in explained), plan.trees.words)
    if walk.size > MOST_ROWS:
        return Unwalkable(f"its trees take {walk.size:,} rows; a prediction in SQL would take too long")
    return walk


def _members(plan: _Plan) -> Unwalkable | None:
    """Write every member."""
    if plan.model.task == "regression":
        plan.group(1.0, "value")
    for member in plan.model.members:
        for fitted in member.fitted:
            why = _add(plan, member.algorithm, fitted, member.weight / len(member.fitted))
            if why is not None:
                return why
    return None


def _about(plan: _Plan) -> None:
    """Write what is made of the scores, and the model's one row."""
    model, rows = plan.model, plan.rows
    ruled, calibration = False, said.PLAIN
    if model.task == "classification":
        said.classes(model.target, model.decisions, rows)
        ruled = said.costs(model.decisions, rows)
        calibration = said.calibration(model.decisions, rows)
    kind, slope, bend, shift = calibration
    traits = (plan.trees.words > 1, plan.smooth.products, plan.mixes, additive(model))
    rows.add("walk_model", model.task, said.quoted(model.target.name), len(model.target.classes), *map(int, traits),
             slope, bend, shift, kind, int(bool(model.decisions.class_weights)), int(ruled))  # fmt: skip


def _add(plan: _Plan, algorithm: str, fitted: Fitted, weight: float) -> Unwalkable | None:
    blank: frozenset[int] = frozenset()
    inside = fitted
    if isinstance(fitted, Blanked):
        inside, blank = fitted.fitted, frozenset(fitted.places)
    if isinstance(inside, Grown):
        inside = inside.boosted
    for kind, add in _KINDS:
        if isinstance(inside, kind):
            return add(plan, inside, weight, blank)
    return Unwalkable(f"its member {algorithm} is none that SQL can evaluate")


def _boosted(plan: _Plan, fitted: Boosted, weight: float, blank: frozenset[int]) -> Unwalkable | None:
    if not fitted.classes:
        scores, factor = [0], weight
    else:
        logit = "softmax" if fitted.classes > 2 else "logit"
        scores, factor = plan.group(weight, logit if fitted.link == "logit" else "share"), 1.0
    try:
        constant = plan.trees.add(fitted, scores, factor, blank)
    except (ValueError, TypeError) as error:
        return Unwalkable(str(error))
    for score, more in zip(scores, constant, strict=True):
        plan.base[score] += more
    return None


def _linear(plan: _Plan, basis: Basis, weights: Floats, weight: float, blank: frozenset[int]) -> None:
    if plan.model.task == "regression":
        plan.smooth.linear(basis, weights * weight, [0], blank)
    elif weights.shape[1] == 2:
        plan.smooth.linear(basis, weights[:, 1:] - weights[:, :1], plan.group(weight, "logit"), blank)
    else:
        plan.smooth.linear(basis, weights, plan.group(weight, "softmax"), blank)


def _ridge(plan: _Plan, fitted: LinearFitted, weight: float, blank: frozenset[int]) -> None:
    _linear(plan, fitted.basis, fitted.weights, weight, blank)


def _svm(plan: _Plan, fitted: SvmFitted, weight: float, blank: frozenset[int]) -> Unwalkable | None:
    machine = fitted.machine
    if machine.gamma:
        return Unwalkable("its member is a support vector machine with a kernel, which SQL cannot evaluate")
    whole = np.concatenate([machine.weights, machine.constant[None, :]]) @ fitted.link[:-1]
    whole[-1] += fitted.link[-1]
    _linear(plan, Basis("linear", fitted.scaled, np.zeros((0, 0))), whole, weight, blank)
    return None


def _bayes(plan: _Plan, fitted: BayesFitted, weight: float, blank: frozenset[int]) -> None:
    count = len(fitted.prior)
    link = fitted.link
    if count == 2:
        # The two logarithms, their mean taken off, are t and -t.
        slope = float(link[1, 1] - link[0, 1] - link[1, 0] + link[0, 0])
        shift = float(link[2, 1] - link[2, 0])
        plan.smooth.bayes(fitted, np.array([[-0.5], [0.5]]), plan.group(weight, "bounded", slope, shift), blank)
        return
    plan.mixes = True
    scores = plan.group(weight, "mixed", MOST)
    plan.smooth.bayes(fitted, np.eye(count), scores, blank)
    for source, line in enumerate(link.tolist()):
        for code, value in enumerate(line):
            plan.rows.add("walk_mix", plan.groups - 1, source if source < count else -1, code, value)


def _naive(plan: _Plan, fitted: NaiveFitted, weight: float, _: frozenset[int]) -> None:
    if plan.model.task == "regression":
        plan.base[0] += weight * float(fitted.said[0])
        return
    scores = plan.group(weight, "share")
    for score, share in zip(scores, fitted.said[-len(scores) :].tolist(), strict=True):
        plan.base[score] += share


_KINDS: Sequence[tuple[type, Callable[[_Plan, Any, float, frozenset[int]], Unwalkable | None]]] = (
    (Boosted, _boosted), (LinearFitted, _ridge), (SvmFitted, _svm), (BayesFitted, _bayes), (NaiveFitted, _naive),
)  # fmt: skip
