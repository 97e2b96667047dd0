"""Tables as plants have them: no time, gaps, one day, constants, counters, other units. Words, never a crash."""

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.energy.account import account
from models.energy.intervals import Intervals, intervals
from models.study.data import Notice
from models.study.spec import StudySpec
from tests.models.energy.lines import Line, spec

FRAME = Line(seed=1, days=28).frame()


def codes(frame, declared=None):
    found = account(frame, declared or spec())
    found.to_json()
    return {said["code"] for said in found.document["notes"]}, found.document


def plain(**more) -> StudySpec:
    content = {"name": "line", "task": "regression", "target": "kwh", "energy": {}}
    return StudySpec.parse(content | more)


def test_without_a_time_column_sums_are_told_and_the_rest_is_explained():
    said, document = codes(FRAME.drop(columns="end"), plain(energy={"interval_minutes": 15, "scrap": "bad"}))
    assert {"no_instants", "column_inferred", "unit_inferred"} <= said
    assert document["total_kwh"] == pytest.approx(FRAME["kwh"].sum())
    assert document["idle"]["kwh"] > 0
    assert document["scrap"]["kwh"] > 0
    assert document["baseline"] is document["forecast"] is document["peaks"] is None


def test_power_without_a_time_or_a_length_is_no_energy():
    said, document = codes(FRAME.drop(columns="end"), plain())
    assert said == {"no_interval_length"}
    assert document["total_kwh"] is None


def test_one_day_has_no_baseline():
    said, document = codes(FRAME.head(90))
    assert {"one_day", "forecast_short"} <= said
    assert document["baseline"] is None
    assert document["idle"] is not None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: f.assign(kwh=5.0), "constant_target"),
        (lambda f: f.assign(kwh=np.nan), "no_target"),
        (lambda f: f.head(0), "no_target"),
        (lambda f: f.head(20), "few_units"),
        (lambda f: f.assign(kwh=f["kwh"].cumsum()), "running_meter"),
        (lambda f: f.assign(good=f["good"].cumsum()), "not_counted"),
        (lambda f: f.assign(good="many"), "not_counted"),
        (lambda f: f.assign(good=-f["good"]), "not_counted"),
        (lambda f: f.drop(index=range(500, 700)), "gaps"),
        (lambda f: pd.concat([f, f.iloc[100:110]]), "same_time"),
        (lambda f: f.assign(kwh=f["kwh"] - 60), "negative_energy"),
        (lambda f: f.assign(ambient=20.0), "no_weather"),
        (lambda f: f.assign(ambient=np.nan), "no_weather"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(change, code):
    said, _ = codes(change(FRAME))
    assert code in said


def test_missing_cells_everywhere_still_give_an_account():
    frame = FRAME.copy()
    rng = np.random.default_rng(0)
    for column in ("kwh", "good", "bad", "product", "ambient"):
        frame.loc[rng.uniform(size=len(frame)) < 0.1, column] = None
    _, document = codes(frame)
    assert document["intensity"] is not None
    assert document["baseline"]["r2"] > 0.8


@pytest.mark.parametrize(("unit", "factor"), [("Wh", 1000.0), ("kWh", 1.0), ("MWh", 0.001), ("kW", 4.0), ("W", 4000.0)])
def test_units_of_the_target_are_only_units(unit, factor):
    frame = FRAME.assign(kwh=FRAME["kwh"] * factor)
    read = intervals(frame, spec(unit=unit))
    assert read.kwh == pytest.approx(FRAME["kwh"].to_numpy())


@pytest.mark.parametrize(
    ("target", "declared", "unit"),
    [
        ("Usage_kWh", "", "kWh"),
        ("power", "", "kW"),
        ("power", "MW", "MW"),
        ("main_kw", "", "kW"),
        ("energy", "", "kWh"),
    ],
)
def test_the_unit_is_told_from_declaration_or_name(target, declared, unit):
    frame = FRAME.rename(columns={"kwh": target})
    factors = {target: {"role": "outcome", "unit": declared}}
    read = intervals(frame, plain(target=target, time="end", factors=factors))
    assert read.columns["unit"] == unit


def test_rates_per_hour_are_counts_of_a_quarter():
    frame = FRAME.assign(good=FRAME["good"] * 4, bad=FRAME["bad"] * 4)
    assert account(frame, spec(counts="hour")).document["scrap"] == account(FRAME, spec()).document["scrap"]


def test_roles_units_and_names_tell_what_columns_are():
    factors = {"product": {"role": "context"}, "ambient": {"role": "context", "unit": "degC"}}
    read = intervals(FRAME, plain(time="end", factors=factors))
    assert read.columns == {
        "production": "good",
        "scrap": "bad",
        "mix": ["product"],
        "weather": ["ambient"],
        "target": "kwh",
        "unit": "kWh",
    }
    assert {notice.values["what"] for notice in read.notices if notice.code == "column_inferred"} == {
        "production",
        "scrap",
        "mix",
        "weather",
    }


def test_a_number_that_names_a_product_is_no_amount():
    frame = FRAME.assign(product=FRAME["product"].map({"A": 10, "B": 20}))
    terms = {term["term"] for term in account(frame, spec()).document["baseline"]["terms"]}
    assert {"units of product=10", "units of product=20"} <= terms


def test_an_amount_of_the_mix_acts_per_unit():
    rng = np.random.default_rng(0)
    weight = np.repeat(rng.uniform(1, 3, len(FRAME) // 16), 16)
    frame = FRAME.assign(weight=weight, kwh=10 + FRAME["good"] * 0.4 * weight).drop(columns="bad")
    found = account(frame, spec(mix=["weight"], scrap=None)).document["baseline"]["terms"]
    by_name = {term["term"]: term["coefficient"] for term in found}
    assert by_name["units x weight"] == pytest.approx(0.4, rel=1e-6)
    assert by_name["base load"] == pytest.approx(40.0, rel=1e-6)


def test_stamps_at_the_start_or_the_end_mean_the_same():
    shifted = FRAME.assign(end=FRAME["end"] - pd.Timedelta(minutes=15))
    one, other = account(FRAME, spec()).to_json(), account(shifted, spec(stamp="start")).to_json()
    assert one == other


def test_a_declared_length_that_the_times_contradict_is_said():
    said, document = codes(FRAME, spec(interval_minutes=1440))
    assert {"step_differs", "peak_coarse"} <= said
    assert document["peaks"]["minutes"] == 1440.0


def test_local_days_are_the_plants():
    read = intervals(FRAME, spec(time_zone="Asia/Tokyo"))
    assert isinstance(read, Intervals)
    assert read.local[0] == pd.Timestamp("2026-01-05 09:07:30")


def test_a_price_per_target_unit_becomes_one_per_kwh():
    frame = FRAME.assign(kwh=FRAME["kwh"] * 4)
    by_power = account(frame, spec({"per_unit": 5.0}, unit="kW")).document
    by_energy = account(FRAME, spec({"per_unit": 20.0})).document
    assert by_power["total_money"] == pytest.approx(by_energy["total_money"])


def test_a_baseline_for_other_columns_is_not_used():
    found = account(FRAME, spec())
    said, document = codes(FRAME, spec())
    assert "baseline_other" not in said
    other = account(FRAME.drop(columns="ambient"), spec(weather=[]), baseline=found.baseline)
    assert {note["code"] for note in other.document["notes"]} >= {"baseline_other"}
    assert other.document["savings"] is None
    assert document["savings"] is not None


@pytest.mark.parametrize(
    ("until", "code"),
    [("2026-01-01", "nothing_before"), ("2027-01-01", "nothing_after"), ("2026-01-06", "nothing_made")],
)
def test_periods_without_hours_or_units_are_explained(until, code):
    frame = FRAME.assign(good=FRAME["good"].where(FRAME["end"] > pd.Timestamp("2026-01-06", tz="UTC"), 0))
    said, _ = codes(frame, spec(baseline_until=until, scrap=None))
    assert code in said


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [
        ("production", "god", "good"),
        ("scrap", "bat", "bad"),
        ("mix", ["prodct"], "product"),
        ("weather", ["x"], "known"),
    ],
)
def test_a_column_that_is_not_there_is_named(key, value, meant):
    with pytest.raises(StudyError, match=rf"energy\.{key} .* is not a column of the table; .*{meant}"):
        account(FRAME, spec(**{key: value}))


def test_classification_has_no_energy_account():
    with pytest.raises(StudyError, match="energy is for regression"):
        plain(task="classification", bad="NG")


def test_nothing_but_power_and_time_is_enough():
    said, document = codes(FRAME[["end", "kwh"]], plain(time="end"))
    assert {"no_production", "no_price", "no_weather"} <= said
    assert document["intensity"]["unit"] == "kWh per hour"
    assert [part["factor"] for part in document["intensity"]["parts"]] == ["rest"]
    assert document["peaks"] is not None


def test_a_line_that_always_makes_the_same_has_no_base_load_of_its_own():
    frame = FRAME.assign(good=30, bad=0)
    read = intervals(frame, spec(scrap=None))
    assert not isinstance(read, Notice)
    document = account(frame, spec(scrap=None, mix=[])).document
    assert all(term["kind"] != "volume" for term in document["baseline"]["terms"])
