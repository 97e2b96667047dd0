"""What the effect of a setting is adjusted for, and which settings these data cannot tell apart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rank.basis import Levels
from models.rank.order import Order
from models.study.data import Notice, StudyData

__all__ = ["adjustment", "explained_by", "inseparable", "order_notices", "order_of", "stage_notices"]

Floats = NDArray[np.float64]

SAME = 0.95
"""Correlation, or R² on the other settings, from which a setting has no life of its own."""
DETERMINED = 0.97
"""R² on what it is adjusted for, from which a setting's effect is not told from theirs."""
MOST_ROWS = 5000


def _stage(data: StudyData, column: str) -> float | None:
    own = data.spec.factor(column)
    return own.stage if own.stage is not None else data.spec.factor(data.spec.factor_of(column)).stage


def order_of(data: StudyData) -> Order:
    """What the units say of the order of settings and states, where no stage does."""
    context = [column for column in data.features.columns if _role(data, column) == "context"]
    return Order.of(data.features, data.loss, context)


def _role(data: StudyData, column: str) -> str:
    return data.spec.factor(data.spec.factor_of(column)).role


def adjustment(data: StudyData, members: Sequence[str], order: Order) -> list[str]:
    """Columns to adjust for when ``members`` (one setting, or several that move as one) are set.

    Context; everything strictly upstream; other settings of the same stage, or of no stage, or of a later stage if they
    were changed together with it and not because of it; states whose order is not declared if the setting reacts to
    them. Never what else lies downstream, never a state of the same stage (it may carry the effect), never a derived
    column of a member.
    """
    stage = next((_stage(data, member) for member in members if _stage(data, member) is not None), None)
    chosen = []
    for column in data.features.columns:
        if data.spec.factor_of(column) in members:
            continue
        own = _stage(data, column)
        role = _role(data, column)
        known = stage is not None and own is not None
        upstream = known and own < stage  # type: ignore[operator]
        downstream = known and own > stage  # type: ignore[operator]
        is_setting = role == "controllable" and data.spec.factor(column).of is None
        reacted_to = role == "state" and not known and any(order.reacts(member, column) for member in members)
        moved_along = downstream and is_setting and _moved_along(data, members, column, order)
        if upstream or reacted_to or moved_along or (not downstream and (role == "context" or is_setting)):
            chosen.append(column)
    return chosen


def _moved_along(data: StudyData, members: Sequence[str], later: str, order: Order) -> bool:
    """Was a setting of a later stage changed together with one of these?"""
    end = _stage(data, later)
    between = []
    for column in data.features.columns:
        stage = _stage(data, column)
        if _role(data, column) == "state" and stage is not None and end is not None and stage < end:
            between.append(column)
    return any(order.together(member, later, between) for member in members)


def stage_notices(data: StudyData) -> list[Notice]:
    """What had to be assumed about the order of the process."""
    stages = {column: _stage(data, column) for column in data.features.columns}
    states = [
        column for column in stages if data.spec.factor(column).role == "state" and data.spec.factor(column).of is None
    ]
    if all(stage is None for stage in stages.values()):
        return [Notice("no_stages", {"columns": ", ".join(states) or "-"})]
    lost = [column for column in states if stages[column] is None]
    return [Notice("state_without_stage", {"columns": ", ".join(lost)})] if lost else []


def order_notices(data: StudyData, order: Order) -> list[Notice]:
    """States that are declared to lie before a setting and look like consequences of it."""
    found = []
    for setting in data.controllable():
        own, doubtful = _stage(data, setting), []
        for column in data.features.columns:
            stage = _stage(data, column)
            before = own is not None and stage is not None and stage < own and _role(data, column) == "state"
            if before and order.looks_downstream(setting, column):
                doubtful.append(column)
        if doubtful:
            found.append(Notice("stage_doubtful", {"states": ", ".join(doubtful), "factor": setting}))
    return found


def _columns(values: pd.Series) -> Floats:
    """A column as centred numbers: the value, or its levels. Missing values are the mean."""
    if values.dtype != "float64":
        return Levels.of(values).columns(values)
    numbers = values.to_numpy(dtype=np.float64)
    centred = numbers - np.nanmean(numbers)
    return np.asarray(np.nan_to_num(centred / (np.nanstd(numbers) or 1.0), nan=0.0)[:, None])


def explained_by(values: pd.Series, others: pd.DataFrame) -> float:
    """R² of a setting on other columns (linear; mean over levels for a category). 0 with no other column."""
    if others.shape[1] == 0:
        return 0.0
    rows = np.linspace(0, len(values) - 1, min(len(values), MOST_ROWS)).astype(np.int64)
    own = _columns(values.iloc[rows])
    given = np.hstack([_columns(others[column].iloc[rows]) for column in others.columns])
    own, given = own - own.mean(axis=0), given - given.mean(axis=0)
    solved = np.linalg.lstsq(given, own, rcond=1e-8)[0]
    total = float((own**2).sum())
    return 1.0 - float(((own - given @ solved) ** 2).sum()) / total if total > 0 else 0.0


def inseparable(data: StudyData, settings: Sequence[str]) -> list[list[str]]:
    """Settings in groups that always move together; most groups hold one setting."""
    groups: list[list[str]] = []
    for column in settings:
        for group in groups:
            if any(_together(data.features[column], data.features[other]) for other in group):
                group.append(column)
                break
        else:
            groups.append([column])
    return groups


def _together(one: pd.Series, other: pd.Series) -> bool:
    """Each of the two says what the other is."""
    limit = SAME**2
    return explained_by(one, other.to_frame()) > limit and explained_by(other, one.to_frame()) > limit
