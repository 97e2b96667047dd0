"""From loss to money."""

from dataclasses import dataclass

import numpy as np

from ingest.plant import Tariff
from models.energy.intervals import clock, priced, unit_of
from models.rank.document import Gain, Money, Net
from models.study.data import Notice, StudyData
from models.study.kwh import kwh_per
from models.study.spec import StudyEnergy

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
    cost, per_loss = data.spec.cost, data.spec.cost_per_loss
    # A tariff is a price of energy: of bad units it says nothing.
    if per_loss is None and data.spec.task == "regression":
        if isinstance(cost.tariff, str):
            return None, [Notice("tariff_unknown", {"tariff": cost.tariff})]
        per_loss = None if cost.tariff is None else _mean_price(cost.tariff, data)
    if per_loss is None:
        return None, []
    return Price(per_loss, cost.currency, cost.horizon_units or data.n), []


def _mean_price(tariff: Tariff, data: StudyData) -> float:
    """Money per unit of the target: by time of day where the table has times, weighted with what was used.

    Power is energy over the length of an interval, as in the energy account; a target of no known unit counts as kWh.
    """
    spec, energy = data.spec, data.spec.energy or StudyEnergy()
    start, hours = clock(data, energy, [])
    unit = spec.factor(spec.target).unit if spec.energy is None else unit_of(spec, energy, [])
    kwh = kwh_per(unit, 1.0 if hours is None else hours)
    price = tariff.price
    if start is not None and hours is not None:
        prices, used = priced(tariff, start, hours, energy), np.abs(data.loss)
        price = float((prices * used).sum() / used.sum()) if used.sum() > 0 else float(prices.mean())
    return price * (1.0 if kwh is None else kwh)
