"""Factors of control charts, computed from what they are: moments of the range and standard deviation of n normal
values.

**Formula.** For n independent values of N(0, 1), with s their standard deviation (n - 1) and W their range:

- c4 = E s = √(2 / (n - 1)) Γ(n / 2) / Γ((n - 1) / 2)
- d2 = E W = ∫ (1 - Φ(x)ⁿ - (1 - Φ(x))ⁿ) dx
- d3 = sd W, from E W² = 2 ∫ w (1 - F(w)) dw with F(w) = n ∫ φ(x) (Φ(x + w) - Φ(x))ⁿ⁻¹ dx, the law of the range

and from these, limits at three standard deviations: A2 = 3 / (d2 √n), A3 = 3 / (c4 √n), B3, B4 = 1 ∓ 3 √(1 - c4²)
/ c4, B5, B6 = c4 ∓ 3 √(1 - c4²), D1, D2 = d2 ∓ 3 d3, D3, D4 = 1 ∓ 3 d3 / d2, E2 = 3 / d2; lower ones not below 0.

**Limits of validity.** 2 ≤ n ≤ `MOST`; values are taken as normal. Error below 1e-6. **Source.** Definitions as
in ISO 7870-2 / JIS Z 9020-2; tests compare with the tables printed there and in textbooks (three decimals).

>>> round(factors(5).A2, 3), round(factors(5).D4, 3)
(0.577, 2.114)
"""

from dataclasses import dataclass
from functools import cache
from math import exp, lgamma, sqrt

import numpy as np
from scipy.integrate import simpson
from scipy.special import ndtr

__all__ = ["MOST", "Factors", "c4", "d2", "d3", "factors"]

MOST = 1000
"""The largest subgroup: beyond it the range says little, and the grids below would be too coarse."""
STEP = 0.02
"""Width of the grids: plain sums converge faster than any power for smooth integrands that vanish at both ends."""
REACH = 9.0
"""Standard deviations to which the grids go: Φ(-9) is 1e-19."""


@dataclass(frozen=True)
class Factors:
    """All factors for subgroups of ``n``, by their usual names."""

    n: int
    c4: float
    d2: float
    d3: float

    @property
    def A2(self) -> float:  # noqa: N802 (the name in every table)
        return 3 / (self.d2 * sqrt(self.n))

    @property
    def A3(self) -> float:  # noqa: N802
        return 3 / (self.c4 * sqrt(self.n))

    @property
    def B3(self) -> float:  # noqa: N802
        return self.B5 / self.c4

    @property
    def B4(self) -> float:  # noqa: N802
        return self.B6 / self.c4

    @property
    def B5(self) -> float:  # noqa: N802
        return max(0.0, self.c4 - 3 * sqrt(1 - self.c4**2))

    @property
    def B6(self) -> float:  # noqa: N802
        return self.c4 + 3 * sqrt(1 - self.c4**2)

    @property
    def D1(self) -> float:  # noqa: N802
        return max(0.0, self.d2 - 3 * self.d3)

    @property
    def D2(self) -> float:  # noqa: N802
        return self.d2 + 3 * self.d3

    @property
    def D3(self) -> float:  # noqa: N802
        return self.D1 / self.d2

    @property
    def D4(self) -> float:  # noqa: N802
        return self.D2 / self.d2

    @property
    def E2(self) -> float:  # noqa: N802
        return 3 / self.d2


def _checked(n: int) -> int:
    if not 2 <= n <= MOST:
        raise ValueError(f"subgroups of {n}; control chart factors exist from 2 to {MOST}")
    return n


@cache
def c4(n: int) -> float:
    """Mean standard deviation of n normal values, in σ."""
    _checked(n)
    return sqrt(2 / (n - 1)) * exp(lgamma(n / 2) - lgamma((n - 1) / 2))


@cache
def d2(n: int) -> float:
    """Mean range of n normal values, in σ."""
    _checked(n)
    below = ndtr(np.arange(-REACH, REACH + STEP / 2, STEP))
    return float(np.sum(1 - below**n - (1 - below) ** n) * STEP)


@cache
def d3(n: int) -> float:
    """Standard deviation of the range of n normal values, in σ."""
    _checked(n)
    x = np.arange(-REACH, REACH + STEP / 2, STEP)
    w = np.arange(0, 2 * REACH + STEP / 2, STEP)
    density = np.exp(-x * x / 2) / sqrt(2 * np.pi)
    inside = ndtr(x + w[:, None]) - ndtr(x)
    law = n * np.sum(density * inside ** (n - 1), axis=1) * STEP
    square = 2 * float(simpson(w * (1 - law), dx=STEP))
    return sqrt(square - d2(n) ** 2)


def factors(n: int) -> Factors:
    """All factors for subgroups of ``n``."""
    return Factors(n, c4(n), d2(n), d3(n))
