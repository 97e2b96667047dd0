"""Means and standard deviations of subgroups of equal size (X̄-s).

**Formula.** For k subgroups of n: X̄ chart: centre = mean of means, limits ± A3 s̄; s chart: centre s̄, limits B3
s̄ and B4 s̄.

**Shapes.** ``samples`` (k, n), finite. **Limits of validity.** n ≥ 2, of use from about 10 (below,
`models.spc.xbar_r` is as good and easier to follow by hand); units of a subgroup made under the same conditions,
for spread between subgroups is not in the limits. **Source.** ISO 7870-2 / JIS Z 9020-2.

>>> import numpy as np
>>> means, spreads = xbar_s(np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 5.0]]))
>>> round(float(means.upper[0]), 3), round(float(spreads.upper[0]), 3)
(5.173, 3.08)
"""

from math import sqrt

from models.spc.chart import Chart, Floats
from models.spc.constants import c4

__all__ = ["xbar_s"]


def xbar_s(samples: Floats) -> tuple[Chart, Chart]:
    """The chart of means and the chart of standard deviations."""
    n = samples.shape[1]
    spreads = samples.std(axis=1, ddof=1)
    sigma = float(spreads.mean()) / c4(n)
    means = samples.mean(axis=1)
    return (
        Chart.around("xbar", means, float(means.mean()), sigma / sqrt(n)),
        Chart.around("deviation", spreads, float(spreads.mean()), sigma * sqrt(1 - c4(n) ** 2), least=0.0),
    )
