"""Peak demand (デマンド): mean power over the supplier's demand intervals, what ran at the highest, what capping gives.

Demand of a clock interval = kWh in it / hours covered; one that is covered by less than 90 % is left out. Capping the
k highest intervals lowers the billed peak to the (k+1)-th; the energy above that level has to move elsewhere. Limits:
where the table's intervals are longer than the demand interval, the true peak is higher than the one shown (a note
says so).
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.energy.document import CapEntry, PeakEntry, Peaks
from models.energy.intervals import Intervals

__all__ = ["Demand", "demand_hours", "peaks"]

Floats = NDArray[np.float64]

COVERED = 0.9
ROUNDING = 0.01
"""Of an interval, that lengths may miss each other by."""
SHOWN = 10
CAPS = (1, 3, 5, 10, 20)


class Demand:
    """Power by demand interval. ``start``: UTC; ``kw``: mean power; ``code``: demand interval of each interval."""

    def __init__(self, data: Intervals) -> None:
        assert data.start is not None
        self.hours = demand_hours(data)
        width = round(self.hours * 3600)
        seconds = (data.start - pd.Timestamp(0, unit="s", tz="UTC")).total_seconds().to_numpy()
        # Half an interval of tolerance: stamps jitter by seconds.
        slots = np.floor((seconds + data.hours * 1800) / width) if data.hours < self.hours else seconds / width
        values, code = np.unique(slots, return_inverse=True)
        covered = np.bincount(code) * data.hours / self.hours
        self.code = code
        self.start = pd.to_datetime(np.round(values * width), unit="s", utc=True)
        self.kw = np.bincount(code, data.kwh) / (np.bincount(code) * data.hours)
        self.whole = covered >= COVERED


def demand_hours(data: Intervals) -> float:
    """Length of the demand intervals: the supplier's, or the next whole number of the table's intervals."""
    return max(1, math.ceil(data.energy.demand_minutes / 60 / data.hours - ROUNDING)) * data.hours


def peaks(data: Intervals) -> Peaks | None:
    """The highest demands."""
    demand = Demand(data)
    places = np.flatnonzero(demand.whole)
    if not len(places):
        return None
    order = places[np.argsort(-demand.kw[places], kind="stable")]
    local = demand.start.tz_convert(data.zone)
    highest: list[PeakEntry] = [
        {
            "start": local[place].isoformat(),
            "kw": float(demand.kw[place]),
            "ran": _ran(data, np.flatnonzero(demand.code == place)),
        }
        for place in order[:SHOWN]
    ]
    sorted_kw = demand.kw[order]
    capped: list[CapEntry] = []
    for k in (k for k in CAPS if k < len(sorted_kw)):
        level = float(sorted_kw[k])
        capped.append(
            {
                "k": k,
                "peak_kw": level,
                "lower_kw": float(sorted_kw[0] - level),
                "kwh_to_move": float((sorted_kw[:k] - level).sum() * demand.hours),
            }
        )
    return {
        "minutes": demand.hours * 60,
        "highest": highest,
        "mean_kw": float(demand.kw[places].mean()),
        "capped": capped,
    }


def _ran(data: Intervals, rows: NDArray[np.intp]) -> dict[str, float | str | None]:
    """Product, units and weather of these intervals."""
    found: dict[str, float | str | None] = {}
    for name in data.mix.columns:
        values = data.mix[name].iloc[rows].dropna()
        if len(values):
            found[name] = str(values.mode().iloc[0]) if values.dtype == object else float(values.mean())
    if data.made is not None and np.isfinite(data.made[rows]).any():
        found["units"] = float(np.nansum(data.made[rows]))
    for name in data.weather.columns:
        values = data.weather[name].iloc[rows].dropna()
        if len(values):
            found[name] = float(values.mean())
    return found
