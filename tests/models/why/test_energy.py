"""A measured target: good production is that of the unit's own context."""

import numpy as np
import pandas as pd
import pytest

from models.study.data import StudyData, prepare
from models.study.spec import StudySpec
from models.why import Explainer


@pytest.fixture(scope="module")
def hours() -> tuple[Explainer, pd.DataFrame]:
    """Power rises with the day's heat and with product B, which nobody can change, and with pressure above 6.3 bar."""
    rng = np.random.default_rng(3)
    n = 2000
    heat, product = rng.normal(20, 6, n), rng.integers(0, 2, n)
    pressure, speed = np.round(rng.normal(6, 0.5, n), 1), np.round(rng.normal(60, 6, n))
    power = 100 + 20 * product + (heat - 20) + 30 * np.maximum(pressure - 6.3, 0) + rng.normal(0, 2, n)
    frame = pd.DataFrame({"heat": heat, "product": np.array(["A", "B"])[product], "pressure": pressure, "speed": speed})
    frame["power"] = power
    factors = {
        "heat": {"role": "context"},
        "product": {"role": "context"},
        "pressure": {"role": "controllable", "min": 5, "max": 7.5, "step": 0.1, "stage": 1},
        "speed": {"role": "controllable", "min": 40, "max": 80, "step": 1, "stage": 1},
        "power": {"role": "outcome", "unit": "kW"},
    }
    spec = StudySpec.parse({"name": "e", "task": "regression", "target": "power", "factors": factors})
    data = prepare(frame, spec)
    assert isinstance(data, StudyData)
    return Explainer.of(data, None), frame


def test_context_is_given_and_pressure_is_to_blame(hours: tuple[Explainer, pd.DataFrame]):
    explainer, frame = hours
    for row in explainer.worst(5):
        said = explainer.explain(row).to_json()
        assert said["leading"][0] == "pressure"
        assert not {"heat", "product"} & {one["factor"] for one in said["factors"]}
        truth = 30 * max(frame["pressure"][row] - 6.3, 0)
        assert said["factors"][0]["contribution"] == pytest.approx(truth, rel=0.25, abs=3)


def test_the_change_brings_the_pressure_down_to_where_it_costs_nothing(hours: tuple[Explainer, pd.DataFrame]):
    explainer, _ = hours
    changes = [explainer.explain(row).change for row in explainer.worst(5)]
    for change in changes:
        assert change is not None
        moved = {setting.name: value for setting, value in zip(change.settings, change.values, strict=True)}
        assert moved["pressure"] <= 6.5


def test_an_hour_whose_excess_the_table_does_not_hold_is_said_to_be_unexplained(
    hours: tuple[Explainer, pd.DataFrame],
):
    explainer, frame = hours
    leak = frame.copy()
    leak.loc[5, ["pressure", "power"]] = [5.8, 190.0]
    data = prepare(leak, explainer.reading.data.spec)
    assert isinstance(data, StudyData)
    codes = {one["code"] for one in Explainer.of(data, None).explain(5).to_json()["said"]}
    assert codes & {"partly", "unforeseen"}
