"""Regression of series on a constant, a trend, seasonal waves and exogenous axes.

y(t) = c + b t/n + sum over seasons m and k = 1 … K of (u sin(2 pi k t/m) + v cos(2 pi k t/m)) + x(t) g. A long season
costs few waves where dummies would cost hundreds, and need not be whole. K of each season, and whether there is a
trend, are those with the lowest BIC; waves are added season by season, the shortest season first.

A season enters when 1.5 of its cycles were seen: from then on, waves and trend can be told apart.

Source: Harvey, Forecasting, structural time series models and the Kalman filter, 1989; Hyndman and Athanasopoulos 2021,
section 10.5 (dynamic harmonic regression).

>>> t = np.arange(50.0)
>>> past = Past((3 + np.sin(2 * np.pi * t / 10))[:, None], np.empty((50, 0)), (10.0,))
>>> plan = chosen_plan(past, past.y, False); plan.waves, plan.trend
((1,), False)
>>> Waves.fit(past, past.y, plan).values(np.array([52.5]), np.empty((1, 0))).round(2)
array([[4.]])
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats
from models.tasks.arrays import packed, unpacked
from models.tasks.forecasting.past import Past

__all__ = ["Plan", "Waves", "chosen_plan"]

CYCLES = 1.5
MOST_WAVES = 8
"""K of one season at most."""


@dataclass(frozen=True)
class Plan:
    """``seasons``, ``waves``: K of each; ``trend``: is there one; ``exogenous``: are there such axes; ``rows``: n."""

    seasons: tuple[float, ...]
    waves: tuple[int, ...]
    trend: bool
    exogenous: bool
    rows: int

    def design(self, t: Floats, x: Floats) -> Floats:
        """(m, columns) at the places ``t``."""
        parts = [np.ones((len(t), 1))]
        if self.trend:
            parts.append((t / self.rows)[:, None])
        for season, most in zip(self.seasons, self.waves, strict=True):
            for k in range(1, most + 1):
                turn = 2 * np.pi * k * t / season
                # At half the season the sine is 0 on whole steps.
                parts += [np.cos(turn)[:, None]] if 2 * k == season else [np.sin(turn)[:, None], np.cos(turn)[:, None]]
        return np.hstack([*parts, x] if self.exogenous else parts)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**self.__dict__, "seasons": list(self.seasons), "waves": list(self.waves)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        seasons, waves = tuple(map(float, content["seasons"])), tuple(map(int, content["waves"]))
        return cls(seasons, waves, bool(content["trend"]), bool(content["exogenous"]), int(content["rows"]))


def _bic(plan: Plan, y: Floats, x: Floats) -> float:
    design = plan.design(np.arange(float(len(y))), x)
    coefficients, _, rank, _ = np.linalg.lstsq(design, y, rcond=1e-9)
    left = np.square(y - design @ coefficients).mean(0)
    floor = 1e-12 * np.maximum(y.var(axis=0), 1e-12)
    return float((len(y) * np.log(np.maximum(left, floor)) + rank * np.log(len(y))).sum())


def chosen_plan(past: Past, y: Floats, exogenous: bool) -> Plan:
    """The plan with the lowest BIC for ``y`` (n, v): one plan for all series."""
    seasons = tuple(each for each in past.seasons if each * CYCLES <= len(y))
    best = None
    for trend in (False, True):
        plan = Plan(seasons, (0,) * len(seasons), trend, exogenous, len(y))
        value = _bic(plan, y, past.x)
        for at, season in enumerate(seasons):
            for k in range(1, min(MOST_WAVES, int(season // 2)) + 1):
                more = Plan(seasons, (*plan.waves[:at], k, *plan.waves[at + 1 :]), trend, exogenous, len(y))
                found = _bic(more, y, past.x)
                if found < value:
                    plan, value = more, found
        if best is None or value < best[0]:
            best = (value, plan)
    assert best is not None
    return best[1]


@dataclass(frozen=True)
class Waves:
    """``coefficients``: (columns, v)."""

    plan: Plan
    coefficients: Floats

    @classmethod
    def fit(cls, past: Past, y: Floats, plan: Plan) -> Self:
        """Least squares; of columns that say the same, each gets a part."""
        design = plan.design(np.arange(float(len(y))), past.x)
        return cls(plan, np.asarray(np.linalg.lstsq(design, y, rcond=1e-9)[0], np.float64))

    def values(self, t: Floats, x: Floats) -> Floats:
        """(m, v) at the places ``t``; 0 is the first row of training."""
        return np.asarray(self.plan.design(t, x) @ self.coefficients)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"plan": self.plan.to_dict(), "coefficients": packed(self.coefficients)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(Plan.from_dict(content["plan"]), unpacked(content["coefficients"]))
