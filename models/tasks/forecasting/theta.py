"""ThetaForecaster: half a straight line, half exponential smoothing.

The season is removed first, as ratios to a centred moving average (differences, where a value is 0 or less), if the
autocorrelation at one season is beyond chance (90 %). Then, with the smoothed level l, its weight a, and b the slope of
the least-squares line:
f(h) = l + (b/2) (h - 1 + 1/a - (1-a)^n / a), and the season is put back.

Limits: one season; trends go on with half their slope.
Source: Assimakopoulos and Nikolopoulos, The theta model, IJF 2000; the form by Hyndman and Billah, Unmasking the theta
method, IJF 2003.

>>> past = Past(np.arange(1.0, 31.0)[:, None], np.empty((30, 0)), ())
>>> ThetaForecaster.fit(past, {"season": 1}).forecast(np.array([1, 10]), np.empty((2, 0))).round(1)
array([30.5, 35. ])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.signal import lfilter

from models.automl.matrix import Floats, Ints
from models.tasks.forecasting.past import Past

__all__ = ["ThetaForecaster"]

RECENT = 2000
"""Rows at the end that are smoothed over; older ones have no weight left."""


@dataclass(frozen=True)
class ThetaForecaster:
    """``start``: value before the first step; ``slope``: per step; ``season``: what is put back, from the next step."""

    start: float
    slope: float
    season: tuple[float, ...]
    ratios: bool

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """With the season that smoothing can follow, if there is one."""
        return [{"season": past.short}]

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Remove the season, smooth, take half the slope."""
        y = past.one[-RECENT:]
        m = config["season"]
        ratios = bool((y > 0).all())
        season = _season(y, m, ratios) if m > 1 and _seasonal(y, m) else np.full(1, 1.0 if ratios else 0.0)
        repeated = season[np.arange(len(y)) % len(season)]
        rest = y / repeated if ratios else y - repeated
        weight = float(minimize_scalar(lambda a: _errors(rest, a), bounds=(0.01, 0.99), method="bounded").x)
        slope = float(np.polyfit(np.arange(len(rest)), rest, 1)[0]) / 2
        start = float(_levels(rest, weight)[-1]) + slope * (1 / weight - (1 - weight) ** len(rest) / weight - 1)
        return cls(start, slope, tuple(np.roll(season, -(len(y) % len(season))).tolist()), ratios)

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """A line, and the season on it."""
        line = self.start + self.slope * ahead
        season = np.array(self.season)[(ahead - 1) % len(self.season)]
        return np.asarray(line * season if self.ratios else line + season)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"start": self.start, "slope": self.slope, "season": list(self.season), "ratios": self.ratios}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        season = tuple(map(float, content["season"]))
        return cls(float(content["start"]), float(content["slope"]), season, bool(content["ratios"]))


def _levels(y: Floats, weight: float) -> Floats:
    """Exponentially smoothed, from the first value on."""
    return np.asarray(lfilter([weight], [1.0, weight - 1.0], y, zi=[(1 - weight) * y[0]])[0])


def _errors(y: Floats, weight: float) -> float:
    return float(np.square(y[1:] - _levels(y, weight)[:-1]).sum())


def _seasonal(y: Floats, m: int) -> bool:
    """Is the autocorrelation at lag m beyond what the shorter lags let expect?"""
    centred = np.diff(y) - np.diff(y).mean()
    power = float(np.square(centred).sum())
    if power <= 0 or len(centred) <= 2 * m:
        return False
    r = np.array([float((centred[lag:] * centred[:-lag]).sum()) / power for lag in range(1, m + 1)])
    return bool(r[-1] > 1.645 * np.sqrt((1 + 2 * np.square(r[:-1]).sum()) / len(centred)))


def _season(y: Floats, m: int, ratios: bool) -> Floats:
    """Mean ratio (difference) to the centred moving average at each place of the season, (m,)."""
    window = np.ones(m) if m % 2 else np.concatenate([[0.5], np.ones(m - 1), [0.5]])
    half = len(window) // 2
    middle = np.convolve(y, window / m, mode="valid")
    inner = y[half : half + len(middle)]
    apart = inner / middle if ratios else inner - middle
    places = (np.arange(len(apart)) + half) % m
    found = np.bincount(places, apart, minlength=m) / np.maximum(np.bincount(places, minlength=m), 1)
    return np.asarray(found / found.mean() if ratios else found - found.mean())
