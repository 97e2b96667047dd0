"""The filling line: one sampled bottle a minute runs through cooler, filler and capper and is inspected hours later.

The physics, in a few honest lines:

- The cooling device brings the product near its own temperature; the hall and the recipe warm it again. Warm product
  foams and is filled short, product that is too cold stiffens the seals. Only the true product temperature acts, and
  the probe shows it with an error: the device is the thing to set, the product temperature only *shows* its effect.
- Gas pressure below the harmless zone leaves bottles short, above it presses the caps open. A fast filler foams, a slow
  one drips. A cap closed too loosely leaks, one closed too tightly cracks.
- Each harm is a hazard that grows slowly at the edge of its zone and then linearly; hazards add up, and a bottle is NG
  with probability ``1 - exp(-hazard)``. Some products suffer more than others.
- Operators raise the gas pressure on hot days and tighten caps when pressure is high. The same heat warms the product,
  so gas pressure looks guilty of what the heat does: confounding, with ambient temperature and product known.
- The filled volume is measured and shows short filling; nothing is caused by it.

A seed redraws which of the four settings costs most, how much each costs, and where each one's harmless zone lies.
"""

from collections.abc import Mapping

import numpy as np

from simulators.parts import Effects, by_level, calendar, product, setting
from simulators.process import Clock, Column, Model, Node, excess, rounded, wander, white
from simulators.scenario import FillingScenario

__all__ = ["CAUSES", "build"]

CAUSES = ("cooling_temp", "gas_pressure", "fill_speed", "capping_torque")
SUFFERS = {"A": 0.8, "B": 1.1, "C": 1.5}
"""How easily a product is spoilt."""


def _climate(scenario: FillingScenario) -> Node:
    climate = scenario.climate
    every = climate.every_minutes
    seconds = scenario.unit_seconds

    def draw(rng: np.random.Generator, clock: Clock) -> Column:
        day = climate.daily * np.sin((clock.minutes / 1440.0 - 0.375) * 2.0 * np.pi)
        weather = climate.weather * wander(rng, len(clock.minutes), 1440.0 * 60.0 / seconds)
        air = np.round(climate.mean + day + weather, 1)
        # A bottle meets what the hall showed last before it left the line, some minutes after it came in.
        left = clock.minutes + scenario.dwell + 0.75
        shown = np.minimum((left // every * every * 60.0 / seconds).astype(np.int64), len(air) - 1)
        return np.asarray(air[shown], dtype=np.float64)

    return Node("ambient_temp", lambda noise: noise, draw=draw, role="context", machine="hall", stage=0, unit="degC")


def _cooler(scenario: FillingScenario, reading: Node) -> Node:
    """What a bottle meets: the mean of the cooler's readings over its dwell."""

    def dwell(_: Column, reading: Column) -> Column:
        sums = np.concatenate([[0.0], np.cumsum(reading)])
        first = np.arange(len(reading))
        last = np.minimum(first + scenario.dwell, len(reading))
        return np.asarray((sums[last] - sums[first]) / (last - first), dtype=np.float64)

    lever = scenario.settings["cooling_temp"]
    return Node(
        "cooling_temp",
        dwell,
        parents=(reading.name,),
        role="controllable",
        machine=lever.machine,
        stage=lever.stage,
        unit=lever.unit,
        settable=reading.settable,
        looks_back=True,
    )


def _product_temp(scenario: FillingScenario, goods: Node) -> tuple[Node, Node]:
    lift = by_level(goods, scenario.lift_by_product)

    def true_temp(noise: Column, cooling: Column, ambient: Column, codes: Column) -> Column:
        warmed = scenario.warms * (ambient - scenario.climate.mean)
        return cooling + scenario.lift + lift(codes) + warmed + scenario.temp_noise * noise

    def shown(noise: Column, temp: Column) -> Column:
        return rounded(temp + scenario.probe_noise * noise, 2)

    return (
        Node("true_temp", true_temp, ("cooling_temp", "ambient_temp", "product"), draw=white),
        Node("product_temp", shown, ("true_temp",), draw=white, role="state", machine="filler", stage=2, unit="degC"),
    )


def _uniform(rng: np.random.Generator, clock: Clock) -> Column:
    return rng.uniform(size=len(clock.lot))


def _volume(scenario: FillingScenario, effects: Effects) -> Node:
    def value(noise: Column, pressure: Column, speed: Column, temp: Column) -> Column:
        levers = scenario.settings
        short = (
            np.maximum(effects.zone["gas_pressure"][0] - pressure, 0.0) / levers["gas_pressure"].below
            + np.maximum(speed - effects.zone["fill_speed"][1], 0.0) / levers["fill_speed"].above
            + np.maximum(temp - effects.zone["cooling_temp"][1], 0.0) / levers["cooling_temp"].above
        )
        return rounded(500.0 - 2.0 * short + scenario.volume_noise * noise, 1)

    parents = ("gas_pressure", "fill_speed", "true_temp")
    return Node("product_volume", value, parents, draw=white, role="state", machine="filler", stage=2, unit="mL")


def _harms(scenario: FillingScenario, effects: Effects) -> tuple[Node, ...]:
    def harm(cause: str, acts: str) -> Node:
        lever = scenario.settings[cause]
        low, high = effects.zone[cause]
        return Node(
            f"harm_{cause}", lambda _, value: excess(value, low, high, lever.below, lever.above), parents=(acts,)
        )

    return tuple(harm(cause, "true_temp" if cause == "cooling_temp" else cause) for cause in CAUSES)


def build(scenario: FillingScenario, effects: Effects, weights: Mapping[str, float]) -> Model:
    """The line. ``weights``: hazard per unit of harm, by cause."""
    goods = product(scenario.lots)
    levers = scenario.settings
    usual = {"ambient_temp": scenario.climate.mean} | {name: lever.centre for name, lever in levers.items()}
    seconds = scenario.unit_seconds
    reading = setting("cooling_reading", levers["cooling_temp"], usual, goods, seconds, role="hidden")
    suffers = by_level(goods, SUFFERS)
    rest = effects.loss * (1.0 - sum(effects.shares.values()))

    def probability(_: Column, codes: Column, *harms: Column) -> Column:
        hazard: Column = np.asarray(rest, dtype=np.float64)
        for cause, harm in zip(CAUSES, harms, strict=True):
            hazard = hazard + weights[cause] * harm
        return -np.expm1(-hazard * suffers(codes))

    return Model(
        nodes=(
            goods,
            _climate(scenario),
            reading,
            _cooler(scenario, reading),
            *_product_temp(scenario, goods),
            *(setting(name, levers[name], usual, goods, seconds) for name in CAUSES[1:]),
            _volume(scenario, effects),
            *_harms(scenario, effects),
            Node("probability", probability, ("product", *(f"harm_{cause}" for cause in CAUSES))),
            Node(
                "verdict",
                lambda noise, probability: (noise < probability).astype(np.float64),
                ("probability",),
                draw=_uniform,
                role="outcome",
                levels=("OK", "NG"),
            ),
        ),
        loss="probability",
        calendar=calendar(scenario.lots, seconds),
    )
