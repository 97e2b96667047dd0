"""The smallest change is the one that truth knows, inside limits and support, with states taken along."""

import json

import numpy as np
import pandas as pd
import pytest

from models.learn import glance
from models.study.spec import StudySpec
from models.why import Explainer
from models.why.cells import Cells
from models.why.document import ExplanationEntry
from models.why.react import downstream, reaction
from tests.models.why.plants import cooled, studied


@pytest.fixture(scope="module")
def bottles() -> tuple[Explainer, pd.DataFrame]:
    frame, content = cooled()
    data = studied(frame, **content)
    return Explainer.of(data, glance(data)), frame


def test_the_change_is_the_cooler_and_enough_of_it(bottles: tuple[Explainer, pd.DataFrame]):
    explainer, frame = bottles
    fixed = []
    for row in explainer.worst(10):
        found = explainer.explain(row)
        assert found.change is not None
        assert [setting.name for setting in found.change.settings] == ["cooler"]
        value = float(found.change.values[0])
        assert 2 <= value <= 12
        assert value * 2 == pytest.approx(round(value * 2)), "not on the grid of steps"
        # The truth: the bottle's own deviation stays, and its temperature follows the cooler with slope 1.2.
        fixed.append(frame["temp"][row] + 1.2 * (value - frame["cooler"][row]) <= 31.5 + 0.3)
    assert np.mean(fixed) >= 0.9


def test_states_are_moved_along_with_the_slope_of_the_truth():
    frame, content = cooled(4000)
    spec = StudySpec.parse({"name": "s", "task": "classification", "target": "bad", "bad": 1, **content})
    features = frame.drop(columns="bad")
    cells = Cells.of(features, frame["bad"].to_numpy(dtype=float))
    found = reaction(spec, cells, cells.numbers(features), cells.places(["cooler", "speed"]))
    (state, slope), *rest = found.slopes[cells.columns.index("cooler")]
    assert (cells.columns[state], rest) == ("temp", [])
    assert slope == pytest.approx(1.2, abs=0.05)
    assert found.slopes[cells.columns.index("speed")] == ()


def test_what_lies_upstream_or_beside_does_not_follow():
    factors = {
        "pump": {"role": "controllable", "stage": 2},
        "before": {"stage": 1}, "after": {"stage": 3}, "somewhere": {}, "other": {"role": "controllable", "stage": 3},
        "day": {"role": "context"}, "pump__std": {"of": "pump", "role": "controllable"},
    }  # fmt: skip
    spec = StudySpec.parse({"name": "s", "task": "regression", "target": "y", "factors": factors})
    follow = {name for name in factors if downstream(spec, "pump", name)}
    assert follow == {"after", "somewhere", "pump__std"}


def test_json_says_what_the_numbers_say_in_both_languages(bottles: tuple[Explainer, pd.DataFrame]):
    explainer, _frame = bottles
    said = explainer.explain(explainer.worst(1)[0], "B-0042").to_json()
    assert set(said) == set(ExplanationEntry.__annotations__)
    assert json.loads(json.dumps(said)) == said
    assert said["foreseen"]
    assert said["verdict"] == "bad"
    assert "temp" in said["leading"]
    assert said["base"] + said["rest"] + sum(one["contribution"] for one in said["factors"]) == pytest.approx(
        said["expected"]
    )
    assert said["change"] is not None
    assert said["change"]["moved"][0]["factor"] == "temp"
    for language in ("en", "ja"):
        text = " ".join(one[language] for one in said["said"])
        assert "B-0042" in text
        assert "cooler" in text
        assert "temp" in text
    assert any(one["code"] == "moved" for one in said["said"])


def test_a_good_unit_has_nothing_to_mend(bottles: tuple[Explainer, pd.DataFrame]):
    explainer, frame = bottles
    said = explainer.explain(int(frame["temp"].argmin())).to_json()
    assert said["change"] is None
    assert [one["code"] for one in said["said"]] == ["was_good", "no_worse"]


def test_where_chance_did_it_no_change_is_invented():
    frame, content = cooled()
    frame["bad"] = (np.random.default_rng(0).random(len(frame)) < 0.05).astype(int)
    explainer = Explainer.of(studied(frame, **content), None)
    codes = [explainer.explain(int(row)).to_json()["said"][1]["code"] for row in np.flatnonzero(frame["bad"])[:10]]
    assert codes.count("unforeseen") >= 7


def test_a_cause_nobody_can_set_is_said_to_be_out_of_reach():
    frame, content = cooled()
    rng = np.random.default_rng(2)
    frame["resin"] = rng.normal(0, 1, len(frame))
    frame["bad"] = (frame["resin"] > 1.6).astype(int)
    explainer = Explainer.of(studied(frame, **content), None)
    said = explainer.explain(int(frame["resin"].argmax())).to_json()
    assert said["leading"][0] == "resin"
    assert said["change"] is None
    assert "no_change" in [one["code"] for one in said["said"]]


def test_advice_stays_where_somebody_has_run():
    """Bad is a narrow speed at any heat; leaving it alone means a combination of speed and heat that was never run."""
    rng = np.random.default_rng(3)
    speed = rng.choice([40.0, 60.0, 80.0], 1500) + rng.normal(0, 1, 1500)
    heat = 3 * speed + rng.normal(0, 2, 1500)
    frame = pd.DataFrame({"speed": speed, "heat": heat, "bad": (np.abs(speed - 80) < 5).astype(int)})
    factors = {
        "speed": {"role": "controllable", "min": 30, "max": 90, "step": 1, "stage": 1},
        "heat": {"role": "controllable", "min": 100, "max": 270, "step": 2, "stage": 1},
    }
    explainer = Explainer.of(studied(frame, factors=factors), None)
    found = explainer.explain(int(np.flatnonzero(frame["bad"])[0]))
    change = found.change
    assert change is not None
    assert {setting.name for setting in change.settings} == {"speed", "heat"}
    gap = np.abs(change.unit[1] - 3 * change.unit[0])
    assert gap <= 12


def test_only_what_is_advised_is_moved_and_no_further(bottles: tuple[Explainer, pd.DataFrame]):
    explainer, frame = bottles
    for window in ([6.0, 7.0], [2.0, 3.0]):
        limited = Explainer(explainer.reading, explainer.learned, {"cooler": window})
        for row in explainer.worst(3):
            found = limited.explain(row)
            one = found.change or found.best
            assert one is not None
            assert [setting.name for setting in one.settings] == ["cooler"]
            assert min(window[0], frame["cooler"][row]) <= one.values[0] <= max(window[1], frame["cooler"][row])
            codes = {said["code"] for said in found.to_json()["said"]}
            assert codes & {"change_advised", "no_change_advised"}


def test_where_nothing_is_advised_no_change_is_proposed(bottles: tuple[Explainer, pd.DataFrame]):
    explainer, _ = bottles
    found = Explainer(explainer.reading, explainer.learned, {}).explain(explainer.worst(1)[0])
    assert (found.change, found.best) == (None, None)
    assert found.to_json()["said"][-1]["code"] == "nothing_advised"
