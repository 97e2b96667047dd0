"""STUDY.toml: what is refused, and in which words."""

import pytest

from ingest.errors import StudyError
from models.study.spec import StudySpec

GOOD = {"name": "leaking_caps", "task": "classification", "target": "verdict", "bad": "NG"}


def refused(content: dict[str, object]) -> str:
    with pytest.raises(StudyError) as error:
        StudySpec.parse(content, "s.toml")
    message = str(error.value)
    assert "\n" not in message
    return message


def test_the_example_of_the_design_is_understood():
    spec = StudySpec.parse(
        GOOD
        | {
            "min_support": 0.10,
            "time": "finished_at",
            "group": "lot",
            "cost": {"per_bad": 120.0, "currency": "JPY"},
            "factors": {
                "cooling_temp": {
                    "role": "controllable", "stage": 1, "unit": "degC", "min": 2.0, "max": 12.0, "step": 0.5,
                    "cost_of_change": 3000.0,
                },
                "die": {"role": "controllable", "levels": ["A", "B"]},
                "cooling_temp__std": {"of": "cooling_temp"},
            },
        }
    )  # fmt: skip
    assert spec.factor("cooling_temp").step == 0.5
    assert spec.factor("never heard of").role == "state"
    assert spec.factor_of("cooling_temp__std") == "cooling_temp"
    assert spec.cost_per_loss == 120.0


def test_an_unknown_key_names_the_nearest():
    assert refused(GOOD | {"tagret": "x"}) == "s.toml: unknown key 'tagret'; did you mean 'target'?"
    assert "did you mean 'role'?" in refused(GOOD | {"factors": {"x": {"rol": "state"}}})
    assert "did you mean 'per_bad'?" in refused(GOOD | {"cost": {"perbad": 3}})


def test_what_makes_no_sense_is_refused():
    assert "bad = 'NG'" in refused({"name": "a", "task": "classification", "target": "v"})
    assert "goal" in refused({"name": "a", "task": "regression", "target": "v", "bad": "NG"})
    assert "min 3.0 is not below max 1.0" in refused(GOOD | {"factors": {"x": {"min": 3, "max": 1}}})
    assert "group is the target" in refused(GOOD | {"group": "verdict"})
    assert "min_support" in refused(GOOD | {"min_support": 0.9})
    assert "names the column itself" in refused(GOOD | {"factors": {"x": {"of": "x"}}})
    assert "finite" in refused(GOOD | {"factors": {"x": {"min": float("nan")}}})


def test_money_per_loss_depends_on_the_task():
    regression = {"name": "a", "task": "regression", "target": "kwh", "cost": {"per_unit": 22.0, "per_bad": 1.0}}
    assert StudySpec.parse(regression).cost_per_loss == 22.0
    tariff = {"tariff": {"price": 20.0, "periods": [{"start": "22:00:00", "end": "08:00:00", "price": 12.0}]}}
    assert StudySpec.parse(regression | {"cost": tariff}).cost_per_loss is None
