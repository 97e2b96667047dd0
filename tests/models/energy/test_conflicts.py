"""Two rankings of one line: where they are at odds, where they agree, what is best in money, all known before."""

import numpy as np
import pytest

from models.energy.conflicts import conflicts

X = np.arange(20.0, 61.0, 4.0)
SHARE = np.full(len(X), 1 / len(X))


def entry(factor, loss, window, *, error=1e-4, unit="kW", price=None, proven=True):
    held = np.interp(np.clip(X, *window), X, loss)
    gain = float((SHARE * (loss - held)).sum())
    money = None
    if price is not None:
        money = {"estimate": gain * price * 1000, "low": gain * price * 1000, "currency": "JPY", "per": "1000 units"}
    curve = [
        {"x": float(x), "loss": float(y), "low": float(y - error), "high": float(y + error), "share": float(s)}
        for x, y, s in zip(X, loss, SHARE, strict=True)
    ]
    return {
        "factor": factor,
        "window": list(window),
        "gain": {"estimate": gain, "low": gain * 0.8, "high": gain * 1.2, "level": 0.9, "unit": unit},
        "money": money,
        "proven": proven,
        "curve": curve,
        "level_curve": [],
    }


def document(task, ranking, baseline, n=1000, days=10):
    return {
        "task": task,
        "goal": "lower",
        "baseline_loss": baseline,
        "ranking": ranking,
        "data": {"first": "2026-01-01T00:00:00Z", "last": f"2026-01-{1 + days:02d}T00:00:00Z", "n_used": n},
    }


POWER = 100 + 1.0 * (X - 20)
DEFECTS = 0.02 + 0.0004 * (X - 50) ** 2 / 10


def two(power_loss=POWER, quality_loss=DEFECTS, power_window=(20, 28), quality_window=(46, 54), **more):
    error = more.get("error", 1e-4)
    power = document(
        "regression", [entry("speed", power_loss, power_window, error=error, price=more.get("kwh_price"))], 120.0
    )
    quality = document(
        "classification",
        [entry("speed", quality_loss, quality_window, error=error, unit="per unit", price=more.get("part_price"))],
        0.03,
        n=5000,
    )
    return conflicts(power, quality)


def test_a_setting_that_saves_power_and_makes_defects_is_a_conflict_with_its_size_on_both_sides():
    (found,) = two()
    assert (found["factor"], found["kind"]) == ("speed", "conflict")
    power, quality = found["offers"]
    held = np.interp(np.clip(X, 20, 28), X, DEFECTS)
    assert power["quality"]["change"]["estimate"] == pytest.approx((DEFECTS - held).mean())
    assert power["quality"]["change"]["high"] < 0 < power["power"]["change"]["low"]
    assert quality["power"]["change"]["estimate"] == pytest.approx(
        (POWER - np.interp(np.clip(X, 46, 54), X, POWER)).mean()
    )
    assert found["best"] is None
    assert "makes the other worse. Held at 20 - 28, as advised for power: power -" in found["said"]["en"]
    assert "悪化" in found["said"]["ja"]


def test_the_best_window_in_money_is_that_of_a_search_by_hand():
    (found,) = two(kwh_price=2.0, part_price=500.0)

    # 100 intervals and 500 parts a day.
    def worth(low, high):
        moved = np.clip(X, low, high)
        power = (POWER - np.interp(moved, X, POWER)).mean() * 2.0 * 100
        return power + (DEFECTS - np.interp(moved, X, DEFECTS)).mean() * 500.0 * 500

    every = {(a, b): worth(a, b) for a in X for b in X if a < b}
    assert found["best"]["money_per_day"] == pytest.approx(max(every.values()))
    assert every[tuple(found["best"]["window"])] == pytest.approx(max(every.values()))
    assert found["currency"] == "JPY"
    assert "a day" in found["said"]["en"]
    money = found["offers"][0]
    assert money["money_per_day"] == pytest.approx(money["power"]["money_per_day"] + money["quality"]["money_per_day"])


def test_a_setting_that_helps_both_is_said_to():
    (found,) = two(quality_loss=0.02 + 0.001 * (X - 20), quality_window=(20, 32))
    assert found["kind"] == "helps_both"
    assert "helps the other" in found["said"]["en"]


def test_what_could_be_chance_is_only_possible():
    power = document("regression", [entry("speed", POWER, (20, 28))], 120.0)
    quality = document("classification", [entry("speed", DEFECTS, (46, 54), error=0.05, proven=False)], 0.03)
    (found,) = conflicts(power, quality)
    assert found["kind"] == "possible_conflict"


def test_a_setting_without_effect_on_the_other_side_is_no_conflict():
    (found,) = two(quality_loss=np.full(len(X), 0.03), quality_window=(20, 60))
    assert found["kind"] == "no_conflict"


def test_a_target_that_should_be_high_is_turned_round():
    power = document("regression", [entry("speed", -POWER, (20, 28))], 120.0) | {"goal": "higher"}
    for point in power["ranking"][0]["curve"]:
        point["loss"], point["low"], point["high"] = -point["loss"], -point["high"], -point["low"]
    # As measured the target now rises with the setting, and more is better: the low window loses.
    (found,) = conflicts(power, document("classification", [entry("speed", DEFECTS, (46, 54))], 0.03))
    assert found["offers"][0]["power"]["change"]["estimate"] < 0 < found["offers"][1]["power"]["change"]["estimate"]


def test_a_setting_at_its_best_for_quality_is_no_free_gift_to_power():
    """Quality proposes nothing, but its curve knows what moving the setting costs."""
    considered = {
        key: value for key, value in entry("speed", DEFECTS, (46, 54)).items() if key not in ("window", "money")
    }
    quality = document("classification", [], 0.03) | {"considered": [considered]}
    (found,) = conflicts(document("regression", [entry("speed", POWER, (20, 28))], 120.0), quality)
    assert found["kind"] == "conflict"
    assert [offer["advised_for"] for offer in found["offers"]] == ["power"]
    assert conflicts(quality, quality) == []


def test_levels_are_compared_as_levels():
    def levels(loss, advised):
        points = [
            {"level": name, "loss": value, "low": value - 0.001, "high": value + 0.001, "share": 1 / 3}
            for name, value in zip("ABC", loss, strict=True)
        ]
        gain = {"estimate": 1.0, "low": 0.5, "high": 1.5, "level": 0.9, "unit": "kW"}
        return {
            "factor": "die",
            "window": [advised],
            "gain": gain,
            "money": None,
            "proven": True,
            "curve": [],
            "level_curve": points,
        }

    power = document("regression", [levels((10.0, 12.0, 14.0), "A")], 12.0)
    quality = document("classification", [levels((0.09, 0.05, 0.01), "C")], 0.05)
    (found,) = conflicts(power, quality)
    assert found["kind"] == "conflict"
    assert found["offers"][0]["quality"]["change"]["estimate"] == pytest.approx(0.05 - 0.09)


@pytest.mark.parametrize("empty", [{}, {"ranking": []}, {"ranking": [], "data": {"first": None, "last": None}}])
def test_documents_without_a_ranking_have_no_conflicts(empty):
    assert conflicts(empty, document("classification", [entry("speed", DEFECTS, (46, 54))], 0.03)) == []
