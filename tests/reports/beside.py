"""What stands beside a ranking in its document: a process, an example, an energy account."""

import math
from typing import Any

__all__ = ["energy_account", "example", "process"]


def process() -> dict[str, Any]:
    """Forty lots, three of which stand out."""
    points = [
        {"at": f"2026-01-{1 + i // 2:02d}T{8 + 8 * (i % 2):02d}:00:00Z", "until": f"2026-01-{1 + i // 2:02d}T20:00:00Z",
         "first": 1 + 200 * i, "n": 200, "value": 0.16 if 20 <= i <= 22 else 0.035 + 0.01 * math.sin(i),
         "lower": 0.0, "upper": 0.083, "rules": ["1"] if 20 <= i <= 22 or i == 5 else []}
        for i in range(40)
    ]  # fmt: skip
    moment = {"at": points[20]["at"], "until": points[22]["until"], "first": 20, "last": 22, "direction": "worse"}
    said = {"code": "x", "en": "How it was made.", "ja": "作り方です。"}
    return {
        "state": "special_cause", "chart": "p", "rules": "jis", "subgroup": "lot", "centre": 0.041,
        "autocorrelation": 0.0, "overdispersion": 1.0, "explained_by_context": None, "points": points, "signals": [],
        "moments": [moment], "said": said, "advice": said, "notes": [said],
    }  # fmt: skip


def example() -> dict[str, Any]:
    """One bad unit, made so by two factors."""
    factors = [
        {
            "factor": "cooling_temp",
            "column": "cooling_temp",
            "role": "controllable",
            "unit": "degC",
            "value": 9.1,
            "usual": {"low": 4.2, "high": 6.8, "level": None},
            "contribution": 0.35,
            "low": 0.3,
            "high": 0.4,
        },
        {
            "factor": "die",
            "column": "die",
            "role": "controllable",
            "unit": "",
            "value": "C",
            "usual": {"low": None, "high": None, "level": "A"},
            "contribution": -0.05,
            "low": -0.1,
            "high": 0.0,
        },
    ]
    return {
        "unit": "A-99", "position": 98, "at": "2026-01-06T03:00:00Z", "task": "classification", "target": "verdict",
        "target_unit": "", "verdict": "bad", "value": None, "predicted": 0.4, "expected": 0.36, "goal": 0.1,
        "foreseen": True, "base": 0.03, "rest": 0.03, "leading": ["cooling_temp"], "factors": factors,
        "change": {"settings": [{"factor": "cooling_temp", "from": 9.1, "to": 6.5, "unit": "degC", "steps": 5.0}],
                   "moved": [], "before": 0.36, "after": 0.05, "low": 0.02, "high": 0.08, "models_agree": 3,
                   "models": 4, "confirmed": False},
        "best": None, "said": [],
    }  # fmt: skip


def around(value: float, half: float) -> dict[str, float]:
    return {"estimate": value, "low": value - half, "high": value + half}


def energy_account() -> dict[str, Any]:
    """Dearer per unit for want of volume, saved all the same, doubtful."""
    days = [f"2026-02-{day:02d}" for day in range(2, 16)]
    return {
        "schema": 1, "unit": "kWh per good unit", "interval_minutes": 15.0, "time_zone": "UTC", "level": 0.9,
        "currency": "USD", "total_kwh": 86810.0, "total_money": 16650.0, "columns": {},
        "intensity": {
            "unit": "kWh per good unit", "change": 0.3,
            "before": {"first": "2026-01-05", "last": "2026-02-01", "days": 28, "kwh": 60000.0, "hours": 672.0,
                       "good": 38000.0, "intensity": 1.573},
            "now": {"first": "2026-02-02", "last": "2026-02-15", "days": 14, "kwh": 26700.0, "hours": 336.0,
                    "good": 14000.0, "intensity": 1.873},
            "parts": [
                {"factor": "volume", "change": around(0.236, 0.004), "kwh": around(3364.0, 50.0), "money": 600.0},
                {"factor": "weather", "change": around(0.104, 0.02), "kwh": around(1200.0, 50.0), "money": 200.0},
                {"factor": "rest", "change": around(-0.04, 0.05), "kwh": around(-500.0, 600.0), "money": -90.0},
            ],
        },
        "baseline": {"valid": False, "terms": [], "r2": 0.99, "cv_rmse": 0.054, "nmbe": -0.007, "n": 672, "days": 28,
                     "grain_hours": 1.0, "frozen": {},
                     "checks": [
                         {"check": "r2", "passed": True, "value": 0.99, "limit": 0.75, "en": "R²", "ja": "R²"},
                         {"check": "coverage", "passed": False, "value": 0.89, "limit": 0.9,
                          "en": "only 89.0% of later hours lie in the baseline's range",
                          "ja": "ベースラインの範囲内にあるのは比較期間の89.0%のみ"}]},
        "savings": {"total": around(1676.0, 366.0), "share": 0.059, "money": 321.0, "n": 336, "n_effective": 120.0,
                    "cusum": [{"day": day, "saved_kwh": 120.0 * i, "low": 100.0 * i, "high": 140.0 * i}
                              for i, day in enumerate(days, start=1)],
                    "changes": [{"day": "2026-02-02", "before_kwh_per_day": 1.0, "after_kwh_per_day": 120.0}]},
        **_losses(),
    }  # fmt: skip


def _losses() -> dict[str, Any]:
    """The rest of the account: what made no product, peaks, prices, scrap, what to expect."""
    return {
        "idle": {"hours": 528.0, "kwh": 21386.0, "share": 0.246, "money": 3447.0, "off_hours": 0.0, "threshold": 0.8,
                 "base_load_idle_kw": around(40.0, 1.0), "base_load_model_kw": around(38.0, 1.0)},
        "startup": {"starts": 30, "extra_kwh": around(18.4, 1.6), "minutes": 60.0, "total_kwh": 551.0, "money": 73.0},
        "peaks": {"minutes": 30.0, "mean_kw": 86.0,
                  "highest": [{"start": "2026-01-05T06:00:00+00:00", "kw": 248.0, "ran": {}}],
                  "capped": [{"k": 5, "peak_kw": 216.0, "lower_kw": 31.0, "kwh_to_move": 40.0}]},
        "tariff": {"periods": [], "mean_price": 0.19, "dearest": "10:00-17:00", "cheapest": "22:00-08:00",
                   "shiftable_kwh": 32459.0, "shiftable_money": 2989.0},
        "scrap": {"units": 1525.0, "share": 0.022, "kwh": 1913.0, "kwh_per_unit": 1.25, "money": 387.0},
        "forecast": {"method": "profile", "naive": "week_ago", "beats_naive": True, "origins": 4,
                     "scores": [{"method": "week_ago", "mae": 10.0, "mase": 1.0, "week_mae": 996.0, "peak_mae": 20.0},
                                {"method": "profile", "mae": 8.0, "mase": 0.8, "week_mae": 1133.0, "peak_mae": 26.0}],
                     "days": [{"day": "2026-02-16", "kwh": 2520.0, "low": 2160.0, "high": 2880.0, "peak_kw": 162.0}],
                     "week_kwh": 14447.0, "week_low": 12800.0, "week_high": 16094.0, "level": 0.8, "peak_kw": 170.0,
                     "peak_low": 150.0, "peak_high": 190.0, "peak_method": "profile", "money": 2700.0},
        "findings": [], "notes": [{"code": "x", "en": "An assumption.", "ja": "前提です。"}],
    }  # fmt: skip
