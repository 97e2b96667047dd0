"""DynFactorForecaster: what several series have in common moves on, and what each has of its own dies away.

y_i = waves_i(t, x) + s_i (l_i f(t) + u_i(t)), s_i the standard deviation of what the waves leave; f: the one or two
first principal components of all series, followed by autoregression (see `lags`); u_i(t) = a_i u_i(t-1) + noise, a_i
between -1 and 1 by least squares. Principal components are consistent for the factors, so two steps stand for the
filter that estimates all at once.

Limits: two or more series; worth it where many series share few causes. For two series it says little that
VARMAXForecaster does not.
Source: Stock and Watson, Forecasting using principal components from a large number of predictors, JASA 2002.

>>> rng = np.random.default_rng(0)
>>> common = np.cumsum(rng.normal(size=300))
>>> y = common[:, None] * [1.0, 2.0, -1.0] + rng.normal(size=(300, 3))
>>> past = Past(y, np.empty((300, 0)), (), at=1)
>>> found = DynFactorForecaster.fit(past, DynFactorForecaster.configs(past)[0])
>>> bool(abs(found.forecast(np.array([1]), np.empty((1, 0)))[0] - 2 * common[-1]) < 1.5)
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

__all__ = ["DynFactorForecaster"]

MOST_FACTORS = 2
"""More are seldom worth their lags with the numbers of series that a table has."""


NOTHING = 1e-9
"""What the waves leave of a series, as a share of its largest value, below which it is the rounding of numbers."""


def _left(past: Past, waves: Waves) -> Floats:
    """(n, v) what the waves leave; 0 where they leave nothing."""
    e = past.y - waves.values(np.arange(float(len(past.y))), past.x)
    return np.where(np.abs(e).max(0) > NOTHING * np.abs(past.y).max(0), e, 0.0)


def _factors(e: Floats, r: int) -> tuple[Floats, Floats, Floats]:
    """(n, v) → scales (v,), loadings (v, r), factors (n, r)."""
    spread = e.std(axis=0)
    scales = np.where(spread > 0, spread, 1.0)
    directions = np.linalg.svd(e / scales, full_matrices=False)[2][:r].T
    # The sign of a direction is anybody's guess: with its largest part positive, the same rows give the same model.
    directions *= np.sign(directions[np.abs(directions).argmax(0), np.arange(r)])
    return scales, directions, e / scales @ directions


@dataclass(frozen=True)
class DynFactorForecaster:
    """Of the series meant, ``at``: its ``loading`` (r,) with the scale in it, ``own`` (a, the last of its own part)."""

    waves: Waves
    lags: Floats
    tail: Floats
    loading: Floats
    own: tuple[float, float]
    n: int
    at: int

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """One and two factors, with and without exogenous columns; none for one series."""
        v = past.y.shape[1]
        if v < 2:
            raise CannotFit("there is one series")
        out = []
        for exogenous in (True, False) if past.x.shape[1] else (False,):
            plan = chosen_plan(past, past.y, exogenous)
            e = _left(past, Waves.fit(past, past.y, plan))
            out += [
                {**plan.to_dict(), "factors": r, "lags": best_number(_factors(e, r)[2])}
                for r in range(1, min(MOST_FACTORS, v - 1) + 1)
            ]
        return out

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Regression, components, autoregressions. Raises `CannotFit` where factors would grow without end."""
        n, at = len(past.y), past.at
        waves = Waves.fit(past, past.y, Plan.from_dict({**config, "rows": n}))
        e = _left(past, waves)
        scales, directions, f = _factors(e, int(config["factors"]))
        u = e[:, at] - scales[at] * (f @ directions[at])
        size = float(u[:-1] @ u[:-1])
        a = float(np.clip(u[1:] @ u[:-1] / size, -1.0, 1.0)) if size > 0 else 0.0
        lags, tail = lags_of(f, int(config["lags"]))
        return cls(waves, lags, tail, scales[at] * directions[at], (a, float(u[-1])), n, at)

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """Regression at the places ahead, what is common then, and what is left of the series' own part."""
        common = ahead_of(self.lags, self.tail, int(ahead.max(initial=0)))[ahead - 1] @ self.loading
        a, last = self.own
        seasonal = self.waves.values((self.n - 1 + ahead).astype(np.float64), x)[:, self.at]
        return np.asarray(seasonal + common + last * a**ahead)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        arrays = {name: packed(getattr(self, name)) for name in ("lags", "tail", "loading")}
        return {"waves": self.waves.to_dict(), **arrays, "own": list(self.own), "n": self.n, "at": self.at}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        lags, tail, loading = (unpacked(content[name]) for name in ("lags", "tail", "loading"))
        a, last = map(float, content["own"])
        waves = Waves.from_dict(content["waves"])
        return cls(waves, lags, tail, loading, (a, last), int(content["n"]), int(content["at"]))
