"""NaiveForecaster: what was, will be. The yardstick of every other forecast.

- last: f(h) = y(n)
- season: f(h) = y(n - m + ((h-1) mod m) + 1), m steps of a season
- drift: f(h) = y(n) + h (y(n) - y(1)) / (n - 1)

Source: Hyndman and Athanasopoulos, Forecasting: principles and practice, 3rd edition 2021, section 5.2.

>>> past = Past(np.array([[1.0], [2.0], [1.5], [2.5]]), np.empty((4, 0)), (2.0,))
>>> NaiveForecaster.fit(past, {"strategy": "season", "season": 2}).forecast(np.array([1, 2, 3]), np.empty((3, 0)))
array([1.5, 2.5, 1.5])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.forecasting.past import Past

__all__ = ["NaiveForecaster"]


@dataclass(frozen=True)
class NaiveForecaster:
    """``tail``: the values that come again; ``slope``: per step."""

    tail: tuple[float, ...]
    slope: float

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """The last value, each season that was seen once, a straight line."""
        seasons = [{"strategy": "season", "season": each} for each in past.whole_seasons(1.0)]
        return [{"strategy": "last"}, *seasons, {"strategy": "drift"}]

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Keep the tail."""
        y = past.one
        length = config["season"] if config["strategy"] == "season" else 1
        slope = float((y[-1] - y[0]) / (len(y) - 1)) if config["strategy"] == "drift" else 0.0
        return cls(tuple(y[-length:].tolist()), slope)

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """The tail again and again."""
        return np.asarray(np.array(self.tail)[(ahead - 1) % len(self.tail)] + self.slope * ahead)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"tail": list(self.tail), "slope": self.slope}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(tuple(map(float, content["tail"])), float(content["slope"]))
