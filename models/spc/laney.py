"""Laney's correction of p and u charts whose subgroups differ by more than counting explains.

**Formula.** zᵢ = (pᵢ - p̄) / σᵢ with σᵢ the binomial (Poisson) standard deviation of the point; σz = mean |zᵢ -
zᵢ₋₁| / d2(2); limits p̄ ± 3 σᵢ σz. σz = 1 where the counts are binomial (Poisson): with thousands of units per
point lots differ by more than that, and plain limits call every second lot special.

**Which chart.** σz of k in-control points has a standard error near 0.91 / √(k - 1) (checked in the tests), so
`is_overdispersed` where σz > 1 + 1.645 · 0.91 / √(k - 1), a one-sided test at 5 %. Below, the plain limits stay:
they use what is known about counts. A σz below 1 is never used.

**Limits of validity.** σz comes from neighbours, so a shift between two points hardly widens it; fewer than 20
points say little. **Source.** D. B. Laney, Improved control charts for attributes, Quality Engineering 14 (2002).

>>> is_overdispersed(np.array([1.5, 1.1]), 30).tolist()
[True, False]
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from models.spc.chart import Floats

__all__ = ["STANDARD_ERROR", "is_overdispersed", "threshold"]

STANDARD_ERROR = 0.91
"""Of σz times √(k - 1): moving ranges of neighbours share values, which costs precision against k - 1 free ones."""
ONE_SIDED = 1.645
"""5 % of a normal law lie above."""


def threshold(points: int) -> float:
    """The σz above which counts are overdispersed."""
    return 1 + ONE_SIDED * STANDARD_ERROR / sqrt(points - 1)


def is_overdispersed(found: Floats, points: int) -> NDArray[np.bool_]:
    """Do subgroups differ by more than counting explains? ``found``: σz, of any shape."""
    return np.asarray(found > threshold(points))
