"""What context does not explain: the loss minus what volume, product, weather and shift lead one to expect.

A chart of power goes up with production; an energy manager wants to see what goes up *without* it. The expected
loss comes from a ridge regression on the context columns: each number standardised (and clipped to `REACH`
deviations), with its square; a flag where it is missing; one column per level of a category.

**Formula.** expected = X β, β = argmin ‖y - X β‖² + `PENALTY` ‖β‖² (the mean is not penalised); residual = y -
expected + mean y, so that the chart stays in the unit of the target. `cross_fitted`: each fold is expected from
the others, so a model cannot explain away what is special in its own fold. A frozen baseline and savings against it:
`models.energy.baseline`.

**Shapes.** ``loss`` (n,) finite, ``context`` (n rows; float64 or categorical columns), ``folds`` (n,) codes,
whole subgroups on one side; → `Expected`. **Limits of validity.** Effects that bend once; no interactions.
Context that only rises with time (a counter, a date) would explain a trend away: leave it out. **Source.** Ridge
regression (Hoerl, Kennard 1970).

>>> rng = np.random.default_rng(0)
>>> volume = rng.normal(size=200)
>>> frame = pd.DataFrame({"volume": volume})
>>> found = cross_fitted(50 + 3 * volume + rng.normal(size=200), frame, np.arange(200) // 20 % 5)
>>> found.r2 > 0.8
True
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.spc.chart import Floats

__all__ = ["Expected", "cross_fitted"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PENALTY = 1.0
"""Like one unit that knows nothing: enough to keep rare levels from the extremes."""
REACH = 3.0
"""Deviations beyond which a number counts no further: a square must not run away outside what was seen."""


@dataclass(frozen=True)
class Expected:
    """``residual`` (n,): the loss corrected for context, around its mean; ``r2``: explained where it was not fitted."""

    residual: Floats
    r2: float


def _numbers(column: pd.Series) -> list[Floats]:
    values = column.to_numpy(dtype=np.float64)
    missing = np.isnan(values)
    middle, spread = float(np.nanmean(values)), float(np.nanstd(values)) or 1.0
    z = np.clip(np.where(missing, 0.0, (values - middle) / spread), -REACH, REACH)
    return [z, z * z, *([missing.astype(np.float64)] if missing.any() else [])]


def _design(context: pd.DataFrame) -> Floats:
    columns: list[Floats] = []
    for column in (context[name] for name in context.columns):
        if isinstance(column.dtype, pd.CategoricalDtype):
            columns += [(column == level).to_numpy(dtype=np.float64) for level in column.cat.categories]
        else:
            columns += _numbers(column)
    return np.column_stack(columns)


def _expected(x: Floats, y: Floats, known: Bools) -> Floats:
    """Expected loss of every row, learnt from the known ones."""
    middle, mean = x[known].mean(axis=0), float(y[known].mean())
    inside = x[known] - middle
    beta = np.linalg.solve(inside.T @ inside + PENALTY * np.eye(x.shape[1]), inside.T @ (y[known] - mean))
    return np.asarray(mean + (x - middle) @ beta)


def cross_fitted(loss: Floats, context: pd.DataFrame, folds: Ints) -> Expected:
    """Each fold is expected from the others."""
    x, expected = _design(context), np.empty_like(loss)
    for fold in np.unique(folds):
        inside = folds == fold
        expected[inside] = _expected(x, loss, ~inside)[inside]
    spread = float(np.sum((loss - loss.mean()) ** 2))
    missed = float(np.sum((loss - expected) ** 2))
    return Expected(loss - expected + float(loss.mean()), 1 - missed / spread if spread > 0 else 0.0)
