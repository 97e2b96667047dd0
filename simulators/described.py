"""The plant file that matches a replayed table. Pure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.errors import UsageError
from simulators.replay import BAD, GOOD, Recipe, Table, measured, number

__all__ = ["Roles", "parse_controllable", "plant_toml"]


@dataclass(frozen=True)
class Roles:
    """What the columns are, by name: outcome, context, controllable with (min, max, step); the rest are states."""

    outcome: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    controllable: tuple[tuple[str, float | None, float | None, float | None], ...] = ()
    target: str | None = None
    """Column to be made lower (regression); without one, the verdict is the target."""


def parse_controllable(text: str) -> tuple[tuple[str, float | None, float | None, float | None], ...]:
    """``COL:min:max:step,COL`` → names with their ranges. A column without a range is a categorical setting."""
    found: list[tuple[str, float | None, float | None, float | None]] = []
    for word in (word.strip() for word in text.split(",")):
        name, *limits = word.rsplit(":", 3)
        values = [number(limit) for limit in limits]
        if not name or len(limits) not in (0, 3) or None in values:
            raise UsageError(f"--controllable {word!r}: write COLUMN:min:max:step, or COLUMN alone for a category")
        low, high, step = values or (None, None, None)
        found.append((name, low, high, step))
    return tuple(found)


def _unit(column: str) -> str:
    """``Torque [Nm]`` → ``Nm``."""
    found = re.search(r"[\[(]([^\])]{1,16})[\])]\s*$", column)
    return found[1] if found else ""


def _signal(table: Table, place: int, role: str, limits: Sequence[float | None], every: float) -> list[str]:
    column = table.header[place]
    category = any(row[place].strip() and number(row[place]) is None for row in table.rows)
    words = [f"name = {json.dumps(column, ensure_ascii=False)}", f'role = "{role}"', f"expected_every = {every:g}"]
    if category:
        words.append('kind = "category"')
    if _unit(column):
        words.append(f"unit = {json.dumps(_unit(column), ensure_ascii=False)}")
    if category and role == "controllable":
        levels = sorted({row[place].strip() for row in table.rows} - {""})
        words.append(f"levels = {json.dumps(levels, ensure_ascii=False)}")
    words += [
        f"{key} = {limit!r}" for key, limit in zip(("min", "max", "step"), limits, strict=True) if limit is not None
    ]
    return words


def _study(recipe: Recipe, target: str, name: str) -> list[str]:
    if target == "verdict":
        task = f'task = "classification"\ntarget = "verdict"\nbad = "{BAD}"'
    else:
        task = f'task = "regression"\ntarget = "{target}"'
    return [f'[studies.{name}]\nline = "{recipe.line}"\n{task}\ngroup = "day"']


def plant_toml(table: Table, recipe: Recipe, roles: Roles, time_zone: str = "UTC") -> str:
    """A plant file with one line, one machine and one study. Raises `UsageError` for a column that is not there."""
    signals = measured(table, recipe)
    by_place = {place: name for name, place in signals.items()}
    role = dict.fromkeys(signals, "state")
    limits: dict[str, Sequence[float | None]] = dict.fromkeys(signals, (None, None, None))

    def named(column: str) -> str:
        place = table.column(column)
        if place not in by_place:
            raise UsageError(f"{column!r} is the time, the serial number or the verdict, and has no role")
        return by_place[place]

    for column in roles.context:
        role[named(column)] = "context"
    for column in roles.outcome:
        role[named(column)] = "outcome"
    for column, *span in roles.controllable:
        role[named(column)], limits[named(column)] = "controllable", span
    target = "verdict" if roles.target is None else named(roles.target)
    if target != "verdict":
        role[target] = "outcome"
    part = recipe.serial is not None
    units = (
        f'kind = "part"\ngood = ["{GOOD}"]\nbad = ["{BAD}"]'
        if part
        else (f'kind = "interval"\nseconds = {recipe.every:g}')
    )
    lines = [
        f'[site]\nid = "{recipe.site}"\nname = "{recipe.site}"\ntime_zone = "{time_zone}"\n',
        '[[sources]]\ntopic = "{site}/{area}/{line}/unit"\nshape = "unit"\n',
        '[[sources]]\ntopic = "{site}/{area}/{line}/verdict"\nshape = "verdict"\n',
        f'[[sources]]\ntopic = {json.dumps(recipe.topic)}\nshape = "wide"\n',
        f'[lines.{recipe.line}]\narea = "{recipe.area}"\n',
        f"[lines.{recipe.line}.units]\n{units}\n",
        f"[lines.{recipe.line}.machines.{recipe.machine}]\nstage = 1\n",
    ]
    for name, place in signals.items():
        lines.append(f"[lines.{recipe.line}.machines.{recipe.machine}.signals.{name}]")
        lines += [*_signal(table, place, role[name], limits[name], recipe.every), ""]
    return "\n".join([*lines, *_study(recipe, target, f"{recipe.line}_study"), ""])
