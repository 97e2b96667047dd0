"""The answer key: true gains, found fast, and different from seed to seed."""

import itertools
import json
import time

import numpy as np
import pytest

from ingest.errors import ScenarioError
from simulators import filling, press, truth
from simulators.process import Clock, Model, Node, Range, evaluate, noises, simulate, white
from tests.simulators.lines import KINDS, scenario

SEEDS = range(3, 13)
LEAST = {"filling": 0.25, "press": 0.06}


def small() -> Model:
    return Model(
        (
            Node("knob", lambda noise: 2.0 + noise, draw=white, role="controllable", settable=Range(0.0, 4.0, 0.5)),
            Node("mediator", lambda noise, knob: knob + 0.3 * noise, ("knob",), white),
            Node("loss", lambda _, mediator: (mediator - 2.7) ** 2, ("mediator",)),
        ),
        loss="loss",
        calendar=lambda n, rng: Clock(np.arange(n, dtype=np.float64), np.zeros(n, dtype=np.int64)),
    )


def test_the_best_window_is_the_one_brute_force_finds() -> None:
    model = small()
    noise = noises(model, 2000, 5)
    base = evaluate(model, noise)
    gains = {}
    for low, high in itertools.combinations(np.arange(0.0, 4.1, 0.5), 2):
        inside = np.mean((base["knob"] >= low) & (base["knob"] <= high))
        if high - low >= 1.0 and inside >= 0.10:
            loss = simulate(model, 2000, 5, {"knob": (low, high)})["loss"].mean()
            gains[low, high] = base["loss"].mean() - loss
    best = max(gains, key=gains.__getitem__)
    found = truth.best_window(model, "knob", noise, base, 0.10)
    assert found is not None
    assert found.window == best
    assert found.gain == pytest.approx(gains[best], rel=1e-12)


def test_no_window_without_support() -> None:
    model = small()
    noise = noises(model, 200, 5)
    far = evaluate(model, noise, {"knob": np.full(200, 9.0)})
    assert truth.best_window(model, "knob", noise, far) is None


@pytest.mark.parametrize("kind", KINDS)
def test_ten_seeds_have_a_clear_first_and_at_least_three_leaders(kind: str) -> None:
    keys = [truth.answer_key(scenario(kind), seed) for seed in SEEDS]
    for key in keys:
        first, second = key.factors[:2]
        assert first.gain >= 1.5 * second.gain
        assert first.share >= LEAST[kind]
        assert len(key.factors) == (4 if kind == "filling" else 5)
        assert all(0.10 <= one.support <= 1.0 for one in key.factors)
    assert len({key.factors[0].factor for key in keys}) >= 3
    if kind == "filling":
        assert all(0.03 < key.baseline_loss < 0.07 for key in keys)


@pytest.mark.parametrize("causes", [filling.CAUSES, press.CAUSES])
def test_every_factor_leads_in_any_ten_seeds(causes: tuple[str, ...]) -> None:
    kind = "filling" if causes is filling.CAUSES else "press"
    leaders = [next(iter(truth._candidates(scenario(kind), seed)))[1] for seed in range(50)]
    assert all(set(leaders[first : first + 10]) == set(causes) for first in range(41))


@pytest.mark.parametrize("kind", KINDS)
def test_windows_are_admissible_and_gains_real(kind: str) -> None:
    factory = truth.factory(scenario(kind), 4)
    n = factory.scenario.n_units
    base = simulate(factory.model, n, 4)
    for one in factory.key.factors:
        node = factory.model[one.factor]
        after = simulate(factory.model, n, 4, {one.factor: one.window})[factory.model.loss]
        assert base[factory.model.loss].mean() - after.mean() == pytest.approx(one.gain, abs=1e-9)
        if node.settable is not None:
            low, high = (float(edge) for edge in one.window)
            assert high - low >= 2 * node.settable.step - 1e-9
            assert node.settable.min <= low
            assert high <= node.settable.max
            assert {low, high} <= set(node.settable.grid.tolist())


def test_the_probes_only_show() -> None:
    """Holding the cooler moves the product temperature; the gas pressure upstream of nothing stays as it was."""
    model = truth.factory(scenario("filling"), 0).model
    before = simulate(model, 3000, 0)
    after = simulate(model, 3000, 0, {"cooling_temp": (3.0, 4.0)})
    assert after["product_temp"].mean() < before["product_temp"].mean() - 1.0
    for name in ("ambient_temp", "gas_pressure", "fill_speed", "capping_torque", "cooling_reading"):
        assert np.array_equal(before[name], after[name])
    shop = truth.factory(scenario("press"), 0).model
    cold = simulate(shop, 3000, 0, {"press_speed": (20.0, 24.0)})["oil_temp"].mean()
    assert cold < simulate(shop, 3000, 0)["oil_temp"].mean() - 4.0


def test_operators_confound() -> None:
    columns = simulate(truth.factory(scenario("filling"), 0).model, 20_160, 0)
    assert np.corrcoef(columns["ambient_temp"], columns["gas_pressure"])[0, 1] > 0.2
    assert np.corrcoef(columns["cooling_temp"], columns["product_temp"])[0, 1] > 0.8


def test_the_key_is_quick_and_speaks_json() -> None:
    truth.factory.cache_clear()
    begun = time.process_time()
    key = truth.answer_key(scenario("filling"), 17)
    assert time.process_time() - begun < 4.0
    said = json.loads(key.to_json())
    assert said["unit"] == "bad units per unit"
    assert [one["factor"] for one in said["factors"]] == [one.factor for one in key.factors]
    assert said["factors"] == sorted(said["factors"], key=lambda one: -one["gain"])


def test_a_scenario_without_a_clear_first_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "ATTEMPTS", 2)
    hard = scenario("press", 2).model_copy(update={"clear_first": 50.0})
    with pytest.raises(ScenarioError, match="never the clear first; lower clear_first or least_gain"):
        truth.factory(hard, 1)
