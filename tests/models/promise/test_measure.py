"""The measurement against truth that is known: levels of series, a frozen model, actions on both lines."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.lifecycle.window import subset
from models.promise.additive import fitted
from models.promise.frozen import Frozen, freeze
from models.promise.kept import Kept, held, inside
from models.promise.level import carried
from models.promise.measure import also_moved, comparable, mix_factor, realised
from models.promise.outcome import outcome, short_before
from models.promise.placebo import Placebo, stretch
from models.promise.states import Interval, judge
from tests.models.promise.acted import acted

RNG = np.random.default_rng(5)


# -- the level that is carried on


def test_white_noise_is_carried_on_as_its_mean() -> None:
    values = RNG.normal(2.0, 1.0, 80)
    days = np.arange(100.0)
    found = carried(days[:80], values, np.zeros(80), days[80:], np.zeros(20), np.full(20, 0.05))
    assert found.mean == pytest.approx(values.mean(), abs=0.3)
    assert found.spread == pytest.approx(np.sqrt(1 / 20 + 1 / 80), rel=0.4)


def test_a_walk_is_carried_on_from_where_it_stands() -> None:
    values = np.cumsum(RNG.normal(0.0, 1.0, 100))
    days = np.arange(110.0)
    found = carried(days[:100], values, np.zeros(100), days[100:], np.zeros(10), np.full(10, 0.1))
    assert abs(found.mean - values[-1]) < abs(found.mean - values.mean())
    # The mean of ten steps ahead has a variance of 3.85 steps.
    assert found.spread == pytest.approx(np.sqrt(3.85), rel=0.35)


def test_quantiles_of_the_mixture_agree_with_its_probabilities() -> None:
    found = carried(np.arange(12.0), RNG.normal(size=12), np.full(12, 0.1), np.arange(12.0, 15.0), np.full(3, 0.1),
                    np.full(3, 1 / 3))  # fmt: skip
    for share in (0.05, 0.5, 0.95):
        assert found.below(found.quantile(share)) == pytest.approx(share, abs=1e-6)
    wider = found.widened(1.0, 2.0)
    assert wider.mean == pytest.approx(found.mean)
    assert wider.spread == pytest.approx(2 * np.hypot(found.spread, 1.0), rel=1e-6)


@pytest.mark.parametrize("walk", [0.0, 0.4])
def test_intervals_hold_the_mean_to_come(walk: float) -> None:
    rng = np.random.default_rng(11)
    days, hits = np.arange(40.0), 0
    for _ in range(60):
        values = rng.normal(size=40) + np.cumsum(rng.normal(0.0, walk, 40))
        found = carried(days[:30], values[:30], np.full(30, 0.05), days[30:], np.full(10, 0.05), np.full(10, 0.1))
        hits += found.quantile(0.05) <= values[30:].mean() <= found.quantile(0.95)
    # Of 60 intervals of 85 % fewer than 45 would hold it once in a hundred times.
    assert hits >= 45, hits


# -- the frozen model


def table(n: int) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.DataFrame({"x": RNG.uniform(0, 4, n), "kind": pd.Categorical(RNG.choice(["a", "b", "c"], n))})
    frame.loc[::17, "x"] = np.nan
    level = frame["kind"].map({"a": 0.0, "b": 1.0, "c": 3.0}).astype(float).to_numpy()
    return frame, np.sin(frame["x"].fillna(0.0).to_numpy()) + level + RNG.normal(0, 0.1, n)


def test_frozen_curves_say_what_the_fit_says() -> None:
    frame, loss = table(1500)
    cells = np.arange(1500) // 50
    fit = fitted(frame, loss, cells, 30, logistic=False)
    model = fit.frozen(fit.fit.refit(RNG.multinomial(30, np.full(30, 1 / 30), 5).astype(float)))
    assert model.predict(frame)[0] == pytest.approx(fit.losses(fit.fit.beta[None, :])[0], abs=1e-9)
    fresh, truth = table(800)
    error = model.predict(fresh)[0] - truth
    assert np.sqrt(np.mean(error[fresh["x"].notna()] ** 2)) < 0.2
    assert model.predict(fresh).shape == (6, 800)
    fresh["kind"] = fresh["kind"].cat.add_categories("new")
    fresh.loc[:9, "kind"] = "new"
    assert np.flatnonzero(model.strange(fresh)).tolist() == list(range(10))


def test_a_frozen_model_survives_as_text() -> None:
    before, after = acted("press", 1, 14, 7, seconds=720).split()
    frozen = freeze(before, acted("press", 1, 14, 7, seconds=720).windows)
    again = Frozen.from_text(frozen.to_text())
    first, second = realised(frozen, after), realised(again, after)
    assert second.estimate == pytest.approx(first.estimate, rel=1e-4)
    assert second.high == pytest.approx(first.high, rel=1e-4)
    for text in ("", "{}", '{"format": "genba-action-9"}', frozen.to_text().replace('"parts"', '"part"')):
        with pytest.raises(StudyError, match=r"end .* and declare it anew"):
            Frozen.from_text(text)


def test_nothing_downstream_and_not_the_setting_itself_is_learnt() -> None:
    one = acted("filling", 3, 14, 7, seconds=240)
    assert one.windows.keys() == {"cooling_temp"}
    before, _ = one.split()
    columns = set(freeze(before, one.windows).model.columns)
    assert columns == {"product", "ambient_temp"}


# -- actions on both lines


def test_the_truth_lies_inside_most_intervals() -> None:
    """Other products and a wandering process since the same morning; tests.benchmarks.promise has many more lines."""
    hits, errors = 0, []
    for line, seed in [("filling", 201), *(("press", seed) for seed in range(200, 205))]:
        one = acted(line, seed, 14, 7, mix=True, drift=0.5, seconds=720)
        before, after = one.split()
        found = realised(freeze(before, one.windows), after)
        hits += found.low <= one.truth <= found.high
        errors.append((found.estimate - one.truth) / one.key.factors[0].gain)
    assert hits >= 5, (hits, errors)
    assert abs(np.mean(errors)) < 0.5, errors


def test_placebos_widen_only_when_they_are_off() -> None:
    def one(z: float) -> Placebo:
        return Placebo("", "", 0.0, 0.0, 0.0, z)

    assert stretch(tuple(one(z) for z in (0.3, -1.0, 0.9, 0.2))) == 1.0
    assert stretch(tuple(one(z) for z in (3.0, -2.0, 2.5, 2.0))) == pytest.approx(np.sqrt((4 + 23.25) / 8))
    assert stretch((one(1e9),)) == pytest.approx(np.sqrt((4 + 25) / 5))


# -- from measurement to outcome


def test_few_units_are_told_and_not_judged() -> None:
    one = acted("press", 1, 14, 7, seconds=720)
    before, after = one.split()
    frozen = freeze(before, one.windows)
    early = outcome(frozen, subset(after, np.arange(12)), one.windows, None)
    assert (early["state"], early["code"], early["values"]) == ("too_early", "few_units", {"have": 12, "need": 30})
    shifts = outcome(frozen, subset(after, np.flatnonzero(after.groups < after.groups.min() + 2)), one.windows, None)
    assert (shifts["code"], shifts["realised"]) == ("few_groups", None)
    assert short_before(subset(before, np.arange(30))) == ("few_before", 30, 40)
    assert short_before(before) is None


def test_units_of_a_new_product_are_left_out_and_counted() -> None:
    one = acted("press", 1, 14, 7, seconds=720)
    before, after = one.split()
    frozen = freeze(before, one.windows)
    features = after.features.copy()
    features["product"] = features["product"].cat.add_categories("P99")
    features.loc[:49, "product"] = "P99"
    changed = replace(after, features=features)
    assert np.flatnonzero(~comparable(frozen, changed)).tolist() == list(range(50))
    found = outcome(frozen, changed, one.windows, None)
    assert (found["left_out"], found["n_units"]) == (50, after.n - 50)


def test_another_setting_that_moved_is_named() -> None:
    one = acted("press", 0, 14, 7, seconds=720)
    before, after = one.split()
    frozen = freeze(before, one.windows)
    assert "conveyor_speed" in frozen.usual
    assert also_moved(frozen, after) == []
    moved = after.features.assign(conveyor_speed=after.features["conveyor_speed"] + 3.0)
    assert also_moved(frozen, replace(after, features=moved)) == ["conveyor_speed"]


def test_dearer_products_make_a_promise_larger() -> None:
    one = acted("filling", 2, 14, 7, mix=True, seconds=240)
    before, after = one.split()
    assert mix_factor(freeze(before, one.windows), after) > 1.2


@pytest.mark.parametrize(
    ("gave", "due", "state", "code"),
    [
        ((10, 6, 14), (12, 8, 16), "realised", "realised"),
        ((4, 2, 6), (12, 10, 14), "less_than_promised", "less_than_promised"),
        ((1, -2, 4), (12, 10, 14), "no_effect_shown", "promise_ruled_out"),
        ((4, -3, 11), (12, 8, 16), "no_effect_shown", "not_decided"),
        ((-6, -10, -2), (12, 8, 16), "worse", "worse"),
        ((10, 6, 14), None, "realised", "shown"),
        ((10, -6, 26), None, "no_effect_shown", "not_shown"),
    ],
)
def test_states(
    gave: tuple[float, float, float], due: tuple[float, float, float] | None, state: str, code: str
) -> None:
    assert judge(Interval(*gave), None if due is None else Interval(*due)) == (state, code)


# -- was it done


def test_inside_a_window_with_the_sensors_slack() -> None:
    numbers = pd.Series([3.7, 3.76, 4.0, 6.5, 6.74, 6.8, np.nan])
    assert inside(numbers, [4.0, 6.5], step=0.5).tolist() == [False, True, True, True, True, False, False]
    levels = pd.Series(pd.Categorical(["A", "B", None]))
    assert inside(levels, ["A", "C"]).tolist() == [True, False, False]


def test_a_factor_that_is_gone_is_held_nowhere() -> None:
    data, _ = acted("press", 1, 14, 7, seconds=720).split()
    assert not held(data.features, {"no_such": [1.0, 2.0]}, data.spec).any()


@pytest.mark.parametrize(
    ("before", "after", "followed", "whole"),
    [(0.3, 0.97, True, True), (0.3, 0.7, True, False), (0.3, 0.5, False, False), (0.95, 0.94, True, True)],
)
def test_followed(before: float, after: float, followed: bool, whole: bool) -> None:
    assert (Kept(before, after).followed, Kept(before, after).whole) == (followed, whole)
