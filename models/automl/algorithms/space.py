"""The neighbourhood of a configuration, for local search."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.automl.algorithms.base import Config

__all__ = ["Space", "Span", "near"]

STEP = 0.18
"""Standard deviation of a step, as a share of the span."""


@dataclass(frozen=True)
class Span:
    """A hyperparameter between two bounds, walked on a logarithmic scale where ``log``."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def step(self, value: float, rng: np.random.Generator) -> float | int:
        """A value near ``value``, inside the span."""
        low, high = self._to(self.low), self._to(self.high)
        place = self._to(min(max(value, self.low), self.high)) + rng.normal(0.0, STEP) * (high - low)
        moved = self._from(min(max(place, low), high))
        if self.whole:
            return round(moved)
        # Four digits: a configuration is read by people.
        return float(f"{moved:.4g}")

    def _to(self, value: float) -> float:
        return math.log(value) if self.log else value

    def _from(self, place: float) -> float:
        return math.exp(place) if self.log else place


Space = Mapping[str, Span | Sequence[float | int | str | bool]]
"""Hyperparameter → what it may be."""


def near(config: Config, space: Space, rng: np.random.Generator) -> Config:
    """Some hyperparameters that ``config`` names and ``space`` knows, moved: spans by a step, choices redrawn."""
    keys = [key for key in space if key in config]
    if not keys:
        return config
    moved = dict(config)
    for key in rng.permutation(keys)[: int(rng.integers(1, len(keys) + 1))]:
        walk = space[str(key)]
        value = config[str(key)]
        if isinstance(walk, Span):
            moved[str(key)] = walk.step(float(value), rng)
        else:
            moved[str(key)] = walk[int(rng.integers(len(walk)))]
    return moved
