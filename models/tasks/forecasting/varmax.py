"""VARMAXForecaster: several series, each from the last steps of all.

y = waves(t, x) + e, e(t) = A1 e(t-1) + … + Ap e(t-p) + noise, in two least-squares steps, see `lags`.

Source: Lütkepohl, New introduction to multiple time series analysis, 2005, chapter 3.

>>> rng = np.random.default_rng(0)
>>> y = np.zeros((400, 2))
>>> for t in range(1, 400): y[t] = [0.9 * y[t - 1, 0] + rng.normal(), y[t - 1, 0]]
>>> past = Past(y, np.empty((400, 0)), (), at=1)
>>> found = VARMAXForecaster.fit(past, VARMAXForecaster.configs(past)[0])
>>> bool(abs(found.forecast(np.array([1]), np.empty((1, 0)))[0] - y[-1, 0]) < 0.1)
True
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.arrays import packed, unpacked
from models.tasks.forecasting.lags import ahead_of, best_number, lags_of
from models.tasks.forecasting.past import CannotFit, Past
from models.tasks.forecasting.waves import Plan, Waves, chosen_plan

__all__ = ["VARMAXForecaster"]


@dataclass(frozen=True)
class VARMAXForecaster:
    """``lags``: (p v, v); ``tail``: (p, v) the last errors, the newest last; ``at``: the series meant."""

    waves: Waves
    lags: Floats
    tail: Floats
    n: int
    at: int

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """With and without exogenous columns; none for one series."""
        n, v = past.y.shape
        if v < 2:
            raise CannotFit("there is one series")
        out = []
        for exogenous in (True, False) if past.x.shape[1] else (False,):
            plan = chosen_plan(past, past.y, exogenous)
            e = past.y - Waves.fit(past, past.y, plan).values(np.arange(float(n)), past.x)
            out.append({**plan.to_dict(), "lags": best_number(e)})
        return out

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Two least squares. Raises `CannotFit` where errors would grow without end."""
        n = len(past.y)
        waves = Waves.fit(past, past.y, Plan.from_dict({**config, "rows": n}))
        e = past.y - waves.values(np.arange(float(n)), past.x)
        return cls(waves, *lags_of(e, int(config["lags"])), n, past.at)

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """Regression at the places ahead, and what is left of the last errors."""
        left = ahead_of(self.lags, self.tail, int(ahead.max(initial=0)))[ahead - 1, self.at]
        return np.asarray(self.waves.values((self.n - 1 + ahead).astype(np.float64), x)[:, self.at] + left)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        arrays = {"lags": packed(self.lags), "tail": packed(self.tail)}
        return {"waves": self.waves.to_dict(), **arrays, "n": self.n, "at": self.at}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        waves = Waves.from_dict(content["waves"])
        return cls(waves, unpacked(content["lags"]), unpacked(content["tail"]), int(content["n"]), int(content["at"]))
