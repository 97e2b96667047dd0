"""What `models.lifecycle.standing` says of a model, in every state."""

from typing import Any

AT = "2026-02-20T05:00:00+00:00"
PERFORMANCE = {
    "code": "as_promised", "alarm": False, "metric": "roc_auc", "value": 0.784, "low": 0.71, "high": 0.83,
    "naive": 0.5, "promised": 0.81, "promised_low": 0.76, "promised_high": 0.85, "units": 640, "groups": 12,
}  # fmt: skip
MOVED = {"column": "cooling_temp", "psi": 2.4, "share": 0.62, "before": 7.4, "now": 9.1}


def champion(code: str = "clearly_better", **changes: Any) -> dict[str, Any]:
    why = {"event": "promoted", "code": code, "at": AT, "details": {"units": 1234, "metric": "roc_auc"}}
    return {
        "state": "champion", "model_id": 3, "trained_at": "2026-02-16T20:00:00+00:00", "rows": 7990, "why": why,
        "looked_at": AT, "performance": PERFORMANCE, "drift": [],
    } | changes  # fmt: skip


def disappointing() -> dict[str, Any]:
    """Two alarms at once."""
    moved = [MOVED, {"column": "die", "share": 0.3, "level": "B", "before": 0.2, "now": 0.7, "unseen": 0.0},
             {"column": "ambient", "share": 0.05, "before": 9.0, "now": 9.0, "missing_before": 0.0, "missing_now": 0.4},
             {"column": "product", "share": 0.02, "level": "X", "before": 0.5, "now": 0.4, "unseen": 0.25},
             {"column": "gas_pressure", "share": 0.01, "before": 2.0, "now": 2.0},
             {"column": "fill_speed", "share": 0.0, "before": 100.0, "now": 104.0}]  # fmt: skip
    return champion(performance=PERFORMANCE | {"code": "below_promise", "alarm": True, "value": 0.61}, drift=moved)


def withdrawn(code: str = "worse_than_naive") -> dict[str, Any]:
    why = {"event": "withdrawn", "code": code, "at": AT, "details": {"units": 640, "error": "no JSON"}}
    return champion(state="withdrawn", why=why, performance=PERFORMANCE | {"code": code, "alarm": True, "value": 0.41})


def none() -> dict[str, Any]:
    why = {"event": "kept", "code": "no_better_than_naive", "at": AT, "details": {}}
    return {"state": "none", "model_id": None, "trained_at": None, "rows": None, "why": why, "looked_at": None,
            "performance": None, "drift": []}  # fmt: skip


def young() -> dict[str, Any]:
    return none() | {"why": None}
