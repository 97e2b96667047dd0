"""A plant's study asks for an energy account, and the plant file answers most of its questions."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import SettingsError
from ingest.plant import Plant
from ingest.store.study import StudyColumn
from models.study.from_plant import study_spec

EXAMPLE = Path(__file__).parents[3] / "deploy" / "plant.example.toml"

PLANT = """
[site]
id = "osaka"
name = "Osaka"
time_zone = "Asia/Tokyo"

[lines.press]
units = { kind = "interval", seconds = 120 }
good_count = "good"

[lines.press.machines.m.signals.energy]
kind = "counter"
unit = "kWh"
role = "outcome"

[lines.press.machines.m.signals.power]
unit = "kW"

[lines.press.machines.m.signals.good]
kind = "counter"
role = "outcome"

[lines.press.machines.m.signals.reject]
kind = "counter"
role = "outcome"

[tariffs.day]
price = 20.0
periods = [{ start = 22:00:00, end = 08:00:00, price = 10.0 }]

[studies.use]
line = "press"
task = "regression"
target = "energy"
cost = { tariff = "day" }
energy = { scrap = "reject", baseline_until = 2026-04-01 }
"""
COLUMNS = tuple(StudyColumn(name, "number", name) for name in ("energy", "power", "good", "reject"))
NOON = [datetime(2026, 3, 2, 3, 0, tzinfo=UTC) + timedelta(minutes=2 * place) for place in range(5)]


def spec(change: dict[str, Any] | None = None, columns: tuple[StudyColumn, ...] = COLUMNS):
    content = tomllib.loads(PLANT)
    content["studies"]["use"] |= change or {}
    return study_spec(Plant.parse(content), "use", columns, NOON)


def test_the_plant_knows_its_units_counts_prices_and_zone():
    found = spec()
    assert found.energy is not None
    # The growth of a counter is a rate per hour: kWh become kW, pieces become pieces per hour.
    assert (found.energy.unit, found.energy.counts) == ("kW", "hour")
    assert (found.energy.production, found.energy.scrap) == ("good", "reject")
    assert (found.energy.interval_minutes, found.energy.time_zone) == (2.0, "Asia/Tokyo")
    assert found.energy.baseline_until == date(2026, 4, 1)
    assert found.cost.tariff.price == 20.0
    # Noon in Osaka; a kW over two minutes is a thirtieth of a kWh.
    assert found.cost.per_unit == pytest.approx(20.0 / 30)


@pytest.mark.parametrize(("unit", "kwh"), [("kW", 1 / 30), ("W", 1 / 30_000), ("MWh", 1000.0), ("bar", 1.0)])
def test_a_price_fits_the_unit_of_the_target(unit: str, kwh: float):
    content = tomllib.loads(PLANT)
    content["lines"]["press"]["machines"]["m"]["signals"]["power"]["unit"] = unit
    content["studies"]["use"]["target"] = "power"
    assert study_spec(Plant.parse(content), "use", COLUMNS, NOON).cost.per_unit == pytest.approx(20.0 * kwh)


def test_a_baseline_that_ends_before_it_begins_is_refused():
    content = tomllib.loads(PLANT)
    content["studies"]["use"]["energy"] |= {"baseline_from": date(2026, 4, 1)}
    with pytest.raises(SettingsError, match="baseline_from 2026-04-01 is not before baseline_until 2026-04-01"):
        Plant.parse(content)
    content["studies"]["use"]["energy"] |= {"baseline_from": date(2026, 3, 1)}
    assert study_spec(Plant.parse(content), "use", COLUMNS, NOON).energy.baseline_from == date(2026, 3, 1)


def test_a_column_that_the_study_excludes_is_left_to_inference():
    found = spec({"exclude": ["good", "reject"]}, COLUMNS[:2])
    assert (found.energy.production, found.energy.scrap) == (None, None)


def test_no_account_is_kept_where_none_is_asked_for():
    content = tomllib.loads(PLANT)
    del content["studies"]["use"]["energy"]
    assert study_spec(Plant.parse(content), "use", COLUMNS, NOON).energy is None


def test_defects_have_no_energy_account():
    content = tomllib.loads(PLANT)
    content["studies"]["use"] |= {"task": "classification"}
    with pytest.raises(SettingsError, match=r"studies\.use\.energy is for regression on power or energy"):
        Plant.parse(content)


def test_the_example_plant_keeps_one():
    plant = Plant.parse(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    study = plant.studies["press_power"]
    assert study.energy is not None
    assert plant.lines[study.line].good_count not in study.exclude
