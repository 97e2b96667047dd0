"""Energy and money by period of the tariff, and what moving work to the cheapest period would be worth at most.

What can move is energy above the standing load (the 10 % point of all intervals' power): what a machine draws while
standing is drawn at any hour. It can move only into hours of the cheapest period, up to the median power of busy
intervals there and elsewhere. The saving is kWh × difference of the prices: an upper bound, for shifts and orders
have their own reasons.
"""

from datetime import time

import numpy as np
from numpy.typing import NDArray

from ingest.plant import Tariff
from models.energy.document import TariffEntry, Tariffs
from models.energy.intervals import Intervals

__all__ = ["prices"]

STANDING = 0.10
OUTSIDE = "other hours"


def prices(data: Intervals) -> Tariffs | None:
    """By period, where a tariff by time of day is known and the table has times."""
    if data.tariff is None or data.price is None or data.start is None:
        return None
    codes, names = _periods(data, data.tariff)
    total = float(data.kwh.sum())
    entries: list[TariffEntry] = []
    for code, (name, price) in enumerate(names):
        inside = codes == code
        kwh = float(data.kwh[inside].sum())
        entries.append(
            {"period": name, "price": price, "kwh": kwh, "money": kwh * price, "share": kwh / total if total else 0.0}
        )
    entries = [entry for code, entry in enumerate(entries) if (codes == code).any()]
    cheap, dear = min(entries, key=lambda entry: entry["price"]), max(entries, key=lambda entry: entry["price"])
    kwh, money = _shiftable(data, cheap["price"])
    return {
        "periods": entries,
        "mean_price": float((data.price * data.kwh).sum()) / total if total else 0.0,
        "dearest": dear["period"] if dear["price"] > cheap["price"] else None,
        "cheapest": cheap["period"] if dear["price"] > cheap["price"] else None,
        "shiftable_kwh": kwh,
        "shiftable_money": money,
    }


def _periods(data: Intervals, tariff: Tariff) -> tuple[NDArray[np.int64], list[tuple[str, float]]]:
    names = [(f"{period.start:%H:%M}-{period.end:%H:%M}", period.price) for period in tariff.periods]
    minutes, place = np.unique(data.local.hour * 60 + data.local.minute, return_inverse=True)
    found = [tariff.period(time(int(minute) // 60, int(minute) % 60)) for minute in minutes]
    codes = np.array([len(names) if one is None else one for one in found], dtype=np.int64)
    return codes[place], [*names, (OUTSIDE, tariff.price)]


def _shiftable(data: Intervals, cheapest: float) -> tuple[float, float]:
    """kWh above the standing load that fit into the cheapest hours, the dearest first, and what that is worth."""
    assert data.price is not None
    standing = float(np.quantile(data.kwh, STANDING))
    above = np.maximum(data.kwh - standing, 0.0)
    cheap = data.price <= cheapest
    busy = data.kwh > np.median(data.kwh)
    usual = float(np.median(data.kwh[busy])) if busy.any() else standing
    room = float(np.maximum(usual - data.kwh[cheap], 0.0).sum())
    kwh = money = 0.0
    for price in sorted(set(data.price[~cheap].tolist()), reverse=True):
        moved = min(float(above[data.price == price].sum()), room - kwh)
        kwh += moved
        money += moved * (price - cheapest)
    return kwh, money
