"""What is advised beyond one window: pairs, trials, what was considered in vain, how many units it would take."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.rank.document import validate
from models.rank.rank import rank
from models.study.data import prepare
from models.study.spec import StudySpec

N = 4000


def ranked(eta: Any, columns: dict[str, np.ndarray], n: int = N, lot: int = 50, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 7])
    bad = rng.uniform(size=n) < 1 / (1 + np.exp(-eta))
    frame = pd.DataFrame(
        {"at": pd.date_range("2026-01-05", periods=n, freq="min"), "lot": np.arange(n) // lot, **columns, "bad": bad}
    )
    factors = {name: {"role": "controllable", "min": -3.0, "max": 3.0, "step": 0.2, "stage": 1} for name in columns}
    spec = {"name": "s", "task": "classification", "target": "bad", "bad": True, "time": "at", "group": "lot"}
    document = rank(prepare(frame, StudySpec.parse(spec | {"factors": factors})))
    assert validate(document) == []
    return document


def test_a_pair_is_advised_where_each_setting_needs_the_other():
    a, b, c = np.random.default_rng(0).normal(size=(3, N))
    first = ranked(-2.2 - 1.5 * a * b, {"a": a, "b": b, "c": c})["ranking"][0]
    assert set(first["windows"]) == {"a", "b"}
    assert first["group"][0] == first["factor"]
    held = {name: np.clip(value, *first["windows"][name]) for name, value in (("a", a), ("b", b))}
    truth = float((1 / (1 + np.exp(2.2 + 1.5 * a * b)) - 1 / (1 + np.exp(2.2 + 1.5 * held["a"] * held["b"]))).mean())
    assert first["gain"]["low"] <= truth <= first["gain"]["high"]
    assert first["evidence"] == "adjusted"
    assert 0 < first["support"] < 1


def test_settings_that_merely_add_up_are_two_advices():
    a, b = np.random.default_rng(1).normal(size=(2, N))
    document = ranked(-2.2 + a + 0.9 * b, {"a": a, "b": b})
    assert [list(entry["windows"]) for entry in document["ranking"]] == [["a"], ["b"]]
    assert document["trial"] is None


def test_settings_that_always_moved_together_get_a_trial():
    rng = np.random.default_rng(2)
    a, c = rng.normal(size=(2, N))
    document = ranked(-2.2 + a, {"a": a, "b": a + 0.01 * rng.normal(size=N), "c": c})
    trial = document["trial"]
    assert trial["code"] == "trial_apart"
    assert trial["factors"] == ["a", "b"]
    assert len({tuple(run.values()) for run in trial["runs"]}) == len(trial["runs"]) == 4
    assert trial["units"] == 4 * trial["units_per_run"]
    assert trial["units_per_run"] >= trial["lots_per_run"] * 50
    assert trial["days"] == pytest.approx(trial["units"] / 1440, abs=0.1)
    assert "a, b" in trial["en"]
    assert f"{trial['lots_per_run']}ロット" in trial["ja"]


def test_what_does_nothing_is_considered_and_not_proposed():
    a, b, c = np.random.default_rng(3).normal(size=(3, N))
    document = ranked(-2.2 + a, {"a": a, "b": b, "c": c})
    assert [entry["factor"] for entry in document["ranking"]] == ["a"]
    assert {entry["factor"] for entry in document["considered"]} == {"b", "c"}
    assert all((entry["p_value"] > 0.01 and entry["why"] == "could_be_chance") or entry["why"] == "no_better_window"
               for entry in document["considered"])  # fmt: skip
    assert document["gate"]["p_value"] <= 0.001


def test_silence_says_whether_more_units_would_help():
    rng = np.random.default_rng(4)
    many = ranked(np.full(N, -0.5), {"a": rng.normal(size=N), "b": rng.normal(size=N)})
    assert many["verdict"] == "no_actionable_factor"
    assert many["units_needed"] is None
    few = ranked(np.full(300, -2.5), {"a": rng.normal(size=300), "b": rng.normal(size=300)}, n=300, lot=10)
    assert few["verdict"] == "not_enough_data"
    assert few["units_needed"] > 600
    assert f"{few['units_needed']}" in few["reason"]["en"]


def test_an_unmeasured_cause_no_stronger_than_a_measured_one_is_allowed_for():
    rng = np.random.default_rng(5)
    seen, hidden, own = rng.normal(size=(3, N))
    a = 0.6 * seen + 0.6 * hidden + 0.6 * own
    n_bad = -2.2 + 0.5 * a + 0.6 * seen + 0.3 * hidden
    bad = rng.uniform(size=N) < 1 / (1 + np.exp(-n_bad))
    frame = pd.DataFrame({"at": np.arange(N), "seen": seen, "a": a, "bad": bad})
    factors = {"a": {"role": "controllable", "min": -3.0, "max": 3.0, "step": 0.2}, "seen": {"role": "context"}}
    spec = {"name": "s", "task": "classification", "target": "bad", "bad": True, "time": "at", "factors": factors}
    (entry,) = rank(prepare(frame, StudySpec.parse(spec)))["ranking"]
    moved = np.clip(a, *entry["window"])
    truth = float((1 / (1 + np.exp(-n_bad)) - 1 / (1 + np.exp(-(n_bad - 0.5 * (a - moved))))).mean())
    assert entry["gain"]["estimate"] > 1.2 * truth
    assert entry["sensitivity"]["benchmark"] == "seen"
    assert entry["sensitivity"]["low"] <= truth <= entry["sensitivity"]["high"]


def test_a_stage_that_looks_wrong_is_doubted():
    rng = np.random.default_rng(6)
    a = rng.normal(size=1500)
    state = a + 0.3 * rng.normal(size=1500)
    bad = rng.uniform(size=1500) < 1 / (1 + np.exp(1.5 - state))
    frame = pd.DataFrame({"at": np.arange(1500), "a": a, "state": state, "bad": bad})
    spec = {"name": "s", "task": "classification", "target": "bad", "bad": True, "time": "at"}
    for stage, doubted in ((1, True), (3, False)):
        factors = {"a": {"role": "controllable", "stage": 2}, "state": {"stage": stage}}
        document = rank(prepare(frame, StudySpec.parse(spec | {"factors": factors})))
        said = [warning for warning in document["warnings"] if warning["code"] == "stage_doubtful"]
        assert bool(said) is doubted
        assert (document["verdict"] == "factors_found") is not doubted


def test_settings_that_show_only_together_are_one_inseparable_advice():
    rng = np.random.default_rng(8)
    recipe, c = rng.normal(size=(2, N))
    a, b = recipe + 0.28 * rng.normal(size=N), recipe + 0.28 * rng.normal(size=N)
    document = ranked(-2.2 + 0.13 * (a + b), {"a": a, "b": b, "c": c})
    (entry,) = document["ranking"]
    assert (sorted(entry["group"]), entry["evidence"]) == (["a", "b"], "inseparable")
    assert [one["factor"] for one in document["considered"]] == ["c"]
    assert document["trial"]["code"] == "trial_apart"


def test_a_handful_of_days_is_enough_where_settings_vary_within_them():
    a, b = np.random.default_rng(9).normal(size=(2, N))
    document = ranked(-2.2 + a, {"a": a, "b": b}, lot=N // 6)
    assert [entry["factor"] for entry in document["ranking"]] == ["a"]
    held = np.repeat(np.random.default_rng(9).normal(size=6), N // 6 + 1)[:N]
    assert ranked(-2.2 + held, {"a": held, "b": b}, lot=N // 6 + 1)["ranking"] == []
