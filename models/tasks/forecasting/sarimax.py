"""SARIMAXForecaster: regression on trend, seasonal waves and exogenous columns, its errors by ARIMA.

y = waves(t, x) + e, e by ARIMA(p, 0, q), in two steps: least squares, then ARIMA of what is left. Where all values are
above 0 the same is tried on their logarithms, where seasons and holidays are shares. Of each, with and without the
exogenous columns, the rolling origins decide.

Limits: two steps are a little less efficient than one likelihood, but do not fail where columns say the same. On
logarithms the forecast is the median, not the mean.
Source: as `waves` and `arima`.

>>> t = np.arange(60.0)
>>> past = Past((2 + np.sin(2 * np.pi * t / 12))[:, None], np.empty((60, 0)), (12.0,))
>>> found = SARIMAXForecaster.fit(past, SARIMAXForecaster.configs(past)[0])
>>> found.forecast(np.array([4]), np.empty((1, 0))).round(2)
array([3.])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.forecasting.arima import Arima, best_order, fit_arima
from models.tasks.forecasting.past import Past, logged, scaled, unscaled
from models.tasks.forecasting.waves import Plan, Waves, chosen_plan

__all__ = ["SARIMAXForecaster"]

ORDERS = ((0, 0, 0), (1, 0, 0), (2, 0, 0), (1, 0, 1), (3, 0, 0))


@dataclass(frozen=True)
class SARIMAXForecaster:
    """``log``: are the logarithms regressed; ``n``: rows of training."""

    waves: Waves
    rest: Arima
    log: bool
    n: int

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """With and without logarithms, with and without exogenous columns."""
        out = []
        for log in logged(past):
            y = scaled(past, log)[:, None]
            for exogenous in (True, False) if past.x.shape[1] else (False,):
                plan = chosen_plan(past, y, exogenous)
                rest = y - Waves.fit(past, y, plan).values(np.arange(float(len(y))), past.x)
                out.append({**plan.to_dict(), "log": log, "order": list(best_order(rest[:, 0], ORDERS))})
        return out

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Least squares, then ARIMA."""
        y = scaled(past, config["log"])[:, None]
        waves = Waves.fit(past, y, Plan.from_dict({**config, "rows": len(y)}))
        rest = (y - waves.values(np.arange(float(len(y))), past.x))[:, 0]
        p, d, q = config["order"]
        return cls(waves, fit_arima(rest, (p, d, q)), config["log"], len(y))

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """Regression at the places ahead, and what is left of the last errors."""
        rest = self.rest.forecast(int(ahead.max(initial=0)))
        values = self.waves.values((self.n - 1 + ahead).astype(np.float64), x)[:, 0] + rest[ahead - 1]
        return unscaled(values, self.log)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"waves": self.waves.to_dict(), "rest": self.rest.to_dict(), "log": self.log, "n": self.n}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        waves, rest = Waves.from_dict(content["waves"]), Arima.from_dict(content["rest"])
        return cls(waves, rest, bool(content["log"]), int(content["n"]))
