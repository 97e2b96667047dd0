"""What past actions make of later promises."""

import copy
from typing import Any

import numpy as np
import pytest

from models.promise.shrinkage import ACTION, LINE, PLANT, STUDY, Past, Shrinkage, shrink, shrinkage_of
from tests.reports import documents


def in_order(document: dict[str, Any]) -> bool:
    """Sorted by the lower bound, intervals in order, and proven exactly where the interval lies above nought."""
    entries = document["ranking"]
    lows = [(entry["net"] or entry["gain"])["low"] for entry in entries]
    gains = [entry["gain"] for entry in entries]
    return (
        lows == sorted(lows, reverse=True)
        and all(gain["low"] <= gain["estimate"] <= gain["high"] for gain in gains)
        and all(entry["proven"] == (entry["gain"]["low"] > 0) for entry in entries)
    )


def caps(*ratios: float, spread: float = 0.1) -> list[Past]:
    return [Past("caps", "fill", ratio, spread) for ratio in ratios]


def test_without_actions_a_promise_stands() -> None:
    assert shrinkage_of([], "caps", "fill") == Shrinkage(1.0, 0, 1.0, 1.0)
    document = documents.classification()
    assert shrink(document, shrinkage_of([], "caps", "fill")) == document


def test_one_action_of_one_study_by_hand() -> None:
    prior, noise = PLANT**2 + LINE**2 + STUDY**2, ACTION**2 + 0.1**2
    found = shrinkage_of(caps(0.5), "caps", "fill")
    assert found.factor == pytest.approx(1 - 0.5 * prior / (prior + noise))
    weight = prior / (prior + noise)
    assert found.high - found.low == pytest.approx(2 * 1.6448536 * weight * np.sqrt(noise))


def test_many_precise_actions_decide_and_a_noisy_one_does_not() -> None:
    assert shrinkage_of(caps(*[0.5] * 30), "caps", "fill").factor == pytest.approx(0.5, abs=0.05)
    noisy = shrinkage_of(caps(-1.0, spread=3.0), "caps", "fill")
    assert noisy.factor > 0.97
    assert noisy.high - noisy.low < 0.1


def test_near_actions_say_more_than_far_ones() -> None:
    past = caps(0.5)
    own = shrinkage_of(past, "caps", "fill").factor
    line = shrinkage_of(past, "corks", "fill").factor
    plant = shrinkage_of(past, "power", "press").factor
    assert own < line < plant < 1.0


def test_a_promise_is_never_raised_and_never_shrunk_to_nothing() -> None:
    better = shrinkage_of(caps(1.6, 1.7, 1.5), "caps", "fill")
    assert (better.factor, better.high > 1.0) == (1.0, True)
    assert shrinkage_of(caps(*[-50.0] * 50), "caps", "fill").factor == 0.1


def test_a_shrunk_document_keeps_its_promises_and_what_was_said_before() -> None:
    document = documents.classification()
    before = copy.deepcopy(document)
    found = shrink(document, Shrinkage(0.7, 3, 0.6, 0.8))
    assert document == before
    assert in_order(found)
    old = {entry["factor"]: entry for entry in document["ranking"]}
    for entry in found["ranking"]:
        was = old[entry["factor"]]["gain"]
        assert entry["promised_before_shrinkage"] == {key: was[key] for key in ("estimate", "low", "high")}
        assert entry["gain"]["estimate"] == pytest.approx(0.7 * was["estimate"])
        assert entry["gain"]["high"] - entry["gain"]["low"] >= 0.7 * (was["high"] - was["low"])
        assert entry["money"]["estimate"] == pytest.approx(0.7 * old[entry["factor"]]["money"]["estimate"])
    assert found["shrinkage"]["factor"] == 0.7
    assert "multiplied by 0.70: 3 measured actions" in found["shrinkage"]["en"]
    assert "0.70" in found["shrinkage"]["ja"]


def test_the_cost_of_a_change_is_not_shrunk_and_the_order_is_kept() -> None:
    document = documents.classification()
    for entry in document["ranking"]:
        entry["net"] = {"estimate": entry["money"]["estimate"] - 100, "low": entry["money"]["low"] - 100,
                        "horizon_units": 8000}  # fmt: skip
    found = shrink(document, Shrinkage(0.5, 1, 0.5, 0.5))
    for entry in found["ranking"]:
        assert entry["net"]["estimate"] == pytest.approx(entry["money"]["estimate"] - 100)
    assert [entry["rank"] for entry in found["ranking"]] == list(range(1, len(found["ranking"]) + 1))
    assert in_order(found)


def test_where_costs_bring_another_advice_first_the_reason_names_it() -> None:
    document = documents.classification()
    first, second = document["ranking"][:2]
    document["ranking"] = [first, second]
    for entry, net in ((first, 1000.0), (second, 600.0)):
        per_loss = entry["money"]["estimate"] / entry["gain"]["estimate"]
        entry["money"]["low"] = entry["gain"]["low"] * per_loss
        entry["net"] = {"estimate": net, "low": net, "horizon_units": 8000}
    found = shrink(document, Shrinkage(0.2, 5, 0.2, 0.2))
    assert [entry["factor"] for entry in found["ranking"]] == [second["factor"], first["factor"]]
    assert second["factor"] in found["reason"]["en"]
