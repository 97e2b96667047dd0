"""VARMAXForecaster: several series, each from the last steps of all.

y = waves(t, x) + e, e(t) = A1 e(t-1) + … + Ap e(t-p) + noise, in two least-squares steps; p of 1 to 5 with the lowest
BIC. No moving-average part: it would add little to some lags.

Limits: v series need p v^2 parameters, so at least 5 rows for each; a system that explodes gets fewer
lags.
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
from models.tasks.forecasting.past import CannotFit, Past
from models.tasks.forecasting.waves import Plan, Waves, chosen_plan

__all__ = ["VARMAXForecaster"]

LAGS = (1, 2, 3, 4, 5)
ROWS_PER_PARAMETER = 5
SMALL = 1e-2
"""Directions of the lags with less than this share of the largest spread are left out: of series that nearly repeat
one another they would get huge parameters of both signs."""


def _lagged(e: Floats, p: int) -> Floats:
    """(n-p, p v): the p rows before each, the nearest first."""
    return np.hstack([e[p - lag : len(e) - lag] for lag in range(1, p + 1)])


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
        fitting = [p for p in LAGS if p * v * ROWS_PER_PARAMETER <= n]
        if v < 2 or not fitting:
            raise CannotFit("there is one series" if v < 2 else "too few rows for so many series")
        out = []
        for exogenous in (True, False) if past.x.shape[1] else (False,):
            plan = chosen_plan(past, past.y, exogenous)
            e = past.y - Waves.fit(past, past.y, plan).values(np.arange(float(n)), past.x)
            best = min(fitting, key=lambda p: _bic(e, p, fitting[-1]))
            out.append({**plan.to_dict(), "lags": best})
        return out

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Two least squares. Raises `CannotFit` where errors would grow without end."""
        n = len(past.y)
        waves = Waves.fit(past, past.y, Plan.from_dict({**config, "rows": n}))
        e = past.y - waves.values(np.arange(float(n)), past.x)
        for p in range(int(config["lags"]), 0, -1):
            lags = np.asarray(np.linalg.lstsq(_lagged(e, p), e[p:], rcond=SMALL)[0], np.float64)
            if _steady(lags):
                return cls(waves, lags, e[-p:], n, past.at)
        raise CannotFit("the system of series explodes")

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """Regression at the places ahead, and what is left of the last errors."""
        p = len(self.tail)
        rows = [*self.tail]
        for _ in range(int(ahead.max(initial=0))):
            rows.append(np.concatenate(rows[: -p - 1 : -1]) @ self.lags)
        left = np.array(rows)[p - 1 + ahead, self.at]
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


def _steady(lags: Floats) -> bool:
    """Do errors die out, or at least stay?"""
    columns, v = lags.shape
    companion = np.vstack([lags.T, np.eye(columns - v, columns)])
    return bool(np.abs(np.linalg.eigvals(companion)).max() <= 1.0 + 1e-6)


def _bic(e: Floats, p: int, longest: int) -> float:
    """Of p lags, on the rows that the longest has too."""
    design, y = _lagged(e, p)[longest - p :], e[longest:]
    left = y - design @ np.linalg.lstsq(design, y, rcond=SMALL)[0]
    sign, size = np.linalg.slogdet(left.T @ left / len(y) + 1e-12 * np.eye(e.shape[1]))
    return float(len(y) * (size if sign > 0 else -np.inf) + p * e.shape[1] ** 2 * np.log(len(y)))
