"""Individuals and moving range (X-MR, JIS: X-Rs): one value per moment, spread told from neighbours.

**Formula.** Moving range MRᵢ = |xᵢ - xᵢ₋₁|; σ = mean MR / d2(2); centre = mean x; limits = centre ± 3 σ = centre ± E2
mean MR. Moving range chart: centre mean MR, limits D3(2) = 0 and D4(2) mean MR.

Neighbours share slow swings, so σ is what the process does from one point to the next, and a shift does not widen its
own limits. ``revised=True`` does for outliers what the standards ask for when limits are set up: points known to be
special are left out of centre and σ, and still drawn and judged. Those are the `far` ones, more than `FAR` deviations
from the median, with the deviation told from the median absolute deviation. ``phi`` widens the limits of values that
follow one another (`models.spc.autocorrelation`).

**Shapes.** ``values`` (n,), n ≥ 2, finite, in order of time. **Limits of validity.** Near to normal values.
**Source.** ISO 7870-2 / JIS Z 9020-2.

>>> chart = individuals(np.array([10.0, 12.0, 11.0, 13.0, 9.0]))
>>> [round(float(x), 3) for x in (chart.centre[0], chart.upper[0])]
[11.0, 16.982]
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from models.spc.chart import Chart, Floats
from models.spc.constants import d2, factors

__all__ = ["far", "individuals", "mean_of_usual", "moving_range", "sigma_of_neighbours"]

FAR = 3.0
"""As far as the limits: what a first chart would have called special."""
NORMAL = 0.6745
"""Median absolute deviation of a normal law, in σ."""


def far(values: Floats, least: float = 0.0) -> NDArray[np.bool_]:
    """Points that stand out from all others, along the last axis; the deviation counts as ``least`` or more. (…, n)"""
    distance = np.abs(values - np.median(values, axis=-1, keepdims=True))
    deviation = np.maximum(np.median(distance, axis=-1, keepdims=True) / NORMAL, least)
    # Where most points are equal, nothing tells how far is far.
    return np.asarray((distance > FAR * deviation) & (deviation > 0))


def mean_of_usual(values: Floats, left_out: NDArray[np.bool_]) -> Floats:
    """Mean along the last axis of the values not left out: (…, n) → (…,); 0 where all are."""
    kept = np.sum(~left_out, axis=-1)
    return np.asarray(np.sum(np.where(left_out, 0.0, values), axis=-1) / np.maximum(kept, 1))


def sigma_of_neighbours(values: Floats, left_out: NDArray[np.bool_] | None = None) -> Floats:
    """Standard deviation from the moving ranges between points not left out, along the last axis: (…, n) → (…,)."""
    ranges = np.abs(np.diff(values, axis=-1))
    if left_out is None:
        return np.asarray(ranges.mean(axis=-1) / d2(2))
    return mean_of_usual(ranges, left_out[..., 1:] | left_out[..., :-1]) / d2(2)


def individuals(values: Floats, revised: bool = False, phi: float = 0.0) -> Chart:
    """The chart of the values themselves."""
    left_out = far(values) if revised else np.zeros(len(values), dtype=np.bool_)
    sigma = float(sigma_of_neighbours(values, left_out)) / sqrt(1 - phi)
    return Chart.around("individuals", values, float(mean_of_usual(values, left_out)), sigma)


def moving_range(values: Floats) -> Chart:
    """The chart of the moving ranges; its first point belongs to the second value. (n - 1,)"""
    ranges = np.abs(np.diff(values))
    mean = float(ranges.mean())
    return Chart.around("moving_range", ranges, mean, mean * (factors(2).D4 - 1) / 3, least=0.0)
