"""Short productions of both lines, made once."""

from functools import cache

from simulators.scenario import Scenario, load
from simulators.tables import Made, make

KINDS = ("filling", "press")


@cache
def scenario(kind: str, days: int = 14) -> Scenario:
    return load(kind).model_copy(update={"days": days})


@cache
def production(kind: str, seed: int = 0, days: int = 2) -> Made:
    return make(scenario(kind), seed, days=days)
