"""The press shop: power over intervals of two minutes, with waste that nobody needs.

The physics, in a few honest lines:

- Useful power grows with the tonnage the order asks for. Everything else is waste, and wastes add up.
- Pressure, rotation and conveyor speed are needed only as far as the tonnage asks: above the need they burn power (oil
  over the relief valve, an idling flywheel, an empty belt), below it power is lost too (second strokes, slip, jams).
- The press speed warms the oil. Cold oil is thick and hot oil leaks past the seals: only the true oil temperature acts,
  its probe shows it with an error, and the press speed is the thing to set.
- Each die has a friction of its own. Products run on the dies unevenly, and products differ in tonnage: confounding.
- Operators raise pressure and rotation with the tonnage, but less than they should and too much on easy orders.

A seed redraws which of the five settings wastes most, how much each wastes, and where the need of each one lies.
"""

from collections.abc import Mapping

import numpy as np

from simulators.parts import Effects, by_level, calendar, product, setting
from simulators.process import Clock, Column, Model, Node, excess, per_lot, rounded, wander, white
from simulators.scenario import PressScenario

__all__ = ["CAUSES", "build"]

CAUSES = ("press_pressure", "press_speed", "rotation_speed", "die", "conveyor_speed")
NEEDS = {"press_pressure": 4.0, "rotation_speed": 6.0, "conveyor_speed": 0.03}
"""How much more of a setting each further t/h needs, in the setting's unit."""


def _tonnage(scenario: PressScenario, goods: Node) -> Node:
    extra = by_level(goods, scenario.tonnage_by_product)
    rows = 60.0 * 60.0 / scenario.unit_seconds

    def draw(rng: np.random.Generator, clock: Clock) -> Column:
        order = scenario.tonnage_between * per_lot(rng, clock)
        return order + scenario.tonnage_within * wander(rng, len(clock.lot), rows)

    def value(noise: Column, codes: Column) -> Column:
        return rounded(np.maximum(scenario.tonnage + extra(codes) + noise, 1.0), 2)

    return Node("tonnage", value, ("product",), draw=draw, role="context", machine="order", stage=0, unit="t/h")


def _die(scenario: PressScenario, goods: Node) -> Node:
    die = scenario.die
    table = np.array([die.by_product.get(name, (1.0,) * len(die.levels)) for name in goods.levels])
    edges = np.cumsum(table, axis=1)

    def draw(rng: np.random.Generator, clock: Clock) -> Column:
        return rng.uniform(size=int(clock.lot[-1]) + 1)[clock.lot]

    def value(noise: Column, codes: Column) -> Column:
        rows = edges[codes.astype(np.int64)]
        return np.asarray((noise[..., None] * rows[..., -1:] > rows).sum(axis=-1), dtype=np.float64)

    return Node(
        "die",
        value,
        ("product",),
        draw=draw,
        role="controllable",
        machine=die.machine,
        stage=die.stage,
        levels=die.levels,
    )


def _oil(scenario: PressScenario) -> tuple[Node, Node]:
    usual = scenario.settings["press_speed"].centre

    def true_oil(noise: Column, speed: Column) -> Column:
        return scenario.oil_base + scenario.oil_per_speed * (speed - usual) + scenario.oil_noise * noise

    def shown(noise: Column, oil: Column) -> Column:
        return rounded(oil + scenario.probe_noise * noise, 1)

    return (
        Node("true_oil", true_oil, ("press_speed",), draw=white),
        Node("oil_temp", shown, ("true_oil",), draw=white, role="state", machine="press", stage=2, unit="degC"),
    )


def _wastes(scenario: PressScenario, effects: Effects, die: Node) -> tuple[Node, ...]:
    def beyond_need(cause: str) -> Node:
        lever = scenario.settings[cause]
        low, high = effects.zone[cause]

        def value(_: Column, set_to: Column, tonnage: Column) -> Column:
            need = NEEDS[cause] * (tonnage - scenario.tonnage)
            return excess(set_to, low + need, high + need, lever.below, lever.above)

        return Node(f"waste_{cause}", value, (cause, "tonnage"))

    speed = scenario.settings["press_speed"]
    low, high = effects.zone["press_speed"]
    friction = by_level(die, effects.friction)
    return (
        beyond_need("press_pressure"),
        Node("waste_press_speed", lambda _, oil: excess(oil, low, high, speed.below, speed.above), ("true_oil",)),
        beyond_need("rotation_speed"),
        Node("waste_die", lambda _, codes: friction(codes), ("die",)),
        beyond_need("conveyor_speed"),
    )


def _good_count(scenario: PressScenario) -> Node:
    """Good pieces of the interval; a piece weighs 25 kg."""

    def value(noise: Column, tonnage: Column) -> Column:
        return np.maximum(np.round(tonnage * 1000.0 / 25.0 * scenario.unit_seconds / 3600.0 + 0.3 * noise), 0.0)

    return Node("good_pieces", value, ("tonnage",), draw=white)


def build(scenario: PressScenario, effects: Effects, weights: Mapping[str, float]) -> Model:
    """The shop. ``weights``: kW per unit of waste, by cause."""
    goods = product(scenario.lots)
    levers = scenario.settings
    usual = {"tonnage": scenario.tonnage} | {name: lever.centre for name, lever in levers.items()}
    die = _die(scenario, goods)
    base = effects.loss * (1.0 - sum(effects.shares.values())) - scenario.work * scenario.tonnage

    def power(noise: Column, tonnage: Column, *wastes: Column) -> Column:
        total = base + scenario.work * tonnage + scenario.power_noise * noise
        for cause, waste in zip(CAUSES, wastes, strict=True):
            total = total + weights[cause] * waste
        return rounded(np.maximum(total, 0.0), 2)

    return Model(
        nodes=(
            goods,
            _tonnage(scenario, goods),
            die,
            *(setting(name, levers[name], usual, goods, scenario.unit_seconds) for name in levers),
            *_oil(scenario),
            *_wastes(scenario, effects, die),
            Node(
                "power",
                power,
                ("tonnage", *(f"waste_{cause}" for cause in CAUSES)),
                draw=white,
                role="outcome",
                machine="meter",
                stage=4,
                unit="kW",
            ),
            _good_count(scenario),
        ),
        loss="power",
        calendar=calendar(scenario.lots, scenario.unit_seconds),
    )
