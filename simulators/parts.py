"""Parts that both factories are built from: the calendar of lots, a setting as a node, and what a seed redraws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from simulators.process import Clock, Column, Node, Range, per_lot, rounded, wander
from simulators.scenario import Lots, Scenario, Setting

__all__ = ["Effects", "calendar", "draw_effects", "product", "setting"]


@dataclass(frozen=True)
class Effects:
    """What a seed redraws: how the loss is shared out, and where each factor would do no harm."""

    loss: float
    """Mean loss today."""
    shares: Mapping[str, float]
    """Share of the loss by cause; the rest is nobody's."""
    zone: Mapping[str, tuple[float, float]]
    """Harmless zone by setting, in the setting's (or its mediator's) unit."""
    friction: Mapping[str, float] = field(default_factory=dict)
    """Press shop: relative friction by die."""


def draw_effects(scenario: Scenario, rng: np.random.Generator, leader: str, causes: tuple[str, ...]) -> Effects:
    """Effects in which ``leader`` has the largest share."""
    others = [cause for cause in rng.permutation(np.array(causes)) if cause != leader]
    spans = dict(zip([leader, *others], [scenario.shares.leader, *scenario.shares.others], strict=True))
    zone = {}
    for name, lever in scenario.settings.items():
        middle, half = rng.uniform(*lever.optimum), rng.uniform(*lever.tolerance)
        zone[name] = (middle - half, middle + half)
    friction = {}
    if scenario.kind == "press":
        steps = rng.uniform(0.6, 1.4, len(scenario.die.levels))
        steps[0] = 0.0
        friction = dict(zip(rng.permutation(np.array(scenario.die.levels)).tolist(), steps.tolist(), strict=True))
    shares = {str(cause): float(rng.uniform(*span)) for cause, span in spans.items()}
    return Effects(float(rng.uniform(*scenario.loss)), shares, zone, friction)


def calendar(lots: Lots, unit_seconds: int) -> Callable[[int, np.random.Generator], Clock]:
    """Lots of a few hours, one after the other."""

    def make(n: int, rng: np.random.Generator) -> Clock:
        minutes = np.arange(n, dtype=np.float64) * (unit_seconds / 60.0)
        most = int(minutes[-1] / 60.0 / lots.hours[0]) + 2
        starts = np.cumsum(np.round(rng.uniform(*lots.hours, most) * 60.0))
        return Clock(minutes, np.searchsorted(starts, minutes, side="right").astype(np.int64))

    return make


def product(lots: Lots) -> Node:
    """The product of each lot: context, given by the orders."""
    edges = np.cumsum(list(lots.products.values()))

    def draw(rng: np.random.Generator, clock: Clock) -> Column:
        place = rng.uniform(0.0, edges[-1], int(clock.lot[-1]) + 1)
        return np.searchsorted(edges, place)[clock.lot].astype(np.float64)

    return Node("product", lambda noise: noise, draw=draw, role="context", levels=tuple(lots.products))


def by_level(node: Node, table: Mapping[str, float]) -> Callable[[Column], Column]:
    """Codes of a category → a number per level; levels without one count 0."""
    values = np.array([table.get(level, 0.0) for level in node.levels])
    return lambda codes: values[codes.astype(np.int64)]


def setting(
    name: str, lever: Setting, usual: Mapping[str, float], goods: Node, unit_seconds: int, role: str = "controllable"
) -> Node:
    """A setting as the plant runs it: a set-point per lot that operators shift with what they see, and drift inside.

    ``usual``: value of every quantity it reacts to at which operators change nothing.
    """
    rows = lever.within_minutes * 60.0 / unit_seconds
    offset = by_level(goods, lever.product)
    slopes = list(lever.reacts.items())

    def draw(rng: np.random.Generator, clock: Clock) -> Column:
        chosen = np.round(lever.between * per_lot(rng, clock) / lever.step) * lever.step
        return chosen + lever.within * wander(rng, len(clock.lot), rows)

    def value(noise: Column, goods: Column, *seen: Column) -> Column:
        wish = lever.centre + offset(goods) + noise
        for (parent, slope), column in zip(slopes, seen, strict=True):
            wish = wish + slope * (column - usual[parent])
        return rounded(np.clip(wish, lever.min, lever.max), lever.resolution)

    return Node(
        name,
        value,
        parents=("product", *lever.reacts),
        draw=draw,
        role="controllable" if role == "controllable" else "hidden",
        machine=lever.machine,
        stage=lever.stage,
        unit=lever.unit,
        settable=Range(lever.min, lever.max, lever.step),
    )
