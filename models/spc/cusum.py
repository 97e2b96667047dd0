"""Cumulative sum (CUSUM, tabular): when a small, lasting shift began.

**Formula.** C⁺ᵢ = max(0, C⁺ᵢ₋₁ + zᵢ - k), C⁻ᵢ = max(0, C⁻ᵢ₋₁ - zᵢ - k), C₀ = 0; alarm where one exceeds h. k is
half the shift worth finding (0.5: one σ). The shift began after the last point at which the alarming sum was 0.

**Average run length** (`arl`), points until an alarm at a constant shift δ (in σ), both sums watched: 1 / ARL = 1
/ ARL⁺ + 1 / ARL⁻, each by a Markov chain over `STATES` steps of the sum (Brook and Evans, 1972). With k = 0.5:

| h | δ = 0 | 0.5 | 1 | 2 | 3 |
|---|---|---|---|---|---|
| 4 | 168 | 26.6 | 8.4 | 3.3 | 2.2 |
| 5 | 465 | 38.0 | 10.4 | 4.0 | 2.6 |

**Shapes.** z (…, n), standardised, finite, in order of time. **Limits of validity.** Independent points.
**Source.** ISO 7870-4 / JIS Z 9020-4.

>>> found = cusum(np.array([0.0, 0.0, 3.0, 3.0, 3.0]))
>>> found.high.tolist(), found.alarms.tolist(), found.began(4)
([0.0, 0.0, 2.5, 5.0, 7.5], [False, False, False, False, True], 2)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from models.spc.chart import Floats

__all__ = ["Cusum", "arl", "cusum"]

STATES = 100
"""Steps of the Markov chain: three digits of the published run lengths."""


@dataclass(frozen=True)
class Cusum:
    """``high`` and ``low``: the two sums, both ≥ 0, shaped like the points; ``limit``: h."""

    high: Floats
    low: Floats
    limit: float

    @property
    def alarms(self) -> NDArray[np.bool_]:
        return np.asarray((self.high > self.limit) | (self.low > self.limit))

    def began(self, alarm: int) -> int:
        """The first point of the shift behind an alarm (of one series)."""
        sums = self.high if self.high[alarm] > self.limit else self.low
        quiet = np.flatnonzero(sums[: alarm + 1] == 0)
        return int(quiet[-1]) + 1 if len(quiet) else 0


def cusum(z: Floats, k: float = 0.5, h: float = 5.0) -> Cusum:
    """Both sums along the last axis."""

    def one_sided(steps: Floats) -> Floats:
        # max(0, C + s) step by step is the running sum minus its lowest value so far (0 at the start included).
        total = np.cumsum(steps, axis=-1)
        return np.asarray(total - np.minimum(np.minimum.accumulate(total, axis=-1), 0.0))

    return Cusum(one_sided(z - k), one_sided(-z - k), h)


def arl(shift: float, k: float = 0.5, h: float = 5.0) -> float:
    """Mean number of points until an alarm, at a constant ``shift`` from the first point on."""
    return 1 / (1 / _one_sided_arl(shift, k, h) + 1 / _one_sided_arl(-shift, k, h))


def _one_sided_arl(shift: float, k: float, h: float) -> float:
    width = 2 * h / (2 * STATES - 1)
    places = np.arange(STATES) * width
    step = places - places[:, None] + k - shift
    moves = ndtr(step + width / 2) - ndtr(step - width / 2)
    moves[:, 0] = ndtr(step[:, 0] + width / 2)
    return float(np.linalg.solve(np.eye(STATES) - moves, np.ones(STATES))[0])
