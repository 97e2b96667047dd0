"""The change of the intensity against the planted one: over all orders, with the line's own coefficients."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from models.energy.account import account
from models.energy.baseline import fit_baseline
from models.energy.intervals import intervals
from models.energy.split import intensity, shapley
from models.energy.terms import Hours, hours_of
from tests.models.energy.lines import Line

FACTORS = ("volume", "mix", "weather", "scrap", "rest")


def truth(line: Line, before: Hours, now: Hours) -> dict[str, float]:
    """What each factor did, by the line's own coefficients."""

    def facts(hours: Hours) -> dict[str, float]:
        made = hours.made.sum()
        degrees = hours.length * np.maximum(hours.weather["ambient"].to_numpy() - 20.0, 0.0)
        return {
            "volume": hours.length.sum() / made,
            "mix": hours.levels["product", "B"].sum() / made,
            "weather": degrees.sum() / hours.length.sum(),
            "scrap": made / hours.good.sum(),
        }

    was, is_now = facts(before), facts(now)
    was["rest"], is_now["rest"] = 0.0, -line.saved_kw * is_now["volume"]

    def value(at: dict[str, float]) -> float:
        mix = line.per_unit["A"] * (1 - at["mix"]) + line.per_unit["B"] * at["mix"]
        hourly = (line.base + line.cooling * at["weather"]) * at["volume"]
        return at["scrap"] * (hourly + mix + at["rest"])

    shares = dict.fromkeys(FACTORS, 0.0)
    orders = list(permutations(FACTORS))
    for order in orders:
        at = dict(was)
        for factor in order:
            start = value(at)
            at[factor] = is_now[factor]
            shares[factor] += (value(at) - start) / len(orders)
    return shares


def split(line: Line):
    hours = hours_of(intervals(line.frame(), line.spec()))
    after = hours.day >= np.datetime64("2026-01-05") + line.from_day
    before, now = hours.where(~after), hours.where(after)
    found = intensity(fit_baseline(before), now, 20.0, seed=0)
    return found, truth(line, before, now)


def test_shapley_is_the_mean_over_all_orders():
    moved = {"a": (1.0, 2.0), "b": (3.0, 5.0), "c": (0.5, -1.0)}
    shares = shapley(moved, lambda at: at["a"] * at["b"] + at["c"] * at["a"] ** 2)
    by_hand = dict.fromkeys(moved, 0.0)
    for order in permutations(moved):
        at = {name: pair[0] for name, pair in moved.items()}
        for name in order:
            start = at["a"] * at["b"] + at["c"] * at["a"] ** 2
            at[name] = moved[name][1]
            by_hand[name] += (at["a"] * at["b"] + at["c"] * at["a"] ** 2 - start) / 6
    assert shares == pytest.approx(by_hand)


@pytest.mark.parametrize(
    "change",
    [
        {"volume": 0.7},
        {"share_b": (0.3, 0.7)},
        {"warmer": 4.0},
        {"scrap": (0.01, 0.08)},
        {"saved_kw": 10.0},
        {"volume": 1.2, "share_b": (0.5, 0.3), "saved_kw": -6.0},
    ],
    ids=["volume", "mix", "weather", "scrap", "performance", "all of them"],
)
def test_planted_shares_are_recovered(change):
    found, planted = split(Line(seed=11, noise=2.0, **change))
    parts = {part["factor"]: part["change"] for part in found["parts"]}
    assert set(parts) == set(FACTORS)
    assert sum(part["estimate"] for part in parts.values()) == pytest.approx(found["change"], rel=1e-9)
    for factor, share in planted.items():
        # 1.5 % of the intensity: the weather's noise is what remains.
        assert parts[factor]["estimate"] == pytest.approx(share, abs=0.015 * found["before"]["intensity"]), factor


def test_intervals_hold_the_planted_shares_as_often_as_they_say():
    """Twelve lines, four parts each that have an error worth the name; nominally 90 %."""
    held = []
    for seed in range(12):
        found, planted = split(Line(seed=seed, volume=0.8, share_b=(0.4, 0.6), warmer=2.0, saved_kw=6.0))
        for part in found["parts"]:
            change = part["change"]
            if part["factor"] != "scrap":
                held.append(change["low"] <= planted[part["factor"]] <= change["high"])
    assert np.mean(held) >= 0.75


def test_money_is_energy_times_price():
    found, _ = split(Line(seed=2, saved_kw=8.0))
    for part in found["parts"]:
        assert part["money"] == pytest.approx(20.0 * part["kwh"]["estimate"])
        assert part["kwh"]["estimate"] == pytest.approx(part["change"]["estimate"] * found["now"]["good"])


def test_a_product_never_made_before_counts_as_the_usual_mix():
    line = Line(seed=8)
    frame = line.frame()
    late = (frame["end"] > pd.Timestamp("2026-02-02", tz="UTC")) & (frame["product"] == "B")
    frame.loc[late, "product"] = "C"
    found = account(frame, line.spec())
    notes = {note["code"]: note["en"] for note in found.document["notes"]}
    assert "The baseline never saw C" in notes["new_product"]
    # C takes 1.0 kWh as B does, the usual mix 0.76: an unknown product may not pass for a loss of all its energy.
    rest = next(part for part in found.document["intensity"]["parts"] if part["factor"] == "rest")
    assert abs(rest["change"]["estimate"]) < 0.2
