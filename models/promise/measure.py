"""What an action gave: the loss without it, foretold by the frozen model, less the loss observed.

    realised = mean f(x_i) + level - mean y_i        over the units i since the action

``f``: the frozen model; mix and volume are in its columns ``x``. ``level``: what the residuals of the groups before let
expect of the mean residual now (`models.promise.level`): the model's own bias, carried on. The interval holds the
noise of units and groups, a wandering process, the model's error where the mix is another one, and what placebos say
of all that. Units at a level that the model does not know (a new product) are left out and counted.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models.promise.frozen import MOST_CELLS, Frozen, cells_of, days_of, group_means
from models.promise.level import Mixture
from models.promise.level import carried as carried_on
from models.promise.states import LEVEL
from models.study.data import StudyData

__all__ = ["Realised", "also_moved", "comparable", "mix_factor", "realised"]

Floats = NDArray[np.float64]

MIX_BOUNDS = (0.5, 2.0)
"""A promise is weighed for another mix within these; further off, the weighing itself would be the promise."""
MOVED_SPREADS = 1.0
"""Distance of the medians, in standard deviations, from which another setting counts as moved."""
MOVED_SHARES = 0.3
"""The same for levels: share of the units that changed level."""


@dataclass(frozen=True)
class Realised:
    """Gain per unit with its interval, and what it is the difference of. ``n``: units measured."""

    estimate: float
    low: float
    high: float
    spread: float
    expected: float
    observed: float
    n: int
    groups: int


def comparable(frozen: Frozen, after: StudyData) -> NDArray[np.bool_]:
    """Units the frozen model can speak of. (n,)"""
    return ~frozen.model.strange(_frame(frozen, after.features))


def _frame(frozen: Frozen, features: pd.DataFrame) -> pd.DataFrame:
    """The model's columns; one that the table has lost is missing everywhere."""
    return features.reindex(columns=frozen.model.columns)


def realised(frozen: Frozen, after: StudyData) -> Realised:
    """``after``: the units since, comparable ones only; at least one."""
    assert after.time is not None
    foretold = frozen.model.predict(_frame(frozen, after.features))
    days = days_of(after.time, pd.Timestamp(frozen.origin))
    cells = cells_of(after.groups, days, MOST_CELLS)
    sizes = np.bincount(cells)
    weights = sizes / sizes.sum()
    variance = np.full(len(sizes), frozen.unit_variance)
    if frozen.model.logistic:
        variance = group_means(cells, foretold[0] * (1 - foretold[0]))
    days_after = group_means(cells, days)
    with threadpool_limits(limits=1, user_api="blas"):
        level = carried_on(frozen.days, frozen.residuals, frozen.noise, days_after, variance / sizes, weights)
    expected, observed = float(foretold[0].mean()), float(after.loss.mean())
    means = foretold.mean(axis=1) - frozen.before
    slopes = float(means[1:].std()) if len(means) > 1 else 0.0
    return _read(level.widened(slopes, frozen.stretch), expected, observed, after.n, len(sizes))


def _read(level: Mixture, expected: float, observed: float, n: int, groups: int) -> Realised:
    base = expected - observed
    return Realised(
        base + level.mean,
        base + level.quantile((1 - LEVEL) / 2),
        base + level.quantile((1 + LEVEL) / 2),
        level.spread,
        expected + level.mean,
        observed,
        n,
        groups,
    )


def mix_factor(frozen: Frozen, after: StudyData) -> float:
    """How much more, or less, than before the action is worth to the units made now, nothing else being known of them.

    The ratio of the losses that the model foretells now and before: what halves the loss of an easy product halves that
    of a difficult one. A target without a natural nought (a temperature) has no such ratio; the bounds keep it small.
    """
    before = float(frozen.before[0])
    now = float(frozen.model.predict(_frame(frozen, after.features))[0].mean())
    return float(np.clip(now / before, *MIX_BOUNDS)) if now * before > 0 else 1.0


def also_moved(frozen: Frozen, after: StudyData) -> list[str]:
    """Settings outside the model that were changed too: their effect cannot be told from the action's."""
    found = []
    for column, usual in frozen.usual.items():
        if column not in after.features.columns:
            continue
        values = after.features[column]
        if isinstance(usual, dict):
            now = values.astype("object").value_counts(normalize=True)
            levels = set(usual) | {str(level) for level in now.index}
            moved = 0.5 * sum(abs(usual.get(level, 0.0) - float(now.get(level, 0.0))) for level in levels)
            found += [column] if moved > MOVED_SHARES else []
        elif values.dtype == "float64" and abs(float(values.median()) - usual[0]) > MOVED_SPREADS * max(
            usual[1], 1e-12
        ):
            found.append(column)
    return found
