"""Exponentially weighted moving average (EWMA): small, lasting shifts.

**Formula.** Eᵢ = λ zᵢ + (1 - λ) Eᵢ₋₁, E₀ = 0; var Eᵢ = λ / (2 - λ) · (1 - (1 - λ)²ⁱ), exact for every i, so the
limits are narrow at the start and widen to their final width. ``width`` standard deviations of E are the limit.

**Average run length** for independent normal points, λ = 0.2, width = 2.962 (the defaults): about 500 points
between false alarms; a shift of 1 σ is found after about 10 points, of 2 σ after 3.6 (a Shewhart chart: 44 and
6.3).

**Shapes.** z (…, n), standardised, in order of time → (…, n). **Limits of validity.** Independent points; positively
autocorrelated ones alarm far too often. **Source.** J. M. Lucas, M. S. Saccucci, Technometrics 32 (1990).

>>> np.round(ewma(np.array([0.0, 1.0, 1.0])), 3)
array([0.  , 0.2 , 0.36])
"""

import numpy as np
from scipy.signal import lfilter

from models.spc.chart import Chart, Floats

__all__ = ["LAMBDA", "WIDTH", "ewma", "ewma_chart", "ewma_sigma"]

LAMBDA = 0.2
"""Weight of the newest point: the usual middle between finding 0.5 σ and finding 2 σ."""
WIDTH = 2.962
"""Limits in standard deviations of E: a false alarm every 500 points at λ = 0.2."""


def ewma(z: Floats, weight: float = LAMBDA) -> Floats:
    """The weighted averages along the last axis."""
    return np.asarray(lfilter([weight], [1.0, weight - 1.0], z, axis=-1), dtype=np.float64)


def ewma_sigma(points: int, weight: float = LAMBDA) -> Floats:
    """Standard deviation of each average, in σ of the points. (n,)"""
    steps = np.arange(1, points + 1)
    return np.asarray(np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * steps))), dtype=np.float64)


def ewma_chart(chart: Chart, weight: float = LAMBDA, width: float = WIDTH) -> Chart:
    """The EWMA of a chart's standardised points, with exact limits, in σ."""
    sigma = ewma_sigma(len(chart.values), weight)
    values = ewma(chart.z, weight)
    return Chart("ewma", values, np.zeros_like(sigma), sigma, -width * sigma, width * sigma)
