"""Units that the champion has not learnt from, whole groups only, and what to compare a challenger on."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.splits import forward
from models.study.data import StudyData

__all__ = [
    "FEWEST_GROUPS",
    "FEWEST_RARE",
    "FEWEST_UNITS",
    "Shortage",
    "Trial",
    "fresh",
    "newest",
    "shortage",
    "subset",
    "trial",
]

Ints = NDArray[np.int64]

FEWEST_UNITS = 30
FEWEST_RARE = 10
"""Units of the rarer class."""
FEWEST_GROUPS = 5
NEWEST = 0.25
"""Share of all units that counts as newest, where that is enough: what went wrong last week must not drown in what
went well for months."""


@dataclass(frozen=True)
class Shortage:
    """What is missing for a judgement: how many there are of ``what`` (units, rare, groups), and how many it takes."""

    what: str
    have: int
    need: int


@dataclass(frozen=True)
class Trial:
    """``learn``: rows for the challenger; ``judge``: newer rows that neither it nor the champion has learnt from."""

    learn: Ints
    judge: Ints


def fresh(data: StudyData, until: str | float | None, learnt: int) -> Ints:
    """Rows of groups that began after ``until``; ascending.

    ``until``: the last instant of the champion's data, as `models.fingerprint.instant` writes it; without one, the
    first ``learnt`` rows count as known.
    """
    later = np.arange(data.n) >= learnt if until is None or data.time is None else _after(data.time, until)
    begun = np.ones(int(data.groups.max()) + 1, dtype=np.bool_)
    np.logical_and.at(begun, data.groups, later)
    return np.flatnonzero(begun[data.groups])


def _after(time: pd.Series, until: str | float) -> Any:
    if isinstance(until, str) != pd.api.types.is_datetime64_any_dtype(time.dtype):
        # The study's time was another column then: nothing can be told to be new.
        return np.zeros(len(time), dtype=np.bool_)
    bound = pd.Timestamp(until) if isinstance(until, str) else until
    return (time > bound).to_numpy()


def newest(data: StudyData, rows: Ints) -> Ints:
    """Those of ``rows`` that are among the newest quarter of all units, if they are enough to judge by; else all."""
    late = np.intersect1d(rows, forward(data.groups, NEWEST).test)
    return rows if shortage(data, late) is not None else late


def trial(data: StudyData, rows: Ints) -> Trial:
    """Fresh rows in two: the challenger learns from the older half too, and the newer half judges.

    A challenger that had seen no newer data than the champion would be the champion again.
    """
    _, codes = np.unique(data.groups[rows], return_inverse=True)
    judge = newest(data, rows[forward(codes.astype(np.int64), 0.5).test]) if len(rows) else rows
    learn = np.ones(data.n, dtype=np.bool_)
    learn[judge] = False
    return Trial(np.flatnonzero(learn), judge)


def shortage(data: StudyData, rows: Ints) -> Shortage | None:
    """Why these rows cannot judge a model, or None."""
    groups = len(np.unique(data.groups[rows]))
    found = [Shortage("units", len(rows), FEWEST_UNITS), Shortage("groups", groups, FEWEST_GROUPS)]
    if data.spec.task == "classification":
        bad = int(data.loss[rows].sum())
        found.append(Shortage("rare", min(bad, len(rows) - bad), FEWEST_RARE))
    return next((one for one in found if one.have < one.need), None)


def subset(data: StudyData, rows: Ints) -> StudyData:
    """Some rows as a study of their own; ``rows`` ascending."""
    _, codes = np.unique(data.groups[rows], return_inverse=True)
    return replace(
        data,
        features=data.features.iloc[rows].reset_index(drop=True),
        loss=data.loss[rows],
        groups=codes.astype(np.int64),
        n_groups=int(codes.max()) + 1 if len(codes) else 0,
        time=None if data.time is None else data.time.iloc[rows].reset_index(drop=True),
    )
