"""Which algorithm forecasts a series best: rolling origins decide, and the naive forecasts must be beaten or named.

The last fifth of the rows is forecast from its beginning, from a third of it on, and from two thirds on, each time
from nothing but the rows before. Forms and orders are chosen on the rows before the first origin only. The score of a
setting is its mean over the three origins.

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
from models.tasks.forecasting.metrics import measured, naive_scale
from models.tasks.forecasting.naive import NaiveForecaster
from models.tasks.forecasting.past import CannotFit, Forecaster, Past
from models.tasks.forecasting.sarimax import SARIMAXForecaster
from models.tasks.forecasting.smoothing import ETSForecaster, ExpSmoothForecaster
from models.tasks.forecasting.theta import ThetaForecaster
from models.tasks.forecasting.varmax import VARMAXForecaster

__all__ = ["FORECASTERS", "Chosen", "Trial", "choose"]

FORECASTERS: Mapping[str, type[Forecaster]] = {
    "NaiveForecaster": NaiveForecaster,
    "ThetaForecaster": ThetaForecaster,
    "ExpSmoothForecaster": ExpSmoothForecaster,
    "ETSForecaster": ETSForecaster,
    "STLwESForecaster": STLwESForecaster,
    "STLwARIMAForecaster": STLwARIMAForecaster,
    "SARIMAXForecaster": SARIMAXForecaster,
    "VARMAXForecaster": VARMAXForecaster,
}
HELD = 5
"""One in so many rows is forecast to judge."""
ORIGINS = 3


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


def _origins(n: int) -> list[int]:
    held = max(1, n // HELD)
    return sorted({n - max(1, round(held * part / ORIGINS)) for part in range(ORIGINS, 0, -1)})


def _judge(past: Past, name: str, config: Mapping[str, Any], metric: str) -> Trial:
    """Raises `CannotFit` where one origin fails."""
    n = len(past.y)
    scores, errors, horizon = [], [], []
    for end in _origins(n):
        known, ahead = past.until(end), np.arange(1, n - end + 1)
        found = FORECASTERS[name].fit(known, config).forecast(ahead, past.x[end:])
        if not np.isfinite(found).all():
            raise CannotFit("its forecast is not finite")
        value = measured(metric, past.one[end:], found, naive_scale(known.one, known.short))
        scores += [] if value is None else [value]
        errors.append(past.one[end:] - found)
        horizon.append(ahead)
    return Trial(name, config, float(np.mean(scores or [0.0])), np.concatenate(errors), np.concatenate(horizon))


def _trials(past: Past, names: Sequence[str], metric: str, failed: dict[str, str], told: Told) -> Iterator[Trial]:
    start = past.until(_origins(len(past.y))[0])
    for at, name in enumerate(names):
        told(name, at / len(names))
        try:
            configs = FORECASTERS[name].configs(start)
        except CannotFit as error:
            failed[name] = str(error)
            continue
        for config in configs:
            try:
                yield _judge(past, name, config, metric)
            except CannotFit as error:
                failed[name] = str(error)


def _yardsticks(past: Past, metric: str) -> list[tuple[str, Trial]]:
    configs = NaiveForecaster.configs(past.until(_origins(len(past.y))[0]))
    told = {"last": "naive", "season": "seasonal_naive", "drift": "drift"}
    return [(told[each["strategy"]], _judge(past, "NaiveForecaster", each, metric)) for each in configs]


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
        return Chosen(trial, forecaster, naive, failed, unused)
    why = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
    raise StudyError(f"no algorithm of model_list can forecast this series ({why}); allow more of them")
