"""What a loss costs: by the study's own clock, for power as for energy, and never a bad unit by a price of energy."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.rank.money import Price, price_of
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec

TARIFF = {"price": 20.0, "periods": [{"start": "22:00:00", "end": "08:00:00", "price": 12.0}]}
N = 200


def studied(unit: str = "", energy: dict[str, Any] | None = None, **more: Any) -> StudyData:
    """Hours of one instant of the day: 00:00 UTC, 09:00 in Osaka."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"at": pd.date_range("2026-01-05", periods=N, freq="D"), "speed": rng.normal(size=N)})
    frame["use"] = 50 + rng.normal(size=N)
    content = {"name": "s", "task": "regression", "target": "use", "time": "at", "cost": {"tariff": TARIFF}} | more
    content["factors"] = {"use": {"role": "outcome", "unit": unit}, "speed": {"role": "controllable"}}
    found = prepare(frame, StudySpec.parse(content | ({} if energy is None else {"energy": energy})))
    assert isinstance(found, StudyData)
    return found


def per_unit(data: StudyData) -> float:
    price, notices = price_of(data)
    assert isinstance(price, Price)
    assert not notices
    return price.per_loss


@pytest.mark.parametrize(("zone", "price"), [("UTC", 12.0), ("Asia/Tokyo", 20.0)])
def test_a_tariff_goes_by_the_clock_of_the_study(zone: str, price: float) -> None:
    assert per_unit(studied("kWh", {"time_zone": zone, "interval_minutes": 15})) == pytest.approx(price)


@pytest.mark.parametrize(("unit", "kwh"), [("kWh", 1.0), ("kW", 0.25), ("W", 0.00025), ("MWh", 1000.0)])
def test_power_costs_what_it_takes_over_an_interval(unit: str, kwh: float) -> None:
    assert per_unit(studied(unit, {"interval_minutes": 15})) == pytest.approx(12.0 * kwh)


def test_without_an_account_the_declared_unit_and_the_usual_step_count() -> None:
    assert per_unit(studied("kW")) == pytest.approx(20.0 * 24)  # in the middle of a day: noon
    assert per_unit(studied()) == pytest.approx(20.0)


def test_a_price_of_energy_says_nothing_of_bad_units() -> None:
    frame = pd.DataFrame({"speed": np.arange(200.0), "bad": np.arange(200) % 4 == 0})
    content = {"name": "s", "task": "classification", "target": "bad", "bad": True, "cost": {"tariff": TARIFF}}
    data = prepare(frame, StudySpec.parse(content))
    assert isinstance(data, StudyData)
    assert price_of(data) == (None, [])


def test_a_tariff_by_name_alone_is_said_to_be_unknown() -> None:
    price, notices = price_of(studied("kWh", cost={"tariff": "day"}))
    assert price is None
    assert [notice.code for notice in notices] == ["tariff_unknown"]
