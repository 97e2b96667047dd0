"""The vectorised window statistics equal a slow loop that says what they mean."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.study.features import MICROS_PER_HOUR, Series, Statistic, Windows, compute, windows_of

SECOND = 1_000_000


def slow(series: Series, start: int, end: int, statistic: Statistic, carry: float, closed: bool) -> float:
    """One unit, one statistic, by the definition."""
    inside = [
        (t, v)
        for t, v in zip(series.ts.tolist(), series.value.tolist(), strict=True)
        if start <= t and (t <= end if closed else t < end)
    ]
    values = [v for _, v in inside]
    if statistic == "count":
        return float(len(values))
    if statistic in ("std", "range", "slope"):
        if len(values) < 2:
            return math.nan
        if statistic == "std":
            return float(np.std(values, ddof=1))
        if statistic == "range":
            return max(values) - min(values)
        hours = [t / MICROS_PER_HOUR for t, _ in inside]
        return float(np.polyfit(np.array(hours) - hours[0], values, 1)[0])
    if values:
        return float({"last": values[-1], "mean": np.mean(values), "min": min(values), "max": max(values)}[statistic])
    before = [(t, v) for t, v in zip(series.ts.tolist(), series.value.tolist(), strict=True) if t <= end and t < start]
    if before and end - before[-1][0] <= carry * SECOND:
        return float(before[-1][1])
    return math.nan


series_strategy = st.lists(
    st.tuples(st.integers(0, 400), st.floats(-1e4, 1e4, allow_nan=False)),
    min_size=1,
    max_size=40,
    unique_by=lambda p: p[0],
).map(lambda pairs: sorted(pairs))


@settings(max_examples=150, deadline=None)
@given(
    pairs=series_strategy,
    edges=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), min_size=1, max_size=12),
    statistic=st.sampled_from(["last", "mean", "std", "min", "max", "range", "count"]),
    carry=st.sampled_from([0.0, 30.0, 1000.0]),
    closed=st.booleans(),
)
def test_equals_the_definition(
    pairs: list[tuple[int, float]],
    edges: list[tuple[int, int]],
    statistic: Statistic,
    carry: float,
    closed: bool,
) -> None:
    series = Series(
        np.array([t * SECOND for t, _ in pairs], dtype=np.int64), np.array([v for _, v in pairs], dtype=np.float64)
    )
    start = np.array([s * SECOND for s, _ in edges], dtype=np.int64)
    end = start + np.array([length * SECOND for _, length in edges], dtype=np.int64)
    found = compute(series, Windows(start, end, closed), statistic, carry)
    wanted = [slow(series, s, e, statistic, carry, closed) for s, e in zip(start.tolist(), end.tolist(), strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_slope_is_per_hour() -> None:
    ts = np.arange(5, dtype=np.int64) * 60 * SECOND
    series = Series(ts, 3.0 + 0.5 * np.arange(5))
    window = Windows(ts[:1], ts[-1:], closed=True)
    assert compute(series, window, "slope", 0)[0] == pytest.approx(30.0)


def test_rate_of_a_counter_survives_a_reset() -> None:
    ts = np.array([0, 30, 60, 90, 120], dtype=np.int64) * 60 * SECOND
    series = Series(ts, np.array([100.0, 104.0, 108.0, 2.0, 6.0]))
    window = Windows(ts[:1], ts[-1:], closed=False)
    # 4 + 4 before the reset, the fall counts as nothing, 4 after it: 12 in two hours.
    assert compute(series, window, "rate", 60)[0] == pytest.approx(6.0)


def test_rate_is_unknown_when_readings_speak_of_another_time() -> None:
    ts = np.array([0, 10, 20], dtype=np.int64) * SECOND
    series = Series(ts, np.array([0.0, 1.0, 2.0]))
    later = np.array([3600 * SECOND], dtype=np.int64)
    assert np.isnan(compute(series, Windows(later, later + 600 * SECOND, closed=False), "rate", 60)[0])


def test_no_readings_is_missing_everywhere() -> None:
    empty = Series(np.empty(0, dtype=np.int64), np.empty(0))
    window = Windows(np.array([0]), np.array([10]), closed=True)
    assert np.isnan(compute(empty, window, "mean", 60)[0])


def test_a_mean_is_exact_far_from_zero() -> None:
    ts = np.arange(100_000, dtype=np.int64) * SECOND
    rng = np.random.default_rng(0)
    series = Series(ts, 1e7 + rng.normal(0, 1e-3, len(ts)))
    window = Windows(ts[-6:-5], ts[-1:], closed=True)
    assert compute(series, window, "mean", 0)[0] == pytest.approx(series.value[-6:].mean(), abs=1e-8)


def test_a_part_is_known_only_until_its_verdict() -> None:
    start, end = np.array([0, 0]), np.array([100, 100])
    windows = windows_of("press", ["a", "b"], (start, end), {("a", "press"): (10, 40)}, np.array([30, 90]))
    assert windows.start.tolist() == [10, 0]
    assert windows.end.tolist() == [30, 90]
