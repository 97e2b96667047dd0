"""The week to come: the naive forecast has to be beaten, or is used and named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.energy.account import account
from models.energy.forecast import conformal, days_of, foresee
from models.energy.intervals import intervals
from models.energy.methods import METHODS
from models.study.data import Notice
from models.study.spec import StudySpec
from tests.models.energy.lines import spec

SHARED = Path(__file__).parents[4] / "shared" / "data"
STEEL = SHARED / "steel_industry_energy" / "Steel_industry_data.csv"


def hourly(values: np.ndarray, zone: str = "UTC", **energy):
    start = pd.date_range("2026-01-05", periods=len(values), freq="h", tz="UTC")
    frame = pd.DataFrame({"end": start + pd.Timedelta(hours=1), "kwh": values})
    return intervals(frame, spec(production=None, scrap=None, mix=[], weather=[], time_zone=zone, **energy))


def week_shape(days: int) -> np.ndarray:
    hour = np.arange(days * 24)
    works = ((hour // 24) % 7 < 5) & (hour % 24 >= 6) & (hour % 24 < 22)
    return 20.0 + 80.0 * works


def test_a_week_that_repeats_is_foreseen_exactly_and_nothing_beats_naive():
    found = foresee(hourly(week_shape(70)), seed=0)
    assert found["method"] == found["naive"] == "week_ago"
    assert not found["beats_naive"]
    assert found["week_kwh"] == pytest.approx(week_shape(7).sum())
    assert found["week_low"] == found["week_high"] == pytest.approx(found["week_kwh"])
    assert found["peak_kw"] == pytest.approx(100.0)
    assert found["days"][0]["day"] == "2026-03-16"


def test_noise_is_averaged_out_by_what_beats_the_naive_forecast():
    rng = np.random.default_rng(0)
    found = foresee(hourly(week_shape(84) + rng.normal(0, 8, 84 * 24)), seed=0)
    errors = {score["method"]: score["mae"] for score in found["scores"]}
    assert found["beats_naive"]
    assert errors[found["method"]] < 0.9 * errors["week_ago"]
    assert found["week_low"] < week_shape(7).sum() < found["week_high"]


def test_the_interval_holds_the_week_to_come_as_often_as_it_says(monkeypatch):
    """Thirty histories whose level wanders from week to week; nominally 90 %."""
    monkeypatch.delitem(METHODS, "boosting")  # thirty histories would take it half a minute
    held = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        level = np.repeat(1 + rng.normal(0, 0.1, 14), 7 * 24)
        values = week_shape(98) * level + rng.normal(0, 2, 98 * 24)
        found = foresee(hourly(values[: 91 * 24], demand_minutes=120), seed=0)
        held += found["week_low"] <= values[91 * 24 :].sum() <= found["week_high"]
    assert held >= 24


@pytest.mark.parametrize(("days", "origins"), [(9, 0), (14, 0), (22, 1)])
def test_a_short_history_is_repeated_and_says_so(days, origins):
    rng = np.random.default_rng(0)
    found = foresee(hourly(week_shape(days) + rng.normal(0, 5, days * 24)), seed=0)
    assert (found["origins"], found["beats_naive"], found["level"]) == (origins, False, None)
    assert found["week_low"] is None
    assert found["method"] in ("week_ago", "day_ago")


def test_a_week_is_too_short():
    found = foresee(hourly(week_shape(7)), seed=0)
    assert isinstance(found, Notice)
    assert found.code == "forecast_short"


def test_no_method_looks_at_what_it_foresees():
    """The same history with another future gives the same forecast."""
    rng = np.random.default_rng(1)
    table = (week_shape(70) + rng.normal(0, 5, 70 * 24)).reshape(70, 24)
    weekday = np.arange(70) % 7
    for name, (method, _) in METHODS.items():
        seen = method(table[:63], weekday[:63], 0)
        spoilt = np.vstack([table[:63], np.full((7, 24), 1e6)])
        assert np.array_equal(seen, method(spoilt[:63], weekday[:63], 0)), name
        assert seen.shape == (7, 24)
        assert np.isfinite(seen).all()


def test_gaps_do_not_stop_a_forecast():
    table = week_shape(70).reshape(70, 24)
    table[20:23], table[60, 5:9], table[-7, 3] = np.nan, np.nan, np.nan
    for name, (method, _) in METHODS.items():
        assert np.isfinite(method(table, np.arange(70) % 7, 0)).all(), name


def test_days_are_those_of_the_plant():
    """Berlin: the day the clocks go back has 25 hours, forward 23; slots keep their local time."""
    start = pd.Timestamp("2026-10-19", tz="Europe/Berlin").tz_convert("UTC")
    stamp = start + pd.to_timedelta(np.arange(24 * 14 + 1), unit="h")
    local_hour = stamp.tz_convert("Europe/Berlin").hour
    frame = pd.DataFrame({"end": stamp + pd.Timedelta(hours=1), "kwh": local_hour.astype(float)})
    data = intervals(
        frame, spec(production=None, scrap=None, mix=[], weather=[], time_zone="Europe/Berlin", demand_minutes=60)
    )
    days = days_of(data)
    assert days.kwh.shape == (14, 24)
    assert np.array_equal(days.kwh, np.tile(np.arange(24.0), (14, 1)))


def test_conformal_is_an_order_statistic():
    assert conformal(np.arange(1.0, 20.0), 0.9) == 18.0
    assert conformal(np.arange(1.0, 5.0), 0.8) == 4.0
    assert conformal(np.array([]), 0.9) is None


@pytest.mark.shared
@pytest.mark.skipif(not STEEL.is_file(), reason="no shared data")
def test_a_real_steel_works():
    """Quarter hours of 2018. Reactive power and CO2 know the answer and are not used."""
    table = pd.read_csv(STEEL, encoding="utf-8-sig")
    end = pd.to_datetime(table["date"], dayfirst=True)
    # The 00:00 row carries the date of the day that just ended.
    end += pd.to_timedelta((table["NSM"] == 0).astype(int), unit="D")
    frame = pd.DataFrame({"end": end, "Usage_kWh": table["Usage_kWh"], "Load_Type": table["Load_Type"]})
    content = {"name": "steel", "task": "regression", "target": "Usage_kWh", "time": "end"}
    found = account(frame, StudySpec.parse(content | {"energy": {"mix": ["Load_Type"]}})).document
    forecast = found["forecast"]
    errors = {score["method"]: score["mae"] for score in forecast["scores"]}
    assert forecast["beats_naive"]
    assert errors[forecast["method"]] < 0.85 * errors["week_ago"]
    assert forecast["days"][0]["day"] == "2019-01-01"
    assert not any(note["code"] in ("gaps", "same_time") for note in found["notes"])
    # Load types alone do not explain a steel works, and that is said.
    failed = {check["check"] for check in found["baseline"]["checks"] if not check["passed"]}
    assert {"driver", "r2"} <= failed
    levels = {term["term"]: term["coefficient"] for term in found["baseline"]["terms"]}
    assert levels["hours of Load_Type=Light_Load"] < levels["hours of Load_Type=Maximum_Load"]
