"""Idle, starts, scrap, peaks and tariff against figures that are known."""

import numpy as np
import pandas as pd
import pytest

from models.energy.baseline import Baseline, baseline_entry, fit_baseline
from models.energy.idle import idle
from models.energy.intervals import intervals
from models.energy.peaks import peaks
from models.energy.prices import prices
from models.energy.scrap import scrap
from models.energy.startup import startup
from models.energy.terms import hours_of
from tests.models.energy.lines import Line, spec


def by_hand(kwh, **columns):
    """Quarter hours from midnight on, stamped at their end."""
    end = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta((np.arange(len(kwh)) + 1) * 15, unit="min")
    return pd.DataFrame({"end": end, "kwh": kwh, **columns})


def read(frame, **energy):
    cost = energy.pop("cost", None)
    production = "good" if "good" in frame else None
    return intervals(frame, spec(cost, **{"production": production, "scrap": None, "mix": [], "weather": []} | energy))


def test_idle_energy_is_what_the_table_says():
    line = Line(seed=1, cooling=0.0)
    frame = line.frame()
    data = intervals(frame, line.spec(cost={"per_unit": 20.0}))
    baseline = fit_baseline(hours_of(data))
    assert isinstance(baseline, Baseline)
    found = idle(data, baseline, seed=0)
    stands = frame["good"] + frame["bad"] == 0
    assert found["kwh"] == pytest.approx(frame["kwh"][stands].sum())
    assert found["hours"] == pytest.approx(stands.sum() / 4)
    assert found["money"] == pytest.approx(20.0 * found["kwh"])
    own = next(one for one in baseline_entry(baseline, None)["terms"] if one["kind"] == "volume")
    assert found["base_load_model_kw"] == {
        "estimate": own["coefficient"], "low": own["low"], "high": own["high"]
    }  # fmt: skip
    for key in ("base_load_idle_kw", "base_load_model_kw"):
        assert found[key]["estimate"] == pytest.approx(40.0, rel=0.03)
        assert found[key]["low"] < found[key]["estimate"] < found[key]["high"]


def test_a_machine_that_is_off_loses_nothing():
    kwh = np.tile(np.repeat([0.05, 10.0, 50.0], 16), 10)
    found = idle(read(by_hand(kwh, good=np.tile(np.repeat([0, 0, 30], 16), 10))), None, seed=0)
    assert (found["hours"], found["off_hours"]) == (40.0, 40.0)
    assert found["kwh"] == pytest.approx(1600.0)
    assert found["base_load_idle_kw"]["estimate"] == pytest.approx(40.0)


@pytest.mark.parametrize("planted", [10.0, 30.0])
def test_the_cost_of_a_start_is_recovered(planted):
    line = Line(seed=7, days=56, start_kwh=planted)
    found = startup(intervals(line.frame(), line.spec()), seed=0)
    assert found["starts"] == 40
    assert found["extra_kwh"]["estimate"] == pytest.approx(planted, rel=0.2)
    assert 45 <= found["minutes"] <= 75


def test_no_start_costs_nothing():
    line = Line(seed=7, days=56)
    found = startup(intervals(line.frame(), line.spec()), seed=0)
    assert abs(found["extra_kwh"]["estimate"]) < 1.5


def test_scrap_carries_its_share_of_the_hour():
    good, bad = np.tile([8, 6, 0, 10], 20), np.tile([2, 0, 0, 0], 20)
    kwh = np.tile([10.0, 6.0, 4.0, 12.0], 20)
    found = scrap(read(by_hand(kwh, good=good, bad=bad), scrap="bad", cost={"per_unit": 10.0}))
    # Every hour: 32 kWh, 2 of 26 units bad.
    assert found["kwh"] == pytest.approx(20 * 32 * 2 / 26)
    assert found["units"] == 40
    assert found["money"] == pytest.approx(10 * found["kwh"])


def test_peak_demand_is_over_the_suppliers_interval():
    kwh = np.full(96, 10.0)
    kwh[[37, 38, 60, 61]] = [30.0, 50.0, 28.0, 29.0]  # 09:15-09:45 straddles two demand intervals
    product = np.where(np.arange(96) < 48, "A", "B")
    found = peaks(read(by_hand(kwh, product=product), mix=["product"], time_zone="Asia/Tokyo"))
    assert found["highest"][0] == {"start": "2026-03-02T18:30:00+09:00", "kw": 120.0, "ran": {"product": "A"}}
    assert found["highest"][1] == {"start": "2026-03-03T00:00:00+09:00", "kw": 114.0, "ran": {"product": "B"}}
    assert [entry["kw"] for entry in found["highest"][2:4]] == [80.0, 40.0]
    cap = {entry["k"]: entry for entry in found["capped"]}
    assert (cap[1]["lower_kw"], cap[1]["kwh_to_move"]) == (6.0, 3.0)
    assert (cap[3]["peak_kw"], cap[3]["kwh_to_move"]) == (40.0, pytest.approx((80 + 74 + 40) / 2))


def test_intervals_that_do_not_fit_the_demand_interval_are_averaged_over_more():
    found = peaks(read(by_hand(np.tile([10.0, 20.0], 48)), demand_minutes=20))
    assert found["minutes"] == 30.0
    assert found["highest"][0]["kw"] == 60.0


def test_prices_follow_the_plants_clock_over_a_change_of_it():
    """Berlin's clocks go forward on 2026-03-29: night is 22-06 on both sides of it."""
    tariff = {"price": 30.0, "periods": [{"start": "22:00:00", "end": "06:00:00", "price": 10.0}]}
    start = pd.Timestamp("2026-03-28", tz="Europe/Berlin")
    end = start.tz_convert("UTC") + pd.to_timedelta((np.arange(2 * 96 - 4) + 1) * 15, unit="min")
    frame = pd.DataFrame({"end": end, "kwh": np.tile([1.0, 3.0], 94)})
    found = prices(read(frame, time_zone="Europe/Berlin", cost={"tariff": tariff}))
    by_price = {entry["price"]: entry for entry in found["periods"]}
    # Two nights of 8 local hours, one of them an hour short.
    assert by_price[10.0]["kwh"] == pytest.approx(2 * 4 * 15)
    assert by_price[30.0]["kwh"] == pytest.approx(2 * 4 * 32)
    assert (found["dearest"], found["cheapest"]) == ("other hours", "22:00-06:00")


def test_what_can_move_is_bounded_by_the_load_and_by_the_room():
    tariff = {"price": 20.0, "periods": [{"start": "12:00:00", "end": "00:00:00", "price": 10.0}]}
    kwh = np.tile(np.concatenate([np.full(48, 20.0), np.full(48, 5.0)]), 3)
    found = prices(read(by_hand(kwh), cost={"tariff": tariff}))
    # 15 kWh above the standing 5 in each dear quarter hour, and room for as much in each cheap one.
    assert found["shiftable_kwh"] == pytest.approx(3 * 48 * 15)
    assert found["shiftable_money"] == pytest.approx(3 * 48 * 15 * 10)
