"""An explanation as JSON and in words: the same numbers in both languages."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rank.document import Said
from models.why.change import Change
from models.why.document import ChangeEntry, ExplanationEntry, FactorEntry, Usual
from models.why.mechanism import jackknife
from models.why.words import say

if TYPE_CHECKING:
    from models.why.explain import Explanation

__all__ = ["entry"]

Floats = NDArray[np.float64]

WIDTH = 1.645
"""Standard errors either way of a 90 % interval."""
FROM, TO = 0.1, 0.9
"""Quantiles between which good production is said to have run."""
KNOWN = 0.5
"""Where the table accounts for less than this share of what is above good production, that is said."""
NEITHER = 0.5
"""Between a good unit's loss and a bad one's."""
MOVED_LEAST = 0.05
"""States that move by less than this share of their spread are not spoken of."""


def entry(found: "Explanation") -> ExplanationEntry:
    """The whole explanation."""
    reading = found.reading
    data, sign = reading.data, reading.data.sign
    is_class = data.spec.task == "classification"
    loss = float(data.loss[found.position])
    factors = [_factor(found, place) for place in found.credit.order()]
    change, best = (None if one is None else _change(found, one) for one in (found.change, found.best))
    return {
        "unit": found.label,
        "position": found.position,
        "at": _at(found),
        "task": data.spec.task,
        "target": data.spec.target,
        "target_unit": data.spec.factor(data.spec.target).unit,
        "verdict": ("bad" if loss > NEITHER else "good") if is_class else "measured",
        "value": None if is_class else loss * sign,
        "predicted": None if found.predicted is None else found.predicted * sign,
        "expected": found.credit.start * sign,
        "goal": found.goal * sign,
        "foreseen": found.foreseen,
        "base": found.credit.base * sign,
        "rest": found.credit.rest * sign,
        "leading": found.leading,
        "factors": factors,
        "change": change,
        "best": best,
        "said": _said(found, factors, change, best),
    }


def _at(found: "Explanation") -> str | None:
    time = found.reading.data.time
    if time is None:
        return None
    moment = time.iloc[found.position]
    return moment.isoformat().replace("+00:00", "Z") if isinstance(moment, pd.Timestamp) else f"{moment:g}"


def _factor(found: "Explanation", place: int) -> FactorEntry:
    reading, player = found.reading, found.credit.players[place]
    name, columns = reading.factors[player], reading.good.players[player]
    column = max(columns, key=lambda one: reading.mechanism.gain[one])
    spec, sign = reading.data.spec, reading.data.sign
    value, error = float(found.credit.values[place]) * sign, WIDTH * float(found.error[place])
    lent = reading.good.restore(reading.numbers[[found.position]], (player,))[0][:, column]
    return {
        "factor": name,
        "column": reading.cells.columns[column],
        "role": spec.factor(name).role,
        "unit": spec.factor(reading.cells.columns[column]).unit,
        "value": reading.cells.cell(column, reading.numbers[found.position, column]),
        "usual": _usual(found, column, lent),
        "contribution": value,
        "low": value - error,
        "high": value + error,
    }


def _usual(found: "Explanation", column: int, lent: Floats) -> Usual:
    known = lent[np.isfinite(lent)]
    if not len(known):
        return {"low": None, "high": None, "level": None}
    if found.reading.cells.levels[column]:
        codes, counts = np.unique(known, return_counts=True)
        level = found.reading.cells.cell(column, float(codes[int(counts.argmax())]))
        return {"low": None, "high": None, "level": str(level)}
    low, high = np.quantile(known, [FROM, TO])
    return {"low": float(low), "high": float(high), "level": None}


def _change(found: "Explanation", change: Change) -> ChangeEntry:
    reading, now, sign = found.reading, found.reading.numbers[found.position], found.reading.data.sign
    said = reading.mechanism.spread(change.unit[None, :])[:, 0]
    mean, error = (float(value) for value in jackknife(said))
    ends = [mean - WIDTH * error, mean + WIDTH * error]
    if reading.data.spec.task == "classification":
        ends = [min(max(end, 0.0), 1.0) for end in ends]
    low, high = sorted(end * sign for end in ends)
    spec, cells = reading.data.spec, reading.cells
    spread = np.nanstd(reading.numbers, axis=0)
    chosen = {setting.place for setting in change.settings}
    states = [
        place
        for place in range(len(now))
        if place not in chosen and abs(change.unit[place] - now[place]) > MOVED_LEAST * spread[place]
    ]
    return {
        "settings": [
            {
                "factor": setting.name,
                "from": cells.cell(setting.place, now[setting.place]),
                "to": cells.cell(setting.place, float(value)),
                "unit": spec.factor(setting.name).unit,
                "steps": float(setting.steps(now[setting.place], np.array([value]))[0]),
            }
            for setting, value in zip(change.settings, change.values, strict=True)
        ],
        "moved": [
            {
                "factor": cells.columns[place],
                "from": float(now[place]),
                "to": float(change.unit[place]),
                "unit": spec.factor(cells.columns[place]).unit,
            }
            for place in states
        ],
        "before": float(reading.mechanism.spread(now[None, :]).mean()) * sign,
        "after": mean * sign,
        "low": low,
        "high": high,
        "models_agree": int((said <= found.goal).sum()),
        "models": len(said),
        "confirmed": change.confirmed,
    }  # fmt: skip


def _said(
    found: "Explanation", factors: list[FactorEntry], change: ChangeEntry | None, best: ChangeEntry | None
) -> list[Said]:
    data = found.reading.data
    shown = _Shown(data.spec.task == "classification", data.spec.factor(data.spec.target).unit)
    expected, goal = shown.loss(found.credit.start * data.sign), shown.loss(found.goal * data.sign)
    loss = float(data.loss[found.position])
    code = "measured" if not shown.share else ("was_bad" if loss > NEITHER else "was_good")
    out = [
        say(code, {
            "unit": found.label, "target": data.spec.target, "value": shown.loss(loss * data.sign),
            "expected": expected, "goal": goal, "base": shown.loss(found.credit.base * data.sign),
        })
    ]  # fmt: skip
    if not found.foreseen:
        unforeseen = loss > NEITHER if shown.share else _far(found, loss)
        return [*out, say("unforeseen" if unforeseen else "no_worse", {"expected": expected, "goal": goal})]
    if not shown.share and found.credit.start - found.goal < KNOWN * (loss - found.goal):
        out.append(say("partly", {"left": shown.loss((loss - found.credit.start) * data.sign)}))
    leading = [_ran(one) for one in factors if one["factor"] in found.leading]
    if leading:
        code = "leading_two" if len(leading) == 2 else "leading_one"
        out.append(say(code, dict(zip(("first", "second"), leading, strict=False))))
    return out + _about(found, change, best, shown)


def _about(found: "Explanation", change: ChangeEntry | None, best: ChangeEntry | None, shown: "_Shown") -> list[Said]:
    """What would have made it good."""
    data = found.reading.data
    if not data.controllable():
        return [say("no_settings")]
    if found.moved == "none":
        return [say("nothing_advised")]
    if change is None and best is None:
        return [say("no_change_at_all" if found.moved == "all" else "not_run_as_advised")]
    one = change or best
    assert one is not None
    settings = [_to(entry["factor"], entry["from"], entry["to"], entry["unit"]) for entry in one["settings"]]
    values = {
        "settings": settings, "after": shown.loss(one["after"]), "low": shown.loss(one["low"]),
        "high": shown.loss(one["high"]), "agree": one["models_agree"], "models": one["models"],
        "goal": shown.loss(found.goal * data.sign),
    }  # fmt: skip
    code = "change" if change is not None else "no_change"
    code += "_advised" if found.moved == "advised" else "_higher" if change is None and data.sign < 0 else ""
    out = [say(code, values)]
    if change is not None:
        out.append(say({True: "confirmed", False: "unconfirmed", None: "no_model"}[change["confirmed"]]))
    states = [_to(entry["factor"], entry["from"], entry["to"], entry["unit"]) for entry in one["moved"]]
    out.append(say("moved", {"states": states, "n": data.n}) if states else say("none_moved"))
    unknown = [entry["factor"] for entry in one["moved"] if data.spec.factor(entry["factor"]).stage is None]
    return [*out, say("stage_unknown", {"columns": unknown})] if unknown else out


def _far(found: "Explanation", loss: float) -> bool:
    """Is a measurement worse than good production, and farther from its expectation than nine in ten units are?"""
    left = found.reading.data.loss - found.reading.unseen
    usual = float(np.quantile(left, TO))
    return loss > found.goal and loss - found.credit.start > usual


class _Shown:
    """How a loss is written: a risk as a share, a measurement with its unit."""

    def __init__(self, share: bool, unit: str) -> None:
        self.share, self.unit = share, unit

    def loss(self, value: float) -> str:
        return f"{value:.1%}" if self.share else f"{value:.4g} {self.unit}".strip()


def _cell(value: float | str | None, unit: str) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.5g} {unit}".strip()


def _to(factor: str, before: float | str | None, after: float | str | None, unit: str) -> Said:
    return say("to", {"factor": factor, "before": _cell(before, ""), "after": _cell(after, unit)})


def _ran(one: FactorEntry) -> Said:
    name = one["column"]
    values = {"factor": name, "value": _cell(one["value"], one["unit"])}
    usual = one["usual"]
    if usual["level"] is not None:
        return say("ran_level", values | {"level": usual["level"]})
    return say("ran_number", values | {"low": _cell(usual["low"], ""), "high": _cell(usual["high"], one["unit"])})
