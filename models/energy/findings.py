"""What the parts of an energy account say, each in one sentence."""

from collections.abc import Iterator, Mapping

from models.energy.document import EnergyDocument, Estimate, Part
from models.energy.prices import OUTSIDE
from models.energy.words import say
from models.rank.document import Said
from models.study.data import Notice

__all__ = ["findings"]

PARTS = {
    "volume": ("volume", "生産量"),
    "mix": ("product mix", "品種構成"),
    "weather": ("weather", "気象"),
    "scrap": ("scrap", "不良"),
    "rest": ("the rest (performance)", "その他(効率)"),
}
CHECKS = {
    "sign": ("signs", "符号"),
    "driver": ("no production", "生産量なし"),
    "p_value": ("a driver is not significant", "有意でない変数"),
    "r2": ("R²", "R²"),
    "cv_rmse": ("CV(RMSE)", "CV(RMSE)"),
    "nmbe": ("bias on days held back", "除外日の偏り"),
    "days": ("few days", "日数不足"),
    "coverage": ("outside its range", "範囲外"),
}
METHODS = {
    "week_ago": ("same time a week ago", "1週間前の同時刻"),
    "day_ago": ("same time the day before", "前日の同時刻"),
    "profile": ("mean of the last four weeks", "直近4週の平均"),
    "boosting": ("gradient boosting", "勾配ブースティング"),
}
UNITS = {"kWh per good unit": "kWh/良品", "kWh per hour": "kWh/時間"}


def findings(account: EnergyDocument) -> list[Said]:
    """In the order of the account; only what there is."""
    return [say(notice) for notice in _notices(account)]


def _notices(account: EnergyDocument) -> Iterator[Notice]:
    yield from _intensity(account)
    yield from _baseline(account)
    yield from _savings(account)
    yield from _losses(account)
    yield from _peak(account)
    yield from _tariff(account)
    yield from _forecast(account)


def _money(account: EnergyDocument, money: float | None) -> dict[str, str]:
    if money is None:
        return {"money": "", "money_ja": ""}
    return {
        "money": f" ({money:,.0f} {account['currency']})",
        "money_ja": f"({money:,.0f} {account['currency']})",
    }


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _intensity(account: EnergyDocument) -> Iterator[Notice]:
    found = account["intensity"]
    if found is None:
        return
    before = found["before"]["intensity"]
    blanks = {
        "before": before,
        "now": found["now"]["intensity"],
        "unit": found["unit"],
        "unit_ja": UNITS[found["unit"]],
        "change": f"{round(found['change'] / before, 3) + 0.0:+.1%}" if before > 0 else f"{found['change']:+.3g}",
        "parts": ", ".join(_part(part, 0) for part in found["parts"]),
        "parts_ja": "、".join(_part(part, 1) for part in found["parts"]),
    }
    yield Notice("intensity", blanks)


def _part(part: Part, language: int) -> str:
    change = part["change"]
    between = ("to", "〜")[language]
    return f"{PARTS[part['factor']][language]} {change['estimate']:+.3g} ({_range(change, between)})"


def _range(value: Estimate, between: str) -> str:
    return f"{value['low']:+.3g} {between} {value['high']:+.3g}"


def _baseline(account: EnergyDocument) -> Iterator[Notice]:
    found = account["baseline"]
    if found is None:
        return
    if found["valid"]:
        yield Notice("baseline_valid", {"r2": found["r2"], "cv": _share(found["cv_rmse"]), "days": found["days"]})
        return
    failed = [CHECKS[check["check"]] for check in found["checks"] if not check["passed"]]
    words = {"checks": ", ".join(pair[0] for pair in failed), "checks_ja": "、".join(pair[1] for pair in failed)}
    yield Notice("baseline_doubtful", words)


def _savings(account: EnergyDocument) -> Iterator[Notice]:
    found = account["savings"]
    if found is None:
        return
    total = found["total"]
    blanks = {"first": found["cusum"][0]["day"], "share": _share(abs(found["share"]) if found["share"] else None)}
    if total["low"] > 0:
        yield Notice("saved", blanks | {"kwh": total["estimate"], "low": total["low"], "high": total["high"]})
    elif total["high"] < 0:
        yield Notice("overspent", blanks | {"kwh": -total["estimate"], "low": -total["high"], "high": -total["low"]})
    else:
        yield Notice("neither", blanks | {"low": total["low"], "high": total["high"]})
    for change in found["changes"]:
        before, after = change["before_kwh_per_day"], change["after_kwh_per_day"]
        yield Notice("slope", {"day": change["day"], "before": before, "after": after})


def _losses(account: EnergyDocument) -> Iterator[Notice]:
    stands, starts, bad = account["idle"], account["startup"], account["scrap"]
    if stands is not None:
        base = stands["base_load_idle_kw"]
        blanks = {"hours": stands["hours"], "kwh": stands["kwh"], "share": _share(stands["share"])}
        load = None if base is None else base["estimate"]
        yield Notice("idle", blanks | {"kw": load} | _money(account, stands["money"]))
    if starts is not None:
        extra = starts["extra_kwh"]
        yield Notice(
            "startup",
            {"starts": starts["starts"], "kwh": extra["estimate"], "low": extra["low"], "high": extra["high"]}
            | {"minutes": starts["minutes"], "total": starts["total_kwh"]},
        )
    if bad is not None:
        blanks = {"kwh": bad["kwh"], "share": _share(bad["share"]), "units": bad["units"]}
        yield Notice("scrap", blanks | _money(account, bad["money"]))


def _peak(account: EnergyDocument) -> Iterator[Notice]:
    found = account["peaks"]
    if found is None or not found["capped"]:
        return
    highest = found["highest"][0]
    cap = found["capped"][min(1, len(found["capped"]) - 1)]
    ran = ", ".join(f"{name} {_value(value)}" for name, value in highest["ran"].items())
    blanks = {"kw": highest["kw"], "when": highest["start"][:16].replace("T", " "), "k": cap["k"]}
    blanks |= {"ran": f" ({ran})" if ran else "", "ran_ja": f"({ran})" if ran else ""}
    yield Notice("peak", blanks | {"lower": cap["lower_kw"], "move": cap["kwh_to_move"]})


def _value(value: float | str | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _tariff(account: EnergyDocument) -> Iterator[Notice]:
    found = account["tariff"]
    if found is None or found["dearest"] is None:
        return
    share = next(entry["share"] for entry in found["periods"] if entry["period"] == found["dearest"])
    blanks = {"share": _share(share), "dear": found["dearest"], "cheap": found["cheapest"]}
    blanks |= {f"{key}_ja": "その他の時間帯" if blanks[key] == OUTSIDE else blanks[key] for key in ("dear", "cheap")}
    worth = {"kwh": found["shiftable_kwh"], "money": found["shiftable_money"], "currency": account["currency"]}
    yield Notice("tariff", blanks | worth)


def _forecast(account: EnergyDocument) -> Iterator[Notice]:
    found = account["forecast"]
    if found is None:
        return
    low, high = found["week_low"], found["week_high"]
    known = low is not None and high is not None
    blanks: Mapping[str, object] = {
        "first": found["days"][0]["day"],
        "last": found["days"][-1]["day"],
        "kwh": found["week_kwh"],
        "range": f" ({low:,.0f} to {high:,.0f}, {found['level']:.0%})" if known else "",
        "range_ja": f"({low:,.0f}〜{high:,.0f}、{found['level']:.0%})" if known else "",
        "peak": found["peak_kw"],
        "method": METHODS[found["method"]][0],
        "method_ja": METHODS[found["method"]][1],
        "naive": METHODS[found["naive"]][0],
        "naive_ja": METHODS[found["naive"]][1],
        "origins": found["origins"],
    }
    if not found["beats_naive"]:
        yield Notice("forecast_naive", dict(blanks))
        return
    errors = {score["method"]: score["mae"] for score in found["scores"]}
    yield Notice("forecast", {**blanks, "mae": errors[found["method"]], "naive_mae": errors[found["naive"]]})
