"""Defects per unit of opportunity (u), with Laney's u' where the subgroups are overdispersed.

**Formula.** uᵢ = count / size; centre ū = Σ count / Σ size; σᵢ = √(ū / sizeᵢ), times σz for u'
(`models.spc.laney`); limits ū ± 3 σᵢ, not below 0. With equal sizes of 1 this is the c chart.

**Shapes.** ``count``, ``size`` (k,), count ≥ 0, size > 0 (units, metres, hours …). ``laney``: True, False, or
None to choose by the test of `models.spc.laney`; the chart is called ``u`` or ``laney_u``. **Limits of
validity.** Some five defects expected per subgroup; a unit may have several defects (else `models.spc.p_chart`).
**Source.** ISO 7870-2 / JIS Z 9020-2; Laney.

>>> chart = u_chart(np.array([5.0, 3.0, 4.0]), np.array([10.0, 10.0, 10.0]))
>>> chart.name, round(float(chart.upper[0]), 4)
('u', 1.0)
"""

from math import sqrt

import numpy as np

from models.spc.chart import Chart, Floats, standardised
from models.spc.individuals import far, sigma_of_neighbours
from models.spc.laney import is_overdispersed

__all__ = ["u_chart"]


def u_chart(count: Floats, size: Floats, laney: bool | None = None, revised: bool = False, phi: float = 0.0) -> Chart:
    """The chart of defects per unit; ``revised`` and ``phi`` as in `models.spc.individuals`."""
    rates, rate = count / size, float(count.sum() / size.sum())
    left_out = np.zeros(len(size), dtype=np.bool_)
    if revised:
        left_out = far(standardised(rates, rate, np.sqrt(rate / size)), least=1.0)
    # No defect among the rest says that they are rare, not that there are none: half a one keeps limits apart.
    centre = max(float(count[~left_out].sum()), 0.5) / float(size[~left_out].sum())
    sigma = np.sqrt(centre / size)
    found = sigma_of_neighbours(standardised(rates, centre, sigma), left_out) / sqrt(1 - phi)
    if laney if laney is not None else bool(is_overdispersed(found, len(size))):
        return Chart.around("laney_u", rates, centre, sigma * found, 0.0)
    return Chart.around("u", rates, centre, sigma, 0.0)
