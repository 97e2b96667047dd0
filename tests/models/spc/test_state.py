"""The state of studies whose truth is known: simulated processes, the lines of the simulators, real machines."""

import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.spc.chance import LEVEL
from models.spc.document import ChartPoint, Moment, Process, SignalSaid
from models.spc.process import LISTED
from models.spc.state import process_state
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec
from simulators.tables import study_toml, table
from tests.models.spc.studies import hours, lots, study, swings
from tests.simulators.lines import KINDS, production

DATA = Path(__file__).parents[4] / "shared" / "data"


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, float):
        yield value


def told(data: StudyData, rule_set: str = "jis") -> Process:
    """The JSON, checked for shape and finite numbers."""
    document = process_state(data, rule_set).to_json()
    json.dumps(document, allow_nan=False)
    assert all(math.isfinite(number) for number in numbers(document))
    assert document.keys() == Process.__annotations__.keys()
    for name, shape in (("points", ChartPoint), ("signals", SignalSaid), ("moments", Moment)):
        assert all(each.keys() == shape.__annotations__.keys() for each in document[name])  # type: ignore[literal-required]
    assert (document["state"] == "special_cause") == (len(document["moments"]) > 0)
    assert all(signal["beyond_chance"] == (signal["chance"] <= LEVEL) for signal in document["signals"])
    return document


def machine(level: Any, seed: int = 0, units: int = 40 * 24, **words: Any) -> StudyData:
    """Hourly power: its level, a daily cycle, noise."""
    at = hours(units)
    rng = np.random.default_rng(seed)
    y = 50 + level + 5 * np.sin(np.arange(units) / 24 * 2 * np.pi) + rng.normal(0, 3, units)
    return study({"at": at, "x": rng.normal(size=units), "y": y}, time="at", **words)


def test_a_steady_machine_is_common_cause() -> None:
    document = told(machine(0.0))
    assert (document["state"], document["chart"], document["subgroup"]) == ("common_cause", "individuals", "day")
    assert document["advice"]["code"] == "change_settings"
    assert len(document["points"]) == 40


def test_a_bad_week_is_a_special_cause_and_is_dated() -> None:
    level = np.where((np.arange(960) >= 240) & (np.arange(960) < 360), 4.0, 0.0)
    document = told(machine(level))
    assert document["state"] == "special_cause"
    moment = document["moments"][0]
    assert (moment["first"], moment["last"], moment["direction"]) == (10, 14, "worse")
    assert (moment["at"], moment["until"]) == ("2026-01-15T00:00:00Z", "2026-01-19T23:00:00Z")
    assert "2026-01-15 00:00 to 2026-01-19 23:00 UTC (worse)" in document["advice"]["en"]
    assert "2026-01-15 00:00〜2026-01-19 23:00 UTC(悪化)" in document["advice"]["ja"]
    assert document["points"][12]["value"] > document["points"][12]["upper"]
    assert "1" in document["points"][12]["rules"]


@pytest.mark.parametrize(("goal", "direction"), [("lower", "worse"), ("higher", "better")])
def test_which_way_is_worse(goal: str, direction: str) -> None:
    document = told(machine(np.where(np.arange(960) >= 600, 5.0, 0.0), goal=goal))
    above = [signal for signal in document["signals"] if signal["side"] == "above" and signal["beyond_chance"]]
    assert above
    assert {signal["direction"] for signal in above} == {direction}
    assert 50 < (document["centre"] or 0) < 55


def test_production_explains_power_and_is_no_event() -> None:
    """Volume trebles for two weeks: an event in power, none in power corrected for volume."""
    volume = np.where((np.arange(960) >= 240) & (np.arange(960) < 576), 3.0, 1.0)
    volume = volume + np.random.default_rng(1).normal(0, 0.2, 960)
    rng = np.random.default_rng(2)
    columns = {"at": hours(960), "volume": volume, "y": 10 + 20 * volume + rng.normal(0, 3, 960)}
    plain = told(study(columns, time="at"))
    corrected = told(study(columns, time="at", factors={"volume": {"role": "context"}}))
    assert plain["state"] == "special_cause"
    assert (corrected["state"], corrected["chart"]) == ("common_cause", "residual")
    assert (corrected["explained_by_context"] or 0) > 0.8
    assert "volume" in corrected["notes"][0]["en"]


def test_context_does_not_explain_an_event_away() -> None:
    rng = np.random.default_rng(3)
    volume = rng.normal(size=960)
    y = 50 + 5 * volume + rng.normal(0, 3, 960) + np.where((np.arange(960) >= 480) & (np.arange(960) < 552), 5.0, 0.0)
    document = told(
        study({"at": hours(960), "volume": volume, "y": y}, time="at", factors={"volume": {"role": "context"}})
    )
    assert document["state"] == "special_cause"
    assert (document["moments"][0]["first"], document["moments"][0]["last"]) == (20, 22)


def test_lots_that_differ_are_common_cause_and_a_bad_lot_among_them_is_found() -> None:
    rng = np.random.default_rng(4)
    rate = 0.04 * rng.gamma(8, 1 / 8, size=50)
    steady = told(lots(rate, 300, rng))
    assert (steady["state"], steady["chart"], steady["subgroup"]) == ("common_cause", "laney_p", "lot")
    assert (steady["overdispersion"] or 0) > 1.2
    rate[31] = 0.3
    bad = told(lots(rate, 300, rng))
    assert bad["signals"][0]["rule"] == "1"
    assert bad["moments"][0]["first"] == 31


def test_a_plain_p_chart_where_counting_explains_all() -> None:
    document = told(lots(np.full(40, 0.05), 200, np.random.default_rng(5)))
    assert (document["state"], document["chart"], document["overdispersion"]) == ("common_cause", "p", 1.0)
    assert document["points"][0]["upper"] == pytest.approx(0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5, abs=0.006)


def test_swinging_points_widen_the_limits_and_are_no_event() -> None:
    rng = np.random.default_rng(6)
    level = np.repeat(swings(rng, 60, 0.8), 24) * 8
    document = told(machine(level, units=60 * 24))
    assert document["state"] == "common_cause"
    assert document["autocorrelation"] > 0.5
    assert "autocorrelated" in {note["code"] for note in document["notes"]}


@pytest.mark.parametrize("bad", ["NG", "OK"])
def test_all_bad_units_in_one_lot(bad: str) -> None:
    """Or all good ones: where bad is the rule, the rare class is the good one."""
    rng = np.random.default_rng(9)
    verdict = np.where((np.arange(3000) // 100 == 12) & (np.arange(3000) % 100 < 25), "NG", "OK")
    columns = {"lot": np.arange(3000) // 100, "x": rng.normal(size=3000), "verdict": verdict}
    document = told(study(columns, group="lot", bad=bad))
    assert [(moment["first"], moment["last"]) for moment in document["moments"]] == [(12, 12)]
    assert document["moments"][0]["direction"] == ("worse" if bad == "NG" else "better")


def test_too_few_bad_units_for_a_chart() -> None:
    document = told(lots(np.full(30, 0.004), 100, np.random.default_rng(7)))
    assert (document["state"], document["said"]["code"], document["points"]) == ("too_short", "too_few_bad", [])
    assert document["advice"]["code"] == "collect_more"


def test_forty_units_without_a_time_are_just_enough() -> None:
    rng = np.random.default_rng(8)
    document = told(study({"x": rng.normal(size=40), "y": rng.normal(size=40)}))
    assert (document["state"], document["subgroup"], len(document["points"])) == ("common_cause", "units", 20)
    y = rng.normal(size=200)
    y[100:110] += 6
    moved = told(study({"x": rng.normal(size=200), "y": y}))
    assert moved["moments"][0]["at"] is None
    assert "units 101 to 1" in moved["advice"]["en"]


def test_a_target_that_hardly_moves() -> None:
    """Almost all values are equal: spread comes from the few that are not, and numbers stay finite."""
    y = np.zeros(400)
    y[::40] = 1.0
    told(study({"x": np.arange(400.0) % 7, "y": y}))
    y[:] = np.arange(400) % 2
    assert told(study({"x": np.arange(400.0) % 7, "y": y}))["state"] == "common_cause"


@pytest.mark.parametrize("rule_set", ["western_electric", "nelson", "jis", "jis_1998"])
def test_every_rule_set_by_name(rule_set: str) -> None:
    document = told(machine(np.where(np.arange(960) >= 600, 5.0, 0.0)), rule_set)
    assert (document["state"], document["rules"]) == ("special_cause", rule_set)


def test_many_moments_are_counted_not_listed() -> None:
    level = np.where(np.isin(np.arange(90 * 24) // 24, np.arange(5, 90, 12)), 25.0, 0.0)
    document = told(machine(level, units=90 * 24))
    assert len(document["moments"]) > LISTED
    assert f"{len(document['moments']) - LISTED} more" in document["advice"]["en"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_of_the_simulators_run_steadily(kind: str) -> None:
    states = []
    for seed in range(2):
        made = production(kind, seed, 12)
        data = prepare(pd.DataFrame(table(made)), StudySpec.parse(tomllib.loads(study_toml(made))))
        assert isinstance(data, StudyData)
        states.append(told(data)["state"])
    assert states == ["common_cause"] * 2


@pytest.mark.shared
@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not here")
def test_the_failure_of_a_real_machine_is_found() -> None:
    """Machine temperature (NAB): the failure is labelled 2014-02-07 to 02-09; weeks without a label are steady."""
    frame = pd.read_csv(DATA / "nab_machine_temperature" / "machine_temperature_system_failure.csv")
    frame["x"] = np.arange(len(frame)) % 7
    words = {"name": "nab", "task": "regression", "target": "value", "time": "timestamp"}
    whole = prepare(frame, StudySpec.parse(words))
    at = frame["timestamp"]
    quiet = prepare(frame[(at >= "2013-12-18") & (at < "2014-01-20")], StudySpec.parse(words))
    assert isinstance(whole, StudyData)
    assert isinstance(quiet, StudyData)
    (moment,) = told(whole)["moments"]
    assert "2014-02-07" <= (moment["at"] or "") <= (moment["until"] or "") < "2014-02-10"
    assert told(quiet)["state"] == "common_cause"


@pytest.mark.shared
@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not here")
def test_a_real_steel_plant_used_more_in_winter() -> None:
    frame = pd.read_csv(DATA / "steel_industry_energy" / "Steel_industry_data.csv", encoding="utf-8-sig")
    at = pd.to_datetime(frame["date"], format="%d/%m/%Y %H:%M")
    frame["at"] = at.where(frame["NSM"] != 0, at + pd.Timedelta(days=1))
    context = {name: {"role": "context"} for name in ("NSM", "WeekStatus", "Day_of_week", "Load_Type")}
    words = {"name": "steel", "task": "regression", "target": "Usage_kWh", "time": "at", "factors": context}
    data = prepare(frame.drop(columns="date"), StudySpec.parse(words))
    assert isinstance(data, StudyData)
    document = told(data)
    assert (document["chart"], document["subgroup"], document["state"]) == ("residual", "week", "special_cause")
    assert document["moments"][0]["direction"] == "worse"
    assert (document["moments"][0]["at"] or "") < "2018-02"
