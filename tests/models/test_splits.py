"""Splits keep groups whole and time forward."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.splits import blocks, forward


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


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(1, 5))
def test_blocks_follow_the_ends_of_groups(drawn: list[int], count: int):
    _, groups = np.unique(drawn, return_inverse=True)
    found = blocks(groups, [1.0] * count)
    ends = {group: np.flatnonzero(groups == group).max() for group in set(groups)}
    block_of = {group: set(found[groups == group]) for group in ends}
    assert all(len(inside) == 1 for inside in block_of.values())
    assert [block_of[group] for group in sorted(ends, key=ends.__getitem__)] == sorted(block_of.values(), key=min)
    assert set(found) == set(range(min(count, len(ends))))
