"""Which algorithm forecasts a series best: rolling origins decide, and the naive forecasts must be beaten or named.

The last fifth of the rows is forecast from its beginning, and from one, two, three and four fifths of it on, each
time from nothing but the rows before. Forms and orders are chosen on the rows before the first origin only. The score
of a setting is its mean over the origins; one that is twice as wrong as another at the first origin ends there.

Source: Tashman, Out-of-sample tests of forecasting accuracy, IJF 2000.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.tasks.base import Told
from models.tasks.forecasting.decomposed import STLwARIMAForecaster, STLwESForecaster
from models.tasks.forecasting.dynfactor import DynFactorForecaster
from models.tasks.forecasting.metrics import measured, naive_scale
from models.tasks.forecasting.naive import NaiveForecaster
from models.tasks.forecasting.past import CannotFit, Forecaster, Past
from models.tasks.forecasting.sarimax import SARIMAXForecaster
from models.tasks.forecasting.smoothing import ETSForecaster, ExpSmoothForecaster
from models.tasks.forecasting.theta import ThetaForecaster
from models.tasks.forecasting.varmax import VARMAXForecaster

__all__ = ["FORECASTERS", "HELD", "Chosen", "Trial", "choose"]

FORECASTERS: Mapping[str, type[Forecaster]] = {
    "NaiveForecaster": NaiveForecaster,
    "ThetaForecaster": ThetaForecaster,
    "ExpSmoothForecaster": ExpSmoothForecaster,
    "ETSForecaster": ETSForecaster,
    "STLwESForecaster": STLwESForecaster,
    "STLwARIMAForecaster": STLwARIMAForecaster,
    "SARIMAXForecaster": SARIMAXForecaster,
    "VARMAXForecaster": VARMAXForecaster,
    "DynFactorForecaster": DynFactorForecaster,
}
HELD = 5
"""One in so many rows is forecast to judge."""
ORIGINS = 5
BEHIND = 2.0
"""Times as wrong as the best at the first origin: it will not be the best of all."""


@dataclass(frozen=True)
class Trial:
    """One setting of one algorithm, judged. ``errors``: (m,) with the sign; ``horizon``: (m,) steps ahead of each."""

    algorithm: str
    config: Mapping[str, Any]
    score: float
    errors: Floats
    horizon: Ints


@dataclass(frozen=True)
class Chosen:
    """The best, fitted to all rows; ``naive``: the scores of the yardsticks; ``failed``: algorithm → why not."""

    best: Trial
    forecaster: Forecaster
    naive: Mapping[str, float]
    failed: Mapping[str, str]
    without_exogenous: bool
    """Exogenous columns were there, and the best does not use them."""
    back: Floats
    """See `hindcast`."""


def _origins(n: int) -> list[int]:
    held = max(1, n // HELD)
    return sorted({n - max(1, round(held * part / ORIGINS)) for part in range(ORIGINS, 0, -1)})


@dataclass(frozen=True)
class Leg:
    """A setting from one origin to the end. ``errors``: (h,) with the sign."""

    score: float
    errors: Floats


def _leg(past: Past, name: str, config: Mapping[str, Any], metric: str, end: int) -> Leg:
    """Raises `CannotFit`."""
    known, ahead = past.until(end), np.arange(1, len(past.y) - end + 1)
    found = FORECASTERS[name].fit(known, config).forecast(ahead, past.x[end:])
    if not np.isfinite(found).all():
        raise CannotFit("its forecast is not finite")
    value = measured(metric, past.one[end:], found, naive_scale(known.one, known.short))
    return Leg(0.0 if value is None else value, past.one[end:] - found)


def _judge(past: Past, name: str, config: Mapping[str, Any], metric: str, first: Leg) -> Trial:
    """The other origins too. Raises `CannotFit` where one fails."""
    legs = [first, *(_leg(past, name, config, metric, end) for end in _origins(len(past.y))[1:])]
    horizon = np.concatenate([np.arange(1, len(leg.errors) + 1) for leg in legs])
    score = float(np.mean([leg.score for leg in legs]))
    return Trial(name, config, score, np.concatenate([leg.errors for leg in legs]), horizon)


def _started(
    past: Past, names: Sequence[str], metric: str, failed: dict[str, str], told: Told
) -> Iterator[tuple[str, Mapping[str, Any], Leg]]:
    """Every setting at the first origin."""
    origin = _origins(len(past.y))[0]
    for at, name in enumerate(names):
        told(name, 0.7 * at / len(names))
        try:
            for config in FORECASTERS[name].configs(past.until(origin)):
                yield name, config, _leg(past, name, config, metric, origin)
        except CannotFit as error:
            failed[name] = str(error)


def _trials(past: Past, names: Sequence[str], metric: str, failed: dict[str, str], told: Told) -> Iterator[Trial]:
    started = list(_started(past, names, metric, failed, told))
    best = max((leg.score for _, _, leg in started), default=0.0)
    running = [each for each in started if each[2].score >= BEHIND * best]
    for at, (name, config, first) in enumerate(running):
        told(name, 0.7 + 0.3 * at / len(running))
        try:
            yield _judge(past, name, config, metric, first)
        except CannotFit as error:
            failed[name] = str(error)


def _yardsticks(past: Past, metric: str) -> list[tuple[str, Trial]]:
    """Of the naive forecasts all origins count, whatever the first says."""
    origin = _origins(len(past.y))[0]
    told = {"last": "naive", "season": "seasonal_naive", "drift": "drift"}
    out = []
    for each in NaiveForecaster.configs(past.until(origin)):
        first = _leg(past, "NaiveForecaster", each, metric, origin)
        out.append((told[each["strategy"]], _judge(past, "NaiveForecaster", each, metric, first)))
    return out


def hindcast(past: Past, trial: Trial) -> Floats:
    """(n,) what would have been forecast for each fifth of the past from the rows before it; NaN for the first fifth,
    and where so few rows are too few for the algorithm."""
    n, known = len(past.y), np.full(len(past.y), np.nan)
    fifth = -(-n // HELD)
    for start in range(fifth, n, fifth):
        end = min(start + fifth, n)
        try:
            fitted = FORECASTERS[trial.algorithm].fit(past.until(start), trial.config)
            known[start:end] = fitted.forecast(np.arange(1, end - start + 1), past.x[start:end])
        except (CannotFit, ValueError, ArithmeticError, IndexError):
            # The setting was chosen for all rows; a season longer than these, for one, makes no sense here.
            continue
    return np.where(np.isfinite(known), known, np.nan)


def choose(past: Past, names: Sequence[str], metric: str, told: Told) -> Chosen:
    """The best of the named algorithms for the series meant. Raises `StudyError` where none can be fitted."""
    failed: dict[str, str] = {}
    naive: dict[str, float] = {}
    for code, trial in _yardsticks(past, metric):
        if code != "drift":
            naive[code] = max(trial.score, naive.get(code, -np.inf))
    ranked = sorted(_trials(past, names, metric, failed, told), key=lambda trial: -trial.score)
    for trial in ranked:
        try:
            forecaster = FORECASTERS[trial.algorithm].fit(past, trial.config)
        except CannotFit as error:
            failed[trial.algorithm] = str(error)
            continue
        unused = past.x.shape[1] > 0 and not trial.config.get("exogenous", False)
        return Chosen(trial, forecaster, naive, failed, unused, hindcast(past, trial))
    why = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
    raise StudyError(f"no algorithm of model_list can forecast this series ({why}); allow more of them")
