"""The ranking on plants with a known truth."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.rank.document import validate
from models.rank.rank import rank
from models.study.data import StudyData, TooLittle, prepare
from models.study.spec import StudySpec
from tests.models.rank.plants import Plant


def ranked(frame: pd.DataFrame, spec: StudySpec, **more: Any) -> dict[str, Any]:
    document = rank(prepare(frame, spec), **more)
    assert validate(document) == []
    return document


@pytest.fixture(scope="module")
def plant() -> Plant:
    return Plant(3, n=6000)


@pytest.fixture(scope="module")
def document(plant: Plant) -> dict[str, Any]:
    return ranked(plant.frame(), plant.spec(cost={"per_bad": 120.0, "currency": "JPY"}))


def test_the_truly_best_setting_comes_first_and_its_gain_is_covered(plant: Plant, document: dict[str, Any]):
    best = {name: plant.best(name)[0] for name in plant.strength}
    first = document["ranking"][0]
    assert document["verdict"] == "factors_found"
    assert first["factor"] == max(best, key=lambda name: best[name])
    truth = plant.gain(first["factor"], tuple(first["window"]))
    assert first["gain"]["low"] <= truth <= first["gain"]["high"]
    assert truth >= 0.9 * best[first["factor"]]
    assert first["money"]["estimate"] == pytest.approx(first["gain"]["estimate"] * 120_000)


def test_only_settings_are_ranked_and_outcomes_are_named(document: dict[str, Any]):
    assert {entry["factor"] for entry in document["ranking"]} <= {"cooling", "pressure", "speed", "volume"}
    assert {"column": "rework_minutes", "why": "role_outcome"}.items() <= document["excluded"][2].items()
    shares = [entry["share_of_explanation"] for entry in document["context"] + document["ranking"]]
    assert 0.8 < sum(shares) <= 1 + 1e-9
    assert {entry["factor"] for entry in document["context"]} == {"ambient", "product", "product_temp", "speed_probe"}
    assert [point["n"] for point in document["timeline"]] == [1440] * 4 + [240]


def test_the_same_seed_gives_the_same_document(plant: Plant, document: dict[str, Any]):
    again = ranked(plant.frame(), plant.spec(cost={"per_bad": 120.0, "currency": "JPY"}))
    assert again == document


def test_power_with_a_higher_goal_is_the_mirror_image():
    plant = Plant(5, n=3000, task="regression")
    frame = plant.frame()
    lower = ranked(frame, plant.spec(factors=plant.spec().model_dump()["factors"] | {"target": {"unit": "kW"}}))
    frame["target"] = -frame["target"]
    higher = ranked(frame, plant.spec(goal="higher"))
    one, other = lower["ranking"][0], higher["ranking"][0]
    assert one["gain"]["unit"] == "kW"
    assert one["factor"] == other["factor"] == max(plant.strength, key=lambda name: plant.best(name)[0])
    assert one["gain"]["estimate"] == pytest.approx(other["gain"]["estimate"], rel=1e-6)
    assert higher["baseline_loss"] == pytest.approx(-lower["baseline_loss"])
    assert other["curve"][0]["loss"] == pytest.approx(-one["curve"][0]["loss"], rel=1e-6)


def test_a_mediator_takes_no_credit_and_a_probe_is_never_advised():
    plants = (Plant(seed, n=4000, task="regression", shapes=("linear",) * 4) for seed in range(20))
    plant = next(plant for plant in plants if plant.strength["cooling"] == 1.0)
    document = ranked(plant.frame(), plant.spec())
    cooling = next(entry for entry in document["ranking"] if entry["factor"] == "cooling")
    truth = plant.gain("cooling", tuple(cooling["window"]))
    assert cooling["gain"]["low"] <= truth <= cooling["gain"]["high"]
    assert truth > 0


def test_null_plants_propose_nothing():
    found = 0
    for seed in range(5):
        plant = Plant(100 + seed, n=2000, effect=0.0, task="regression", lotwise=(seed % 2) * 1.0)
        found += ranked(plant.frame(), plant.spec())["verdict"] == "factors_found"
    assert found <= 1


def small(n: int = 400, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x = rng.normal(10, 2, n)
    return pd.DataFrame({"x": x, "kwh": 5 * np.maximum(x - 9, 0) + rng.normal(size=n)} | columns)


def spec_of(factors: dict[str, Any], **more: Any) -> StudySpec:
    return StudySpec.parse({"name": "s", "task": "regression", "target": "kwh", "factors": factors} | more)


CONTROL = {"role": "controllable"}


def test_settings_that_move_together_are_one_entry():
    frame = small()
    frame["twin"] = frame["x"] * 2 + 1e-3 * np.random.default_rng(0).normal(size=len(frame))
    document = ranked(frame, spec_of({"x": CONTROL, "twin": CONTROL}))
    (entry,) = document["ranking"]
    assert entry["group"] == ["x", "twin"]
    assert entry["evidence"] == "inseparable"
    low, high = entry["windows"]["twin"]
    assert low < high
    assert abs(high / 2 - entry["windows"]["x"][1]) < 1
    assert "inseparable" in {warning["code"] for warning in document["warnings"]}


def test_a_setting_that_follows_from_context_is_only_correlated():
    frame = small()
    frame["recipe"] = frame["x"] + 0.05 * np.random.default_rng(0).normal(size=len(frame))
    document = ranked(frame, spec_of({"x": CONTROL, "recipe": {"role": "context"}}))
    assert all(entry["evidence"] == "correlated_only" for entry in document["ranking"])


def test_levels_constant_settings_and_limits_without_support():
    rng = np.random.default_rng(0)
    frame = small(die=rng.choice(["A", "B", "C"], 400, p=[0.6, 0.35, 0.05]), fixed=3.0, off=rng.normal(size=400))
    frame["kwh"] += (frame["die"] == "A") * 4.0
    factors = {
        "x": CONTROL,
        "die": CONTROL | {"levels": ["A", "B", "C"]},
        "fixed": CONTROL,
        "off": CONTROL | {"min": 50.0, "max": 60.0},
    }
    document = ranked(frame, spec_of(factors, cost={"per_unit": 10.0, "horizon_units": 1000}))
    die = next(entry for entry in document["ranking"] if entry["factor"] == "die")
    assert (die["direction"], die["window"], die["now"]) == ("level", ["B"], "A")
    assert die["gain"]["estimate"] == pytest.approx(4 * (frame["die"] == "A").mean(), rel=0.2)
    assert [point["level"] for point in die["level_curve"]] == ["A", "B"]
    assert {one["column"]: one["why"] for one in document["excluded"]} == {
        "kwh": "target", "fixed": "constant", "off": "no_admissible_window",
    }  # fmt: skip


def test_costs_decide_the_order():
    frame = small()
    frame["y"] = np.random.default_rng(5).normal(10, 2, 400)
    frame["kwh"] += 4 * np.maximum(frame["y"] - 9, 0)
    free = ranked(frame, spec_of({"x": CONTROL, "y": CONTROL}, cost={"per_unit": 1.0}))
    dear = ranked(frame, spec_of({"x": CONTROL | {"cost_of_change": 5000.0}, "y": CONTROL}, cost={"per_unit": 1.0}))
    assert [entry["factor"] for entry in free["ranking"]] == ["x", "y"]
    assert [entry["factor"] for entry in dear["ranking"]] == ["y", "x"]
    assert dear["ranking"][1]["net"]["low"] < 0


def test_leaks_are_named():
    frame = small()
    frame["joule"] = frame["kwh"] * 3.6
    frame["copy"] = frame["x"]
    frame["hint"] = frame["kwh"] + 0.01 * np.random.default_rng(1).normal(size=400)
    document = ranked(frame, spec_of({"x": CONTROL}))
    assert {(leak["column"], leak["kind"], leak["action"]) for leak in document["leaks"]} == {
        ("joule", "identity", "excluded"), ("copy", "duplicate", "excluded"), ("hint", "too_good", "kept"),
    }  # fmt: skip


def test_missing_values_everywhere():
    frame = small(1000, state=np.random.default_rng(3).normal(size=1000))
    for column, seed in (("x", 1), ("state", 2), ("kwh", 3)):
        frame.loc[np.random.default_rng(seed).uniform(size=1000) < 0.15, column] = None
    document = ranked(frame, spec_of({"x": CONTROL | {"stage": 2}, "state": {"stage": 1}}))
    assert document["data"]["n_used"] < document["data"]["n_rows"] == 1000
    assert document["ranking"][0]["factor"] == "x"


def test_a_budget_is_kept_and_said():
    plant = Plant(4, n=3000)
    document = ranked(plant.frame(), plant.spec(), budget=1.0)
    assert "budget" in {warning["code"] for warning in document["warnings"]}


def test_no_setting_no_ranking():
    frame = small()
    assert ranked(frame, spec_of({}))["reason"]["code"] == "no_controllable"
    limits = CONTROL | {"min": 50.0, "max": 60.0}
    assert ranked(frame, spec_of({"x": limits}))["reason"]["code"] == "no_window"


def test_fifty_rows_and_twelve():
    frame = small(50)
    assert isinstance(prepare(frame, spec_of({"x": CONTROL})), StudyData)
    ranked(frame, spec_of({"x": CONTROL}))
    assert isinstance(prepare(frame[:12], spec_of({"x": CONTROL})), TooLittle)
    document = ranked(frame[:12], spec_of({"x": CONTROL}))
    assert document["verdict"] == "not_enough_data"
    assert document["units_needed"] >= 40


def test_a_broken_document_is_found_out(document: dict[str, Any]):
    entry = document["ranking"][0]
    assert validate({}) != []
    assert validate(document | {"verdict": "no_actionable_factor"}) != []
    assert validate(document | {"baseline_loss": float("nan")}) == [".baseline_loss is not finite"]
    wrong = entry | {"gain": entry["gain"] | {"low": 9.0}, "role": "state"}
    said = " ".join(validate(document | {"ranking": [wrong, *document["ranking"][1:]]}))
    assert "not in order" in said
    assert "is state" in said


def test_levels_are_met_however_they_are_spelt_and_support_is_of_all_units():
    rng = np.random.default_rng(4)
    die = rng.integers(1, 4, 3000).astype(float)
    bad = rng.random(3000) < np.where(die == 2, 0.3, 0.1)
    die[::4] = np.nan
    spec = StudySpec.parse(
        {"name": "s", "task": "classification", "target": "v", "bad": True}
        | {"factors": {"die": {"role": "controllable", "levels": [1.0, 2.0, 3.0]}}}
    )
    (entry,) = ranked(pd.DataFrame({"v": bad, "die": die}), spec)["ranking"]
    assert entry["window"] in (["1"], ["3"])
    assert entry["support"] == pytest.approx((die == float(str(entry["window"][0]))).mean())
