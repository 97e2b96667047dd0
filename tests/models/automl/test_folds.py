"""Splits are honest: time runs forward, groups and twins stay whole, every class is learnt, small tables too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.automl.folds import Plan, plan


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _sound(found: Plan, n: int) -> None:
    """What holds for every plan."""
    assert not set(found.held_back) & set(found.search)
    for fold in (*found.folds, *found.random_folds):
        assert len(fold.train)
        assert len(fold.test)
        assert not set(fold.train) & set(fold.test)
        assert set(fold.train) | set(fold.test) <= set(found.search)
        assert (np.diff(fold.train) > 0).all()
        assert (np.diff(fold.test) > 0).all()
    for honest, chance in zip(found.folds, found.random_folds, strict=False):
        assert (len(honest.train), len(honest.test)) == (len(chance.train), len(chance.test))


def _codes(found: Plan) -> set[str]:
    return {why.code for why in found.why}


def test_forward_learns_from_the_past_only():
    rng = _rng()
    time, target = rng.permutation(1000).astype(float), rng.normal(size=1000)
    found = plan(target, "regression", rng, time=time)
    _sound(found, 1000)
    assert (found.kind, found.repeats, len(found.held_back)) == ("forward", 1, 200)
    assert time[found.held_back].min() > time[found.search].max()
    sizes = [len(fold.test) for fold in found.folds]
    assert max(sizes) <= 1.1 * min(sizes)
    assert len(found.folds[0].train) >= 0.4 * len(found.search)
    for fold in found.folds:
        assert time[fold.train].max() < time[fold.test].min()
    assert len(found.random_folds) == len(found.folds)


def test_one_moment_is_never_split():
    days = np.sort(_rng().integers(0, 40, 500))
    found = plan(np.arange(500.0), "regression", _rng(), time=days)
    _sound(found, 500)
    for fold in found.folds:
        assert not set(days[fold.train]) & set(days[fold.test])
    assert days[found.search].max() < days[found.held_back].min()


def test_missing_times_are_oldest():
    time = np.arange(200.0)
    time[150:] = np.nan
    found = plan(np.arange(200.0), "regression", _rng(), time=time)
    assert set(found.folds[0].train) >= set(range(150, 200))


def test_lots_in_time_belong_where_they_ended():
    lots = np.arange(1000) // 7
    found = plan(np.arange(1000) % 2, "classification", _rng(), time=np.arange(1000), groups=lots)
    _sound(found, 1000)
    assert found.kind == "forward"
    for fold in found.folds:
        assert not set(lots[fold.train]) & set(lots[fold.test])
        assert fold.train.max() < fold.test.min()
    assert not set(lots[found.held_back]) & set(lots[found.search])


def test_groups_that_live_for_ever_are_kept_whole_and_it_is_said():
    machines = _rng().integers(0, 12, 600)
    found = plan(np.arange(600) % 2, "classification", _rng(), time=np.arange(600), groups=machines)
    _sound(found, 600)
    assert found.kind == "grouped"
    assert "groups_overlap_in_time" in _codes(found)
    assert not set(machines[found.held_back]) & set(machines[found.search])
    for fold in found.folds:
        assert not set(machines[fold.train]) & set(machines[fold.test])


def test_a_late_class_is_waited_for():
    target = np.zeros(1000, dtype=int)
    target[480::3] = 1
    found = plan(target, "classification", _rng(), time=np.arange(1000))
    assert all(set(target[fold.train]) == {0, 1} for fold in found.folds)
    never = plan((np.arange(1000) > 900).astype(int), "classification", _rng(), time=np.arange(1000))
    assert never.kind == "stratified"
    assert "one_class_before" in _codes(never)


def test_twins_stay_together():
    rng = _rng()
    twins = rng.integers(0, 300, 500)
    found = plan(rng.integers(0, 3, 500), "classification", rng, twins=twins)
    _sound(found, 500)
    assert found.kind == "stratified"
    assert found.random_folds
    assert not set(twins[found.held_back]) & set(twins[found.search])
    for fold in found.folds:
        assert not set(twins[fold.train]) & set(twins[fold.test])
    ahead = plan(rng.normal(size=500), "regression", rng, twins=twins, time=np.arange(500))
    _sound(ahead, 500)
    assert not set(twins[ahead.held_back]) & set(twins[ahead.search])
    for fold in ahead.folds:
        assert not set(twins[fold.train]) & set(twins[fold.test])
        assert fold.train.max() < fold.test.min()


def test_a_coarse_table_has_no_twins():
    found = plan(np.arange(500) % 2, "classification", _rng(), twins=np.arange(500) % 20)
    assert "twins_everywhere" in _codes(found)
    assert len(found.held_back) == 100


def test_stratified_folds_hold_every_class_in_its_share():
    target = np.repeat([0, 1, 2], [700, 250, 50])
    found = plan(target, "classification", _rng())
    _sound(found, 1000)
    assert (found.kind, found.random_folds, found.why) == ("stratified", (), ())
    assert np.bincount(target[found.held_back]).tolist() == [140, 50, 10]
    for fold in found.folds:
        assert np.bincount(target[fold.test]).tolist() == [112, 40, 8]
    assert sorted(np.concatenate([fold.test for fold in found.folds[:5]])) == found.search.tolist()


def test_regression_is_stratified_by_the_target():
    target = np.exp(3 * _rng().normal(size=400))
    found = plan(target, "regression", _rng())
    for fold in found.folds:
        assert abs(np.median(np.log(target[fold.test])) - np.median(np.log(target))) < 0.3


def test_few_groups_are_left_out_one_by_one():
    runs = np.repeat(np.arange(4), [50, 40, 30, 20])
    found = plan(np.arange(140.0), "regression", _rng(), groups=runs)
    _sound(found, 140)
    assert not len(found.held_back)
    assert "too_few_groups_to_hold_back" in _codes(found)
    assert sorted({tuple(set(runs[fold.test])) for fold in found.folds}) == [(0,), (1,), (2,), (3,)]


def test_many_groups_are_spread_evenly():
    rng = _rng()
    lots = rng.integers(0, 6000, 20_000)
    target = (rng.random(6000) < 0.1)[lots].astype(int)
    found = plan(target, "classification", rng, groups=lots)
    assert not set(lots[found.held_back]) & set(lots[found.search])
    for fold in found.folds:
        assert len(fold.test) == pytest.approx(3200, rel=0.05)
        assert target[fold.test].mean() == pytest.approx(target.mean(), rel=0.1)


def test_groups_that_are_the_classes_cannot_be_kept_whole():
    groups = np.repeat(np.arange(4), 50)
    found = plan(groups, "classification", _rng(), groups=groups)
    _sound(found, 200)
    assert found.kind == "stratified"
    assert "groups_are_classes" in _codes(found)
    alone = plan(np.arange(200) % 2, "classification", _rng(), groups=np.zeros(200, dtype=int))
    assert "one_group" in _codes(alone)


def test_the_only_group_of_a_class_is_always_learnt_from():
    groups = np.repeat(np.arange(12), 20)
    target = np.where(groups == 7, 2, np.arange(240) % 2)
    found = plan(target, "classification", _rng(), groups=groups)
    _sound(found, 240)
    assert found.kind == "grouped"
    assert all(set(target[fold.train]) == {0, 1, 2} for fold in found.folds)


def test_small_tables():
    ten = plan(np.array([0, 1] * 5), "classification", _rng())
    _sound(ten, 10)
    assert (len(ten.held_back), ten.repeats, len(ten.folds)) == (0, 3, 15)
    assert all(set(fold.train % 2) == {0, 1} for fold in ten.folds)
    each = plan(np.arange(10), "classification", _rng())
    assert each.folds == ()
    assert "cannot_be_tested" in _codes(each)
    assert len(each.tested) == 0
    one = plan(np.array([3.0]), "regression", _rng())
    assert one.folds == ()
    rare = plan(np.array([1] * 3 + [0] * 297), "classification", _rng())
    assert "too_few_of_a_class_to_hold_back" in _codes(rare)
    assert all(0 < rare_in < 4 for rare_in in ((fold.train < 3).sum() for fold in rare.folds))
    single = plan(np.array([1] + [0] * 99 + [2] * 50), "classification", _rng())
    assert all(0 in fold.train for fold in single.folds)
    assert 0 not in single.tested


def test_large_tables_hold_back_no_more_than_twenty_thousand():
    found = plan(np.arange(300_000) % 3, "classification", _rng())
    assert len(found.held_back) == 20_000
    ahead = plan(np.arange(300_000) % 3, "classification", _rng(), time=np.arange(300_000))
    assert len(ahead.held_back) == 20_000


def test_the_same_seed_gives_the_same_plan():
    target, groups = np.arange(400) % 3, np.arange(400) // 9
    one, two = (plan(target, "classification", _rng(), groups=groups) for _ in range(2))
    assert all((a.test == b.test).all() for a, b in zip(one.folds, two.folds, strict=True))
    assert (one.held_back == two.held_back).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["classification", "regression"]),
    st.integers(1, 250),
    st.integers(1, 8),
    st.booleans(),
    st.sampled_from([0, 1, 3, 40]),
    st.booleans(),
)
def test_any_table_gets_a_sound_plan(seed, task, n, classes, timed, groups, twinned):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, n)
    group = rng.integers(0, groups, n) if groups else None
    twins = rng.integers(0, n, n) if twinned else None
    found = plan(target, task, rng, time=rng.integers(0, n, n) if timed else None, groups=group, twins=twins)
    _sound(found, n)
    if found.kind != "stratified" and group is not None:
        for fold in found.folds:
            assert not set(group[fold.train]) & set(group[fold.test])
    if found.kind == "stratified" and task == "classification" and twins is None:
        assert all(set(target[fold.train]) == set(target[found.search]) for fold in found.folds)


def test_passes_over_groups_differ():
    groups = np.repeat(np.arange(15), 20)
    found = plan(np.arange(300.0), "regression", _rng(), groups=groups)
    assert found.repeats == 3
    assert len({tuple(fold.test) for fold in found.folds}) > 10
