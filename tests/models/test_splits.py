"""Splits keep groups whole and time forward."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.splits import forward, group_folds, random_rows


@given(st.lists(st.integers(0, 6), min_size=4, max_size=60))
def test_forward_never_splits_a_group_and_tests_what_ended_last(drawn: list[int]):
    _, groups = np.unique(drawn, return_inverse=True)
    split = forward(groups)
    assert sorted([*split.train, *split.test]) == list(range(len(groups)))
    assert not set(groups[split.train]) & set(groups[split.test])
    if len(split.train) and len(split.test):
        assert split.train.max() < split.test.max()


def test_forward_takes_about_a_quarter():
    groups = np.arange(1000) // 10
    split = forward(groups)
    assert len(split.test) == 250
    assert split.test.min() == 750


def test_random_rows_and_folds_cover_everything_once():
    rng = np.random.default_rng(0)
    split = random_rows(100, rng)
    assert sorted([*split.train, *split.test]) == list(range(100))
    groups = np.arange(100) // 9
    folds = list(group_folds(groups, 12, 4, rng))
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(100))
    assert all(not set(groups[fold.train]) & set(groups[fold.test]) for fold in folds)
