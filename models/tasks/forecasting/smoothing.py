"""ETSForecaster and ExpSmoothForecaster: level, trend and season, each smoothed exponentially.

f(h) = (l + t(h) b) + s(h) or (l + t(h) b) s(h), with level l, trend b, season s of the same place of the last cycle;
t(h) = h, or p + p^2 + … + p^h where the trend is damped by p. ETSForecaster tries additive and multiplicative errors
and takes the form with the lowest AICc on the last `RECENT` rows; ExpSmoothForecaster has additive errors, as Holt and
Winters had. The states come from statsmodels; what is kept here is enough to forecast.

Limits: one season of at most 24 steps; multiplicative forms only for values above 0.
Source: Hyndman, Koehler, Ord and Snyder, Forecasting with exponential smoothing, 2008.

>>> y = 100 + 10 * np.sin(2 * np.pi * np.arange(70) / 7)
>>> past = Past(y[:, None], np.empty((70, 0)), (7.0,))
>>> config = {"error": "add", "trend": "no", "season": "add", "length": 7}
>>> ETSForecaster.fit(past, config).forecast(np.array([1, 8]), np.empty((2, 0))).round(0)
array([100., 100.])
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.forecasting.past import CannotFit, Past

__all__ = ["ETSForecaster", "ExpSmoothForecaster", "Smooth", "smoothed"]

RECENT = 600
"""Rows at the end that are smoothed over; older ones have no weight left."""
ESTIMATED = 12
"""Steps of the longest season whose first states are estimated."""
JUDGED = 300
"""Rows at the end that decide about the form."""


@dataclass(frozen=True)
class Smooth:
    """The last states. ``season``: from the next step on; one 0 or 1 where there is none."""

    level: float
    trend: float
    damping: float
    season: tuple[float, ...]
    multiplied: bool

    def forecast(self, ahead: Ints) -> Floats:
        """(m,) values ``ahead`` steps after the end."""
        steps = ahead.astype(np.float64)
        if self.damping < 1:
            steps = self.damping * (1 - self.damping**steps) / (1 - self.damping)
        line = self.level + self.trend * steps
        season = np.array(self.season)[(ahead - 1) % len(self.season)]
        return np.asarray(line * season if self.multiplied else line + season)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**self.__dict__, "season": list(self.season)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        season = tuple(map(float, content["season"]))
        level, trend, damping = (float(content[key]) for key in ("level", "trend", "damping"))
        return cls(level, trend, damping, season, bool(content["multiplied"]))


def _fitted(y: Floats, config: Mapping[str, Any]) -> Any:
    """statsmodels' result for one form. Raises `CannotFit`."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    season = None if config["season"] == "no" else config["season"]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            model = ETSModel(
                y,
                error=config["error"],
                trend=None if config["trend"] == "no" else "add",
                damped_trend=config["trend"] == "damped",
                seasonal=season,
                seasonal_periods=config["length"] if season else None,
                # A first state for each step of a long season would be most of the search, and is soon forgotten.
                initialization_method="heuristic" if season and config["length"] > ESTIMATED else "estimated",
            )
            found = model.fit(disp=False, maxiter=200)
    except (ValueError, np.linalg.LinAlgError, FloatingPointError) as error:
        raise CannotFit(str(error)) from error
    if not np.isfinite(found.level[-1]):
        raise CannotFit("the smoothed level is not finite")
    return found


def smoothed(y: Floats, config: Mapping[str, Any]) -> Smooth:
    """The last states of one form. Raises `CannotFit`."""
    found = _fitted(y[-RECENT:], config)
    multiplied = config["season"] == "mul"
    season = found.season[-config["length"] :] if config["season"] != "no" else [1.0 if multiplied else 0.0]
    return Smooth(
        float(found.level[-1]),
        float(found.slope[-1]) if config["trend"] != "no" else 0.0,
        float(found.damping_trend) if config["trend"] == "damped" else 1.0,
        tuple(float(each) for each in season),
        multiplied,
    )


def best_form(y: Floats, errors: Sequence[str], length: int) -> dict[str, Any]:
    """The form with the lowest AICc. Raises `CannotFit` where none can be fitted."""
    best: tuple[float, dict[str, Any]] | None = None
    for config in _forms(y[-JUDGED:], errors, length):
        try:
            value = float(_fitted(y[-JUDGED:], config).aicc)
        except CannotFit:
            continue
        if np.isfinite(value) and (best is None or value < best[0]):
            best = (value, config)
    if best is None:
        raise CannotFit("no form of smoothing fits")
    return best[1]


def _forms(y: Floats, errors: Sequence[str], length: int) -> Iterator[dict[str, Any]]:
    positive = bool((y > 0).all())
    seasons = ["no"] if length < 2 else ["no", "add", "mul"] if positive else ["no", "add"]
    for error, trend, season in product(errors, ("no", "add", "damped"), seasons):
        if (error == "add" or positive) and not (error == "add" and season == "mul" and len(errors) > 1):
            yield {"error": error, "trend": trend, "season": season, "length": length}


@dataclass(frozen=True)
class ETSForecaster:
    """``smooth``: the last states."""

    smooth: Smooth
    errors: ClassVar[tuple[str, ...]] = ("add", "mul")

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """The form with the lowest AICc."""
        return [best_form(past.one, cls.errors, past.short)]

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Smooth."""
        return cls(smoothed(past.one, config))

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """The states go on."""
        return self.smooth.forecast(ahead)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return self.smooth.to_dict()

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(Smooth.from_dict(content))


@dataclass(frozen=True)
class ExpSmoothForecaster(ETSForecaster):
    """Additive errors only."""

    errors: ClassVar[tuple[str, ...]] = ("add",)
