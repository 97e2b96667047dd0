"""NormalPredictor: a random rating with the mean and the spread of all. What no knowledge of users and items gives.

The draw depends on the user, the item and the seed only: asked again, it is the same. Two hashes (SplitMix64) give two
uniform numbers, and those a normal one (Box and Muller).

>>> ratings = Ratings(("a",), ("x",), np.array([0, 0]), np.array([0, 0]), np.array([1.0, 3.0]))
>>> found = NormalPredictor.fit(ratings, {}, 0).score(ratings, np.zeros(9999, int), np.arange(9999))
>>> np.round([found.mean(), found.std()], 1)
array([2., 1.])
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.automl.matrix import Floats, Ints
from models.tasks.recommendation.ratings import Ratings
from models.tasks.recommendation.scorer import Scorer, single

__all__ = ["NormalPredictor"]


def _mixed(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's last steps: every bit depends on every bit."""
    with np.errstate(over="ignore"):
        codes = codes + np.uint64(0x9E3779B97F4A7C15)
        codes = (codes ^ (codes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return codes ^ (codes >> np.uint64(31))


@dataclass(frozen=True)
class NormalPredictor(Scorer):
    """``law``: mean, spread, seed."""

    law: Floats

    @classmethod
    def fit(cls, ratings: Ratings, config: Mapping[str, Any], seed: int) -> Self:
        """Mean and spread."""
        return cls(single(np.array([ratings.r.mean(), ratings.r.std(), float(seed % 2**20)])))

    def score(self, ratings: Ratings, u: Ints, i: Ints) -> Floats:
        """Draws."""
        first = _mixed(_mixed(u.astype(np.uint64) + np.uint64(int(self.law[2]) << 32)) ^ i.astype(np.uint64))
        second = _mixed(first)
        one, two = ((each >> np.uint64(11)).astype(np.float64) / 2**53 for each in (first, second))
        return np.asarray(self.law[0] + self.law[1] * np.sqrt(-2 * np.log(1 - one)) * np.cos(2 * np.pi * two))
