"""An action of the promise ledger, as the dashboard shows it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ingest.plant import Plant
from reports.web.fixes import Gain, Window
from reports.web.names import Names, find_signal, names

__all__ = ["Action", "Held", "Worth", "action", "settings_of"]


@dataclass(frozen=True, slots=True)
class Worth:
    """Money per 1000 units."""

    promised: float | None
    realised: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class Held:
    """Shares of the units inside the window."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Action:
    """What was done, promised and measured. Gains are loss avoided per unit, both for the units made since."""

    action_id: int
    study: str
    title: Names
    task: Literal["classification", "regression"]
    goal: Literal["lower", "higher"]
    unit: str
    windows: tuple[Window, ...]
    since: datetime
    who: str
    note: str
    open: bool
    state: str
    state_words: Names
    said: tuple[Names, ...]
    """Why it is in this state, and what to know beside it, in sentences."""
    held: Held | None
    promised: Gain | None
    realised: Gain | None
    worth: Worth | None
    n_units: int | None


def action(plant: Plant, entry: Mapping[str, Any]) -> Action:
    """``entry``: what `models.promise.ledger.listed` says of it. A study that left the plant file keeps its actions."""
    study = plant.studies.get(entry["study"])
    found, promise = entry["outcome"], entry["promise"]
    kept = found.get("kept")
    promised = found.get("promised") or (promise["gain"] if promise is not None else None)
    sentences = [entry["reason"], *entry["notes"]]
    unit = promise["gain"]["unit"] if promise is not None else ""
    return Action(
        action_id=entry["action_id"],
        study=entry["study"],
        title=names(study.title if study is not None else None, entry["study"]),
        task=study.task if study is not None else "regression",
        goal=study.goal if study is not None else "lower",
        unit="" if study is not None and study.task == "classification" else unit,
        windows=tuple(_window(plant, entry["study"], factor, window) for factor, window in entry["windows"].items()),
        since=datetime.fromisoformat(entry["since"]),
        who=entry["who"],
        note=entry["note"],
        open=entry["ending"] is None,
        state=entry["state"],
        state_words=dict(entry["state_words"]),
        said=tuple({"en": one["en"], "ja": one["ja"]} for one in sentences),
        held=None if kept is None else Held(kept["before"], kept["after"]),
        promised=_gain(promised),
        realised=_gain(found.get("realised")),
        worth=_worth(found.get("money")),
        n_units=found.get("n_units"),
    )


def _gain(gain: Mapping[str, Any] | None) -> Gain | None:
    return None if gain is None else Gain(gain["estimate"], gain["low"], gain["high"], gain["level"])


def _worth(money: Mapping[str, Any] | None) -> Worth | None:
    if money is None:
        return None
    promised, realised = (money.get(key) for key in ("promised", "realised"))
    return Worth(
        None if promised is None else promised["estimate"],
        None if realised is None else realised["estimate"],
        money["currency"],
    )


def _window(plant: Plant, study: str, factor: str, window: Sequence[Any]) -> Window:
    known = plant.studies.get(study)
    signal = find_signal(plant.lines.get(known.line), factor) if known is not None else None
    name = names(signal.name if signal is not None else None, factor)
    unit = signal.unit if signal is not None else ""
    if len(window) == 2 and all(isinstance(edge, float | int) for edge in window):
        return Window(factor, name, unit, float(window[0]), float(window[1]), ())
    return Window(factor, name, unit, None, None, tuple(str(level) for level in window))


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that a form offers."""

    factor: str
    name: Names
    unit: str
    min: float | None
    max: float | None
    step: float | None
    levels: tuple[str, ...]
    category: bool


def settings_of(plant: Plant, study: str) -> tuple[Setting, ...]:
    """What an engineer can set on a study's line, in the order of the line."""
    line = plant.lines[plant.studies[study].line]
    return tuple(
        Setting(name, names(one.name, name), one.unit, one.min, one.max, one.step, one.levels, one.kind == "category")
        for _, name, one in line.signals()
        if one.role == "controllable"
    )
