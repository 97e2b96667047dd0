"""STLwESForecaster and STLwARIMAForecaster: seasons removed by local regression, the rest forecast, seasons put back.

y = s1 + s2 + … + rest, one s per season of which three cycles were seen (STL; several seasons: MSTL), found robustly
against outliers where one season is all there is. f(h) = the same place of the last cycle of each s, plus exponential
smoothing, or ARIMA with one difference, of the rest.

Where all values are above 0 the same is tried on their logarithms.

Limits: seasons that need not be smooth but must be long known; whole steps only.
Source: Cleveland, Cleveland, McRae and Terpenning, STL: a seasonal-trend decomposition procedure based on loess,
Journal of Official Statistics 1990; Bandara, Hyndman and Bergmeir, MSTL, 2021.

>>> y = 10 * np.sin(2 * np.pi * np.arange(84) / 12) + np.arange(84)
>>> past = Past(y[:, None], np.empty((84, 0)), (12.0,))
>>> STLwESForecaster.fit(past, STLwESForecaster.configs(past)[0]).forecast(np.array([3]), np.empty((1, 0))).round(0)
array([95.])
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.automl.matrix import Floats, Ints
from models.tasks.forecasting.arima import Arima, best_order, fit_arima
from models.tasks.forecasting.past import CannotFit, Past, logged, scaled, unscaled
from models.tasks.forecasting.smoothing import Smooth, best_form, smoothed

__all__ = ["STLwARIMAForecaster", "STLwESForecaster"]

RECENT = 2000
"""Rows at the end that are decomposed."""
CYCLES = 3.0
"""Of a season, or its shape is mostly chance."""
ORDERS = ((0, 1, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1), (2, 1, 1))


def _split(y: Floats, periods: Sequence[int]) -> tuple[list[tuple[float, ...]], Floats]:
    """The last cycle of each season, from the next step on, and the rest (n,)."""
    from statsmodels.tsa.seasonal import MSTL, STL

    tail = y[-RECENT:]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if len(periods) == 1:
                seasonal = np.asarray(STL(tail, period=periods[0], robust=True).fit().seasonal)[:, None]
            else:
                seasonal = np.asarray(MSTL(tail, periods=tuple(periods)).fit().seasonal).reshape(len(tail), -1)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise CannotFit(str(error)) from error
    cycles = [tuple(seasonal[-period:, at].tolist()) for at, period in enumerate(periods)]
    return cycles, tail - seasonal.sum(1)


def _periods(past: Past) -> list[int]:
    found = [each for each in past.whole_seasons(CYCLES) if each * CYCLES <= RECENT]
    if not found:
        raise CannotFit("no season was seen three times")
    return found


def _put_back(cycles: Sequence[Sequence[float]], ahead: Ints) -> Floats:
    out = np.zeros(len(ahead))
    for cycle in cycles:
        out += np.array(cycle)[(ahead - 1) % len(cycle)]
    return out


@dataclass(frozen=True)
class STLwESForecaster:
    """``cycles``: what is put back; ``rest``: smoothed; ``log``: of logarithms."""

    cycles: tuple[tuple[float, ...], ...]
    rest: Smooth
    log: bool

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """The form of the rest with the lowest AICc."""
        periods, out = _periods(past), []
        for log in logged(past):
            rest = _split(scaled(past, log), periods)[1]
            out.append({"periods": periods, "log": log, **best_form(rest, ("add",), 1)})
        return out

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Split, smooth."""
        cycles, rest = _split(scaled(past, config["log"]), config["periods"])
        return cls(tuple(cycles), smoothed(rest, config), config["log"])

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """The rest goes on, the seasons come again."""
        return unscaled(self.rest.forecast(ahead) + _put_back(self.cycles, ahead), self.log)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"cycles": [list(each) for each in self.cycles], "rest": self.rest.to_dict(), "log": self.log}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        cycles = tuple(tuple(map(float, each)) for each in content["cycles"])
        return cls(cycles, Smooth.from_dict(content["rest"]), bool(content["log"]))


@dataclass(frozen=True)
class STLwARIMAForecaster:
    """``cycles``: what is put back; ``rest``: by ARIMA; ``log``: of logarithms."""

    cycles: tuple[tuple[float, ...], ...]
    rest: Arima
    log: bool

    @classmethod
    def configs(cls, past: Past) -> Sequence[Mapping[str, Any]]:
        """The order of the rest with the lowest AICc."""
        periods, out = _periods(past), []
        for log in logged(past):
            rest = _split(scaled(past, log), periods)[1]
            out.append({"periods": periods, "log": log, "order": list(best_order(rest, ORDERS))})
        return out

    @classmethod
    def fit(cls, past: Past, config: Mapping[str, Any]) -> Self:
        """Split, estimate."""
        cycles, rest = _split(scaled(past, config["log"]), config["periods"])
        p, d, q = config["order"]
        return cls(tuple(cycles), fit_arima(rest, (p, d, q)), config["log"])

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """The rest goes on, the seasons come again."""
        rest = self.rest.forecast(int(ahead.max(initial=0)))
        return unscaled(rest[ahead - 1] + _put_back(self.cycles, ahead), self.log)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"cycles": [list(each) for each in self.cycles], "rest": self.rest.to_dict(), "log": self.log}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        cycles = tuple(tuple(map(float, each)) for each in content["cycles"])
        return cls(cycles, Arima.from_dict(content["rest"]), bool(content["log"]))
