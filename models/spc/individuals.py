"""Individuals and moving range (X-MR, JIS: X-Rs): one value per moment, spread told from neighbours.

**Formula.** Moving range MRᵢ = |xᵢ - xᵢ₋₁|; σ = mean MR / d2(2); centre = mean x; limits = centre ± 3 σ = centre
± E2 mean MR. Moving range chart: centre mean MR, limits D3(2) = 0 and D4(2) mean MR.

Neighbours share slow swings, so σ is what the process does from one point to the next, and a shift does not widen
its own limits. ``nelson=True`` leaves moving ranges above D4 · mean MR out of σ (once), so that single outliers
do not either (Nelson, 1982).

**Shapes.** ``values`` (n,), n ≥ 2, finite, in order of time. **Limits of validity.** Near to normal values;
values that follow one another give limits that are too narrow, unless ``phi`` of `models.spc.autocorrelation`
widens them. **Source.** ISO 7870-2 / JIS Z 9020-2; L. S. Nelson, Control charts for individual measurements, J.
Quality Technology 14 (1982).

>>> chart = individuals(np.array([10.0, 12.0, 11.0, 13.0, 9.0]))
>>> [round(float(x), 3) for x in (chart.centre[0], chart.upper[0])]
[11.0, 16.984]
"""

from math import sqrt

import numpy as np

from models.spc.chart import Chart, Floats
from models.spc.constants import d2, factors

__all__ = ["individuals", "mean_difference", "moving_range", "sigma_of_neighbours"]


def mean_difference(values: Floats, lag: int = 1, nelson: bool = False) -> Floats:
    """Mean absolute difference over ``lag`` points along the last axis: (…, n) → (…,)."""
    ranges = np.abs(values[..., lag:] - values[..., :-lag])
    mean = ranges.mean(axis=-1)
    if nelson:
        usual = ranges <= factors(2).D4 * mean[..., None]
        kept = np.sum(ranges * usual, axis=-1) / np.maximum(np.sum(usual, axis=-1), 1)
        # Where most neighbours are equal, only the large differences tell of any spread.
        mean = np.where(kept > 0, kept, mean)
    return np.asarray(mean)


def sigma_of_neighbours(values: Floats, nelson: bool = False) -> Floats:
    """Standard deviation from moving ranges along the last axis: (…, n) → (…,)."""
    return mean_difference(values, nelson=nelson) / d2(2)


def individuals(values: Floats, nelson: bool = False, phi: float = 0.0) -> Chart:
    """The chart of the values themselves; ``phi`` widens the limits of values that follow one another."""
    sigma = float(sigma_of_neighbours(values, nelson)) / sqrt(1 - phi)
    return Chart.around("individuals", values, float(values.mean()), sigma)


def moving_range(values: Floats) -> Chart:
    """The chart of the moving ranges; its first point belongs to the second value. (n - 1,)"""
    ranges = np.abs(np.diff(values))
    mean = float(ranges.mean())
    return Chart.around("moving_range", ranges, mean, mean * (factors(2).D4 - 1) / 3, least=0.0)
