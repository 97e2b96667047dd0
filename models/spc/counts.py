"""Bad units of subgroups, standardised as counting alone would have them.

**Formula.** z = (bad / size - p) / √(p (1 - p) / size), p the share of bad units in all subgroups but those left out.
`Counts.left_out`: subgroups far from all others (`models.spc.individuals.far`), with a deviation of at least 1, for
counting alone gives that much. p is at least that of half a bad unit, and at most that of half a good one.

**Shapes.** ``bad`` (…, k), ``size`` (k,), 0 ≤ bad ≤ size, size ≥ 1. **Source.** The binomial law.

>>> counts = Counts(np.full(20, 100))
>>> counts.left_out(np.array([3.0, 5.0, 4.0, 40.0] + [4.0] * 16)).nonzero()[0].tolist()
[3]
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.spc.chart import Floats
from models.spc.individuals import far

__all__ = ["Counts"]

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Counts:
    """``size`` (k,): units of each subgroup."""

    size: NDArray[np.int64]

    def share(self, bad: Floats, left_out: Bools) -> Floats:
        """Share of bad units without what is left out. (…, k) → (…, 1)"""
        units = np.sum(np.where(left_out, 0, self.size), axis=-1, keepdims=True)
        total = np.sum(np.where(left_out, 0.0, bad), axis=-1, keepdims=True)
        # No bad unit among the rest says that they are rare, not that there are none: half a unit keeps limits apart.
        return np.asarray(np.clip(total, 0.5, units - 0.5) / units)

    def sigma(self, share: Floats) -> Floats:
        """Binomial standard deviation of each point. (…, 1) → (…, k)"""
        return np.asarray(np.sqrt(share * (1 - share) / self.size))

    def z(self, bad: Floats, left_out: Bools | None = None) -> Floats:
        """Binomial standard deviations from the centre line. (…, k) → (…, k)"""
        share = self.share(bad, np.zeros(bad.shape, dtype=np.bool_) if left_out is None else left_out)
        return np.asarray((bad / self.size - share) / np.maximum(self.sigma(share), 1e-300))

    def left_out(self, bad: Floats) -> Bools:
        """Subgroups that stand out from all others. (…, k)"""
        return far(self.z(bad), least=1.0)
