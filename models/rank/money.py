"""From loss to money."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.plant import Tariff
from models.rank.document import Gain, Money, Net
from models.study.data import Notice, StudyData

__all__ = ["Price", "price_of"]

PER = 1000


@dataclass(frozen=True)
class Price:
    """Money per unit of loss, and over how many units a change must pay for itself."""

    per_loss: float
    currency: str
    horizon_units: int

    def money(self, gain: Gain) -> Money:
        """Gross, per 1000 units."""
        return {
            "estimate": gain["estimate"] * self.per_loss * PER,
            "low": gain["low"] * self.per_loss * PER,
            "currency": self.currency,
            "per": f"{PER} units",
        }

    def net(self, gain: Gain, cost_of_change: float) -> Net:
        """Per 1000 units, after the cost of the change, spread over the horizon."""
        once = cost_of_change * PER / self.horizon_units
        money = self.money(gain)
        return {
            "estimate": money["estimate"] - once,
            "low": money["low"] - once,
            "horizon_units": self.horizon_units,
        }


def price_of(data: StudyData) -> tuple[Price | None, list[Notice]]:
    """The study's price, if it declares one that can be told here."""
    cost, per_loss, notices = data.spec.cost, data.spec.cost_per_loss, []
    if per_loss is None and isinstance(cost.tariff, Tariff):
        per_loss = _mean_price(cost.tariff, data)
    elif per_loss is None and isinstance(cost.tariff, str):
        notices.append(Notice("tariff_unknown", {"tariff": cost.tariff}))
    if per_loss is None:
        return None, notices
    return Price(per_loss, cost.currency, cost.horizon_units or data.n), notices


def _mean_price(tariff: Tariff, data: StudyData) -> float:
    """Price of the mean kWh: by time of day where the table has times, weighted with what was used."""
    if data.time is None or not pd.api.types.is_datetime64_any_dtype(data.time.dtype):
        return tariff.price
    prices = np.array([tariff.at(moment.time()) for moment in data.time])
    used = np.abs(data.loss)
    return float((prices * used).sum() / used.sum()) if used.sum() > 0 else float(prices.mean())
