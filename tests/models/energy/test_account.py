"""The whole account of simulated lines against what was planted, and of tables that make it hard."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.energy.account import EnergyAccount, account
from models.energy.baseline import baseline_from_json
from models.energy.document import EnergyDocument
from tests.models.energy.lines import Line

TARIFF = {
    "tariff": {
        "price": 18.0,
        "periods": [
            {"start": "10:00:00", "end": "17:00:00", "price": 24.5},
            {"start": "22:00:00", "end": "08:00:00", "price": 13.2},
        ],
    }
}


def codes(found: EnergyAccount) -> set[str]:
    return {said["code"] for said in (*found.document["findings"], *found.document["notes"])}


@pytest.fixture(scope="module")
def changed() -> tuple[Line, pd.DataFrame, EnergyAccount]:
    line = Line(seed=3, volume=0.8, share_b=(0.4, 0.6), warmer=3.0, saved_kw=6.0, scrap=(0.02, 0.05), start_kwh=20.0)
    frame = line.frame()
    return line, frame, account(frame, line.spec(cost=TARIFF))


def test_every_key_is_there_and_every_number_is_finite(changed):
    found = changed[2].to_json()
    assert set(found) == set(EnergyDocument.__annotations__)
    assert all(found[key] is not None for key in found)

    def numbers(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for inner in value:
                yield from numbers(inner)
        elif isinstance(value, float):
            yield value

    assert all(np.isfinite(list(numbers(found))))


def test_the_parts_of_the_intensity_add_up_and_point_the_planted_way(changed):
    found = changed[2].document["intensity"]
    parts = {part["factor"]: part["change"] for part in found["parts"]}
    assert sum(part["estimate"] for part in parts.values()) == pytest.approx(found["change"], rel=1e-9)
    assert found["change"] == pytest.approx(found["now"]["intensity"] - found["before"]["intensity"])
    assert min(parts[name]["low"] for name in ("volume", "mix", "weather", "scrap")) > 0
    assert parts["rest"]["high"] < 0


def test_money_and_energy_agree_with_the_table(changed):
    _, frame, found = changed
    document = found.document
    assert document["total_kwh"] == pytest.approx(frame["kwh"].sum())
    periods = document["tariff"]["periods"]
    assert sum(entry["kwh"] for entry in periods) == pytest.approx(document["total_kwh"])
    assert sum(entry["money"] for entry in periods) == pytest.approx(document["total_money"])
    hour = (frame["end"] - pd.Timedelta(minutes=8)).dt.hour
    noon = frame["kwh"][(hour >= 10) & (hour < 17)].sum()
    assert next(entry for entry in periods if entry["price"] == 24.5)["kwh"] == pytest.approx(noon)


def test_a_frozen_baseline_is_used_as_it_stands(changed):
    line, frame, found = changed
    frozen = baseline_from_json(found.to_json()["baseline"]["frozen"])
    later = frame[frame["end"] > pd.Timestamp("2026-02-02", tz="UTC")]
    again = account(later, line.spec(cost=TARIFF), baseline=frozen)
    assert again.baseline is frozen
    assert again.document["savings"]["total"] == found.document["savings"]["total"]
    assert again.document["intensity"] == found.document["intensity"]
    assert "baseline_given" in codes(again)


def test_a_baseline_may_begin_later(changed):
    line, frame, _ = changed
    spec = line.spec(cost=TARIFF)
    later = spec.model_copy(update={"energy": spec.energy.model_copy(update={"baseline_from": date(2026, 1, 12)})})
    found = account(frame, later).baseline
    assert (found.first, found.last, found.days) == ("2026-01-12", "2026-02-01", 21)
    whole = spec.energy.model_copy(update={"baseline_from": date(2026, 1, 12), "baseline_until": None})
    found = account(frame, spec.model_copy(update={"energy": whole})).baseline
    assert (found.first, found.last) == ("2026-01-12", "2026-02-03")


def test_the_same_seed_gives_the_same_account(changed):
    line, frame, found = changed
    assert account(frame.sample(frac=1.0, random_state=1), line.spec(cost=TARIFF)).to_json() == found.to_json()
