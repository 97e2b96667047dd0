"""How much points follow one another, told so that a shift or an outlier hardly looks like it.

**Formula.** For a process xᵢ = φ xᵢ₋₁ + noise, differences over h points have the standard deviation
v(h) = σ √(2 (1 - φʰ)). v(1) … v(4) are told, up to a common factor, from the mean of the smallest `KEPT` of the
absolute differences; φ is the value on a grid for which log v(h) - ½ log(1 - φʰ) differs least over h. Moving ranges
see v(1) only, so limits from them are too narrow by √(1 - φ).

The usual correlation of neighbours calls a shift of the mean autocorrelation. Here points that are `far` from all
others are left out, and a shift is seen only by differences that straddle it, which are among the largest. `clear` is φ
where it exceeds 2.2 / √n, what independent points reach in some 7 % of cases, else 0: limits are the textbook's unless
there is reason to widen them.

**Shapes.** (…, n) → (…,), n ≥ 12. **Limits of validity.** φ from 0 to 0.95; standard error about 0.15 at 60 points;
points that alternate count as independent. **Source.** The variogram of a first order autoregression; widening as in
D. C. Montgomery, Introduction to Statistical Quality Control, chapter on autocorrelated data.

>>> steps = np.repeat([0.0, 1.0, 2.0, 1.0, 0.0, 1.0], 6)
>>> float(autocorrelation(steps)) > 0.5
True
"""

import numpy as np

from models.spc.chart import Floats
from models.spc.individuals import far

__all__ = ["autocorrelation", "clear"]

GRID = np.arange(0.0, 0.951, 0.025)
LAGS = (1, 2, 3, 4)
"""Enough to tell a slow swing from noise, few enough to be hardly touched by a shift."""
KEPT = 0.9
"""Of the differences; the rest may straddle shifts and outliers. Fewer would cost precision, more would see events."""
BEYOND_CHANCE = 2.2
"""Times 1 / √n: what the estimate exceeds in some 7 % of independent series (measured)."""


def autocorrelation(values: Floats) -> Floats:
    """φ of each series along the last axis."""
    values = np.where(far(values), np.nan, values)
    told = [np.log(np.maximum(_usual_difference(values, lag), 1e-300)) for lag in LAGS]
    due = np.stack([0.5 * np.log(1 - GRID**lag) for lag in LAGS], axis=-1)
    misfit = np.stack(told, axis=-1)[..., None, :] - due
    return np.asarray(GRID[np.argmin(misfit.var(axis=-1), axis=-1)])


def _usual_difference(values: Floats, lag: int) -> Floats:
    """Mean of the smallest differences over ``lag`` points; NaN is no point."""
    ranges = np.sort(np.abs(values[..., lag:] - values[..., :-lag]), axis=-1)
    kept = np.maximum(KEPT * np.sum(~np.isnan(ranges), axis=-1, keepdims=True), 1).astype(np.int64)
    return np.asarray(np.take_along_axis(np.cumsum(ranges, axis=-1), kept - 1, axis=-1)[..., 0] / kept[..., 0])


def clear(phi: Floats, points: int) -> Floats:
    """φ where it is more than chance makes it, else 0."""
    return np.where(phi > BEYOND_CHANCE / np.sqrt(points), phi, 0.0)
