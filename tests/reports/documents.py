"""Ranking documents as `genba rank` writes them: every shape a report must be able to say."""

import copy
import math
from datetime import date, timedelta
from typing import Any

from tests.reports.beside import energy_account, example, process
from tests.reports.names import LONG_NAMES as LONG_NAMES
from tests.reports.names import NAMES as NAMES


def curve(low: float, high: float, best: float, floor: float, depth: float, count: int = 21) -> list[dict[str, float]]:
    """A valley with its lowest loss at ``best``."""
    points = []
    centre = low + (high - low) * 0.6
    shares = [math.exp(-(((low + (high - low) * i / (count - 1)) - centre) ** 2) / (high - low)) for i in range(count)]
    for i in range(count):
        x = low + (high - low) * i / (count - 1)
        loss = floor + depth * ((x - best) / (high - low)) ** 2
        spread = 0.06 * loss + 0.08 * depth * abs(x - centre) / (high - low)
        share = shares[i] / sum(shares)
        points.append({"x": x, "loss": loss, "low": loss - spread, "high": loss + spread, "share": share})
    return points


def timeline(mean: float, days: int = 56) -> list[dict[str, Any]]:
    points = []
    for i in range(days):
        loss = mean * (1 + 0.25 * math.sin(i / 6) + 0.08 * math.cos(i * 2.3))
        at = (date(2026, 1, 5) + timedelta(days=i)).isoformat()
        if (date(2026, 1, 5) + timedelta(days=i)).weekday() < 6:
            points.append({"at": at, "loss": loss, "low": loss * 0.75, "high": loss * 1.3, "n": 143 + i % 3})
    return points


def entry(rank: int, factor: str, **changes: Any) -> dict[str, Any]:
    gain = changes.pop("gain", [0.012, 0.008, 0.016])
    window = changes.pop("window", [4.0, 6.5])
    money = changes.pop("money", 120.0)
    base: dict[str, Any] = {
        "rank": rank,
        "factor": factor,
        "group": [factor],
        "direction": "lower",
        "window": window,
        "windows": {factor: window},
        "gain": {
            "estimate": gain[0], "low": gain[1], "high": gain[2], "level": 0.9, "unit": "bad units per unit"
        },
        "money": None if money is None else {
            "estimate": gain[0] * money * 1000, "low": gain[1] * money * 1000, "currency": "JPY", "per": "1000 units"
        },
        "rank_interval": [1, 2],
        "p_first": 0.93,
        "evidence": "adjusted",
        "share_of_explanation": 0.31,
        "support": 0.35,
        "unit": "degC",
        "role": "controllable",
        "stage": 1,
        "now": 7.4,
        "proven": gain[1] > 0,
        "net": None,
        "curve": curve(2.0, 12.0, 5.0, 0.027, 0.09),
        "level_curve": [],
    }  # fmt: skip
    return base | changes


CLASSIFICATION: dict[str, Any] = {
    "schema": 1,
    "study": "leaking_caps",
    "task": "classification",
    "goal": "lower",
    "target": "verdict",
    "target_unit": "",
    "bad": "NG",
    "seed": 0,
    "n_units": 8000,
    "baseline_loss": 0.041,
    "verdict": "factors_found",
    "data": {
        "n_rows": 8000, "n_used": 7990, "first": "2026-01-04T22:10:00Z", "last": "2026-03-01T13:40:00Z",
        "n_groups": 56, "group": "lot",
    },
    "quality": {
        "metric": "roc_auc", "forward": 0.81, "forward_low": 0.78, "forward_high": 0.84, "random": 0.86,
        "optimism": 0.05, "baseline": 0.5, "n_test": 1600,
    },
    "leaks": [
        {
            "column": "rework_minutes", "kind": "after_the_fact", "evidence": "never 0 where verdict = NG",
            "action": "excluded",
        }
    ],
    "excluded": [
        {
            "column": "inspector_note", "why": "role_outcome", "en": "Known only after the verdict.",
            "ja": "判定の後に分かる値です。",
        },
        {"column": "line_id", "why": "constant", "en": "Always the same value.", "ja": "常に同じ値です。"},
    ],
    "ranking": [
        entry(1, "cooling_temp", net={"estimate": 1065.0, "low": 585.0, "horizon_units": 8000}),
        entry(
            2, "die", direction="level", window=["A", "B"], gain=[0.006, 0.0031, 0.0089], unit="", now="C",
            rank_interval=[2, 3], p_first=0.07, support=0.55, curve=[],
            level_curve=[
                {"level": "A", "loss": 0.033, "low": 0.028, "high": 0.038, "share": 0.3},
                {"level": "B", "loss": 0.036, "low": 0.031, "high": 0.041, "share": 0.25},
                {"level": "C", "loss": 0.049, "low": 0.044, "high": 0.055, "share": 0.45},
            ],
        ),
        entry(
            3, "gas_pressure", direction="inside", window=[2.1, 2.4], gain=[0.0041, 0.0012, 0.0068], unit="bar",
            now=2.32, rank_interval=[2, 4], p_first=0.0, support=0.41, evidence="correlated_only",
            curve=curve(1.6, 3.0, 2.25, 0.037, 0.06),
        ),
        entry(
            4, "fill_speed", direction="lower", window=[80.0, 120.0], gain=[0.0008, -0.0011, 0.0026],
            unit="1/min", now=131.0, rank_interval=[3, 4], p_first=0.0, support=0.28, curve=[],
        ),
    ],
    "context": [
        {"factor": "product_temp", "share_of_explanation": 0.24, "role": "state"},
        {"factor": "ambient", "share_of_explanation": 0.22, "role": "context"},
        {"factor": "product", "share_of_explanation": 0.09, "role": "context"},
    ],
    "timeline": timeline(0.041),
    "warnings": [
        {
            "code": "no_stages",
            "en": "Two columns have no stage; they were taken as consequences.",
            "ja": "二つの列に工程順がないため、結果として扱いました。",
        }
    ],
    "reason": None,
    "units_needed": None,
    "trial": None,
}  # fmt: skip


def classification() -> dict[str, Any]:
    """The filling line: four factors, one of them a level, one not proven, money, a leak, a warning."""
    return copy.deepcopy(CLASSIFICATION)


def regression() -> dict[str, Any]:
    """The press shop: power, no money declared, two-factor advice, inseparable factors."""
    document = classification() | {
        "study": "press3_power", "task": "regression", "target": "power_kw", "target_unit": "kW", "bad": None,
        "n_units": 10000, "baseline_loss": 41.23, "leaks": [], "warnings": [], "excluded": [],
        "data": {
            "n_rows": 10000, "n_used": 10000, "first": "2026-01-04T22:10:00Z", "last": "2026-03-01T13:40:00Z",
            "n_groups": 56, "group": "day",
        },
        "quality": {
            "metric": "r2", "forward": 0.74, "forward_low": 0.69, "forward_high": 0.79, "random": 0.75,
            "optimism": 0.01, "baseline": 0.0, "n_test": 2000,
        },
        "timeline": timeline(41.23),
    }  # fmt: skip
    document["ranking"] = [
        entry(
            1, "press_pressure", gain=[2.31, 1.72, 2.95], window=[110.0, 125.0], unit="bar", now=141.0, money=None,
            windows={"press_pressure": [110.0, 125.0], "press_speed": [28.0, 34.0]},
            group=["press_pressure", "press_speed"], p_first=0.81, curve=curve(95, 170, 108, 38.2, 9.0),
        ),
        entry(
            2, "conveyor_speed", gain=[1.1, 0.6, 1.6], window=[0.35, 0.5], unit="m/s", now=0.62, money=None,
            evidence="inseparable", group=["conveyor_speed", "press_speed"], p_first=0.19,
            curve=curve(0.3, 0.8, 0.35, 39.6, 6.0),
        ),
        entry(
            3, "press_speed", gain=[0.2, -0.3, 0.7], window=[28.0, 34.0], unit="1/min", now=36.0, money=None,
            rank_interval=[2, 3], p_first=0.0, curve=curve(20, 44, 30, 40.9, 2.0),
        ),
    ]  # fmt: skip
    return document


def energy() -> dict[str, Any]:
    """kWh per interval with a tariff in US dollars."""
    document = regression() | {"target_unit": "kWh", "baseline_loss": 3.44, "timeline": timeline(3.44)}
    document["ranking"] = [
        entry(
            1, "press_pressure", gain=[0.192, 0.143, 0.246], window=[110.0, 125.0], unit="bar", now=141.0, money=None,
            curve=curve(95, 170, 108, 3.18, 0.75),
        )
        | {"money": {"estimate": 34.56, "low": 25.74, "currency": "USD", "per": "1000 units"}},
    ]  # fmt: skip
    document["quality"] |= {"metric": "mae", "forward": 0.21, "forward_low": 0.19, "forward_high": 0.23,
                            "random": 0.18, "optimism": 0.03, "baseline": 0.62}  # fmt: skip
    return document


def higher() -> dict[str, Any]:
    """A regression whose target should rise: yield."""
    document = regression() | {
        "study": "yield", "target": "yield_pct", "target_unit": "%", "goal": "higher", "baseline_loss": 91.3,
        "timeline": [], "context": [],
    }  # fmt: skip
    document["ranking"] = [
        entry(1, "press_speed", gain=[1.84, 0.92, 2.7], window=[28.0, 34.0], unit="1/min", now=36.0, money=None,
              curve=curve(20, 44, 30, 93.4, -6.0)),
    ]  # fmt: skip
    return document


def no_actionable_factor() -> dict[str, Any]:
    document = classification()
    return document | {
        "verdict": "no_actionable_factor",
        "ranking": [],
        "reason": {
            "code": "all_intervals_reach_zero",
            "en": "All four controllable factors were tested; the interval of each gain reaches zero.",
            "ja": "変更できる四つの要因をすべて調べましたが、いずれも効果の区間が0にかかります。",
        },
        "quality": document["quality"] | {"forward": 0.58, "forward_low": 0.52, "forward_high": 0.63, "random": 0.6},
    }


def not_enough_data() -> dict[str, Any]:
    return {
        "schema": 1,
        "study": "leaking_caps",
        "task": "classification",
        "target": "verdict",
        "bad": "NG",
        "n_units": 212,
        "baseline_loss": 0.014,
        "verdict": "not_enough_data",
        "quality": None,
        "leaks": [],
        "ranking": [],
        "context": [],
        "reason": {
            "code": "too_few_bad",
            "en": "Only 3 defective units have been recorded; at least 30 are needed.",
            "ja": "記録された不良品は3個だけです。少なくとも30個が必要です。",
        },
        "units_needed": 2200,
        "trial": None,
        "data": {"n_rows": 212, "n_used": 212, "first": "2026-01-05T00:10:00Z", "last": "2026-01-06T03:00:00Z",
                 "n_groups": 2, "group": "lot"},
        "timeline": [{"at": "2026-01-05", "loss": 0.014, "low": 0.003, "high": 0.04, "n": 140}],
        "warnings": [],
    }  # fmt: skip


def single() -> dict[str, Any]:
    """One factor, nothing optional."""
    document = classification()
    first = document["ranking"][0] | {"money": None, "p_first": None, "rank_interval": None, "support": None}
    return document | {"ranking": [first], "context": [], "leaks": [], "excluded": [], "warnings": [], "timeline": []}


def twelve() -> dict[str, Any]:
    """Twelve factors with long Japanese names."""
    document = classification()
    document["ranking"] = [
        entry(
            i + 1, f"zone_{i + 1}_temperature_setpoint", window=[180.0 + i, 195.0 + i], now=201.5,
            gain=[0.012 / (i + 1), 0.012 / (i + 1) - 0.0021, 0.012 / (i + 1) + 0.0024],
            rank_interval=[max(1, i), min(12, i + 3)], p_first=max(0.0, 0.7 - i * 0.2), support=0.2,
            curve=curve(170, 220, 185, 0.035, 0.05) if i < 6 else [],
        )
        for i in range(12)
    ]  # fmt: skip
    return document


def nulls() -> dict[str, Any]:
    """Everything that may be null is."""
    document = classification()
    first = document["ranking"][0]
    first |= {"money": None, "net": None, "rank_interval": None, "p_first": None, "support": None, "now": None}
    first["share_of_explanation"] = None
    for point in first["curve"]:
        point |= {"low": None, "high": None, "share": None}
    for point in document["timeline"]:
        point |= {"low": None, "high": None, "n": None}
    document["data"] |= {"first": None, "last": None, "group": None, "n_groups": None}
    document["quality"] |= {
        "forward": None, "forward_low": None, "forward_high": None, "optimism": None, "n_test": None
    }  # fmt: skip
    document["context"] = [{"factor": "ambient", "share_of_explanation": None}]
    return document | {"ranking": [first], "seed": None}


HOSTILE = '<script>alert("1")</script> & \'"><img src=x onerror=alert(2)>'


def hostile() -> dict[str, Any]:
    """Names and texts that try to become markup."""
    document = classification()
    bad = entry(1, HOSTILE)
    level = entry(2, HOSTILE + "2", direction="level", window=[HOSTILE], now=HOSTILE, unit=HOSTILE, curve=[])
    level["level_curve"] = [
        {"level": HOSTILE, "loss": 0.03, "low": 0.02, "high": 0.04, "share": 0.4},
        {"level": "\u202etxt.exe\x00", "loss": 0.05, "low": 0.04, "high": 0.06, "share": 0.6},
    ]
    return document | {
        "ranking": [bad, level],
        "bad": HOSTILE,
        "target": HOSTILE,
        "context": [{"factor": HOSTILE, "share_of_explanation": 0.2}],
        "leaks": [{"column": HOSTILE, "kind": HOSTILE, "evidence": HOSTILE, "action": "kept"}],
        "excluded": [{"column": HOSTILE + "3", "why": HOSTILE}],
        "warnings": [{"code": "x", "en": HOSTILE, "ja": HOSTILE}],
    }


def unproven() -> dict[str, Any]:
    """Found by name, but the only interval reaches zero."""
    document = classification()
    return document | {"ranking": [document["ranking"][3] | {"rank": 1, "curve": curve(60, 160, 100, 0.04, 0.004)}]}


def whole() -> dict[str, Any]:
    """Everything beside a ranking: a pair, what was looked at, a trial, process, units, reduced promises."""
    document = classification()
    first, second = document["ranking"][0], document["ranking"][2]
    first |= {
        "windows": {"cooling_temp": [4.0, 6.5], "gas_pressure": [2.1, 2.4]},
        "group": ["cooling_temp", "gas_pressure"],
        "p_value": 0.0005,
        "noise_floor": 0.0021,
        "adjusted_for": ["ambient", "product"],
        "sensitivity": {"benchmark": "ambient", "shift": 0.002, "low": 0.006, "high": 0.018, "robust": True},
        "promised_before_shrinkage": {"estimate": 0.015, "low": 0.01, "high": 0.02},
    }
    second |= {
        "rank": 2,
        "evidence": "inseparable",
        "group": ["gas_pressure", "fill_speed"],
        "windows": {"gas_pressure": [2.5, 2.8], "fill_speed": [80.0, 120.0]},
        "sensitivity": {"benchmark": "ambient", "shift": 0.002, "low": -0.001, "high": 0.009, "robust": False},
    }
    gain = {"estimate": 0.0008, "low": -0.0011, "high": 0.0026, "level": 0.9, "unit": "bad units per unit"}
    return document | {
        "ranking": [first, second],
        "gate": {"p_value": 0.0005, "level": 0.03, "tried": 4},
        "shrinkage": {"factor": 0.8, "n_actions": 3, "low": 0.6, "high": 1.0, "en": "", "ja": ""},
        "considered": [
            {"factor": "fill_speed", "group": ["fill_speed"], "gain": gain, "p_value": 0.34, "why": "could_be_chance",
             "en": "x", "ja": "x"},
            {"factor": "die", "group": ["die"], "gain": gain, "p_value": 0.5, "why": "later_reason",
             "en": "For a reason of later versions.", "ja": "後の版の理由です。"},
        ],
        "trial": {
            "code": "trial_apart_lots", "factors": ["gas_pressure", "fill_speed"],
            "runs": [{"gas_pressure": 2.32, "fill_speed": 131.0}, {"gas_pressure": 2.32, "fill_speed": 100.0},
                     {"gas_pressure": 2.65, "fill_speed": 131.0}, {"gas_pressure": 2.65, "fill_speed": 100.0}],
            "units_per_run": 850, "lots_per_run": 17, "units": 3400, "days": 24.0, "en": "x", "ja": "x",
        },
        "process": process(),
        "unusual": {
            "level": 0.1, "n_units": 7990, "n_columns": 5, "found": 12, "found_good": 1, "said": [],
            "units": [{"unit": "A-17", "position": 16, "at": "2026-01-05T01:00:00Z", "verdict": "good", "p": 1e-6,
                       "columns": [{"column": "ambient", "factor": "ambient", "unit": "degC", "value": 41.25,
                                    "expected": 20.0, "low": 18.5, "high": 22.1, "p": 1e-7}],
                       "said": {"code": "unit", "en": "x", "ja": "x"}}],
        },
        "examples": [example(), example() | {"unit": 12, "foreseen": False, "at": None, "change": None}],
    }  # fmt: skip


def account() -> dict[str, Any]:
    """kWh per record with an energy account."""
    return energy() | {"energy": energy_account()}


def nothing_beside() -> dict[str, Any]:
    """The newer fields are there and empty, as where the budget was short."""
    too_short = process() | {"state": "too_short", "chart": None, "points": [], "moments": [], "notes": []}
    empty = {"level": 0.1, "n_units": 212, "n_columns": 0, "found": 0, "found_good": 0, "units": [], "said": []}
    blank = dict.fromkeys(
        ("intensity", "baseline", "savings", "idle", "startup", "peaks", "tariff", "scrap", "forecast")
    )
    account = {"schema": 1, "notes": [{"code": "x", "en": "Too few.", "ja": "不足しています。"}], **blank}
    return not_enough_data() | {
        "considered": [], "gate": None, "process": too_short, "unusual": empty, "examples": [], "energy": account,
        "shrinkage": None,
    }  # fmt: skip


ALL = {
    made.__name__: made
    for made in (
        classification, regression, energy, higher, no_actionable_factor, not_enough_data, single, twelve, nulls,
        hostile, unproven, whole, account, nothing_beside,
    )
}  # fmt: skip
