"""Laney's correction of p and u charts whose subgroups differ by more than counting explains.

**Formula.** zᵢ = (pᵢ - p̄) / σᵢ with σᵢ the binomial (Poisson) standard deviation of the point; σz = mean |zᵢ -
zᵢ₋₁| / d2(2); limits p̄ ± 3 σᵢ σz. σz = 1 where the counts are binomial (Poisson): with thousands of units per
point lots differ by more than that, and plain limits call every second lot special.

**Which chart.** σz of k in-control points has a standard error near 0.91 / √(k - 1) (checked in the tests), so
`is_overdispersed` where σz > 1 + 1.645 · 0.91 / √(k - 1), a one-sided test at 5 %. Below, the plain limits stay:
they use what is known about counts. A σz below 1 is never used.

**Limits of validity.** σz comes from neighbours, so a shift between two points hardly widens it; fewer than 20
points say little. **Source.** D. B. Laney, Improved control charts for attributes, Quality Engineering 14 (2002).

>>> is_overdispersed(1.5, 30), is_overdispersed(1.1, 30)
(True, False)
"""

from math import sqrt

from models.spc.chart import Floats
from models.spc.individuals import sigma_of_neighbours

__all__ = ["is_overdispersed", "sigma_z", "threshold"]

STANDARD_ERROR = 0.91
"""Of σz times √(k - 1): moving ranges of neighbours share values, which costs precision against k - 1 free ones."""
ONE_SIDED = 1.645
"""5 % of a normal law lie above."""


def sigma_z(z: Floats, nelson: bool = False) -> float:
    """How many times wider than counting explains the points differ from their neighbours."""
    return float(sigma_of_neighbours(z, nelson))


def threshold(points: int) -> float:
    """The σz above which counts are overdispersed."""
    return 1 + ONE_SIDED * STANDARD_ERROR / sqrt(points - 1)


def is_overdispersed(found: float, points: int) -> bool:
    """Do subgroups differ by more than counting explains?"""
    return found > threshold(points)
