"""Means and ranges of subgroups of equal size (X̄-R).

**Formula.** For k subgroups of n: X̄ chart: centre = mean of means, limits ± A2 R̄; R chart: centre R̄, limits D3
R̄ and D4 R̄.

**Shapes.** ``samples`` (k, n), finite. **Limits of validity.** 2 ≤ n ≤ about 10 (beyond, the range wastes data:
use `models.spc.xbar_s`); units of a subgroup made under the same conditions, for spread between subgroups is not
in the limits. **Source.** ISO 7870-2 / JIS Z 9020-2.

>>> import numpy as np
>>> means, ranges = xbar_r(np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 5.0]]))
>>> round(float(means.upper[0]), 3), round(float(ranges.upper[0]), 3)
(5.173, 4.355)
"""

from math import sqrt

from models.spc.chart import Chart, Floats
from models.spc.constants import factors

__all__ = ["xbar_r"]


def xbar_r(samples: Floats) -> tuple[Chart, Chart]:
    """The chart of means and the chart of ranges."""
    n = samples.shape[1]
    known = factors(n)
    ranges = samples.max(axis=1) - samples.min(axis=1)
    sigma = float(ranges.mean()) / known.d2
    means = samples.mean(axis=1)
    return (
        Chart.around("xbar", means, float(means.mean()), sigma / sqrt(n)),
        Chart.around("range", ranges, float(ranges.mean()), sigma * known.d3, least=0.0),
    )
