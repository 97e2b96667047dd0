"""How a setting or a state acts on the loss: shapes over a standardised value, with constants drawn at random."""

from collections.abc import Callable

import numpy as np

from tests.benchmarks.ranking.line import Floats

__all__ = ["SHAPES", "Shape", "cliff", "draw_shape"]

Shape = Callable[[Floats], Floats]


def linear(rng: np.random.Generator) -> Shape:
    sign = rng.choice([-1.0, 1.0])
    return lambda z: sign * z


def saturating(rng: np.random.Generator) -> Shape:
    """Rises, then levels off."""
    sign, place, rate = rng.choice([-1.0, 1.0]), rng.uniform(-1.0, 0.5), rng.uniform(0.8, 2.0)
    return lambda z: np.tanh(rate * (sign * z - place))


def cliff(rng: np.random.Generator) -> Shape:
    """Nothing, and beyond an edge much."""
    sign, place, rate = rng.choice([-1.0, 1.0]), rng.uniform(-0.2, 1.0), rng.uniform(5.0, 20.0)
    return lambda z: 1.0 / (1.0 + np.exp(-np.clip(rate * (sign * z - place), -40.0, 40.0)))


def valley(rng: np.random.Generator) -> Shape:
    """A U: best at one point, worse on both sides."""
    place = rng.uniform(-0.8, 0.8)
    return lambda z: np.minimum((z - place) ** 2, 9.0)


def tolerance(rng: np.random.Generator) -> Shape:
    """Harmless inside a band, then worse with the distance from it."""
    place, half = rng.uniform(-0.7, 0.7), rng.uniform(0.4, 0.9)
    return lambda z: np.minimum(np.maximum(np.abs(z - place) - half, 0.0), 3.0)


SHAPES = (linear, saturating, cliff, valley, tolerance)


def draw_shape(rng: np.random.Generator) -> Shape:
    return SHAPES[int(rng.integers(len(SHAPES)))](rng)
