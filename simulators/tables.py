"""What a line made, unit by unit: the flat study table that the pipeline should arrive at, and its STUDY.toml. Pure."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulators.process import Columns, Model, Node, evaluate, labelled, noises, stream
from simulators.scenario import FillingScenario, PressScenario, Scenario
from simulators.truth import factory

__all__ = ["ZONE", "Made", "make", "study_toml", "table"]

ZONE = ZoneInfo("Asia/Tokyo")
"""Where both lines stand."""
FIRST_DAY = datetime(2026, 6, 1, tzinfo=ZONE)
FILLER_SECONDS, CAPPER_SECONDS = 30, 15
SHIFTS = ((6, "early"), (14, "late"), (22, "night"))

Labels = NDArray[np.object_]


@dataclass(frozen=True)
class Made:
    """A stretch of production. ``columns``: every node of the model, hidden ones included; categories as codes.

    ``started`` and ``finished``: seconds since ``start``, shape (n,). ``serial``, ``lot``: text, shape (n,).
    """

    scenario: Scenario
    seed: int
    model: Model
    columns: Columns
    start: datetime
    started: NDArray[np.float64]
    finished: NDArray[np.float64]
    serial: Labels
    lot: Labels

    def shown(self, name: str) -> Any:
        """A column with categories as text."""
        return labelled(self.model[name], self.columns[name])


def make(scenario: Scenario, seed: int, start: datetime = FIRST_DAY, days: int | None = None) -> Made:
    """Run the line for whole days from ``start`` (aware). The process depends on elapsed time and seed only."""
    model = factory(scenario, seed).model
    n = (days or scenario.days) * 86400 // scenario.unit_seconds
    noise = noises(model, n, seed)
    started = np.arange(n, dtype=np.float64) * scenario.unit_seconds
    inside = scenario.unit_seconds
    if isinstance(scenario, FillingScenario):
        inside = scenario.dwell * 60 + FILLER_SECONDS + CAPPER_SECONDS
    lots = model.calendar(n, stream(seed, "calendar")).lot
    mark = f"{start:%y%m%d}"
    return Made(
        scenario,
        seed,
        model,
        evaluate(model, noise),
        start,
        started,
        started + inside,
        np.array([f"{scenario.line}-{mark}-{number:06d}" for number in range(n)], dtype=object),
        np.array([f"{mark}-{number:03d}" for number in lots], dtype=object),
    )


def shift_key(moment: datetime) -> str:
    """The shift an instant falls in, named after the day on which it began."""
    hour = moment.hour
    name = next((name for begins, name in reversed(SHIFTS) if hour >= begins), SHIFTS[-1][1])
    day = moment.date() - timedelta(days=1) if hour < SHIFTS[0][0] else moment.date()
    return f"{day.isoformat()} {name}"


def _spread(made: Made, dwell: int) -> NDArray[np.float64]:
    """Standard deviation (n - 1) of the cooler's readings over each bottle's dwell; NaN for the last bottle."""
    reading = made.columns["cooling_reading"]
    padded = np.concatenate([reading, np.full(dwell - 1, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, dwell)
    count = np.sum(~np.isnan(windows), axis=1)
    total = np.nansum((windows - made.columns["cooling_temp"][:, None]) ** 2, axis=1)
    return np.where(count > 1, np.sqrt(total / np.maximum(count - 1, 1)), np.nan)


def _place(node: Node) -> float:
    """Along the process: what belongs to the order first, the outcome last."""
    if node.role == "outcome":
        return math.inf
    return -1.0 if node.stage is None else node.stage


def table(made: Made) -> dict[str, Any]:
    """One row per unit: columns in process order, each of shape (n,); ``finished_at`` is ISO 8601 text."""
    moments = [made.start + timedelta(seconds=float(seconds)) for seconds in made.finished]
    columns: dict[str, Any] = {
        "serial": made.serial,
        "finished_at": np.array([moment.isoformat() for moment in moments], dtype=object),
    }
    if isinstance(made.scenario, FillingScenario):
        columns["lot"] = made.lot
    else:
        columns["shift"] = np.array([shift_key(moment) for moment in moments], dtype=object)
    for node in sorted((node for node in made.model.nodes if node.role != "hidden"), key=_place):
        values = made.shown(node.name)
        columns[node.name] = values if node.levels else np.round(values, 4)
        if node.name == "cooling_temp" and isinstance(made.scenario, FillingScenario):
            columns["cooling_temp__std"] = np.round(_spread(made, made.scenario.dwell), 4)
    return columns


def _factors(made: Made) -> list[str]:
    lines = ['[factors.serial]\nrole = "outcome"\n']
    costs = {name: lever.cost_of_change for name, lever in made.scenario.settings.items()}
    if isinstance(made.scenario, PressScenario):
        costs["die"] = made.scenario.die.cost_of_change
    for node in made.model.nodes:
        if node.role in ("hidden", "outcome"):
            continue
        words = [f"[factors.{node.name}]", f'role = "{node.role}"']
        words += [f"stage = {node.stage:g}"] if node.stage is not None else []
        words += [f'unit = "{node.unit}"'] if node.unit else []
        if node.role == "controllable" and node.settable is not None:
            words += [f"min = {node.settable.min}", f"max = {node.settable.max}", f"step = {node.settable.step}"]
        if node.role == "controllable" and node.levels:
            words.append(f"levels = [{', '.join(repr(level) for level in node.levels)}]".replace("'", '"'))
        if node.role == "controllable":
            words.append(f"cost_of_change = {costs[node.name]}")
        lines.append("\n".join(words) + "\n")
        if node.name == "cooling_temp":
            lines.append(f'[factors.cooling_temp__std]\nrole = "state"\nstage = {node.stage:g}\nof = "cooling_temp"\n')
    return lines


def study_toml(made: Made) -> str:
    """The STUDY.toml (design 5.2) that belongs to `table`."""
    scenario = made.scenario
    if isinstance(scenario, FillingScenario):
        head = [
            'name = "leaking_caps"\ntask = "classification"\ntarget = "verdict"\nbad = "NG"',
            'time = "finished_at"\ngroup = "lot"',
            f'cost = {{ per_bad = {scenario.cost_per_bad}, currency = "JPY" }}',
        ]
    else:
        price = round(scenario.price_per_kwh * scenario.unit_seconds / 3600, 4)
        head = [
            'name = "press_power"\ntask = "regression"\ntarget = "power"\ngoal = "lower"',
            'time = "finished_at"\ngroup = "shift"',
            f"# money per kW over one interval of {scenario.unit_seconds} s\n"
            f'cost = {{ per_unit = {price}, currency = "JPY" }}',
        ]
    head.append(f"min_support = {scenario.min_support}\n")
    return "\n".join([*head, *_factors(made)])
