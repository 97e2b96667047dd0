"""Charts against limits worked out by hand or published, and against simulated processes of known spread."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import models.spc
from models.spc.chart import Chart
from models.spc.counts import Counts
from models.spc.cusum import arl, cusum
from models.spc.ewma import ewma_chart
from models.spc.individuals import far, individuals, moving_range, sigma_of_neighbours
from models.spc.p_chart import p_chart
from models.spc.u_chart import u_chart
from models.spc.xbar_r import xbar_r
from models.spc.xbar_s import xbar_s

MODULES = sorted(f"models.spc.{module.name}" for module in pkgutil.iter_modules(models.spc.__path__))


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_the_docstrings(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def test_individuals_and_moving_range_by_hand() -> None:
    """Ranges 2, 1, 2, 4: mean 2.25; 11 ± 2.66 · 2.25; 3.267 · 2.25."""
    values = np.array([10.0, 12.0, 11.0, 13.0, 9.0])
    chart, ranges = individuals(values), moving_range(values)
    assert (chart.lower[0], chart.upper[0]) == pytest.approx((11 - 2.66 * 2.25, 11 + 2.66 * 2.25), abs=0.01)
    assert ranges.values.tolist() == [2, 1, 2, 4]
    assert (ranges.lower[0], ranges.upper[0]) == pytest.approx((0, 3.267 * 2.25), abs=0.01)


def test_revised_limits_leave_out_what_stands_out() -> None:
    values = np.random.default_rng(5).normal(10, 1, size=60)
    clean = individuals(values)
    values[[7, 30, 31]] += 30
    plain, revised = individuals(values), individuals(values, revised=True)
    assert np.flatnonzero(far(values)).tolist() == [7, 30, 31]
    assert plain.upper[0] > 15
    assert revised.upper[0] == pytest.approx(clean.upper[0], abs=0.3)
    assert revised.centre[0] == pytest.approx(clean.centre[0], abs=0.1)
    assert revised.values[7] > 35


def test_a_burst_of_bad_units_does_not_raise_its_own_limit() -> None:
    bad, size = np.random.default_rng(6).binomial(500, 0.02, 40).astype(float), np.full(40, 500)
    bad[12] = 200
    for chart, name in ((p_chart, "p"), (u_chart, "u")):
        revised = chart(bad, size, revised=True)
        assert (revised.name, revised.centre[0]) == (name, pytest.approx(0.02, abs=0.003))
        assert chart(bad, size).centre[0] > 0.025


def test_all_bad_units_in_one_lot() -> None:
    bad, size = np.zeros(30), np.arange(100, 130)
    bad[7] = 25
    assert np.flatnonzero(Counts(size).left_out(bad)).tolist() == [7]
    for chart in (p_chart, u_chart):
        revised = chart(bad, size, revised=True)
        assert np.isfinite(revised.z).all()
        assert revised.values[7] > revised.upper[7]


def test_most_points_equal() -> None:
    assert not far(np.array([0.0] * 9 + [1.0])).any()
    assert individuals(np.array([0.0] * 9 + [1.0]), revised=True).sigma[0] > 0


def test_spread_between_subgroups_is_not_in_their_limits() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(50, 2, size=(400, 5)) + rng.normal(0, 10, size=(400, 1))
    for means, spreads in (xbar_r(samples), xbar_s(samples)):
        assert means.upper[0] - means.centre[0] == pytest.approx(3 * 2 / 5**0.5, rel=0.03)
        assert spreads.lower[0] == 0
        assert np.mean(spreads.values > spreads.upper) < 0.02


def test_means_and_ranges_by_hand() -> None:
    """Mean range 4, A2 = 0.577, D4 = 2.114."""
    samples = np.array([[8.0, 9.0, 10.0, 11.0, 12.0], [9.0, 10.0, 11.0, 12.0, 13.0]])
    means, ranges = xbar_r(samples)
    assert means.upper[0] == pytest.approx(10.5 + 0.577 * 4, abs=0.002)
    assert ranges.upper[0] == pytest.approx(2.114 * 4, abs=0.005)


def test_shares_of_subgroups_of_different_size() -> None:
    chart = p_chart(np.array([10.0, 20.0, 9.0, 21.0]), np.array([100, 200, 100, 200]), laney=False)
    assert chart.centre[0] == pytest.approx(0.1)
    assert chart.upper == pytest.approx(0.1 + 3 * np.sqrt(0.09 / np.array([100, 200, 100, 200])))
    assert p_chart(np.array([0.0, 1.0, 2.0]), np.array([20, 20, 20])).lower[0] == 0


def test_counts_per_area() -> None:
    chart = u_chart(np.array([20.0, 30.0]), np.array([10.0, 20.0]), laney=False)
    assert chart.upper == pytest.approx(50 / 30 + 3 * np.sqrt(50 / 30 / np.array([10, 20])))


@pytest.mark.parametrize(("chart", "name"), [(p_chart, "p"), (u_chart, "u")])
def test_laney_only_where_lots_differ_more_than_counting_explains(chart, name: str) -> None:
    rng = np.random.default_rng(1)
    size = rng.integers(800, 1200, 60)
    plain = [chart(rng.binomial(size, 0.04).astype(float), size) for _ in range(40)]
    assert sum(each.name == name for each in plain) >= 34
    rate = np.clip(rng.normal(0.04, 0.02, 60), 0.001, 1)
    lots = chart(rng.binomial(size, rate).astype(float), size)
    assert lots.name == f"laney_{name}"
    # One standard deviation of lots beside that of counting: √(0.02² + 0.04 · 0.96 / 1000).
    assert lots.sigma.mean() == pytest.approx(0.0209, rel=0.2)


def test_the_standard_error_of_sigma_z() -> None:
    z = np.random.default_rng(2).normal(size=(4000, 50))
    assert np.std(sigma_of_neighbours(z)) * 7 == pytest.approx(0.91, abs=0.03)


def test_ewma_limits_are_those_of_simulated_averages() -> None:
    z = np.random.default_rng(3).normal(size=(20000, 12))
    charts = [ewma_chart(Chart.around("z", row, 0.0, 1.0)) for row in z[:4000]]
    assert np.std([chart.values for chart in charts], axis=0) == pytest.approx(charts[0].sigma, rel=0.05)
    assert charts[0].upper[0] == pytest.approx(2.962 * 0.2)
    assert charts[0].sigma[-1] == pytest.approx((0.2 / 1.8 * (1 - 0.8**24)) ** 0.5)


@pytest.mark.parametrize(
    ("h", "shift", "published"),
    [(4, 0, 168), (4, 0.5, 26.6), (4, 1, 8.38), (4, 2, 3.34), (5, 0, 465), (5, 0.5, 38.0), (5, 1, 10.4), (5, 2, 4.01)],
)
def test_run_lengths_of_cusum_are_the_published_ones(h: float, shift: float, published: float) -> None:
    assert arl(shift, 0.5, h) == pytest.approx(published, rel=0.005)


def test_cusum_is_the_recursion_and_finds_where_a_shift_began() -> None:
    z = np.concatenate([np.tile([0.4, -0.4], 10), np.full(12, 1.5)])
    found, high, low = cusum(z), 0.0, 0.0
    for place, value in enumerate(z):
        high, low = max(0.0, high + value - 0.5), max(0.0, low - value - 0.5)
        assert (found.high[place], found.low[place]) == pytest.approx((high, low))
    alarm = int(np.flatnonzero(found.alarms)[0])
    assert (alarm, found.began(alarm)) == (25, 20)
    falling = cusum(-z)
    assert falling.began(int(np.flatnonzero(falling.alarms)[0])) == 20


def test_a_constant_process_is_on_its_centre_line() -> None:
    chart = individuals(np.array([3.0, 3.0, 3.0]))
    assert chart.z.tolist() == [0, 0, 0]
    assert Chart.around("x", np.array([1.0, 2.0]), 1.0, 0.0).z.tolist() == [0, np.inf]
