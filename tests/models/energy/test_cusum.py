"""Savings that were planted from a known moment, and none."""

import numpy as np
import pandas as pd
import pytest

from models.energy.baseline import fit_baseline
from models.energy.cusum import cuts, savings
from models.energy.intervals import intervals
from models.energy.terms import hours_of
from tests.models.energy.lines import Line

MOMENT = pd.Timestamp("2026-02-16", tz="UTC")


def saved(seed: int, kw: float):
    """Ten weeks: four of baseline, two without a saving, four with it."""
    line = Line(seed=seed, days=70)
    frame = line.frame()
    frame.loc[frame["end"] > MOMENT, "kwh"] -= kw / 4
    hours = hours_of(intervals(frame, line.spec()))
    after = hours.day >= np.datetime64("2026-02-02")
    return savings(fit_baseline(hours.where(~after)), hours.where(after), 20.0)


def test_the_interval_covers_a_planted_saving_and_the_moment_is_found():
    covered, found = 0, 0
    for seed in range(8):
        planted = 8.0 * 24 * 28
        result = saved(seed, 8.0)
        covered += result["total"]["low"] <= planted <= result["total"]["high"]
        found += [change["day"] for change in result["changes"]] == ["2026-02-16"]
        assert result["total"]["low"] > 0
        assert result["money"] == pytest.approx(20.0 * result["total"]["estimate"])
    assert covered >= 6  # nominally 90 %
    assert found >= 7


def test_without_a_saving_the_slope_stays():
    results = [saved(seed, 0.0) for seed in range(8)]
    assert sum(bool(result["changes"]) for result in results) <= 1
    assert sum(result["total"]["low"] <= 0 <= result["total"]["high"] for result in results) >= 6


def test_the_curve_ends_in_the_total_and_neighbours_count_for_less():
    result = saved(1, 8.0)
    last = result["cusum"][-1]
    assert (last["saved_kwh"], last["low"], last["high"]) == pytest.approx(tuple(result["total"].values()))
    assert result["cusum"][0]["day"] == "2026-02-02"
    assert result["n_effective"] < result["n"] / 2


def test_cuts_are_the_best_of_all_cuts():
    """Against every way to cut ten values."""
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(0, 1, 4), rng.normal(4, 1, 3), rng.normal(-2, 1, 3)])
    penalty = 4.0 * np.log(10)

    def cost(starts):
        pieces = np.split(values, starts)
        return sum(((piece - piece.mean()) ** 2).sum() for piece in pieces) + penalty * len(starts)

    every = [[place for place in range(1, 10) if mask >> place & 1] for mask in range(0, 1024, 2)]
    allowed = [starts for starts in every if min(np.diff([0, *starts, 10])) >= 2]
    assert cuts(values, 1.0) == [0, *min(allowed, key=cost)]
