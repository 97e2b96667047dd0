"""Admissible windows, checked by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank.windows import direction_of, grid_of, levels_of, nice_step
from models.study.spec import Factor


@settings(max_examples=40)
@given(
    st.lists(st.integers(-200, 200), min_size=20, max_size=60),
    st.sampled_from([0.5, 1.0, 2.5]),
    st.floats(0.05, 0.4),
)
def test_every_admissible_window_keeps_the_contract(quarters: list[int], step: float, support: float):
    seen = np.array(quarters) / 4
    grid = grid_of(seen, Factor(role="controllable", min=-20.0, max=20.0, step=step), support)
    if grid is None:
        return
    assert ((grid.edges + 20) % step == 0).all()
    assert grid.edges[0] >= -20
    assert grid.edges[-1] <= 20
    low, high = (grid.edges[place][:, None] for place in np.nonzero(grid.admissible))
    assert (high - low >= 2 * step).all()
    inside = ((seen >= low) & (seen <= high)).mean(axis=1)
    np.testing.assert_allclose(inside, grid.support[grid.admissible])
    assert (inside >= support).all()


def test_without_limits_the_observed_range_holds_and_the_step_is_round():
    values = np.random.default_rng(0).normal(100, 10, 1000)
    grid = grid_of(values, Factor(role="controllable"), 0.1)
    assert grid is not None
    low, high = np.quantile(values, [0.01, 0.99])
    assert low <= grid.edges[0] < grid.edges[-1] <= high
    assert np.diff(grid.edges).max() == pytest.approx(2.0)


def test_a_very_fine_step_is_searched_coarsely():
    values = np.random.default_rng(0).normal(100, 10, 1000)
    grid = grid_of(values, Factor(role="controllable", min=0, max=200, step=0.001), 0.1)
    assert grid is not None
    assert len(grid.edges) <= 42


@pytest.mark.parametrize(
    "factor",
    [
        Factor(role="controllable", min=500, max=600, step=1.0),
        Factor(role="controllable", min=90, max=110, step=15.0),
        Factor(role="controllable", min=160),
    ],
)
def test_no_admissible_window_is_none(factor: Factor):
    assert grid_of(np.random.default_rng(0).normal(100, 10, 1000), factor, 0.1) is None


def test_levels_need_support_and_permission():
    values = np.array(["A"] * 50 + ["B"] * 45 + ["C"] * 5, dtype=object)
    assert levels_of(values, Factor(), 0.1, ()) == ["A", "B"]
    assert levels_of(values, Factor(levels=("B", "C")), 0.1, ("B", "C")) == ["B"]


def test_directions():
    values = np.arange(100.0)
    assert direction_of(values, (0, 30)) == "lower"
    assert direction_of(values, (70, 99)) == "higher"
    assert direction_of(values, (40, 60)) == "inside"


def test_nice_steps():
    assert [nice_step(value) for value in (0.01, 0.03, 0.7, 99.0)] == pytest.approx([0.01, 0.025, 0.5, 50.0])
