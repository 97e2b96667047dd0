"""What an action is measured against: everything that had to be known of the units before it, frozen as JSON text.

A model of the loss from context and everything upstream of the setting (`models.rank.adjust`), never from the setting
or anything downstream of it, fitted to units before the action only. With it: how far groups of units before the
action lay from what the model said of them when it had not seen them (folds of whole groups, in order of time), and
what the same measurement says where nothing was done (placebos).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ingest.errors import StudyError
from models.leaks import audit
from models.promise.additive import Additive, Fitted, fitted
from models.promise.kept import Window, held
from models.promise.placebo import Placebo, placebos, stretch
from models.rank.adjust import adjustment
from models.rank.order import Order
from models.study.data import StudyData

__all__ = ["FORMAT", "Frozen", "cells_of", "days_of", "freeze", "group_means"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FORMAT = "genba-action-1"
MOST_ROWS = 30_000
"""Units a model learns from, evenly out of all; as in `models.rank.rank`."""
MOST_CELLS = 120
"""Groups at most, neighbours in time merged: the grid of `models.promise.level` costs their third power."""
DRAWS = 60
"""Refits on groups drawn again; their spread is known to a tenth, and it is a minor part of the interval."""
FOLDS = 10
UNORDERED = Order({}, np.empty(0))
"""States of unknown order stay out, even those that operators seem to react to: one that in truth shows the effect
would be taken for its cause, and the gain would be explained away. Left out, it only widens the interval."""
ARRAYS = ("before", "days", "residuals", "noise")


@dataclass(frozen=True)
class Frozen:
    """``residuals``, ``noise``, ``days``: (g,) per group before: mean observed less foretold, its variance from unit to
    unit, and when (days since ``origin``). ``before``: (1 + draws,) mean foretold loss of the units before.
    """

    model: Additive
    before: Floats
    origin: str
    days: Floats
    residuals: Floats
    noise: Floats
    unit_variance: float
    placebos: tuple[Placebo, ...]
    stretch: float
    inside: float
    loss: float
    n: int
    last: str
    usual: Mapping[str, Any]
    """Median, spread or shares of other settings, to see which of them moved too."""

    def to_text(self) -> str:
        """JSON."""
        said = {
            "format": FORMAT,
            "model": self.model.to_json(),
            "placebos": [asdict(one) for one in self.placebos],
            "usual": dict(self.usual),
        }
        said |= {name: getattr(self, name).tolist() for name in ARRAYS}
        plain = ("origin", "unit_variance", "stretch", "inside", "loss", "n", "last")
        return json.dumps(said | {name: getattr(self, name) for name in plain}, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Frozen":
        """What `to_text` wrote. Raises `StudyError` for any other text."""
        try:
            said = json.loads(text)
            if said.pop("format") != FORMAT:
                raise StudyError("the action's frozen model is of another version of Genba; end it and declare it anew")
            arrays: dict[str, Any] = {name: np.array(said.pop(name)) for name in ARRAYS}
            model = Additive.from_json(said.pop("model"))
            found = tuple(Placebo(**one) for one in said.pop("placebos"))
            return cls(model=model, placebos=found, **arrays, **said)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StudyError("the action's frozen model cannot be read; end the action and declare it anew") from None


def days_of(time: pd.Series, origin: pd.Timestamp) -> Floats:
    """Days since an instant. (n,)"""
    return np.asarray((time - origin) / pd.Timedelta(days=1), dtype=np.float64)


def cells_of(groups: Ints, days: Floats, most: int = MOST_CELLS) -> Ints:
    """Cells 0, 1, … in order of time: groups, or unions of neighbouring whole groups where there are more. (n,)

    >>> cells_of(np.array([7, 7, 2, 2, 5]), np.array([0.0, 1.0, 2.0, 3.0, 4.0]))
    array([0, 0, 1, 1, 2])
    """
    _, codes = np.unique(groups, return_inverse=True)
    count = int(codes.max()) + 1
    middle = np.bincount(codes, days) / np.bincount(codes)
    place = np.empty(count, dtype=np.int64)
    place[np.argsort(middle, kind="stable")] = np.arange(count)
    return np.asarray(place[codes] * min(count, most) // count, dtype=np.int64)


def group_means(cells: Ints, values: Floats) -> Floats:
    """Mean per cell. (g,)"""
    return np.asarray(np.bincount(cells, values) / np.bincount(cells), dtype=np.float64)


def freeze(before: StudyData, windows: Mapping[str, Window], seed: int = 0) -> Frozen:
    """Learn from the units before an action. ``before.time`` must be instants."""
    # Hundreds of small matrices: threads would only wait for one another.
    with threadpool_limits(limits=1, user_api="blas"):
        return _learnt(before, windows, seed)


def _learnt(before: StudyData, windows: Mapping[str, Window], seed: int) -> Frozen:
    data = _thinned(before)
    assert data.time is not None
    members = [factor for factor in windows if factor in data.features.columns]
    frame = _upstream(data, members)
    origin = data.time.iloc[0]
    days = days_of(data.time, origin)
    cells = cells_of(data.groups, days)
    count = int(cells.max()) + 1
    fit = fitted(frame, data.loss, cells, count, logistic=data.spec.task == "classification")
    draws = _drawn(fit, count, np.random.default_rng(seed))
    variance = _unit_variance(fit, data.loss, cells)
    noise = variance / np.bincount(cells)
    found = placebos(fit, data.loss, cells, days, noise, draws, origin)
    return Frozen(
        model=fit.frozen(draws),
        before=fit.losses(np.vstack([fit.fit.beta, draws])).mean(axis=1),
        origin=origin.isoformat(),
        days=group_means(cells, days),
        residuals=_residuals(fit, data.loss, cells, count),
        noise=noise,
        unit_variance=variance,
        placebos=found,
        stretch=stretch(found),
        inside=float(held(before.features, windows, before.spec).mean()),
        loss=float(before.loss.mean()),
        n=before.n,
        last=data.time.iloc[-1].isoformat(),
        usual=_usual(data, [*members, *frame.columns]),
    )


def _thinned(data: StudyData) -> StudyData:
    rows = np.arange(0, data.n, -(-data.n // MOST_ROWS))
    time = None if data.time is None else data.time.iloc[rows].reset_index(drop=True)
    features = data.features.iloc[rows].reset_index(drop=True)
    return replace(data, features=features, loss=data.loss[rows], groups=data.groups[rows], time=time)


def _upstream(data: StudyData, members: Sequence[str]) -> pd.DataFrame:
    """Columns that neither are the setting nor can carry its effect, without leaks and constants."""
    chosen = [column for column in adjustment(data, members, UNORDERED) if data.features[column].nunique() > 1]
    if not chosen:
        return data.features[[]]
    checked, _ = audit(replace(data, features=data.features[chosen]))
    return checked.features


def _drawn(fit: Fitted, count: int, rng: np.random.Generator) -> Floats:
    """Coefficients under groups drawn again. (draws, p)"""
    return fit.fit.refit(rng.multinomial(count, np.full(count, 1 / count), DRAWS).astype(np.float64))


def _unit_variance(fit: Fitted, loss: Floats, cells: Ints) -> float:
    """Variance from unit to unit inside a group."""
    foretold = fit.losses(fit.fit.beta[None, :])[0]
    if fit.fit.logistic:
        return float((foretold * (1 - foretold)).mean())
    rest = loss - foretold
    own = rest - group_means(cells, rest)[cells]
    return float((own**2).sum() / max(len(loss) - int(cells.max()) - 1, 1))


def _residuals(fit: Fitted, loss: Floats, cells: Ints, count: int) -> Floats:
    """Mean observed less foretold per cell, by a fit that had not seen the cell. (g,)"""
    fold = np.arange(count) * min(FOLDS, count) // count
    weights = np.array([(fold != own).astype(np.float64) for own in range(int(fold.max()) + 1)])
    betas = fit.fit.refit(weights) if len(weights) > 1 else fit.fit.beta[None, :]
    foretold = fit.losses(betas)[fold[cells], np.arange(len(loss))]
    return group_means(cells, loss - foretold)


def _usual(data: StudyData, known: Sequence[str]) -> dict[str, Any]:
    """What other settings were like, those that the model does not know."""
    found: dict[str, Any] = {}
    for column in data.controllable():
        values = data.features[column]
        if column in known:
            continue
        if values.dtype == "float64":
            found[column] = [float(values.median()), float(values.std(ddof=0))]
        else:
            found[column] = {str(level): float(share) for level, share in values.value_counts(normalize=True).items()}
    return found
