"""Share of bad units per subgroup (p), with Laney's p' where the subgroups are overdispersed.

**Formula.** pᵢ = bad / size; centre p̄ = Σ bad / Σ size; σᵢ = √(p̄ (1 - p̄) / sizeᵢ), times σz for p'
(`models.spc.laney`); limits p̄ ± 3 σᵢ, inside 0 … 1. Sizes may differ: limits then differ from point to point.

**Shapes.** ``bad``, ``size`` (k,), 0 ≤ bad ≤ size, size ≥ 1. ``laney``: True, False, or None to choose by the
test of `models.spc.laney`; the name of the chart says which it is, ``p`` or ``laney_p``. **Limits of validity.**
Some five bad units expected per subgroup, else the limits are rough and there is no lower one. **Source.** ISO
7870-2 / JIS Z 9020-2; Laney.

>>> chart = p_chart(np.array([5.0, 3.0, 4.0]), np.array([100, 100, 100]))
>>> chart.name, round(float(chart.upper[0]), 4)
('p', 0.0988)
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from models.spc.chart import Chart, Floats
from models.spc.counts import Counts
from models.spc.individuals import sigma_of_neighbours
from models.spc.laney import is_overdispersed

__all__ = ["p_chart"]


def p_chart(
    bad: Floats, size: NDArray[np.int64], laney: bool | None = None, revised: bool = False, phi: float = 0.0
) -> Chart:
    """The chart of shares; ``revised`` and ``phi`` as in `models.spc.individuals`."""
    counts = Counts(size)
    left_out = counts.left_out(bad) if revised else np.zeros(len(size), dtype=np.bool_)
    centre = counts.share(bad, left_out)
    sigma = counts.sigma(centre)
    found = sigma_of_neighbours(counts.z(bad, left_out), left_out) / sqrt(1 - phi)
    if laney if laney is not None else bool(is_overdispersed(found, len(size))):
        return Chart.around("laney_p", bad / size, centre, sigma * found, 0.0, 1.0)
    return Chart.around("p", bad / size, centre, sigma, 0.0, 1.0)
