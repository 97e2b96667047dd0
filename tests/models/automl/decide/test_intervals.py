"""Intervals hold what they promise where rows are alike, and follow a drift that the past has shown."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from ingest.errors import StudyError
from models.automl.decide.intervals import Intervals, coverage, fit
from models.automl.folds import plan

SHARED = Path(__file__).parents[5] / "shared" / "data"


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.98])
@pytest.mark.parametrize("n", [60, 500, 3000])
def test_coverage_is_as_promised(level: float, n: int):
    inside = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x = rng.random(n + 400)
        y = x + (0.1 + x) * rng.exponential(size=n + 400)
        low, high = fit(y[:n], x[:n]).bounds(x[n:], level)
        inside.append(((y[n:] >= low) & (y[n:] <= high)).mean())
    assert np.mean(inside) == pytest.approx(level, abs=0.02 if n > 60 else 0.03)


def test_width_follows_difficulty_and_sides_follow_skewness():
    rng = np.random.default_rng(0)
    x = rng.random(5000)
    found = fit(x + (0.1 + x) * rng.exponential(size=5000), x)
    low, high = found.bounds(np.array([0.1, 0.9]))
    assert (high - low)[1] > 3 * (high - low)[0]
    assert (high - np.array([0.1, 0.9]) > 5 * np.abs(np.array([0.1, 0.9]) - low)).all()
    wider_low, wider_high = found.bounds(np.array([0.1, 0.9]), 0.99)
    assert (wider_low <= low).all()
    assert (wider_high > high).all()


@pytest.mark.parametrize(
    ("drift", "least"),
    [(lambda u: 1 + 2 * u, 0.86), (lambda u: np.where(u > 0.6, 3, 1), 0.88), (lambda u: 0 * u + 1, 0.88)],
    ids=["noise grows", "noise jumps", "no drift"],
)
def test_a_drift_that_the_past_has_shown_is_followed(drift, least: float):
    timed, timeless = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x, noise = rng.normal(size=5000), rng.normal(size=5000) * drift(np.arange(5000) / 5000)
        for order, out in ((np.arange(4000), timed), (None, timeless)):
            found = fit(x[:4000] + noise[:4000], x[:4000], order)
            out.append(coverage(found, x[4000:] + noise[4000:], x[4000:], np.arange(1000), rng).share)
    assert np.mean(timed) > least
    assert np.mean(timed) > np.mean(timeless) - 0.005


def test_time_in_any_order_of_rows():
    rng = np.random.default_rng(0)
    x, shuffled = rng.normal(size=1000), rng.permutation(1000)
    y = x + rng.normal(size=1000) * (1 + np.arange(1000) / 300)
    assert fit(y, x, np.arange(1000)).stretch == fit(y[shuffled], x[shuffled], shuffled).stretch


def test_coverage_carries_an_interval():
    rng = np.random.default_rng(0)
    x, y = np.zeros(1000), rng.normal(size=1000)
    found = coverage(fit(y, x), rng.normal(size=400), np.zeros(400), np.arange(400) // 4, rng)
    assert found.low < found.share < found.high
    assert (found.level, found.n) == (0.9, 400)
    assert found.width == pytest.approx(3.29, abs=0.3)
    assert coverage(fit(y, x), y[:0], x[:0], np.arange(0), rng) is None


def test_few_perfect_and_constant_rows():
    one = fit(np.array([3.0]), np.array([2.0]))
    low, high = one.bounds(np.array([5.0]))
    assert low[0] <= high[0]
    perfect = fit(np.arange(100.0), np.arange(100.0))
    low, high = perfect.bounds(np.arange(100.0))
    assert high - low == pytest.approx(0, abs=1e-6)
    flat = fit(np.random.default_rng(0).normal(size=300), np.zeros(300))
    low, high = flat.bounds(np.zeros(2))
    assert (low < -1).all()
    assert np.isfinite(high).all()


def test_what_is_refused():
    with pytest.raises(StudyError, match="finite"):
        fit(np.array([1.0, np.nan]), np.zeros(2))
    with pytest.raises(StudyError, match="these 0 rows"):
        fit(np.zeros(0), np.zeros(0))
    with pytest.raises(StudyError, match=r"level 90 .* write 0\.9"):
        fit(np.arange(9.0), np.zeros(9)).bounds(np.zeros(1), 90)


def test_json_and_back():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    found = fit(x + rng.normal(size=2000), x, np.arange(2000))
    assert Intervals.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert len(json.dumps(found.to_dict())) < 60_000
    for wrong in ({}, {**found.to_dict(), "scores": [1.0]}, {**found.to_dict(), "rows": float("inf")}):
        with pytest.raises(StudyError, match="train the model again"):
            Intervals.from_dict(wrong)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real data sets beside the checkout")
@pytest.mark.parametrize("target", ["TEY", "NOX"])
def test_a_gas_turbine_that_drifts(target: str):
    """Nobody can promise 90 % here; intervals that know the past's drift do no worse than those that do not."""
    table = pd.read_csv(SHARED / "gas_turbine_emission" / "turbine_emission.csv.gz").sort_values("datetime").iloc[::5]
    x, y = table[["AT", "AP", "AH", "AFDP", "TIT", "TAT", "CDP"]].to_numpy(), table[target].to_numpy()
    found = plan(y, "regression", np.random.default_rng(0), time=np.arange(len(y)))
    rows = found.tested
    oof = np.concatenate([LinearRegression().fit(x[f.train], y[f.train]).predict(x[f.test]) for f in found.folds])
    model = LinearRegression().fit(x[found.search], y[found.search])
    ahead, truth = model.predict(x[found.held_back]), y[found.held_back]
    blocks, rng = np.arange(len(truth)) // 50, np.random.default_rng(0)
    timed = coverage(fit(y[rows], oof, rows), truth, ahead, blocks, rng)
    timeless = coverage(fit(y[rows], oof), truth, ahead, blocks, rng)
    assert timed.share >= min(timeless.share, 0.85)
