"""Energy that went into bad units: in each clock hour, the hour's energy × bad / (good + bad).

So a bad unit carries its share of the base load while its like were made; idle hours are nobody's. Summed over hours,
because a unit's energy is not always drawn in the interval that counts it.
"""

import numpy as np

from models.energy.document import Scrap
from models.energy.intervals import Intervals

__all__ = ["scrap"]


def scrap(data: Intervals) -> Scrap | None:
    """Energy in scrap, where bad units are counted."""
    if data.bad is None or data.made is None:
        return None
    known = np.isfinite(data.made)
    slots = np.arange(data.n) if data.start is None or data.hours >= 1 else data.start.floor("h").asi8
    _, code = np.unique(slots, return_inverse=True)
    made = np.bincount(code, np.where(known, data.made, 0.0))
    bad = np.bincount(code, np.where(known, data.bad, 0.0))
    share = np.divide(bad, made, out=np.zeros_like(made), where=made > 0)
    into = np.where(known, data.kwh * share[code], 0.0)
    units, kwh, total = float(bad.sum()), float(into.sum()), float(data.kwh.sum())
    return {
        "units": units,
        "share": kwh / total if total else 0.0,
        "kwh": kwh,
        "kwh_per_unit": kwh / units if units else 0.0,
        "money": data.money(into),
    }
