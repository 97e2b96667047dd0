"""What every control chart is: points, a centre line, and limits three standard deviations away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIMIT", "Chart", "Floats", "standardised"]

Floats = NDArray[np.float64]

LIMIT = 3.0
"""Limits are this many standard deviations away: Shewhart's choice, and that of every standard since."""


def standardised(values: Floats, centre: Floats | float, sigma: Floats | float) -> Floats:
    """(values - centre) / sigma; where sigma is 0, a point on the centre line is 0 and any other infinitely far."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (values - centre) / sigma
    return np.where(np.asarray(values == centre), 0.0, z)


@dataclass(frozen=True)
class Chart:
    """One control chart. All arrays have shape (n,), in order of time, in the unit of the points.

    ``sigma`` is the standard deviation of a *point*; ``lower`` and ``upper`` are three of them away, cut off where the
    quantity cannot go (a share of units is never below 0).
    """

    name: str
    values: Floats
    centre: Floats
    sigma: Floats
    lower: Floats
    upper: Floats

    @property
    def z(self) -> Floats:
        """Distance of each point from the centre line in standard deviations: what the rules are applied to."""
        return standardised(self.values, self.centre, self.sigma)

    @classmethod
    def around(
        cls,
        name: str,
        values: Floats,
        centre: Floats | float,
        sigma: Floats | float,
        least: float = -np.inf,
        most: float = np.inf,
    ) -> "Chart":
        """The chart with limits at three sigma, inside what is possible."""
        middle = np.broadcast_to(np.asarray(centre, dtype=np.float64), values.shape)
        spread = np.broadcast_to(np.asarray(sigma, dtype=np.float64), values.shape)
        lower, upper = np.maximum(middle - LIMIT * spread, least), np.minimum(middle + LIMIT * spread, most)
        return cls(name, values, middle, spread, lower, upper)
