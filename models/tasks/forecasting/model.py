"""Forecasting of one or several series: `fit`, and the model it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.automl.matrix import Floats, Ints
from models.rank.document import Said
from models.tasks.arrays import packed, unpacked
from models.tasks.base import Answers, Card, Told, dumped
from models.tasks.forecasting import choosing
from models.tasks.forecasting.choosing import FORECASTERS, HELD, choose
from models.tasks.forecasting.metrics import measured, naive_scale
from models.tasks.forecasting.past import Forecaster, needs_statsmodels
from models.tasks.forecasting.reading import Read, read
from models.tasks.forecasting.spread import Spread
from models.tasks.forecasting.timeline import Timeline, moments
from models.tasks.option_tables import METRICS, Task
from models.tasks.options import algorithms, known_metric, parse
from models.tasks.tables import Space, column, numbers
from models.tasks.words import say

__all__ = ["ForecastModel", "fit", "restore"]

TASK: Task = "forecasting"
YARDSTICKS = {
    "last": {"yardstick_en": "the last value", "yardstick_ja": "直前の値"},
    "season": {"yardstick_en": "the values of the last season", "yardstick_ja": "前の周期の値"},
    "drift": {"yardstick_en": "a straight line through both ends", "yardstick_ja": "始点と終点を結ぶ直線"},
}


@dataclass(frozen=True)
class Series:
    """One series and who forecasts it. ``scale``: of the scaled error; ``back``: (n,) see `choosing.hindcast`."""

    name: str
    algorithm: str
    forecaster: Forecaster
    spread: Spread
    scale: float
    back: Floats

    def forecast(self, ahead: Ints, x: Floats) -> Floats:
        """(m,) values; 0 steps ahead and below: what would have been forecast then."""
        out = np.empty(len(ahead))
        past = ahead < 1
        out[past] = self.back[ahead[past] - 1]
        out[~past] = self.forecaster.forecast(ahead[~past], x[~past])
        return out

    def half(self, ahead: Ints, level: float) -> Floats:
        """(m,) half the width of the interval."""
        fifth = -(-len(self.back) // HELD)
        then = (ahead - 1 + len(self.back)) % fifth + 1
        return self.spread.half(np.where(ahead < 1, then, ahead), level)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "name": self.name,
            "algorithm": self.algorithm,
            "forecaster": self.forecaster.to_dict(),
            "spread": self.spread.to_dict(),
            "scale": self.scale,
            "back": packed(self.back),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(
            str(content["name"]),
            str(content["algorithm"]),
            FORECASTERS[content["algorithm"]].from_dict(content["forecaster"]),
            Spread.from_dict(content["spread"]),
            float(content["scale"]),
            unpacked(content["back"]),
        )


@dataclass(frozen=True)
class ForecastModel:
    """See `models.tasks.protocol.TaskModel`. ``dates``: the column of dates; ``space``: of exogenous columns in use."""

    card: Card
    dates: str
    timeline: Timeline
    series: tuple[Series, ...]
    space: Space | None

    def predict(self, table: pd.DataFrame, options: Mapping[str, Any] | None = None) -> Answers:
        """Per row, which names a moment, the value of each series and its interval; HeatWave has no column Prediction
        here."""
        chosen = parse(TASK, "predict", options)
        ahead, x = self._asked(table)
        results: list[dict[str, Any]] = [{"predictions": {}} for _ in range(len(table))]
        for each in self.series:
            values, half = each.forecast(ahead, x), each.half(ahead, chosen["prediction_interval"])
            parts = [_or_none(part) for part in (values, values - half, values + half)]
            for result, value, lower, upper in zip(results, *parts, strict=True):
                result["predictions"][each.name] = value
                result["predictions"][f"prediction_interval_{each.name}"] = {"lower": lower, "upper": upper}
        return Answers(results)

    def _asked(self, table: pd.DataFrame) -> tuple[Ints, Floats]:
        """Steps ahead of each row, and its exogenous axes."""
        when, _ = moments(column(table, self.dates, "which holds the dates"), self.dates, self.timeline.counted)
        x = np.empty((len(table), 0)) if self.space is None else self.space.points(table)
        return self.timeline.ahead(when, self.dates), x

    def score(
        self, table: pd.DataFrame, target: str | None, metric: str, options: Mapping[str, Any] | None = None
    ) -> float | None:
        """Of the series named as target, or the mean over all; rows without a value are left out. The truth of a single
        series may stand in a column of another name."""
        parse(TASK, "score", options)
        known_metric(TASK, metric)
        names = [each.name for each in self.series]
        if target is not None and target not in names and len(names) > 1:
            raise StudyError(f"target {target!r} is not a series of the model; it forecasts {', '.join(names)}")
        ahead, x = self._asked(table)
        found = []
        for each in self.series:
            if len(names) == 1 or target in (None, each.name):
                truth = numbers(table, target or each.name, "which is to be scored")
                found.append(measured(metric, truth, each.forecast(ahead, x), each.scale))
        known = [value for value in found if value is not None]
        return float(np.mean(known)) if known else None

    def to_text(self) -> str:
        """JSON."""
        state = {
            "dates": self.dates,
            "timeline": self.timeline.to_dict(),
            "series": [each.to_dict() for each in self.series],
            "space": None if self.space is None else self.space.to_dict(),
        }
        return dumped(self.card, state)


def _or_none(values: Floats) -> list[float | None]:
    """Numbers as JSON has them."""
    return [None if value != value else value for value in values.tolist()]


def restore(card: Card, state: Mapping[str, Any]) -> ForecastModel:
    """From the parts of a text."""
    space = None if state["space"] is None else Space.from_dict(state["space"])
    series = tuple(Series.from_dict(each) for each in state["series"])
    return ForecastModel(card, str(state["dates"]), Timeline.from_dict(state["timeline"]), series, space)


def _notes(name: str, found: choosing.Chosen, metric: str) -> list[Said]:
    """What is said of one series."""
    notes = []
    best, naive = found.best, max(found.naive.values())
    if best.algorithm == "NaiveForecaster":
        notes.append(say("naive_best", {"series": name, **YARDSTICKS[best.config["strategy"]]}))
    elif best.score > naive:
        said = {"series": name, "algorithm": best.algorithm, "metric": metric, "score": best.score}
        notes.append(say("beats_naive", {**said, "naive": f"{naive:.4g}"}))
    else:
        strategy = "season" if found.naive.get("seasonal_naive") == naive else "last"
        notes.append(say("naive_best", {"series": name, **YARDSTICKS[strategy]}))
    if found.without_exogenous:
        notes.append(say("exogenous_unused", {"series": name}))
    return notes


def _part(told: Told, at: int, parts: int) -> Told:
    """Hears of one of several equal parts."""
    return lambda what, share: told(what, (at + share) / parts)


def fit(
    table: pd.DataFrame, target: str | None, options: Mapping[str, Any] | None, *, seed: int, told: Told
) -> ForecastModel:
    """Choose and fit a forecaster for each series. Nothing is random, so ``seed`` changes nothing."""
    chosen = parse(TASK, "train", options)
    needs_statsmodels()
    names, metric = algorithms(TASK, chosen), chosen["optimization_metric"] or METRICS[TASK][0]
    told("columns", 0.0)
    source = read(table, target, chosen)
    series, notes, found = [], [*source.notes], []
    for at, name in enumerate(source.names):
        past = replace(source.past, at=at)
        best = choose(past, names, metric, _part(told, at, len(source.names)))
        spread = Spread.of(best.best.errors, best.best.horizon)
        scale = naive_scale(past.one, past.short)
        series.append(Series(name, best.best.algorithm, best.forecaster, spread, scale, best.back))
        notes += _notes(name, best, metric)
        found.append(best)
    used = source.space if any(each.best.config.get("exogenous") for each in found) else None
    told("done", 1.0)
    return ForecastModel(_card(source, found, metric, used, notes), source.dates, source.timeline, tuple(series), used)


def _card(source: Read, found: list[choosing.Chosen], metric: str, used: Space | None, notes: list[Said]) -> Card:
    names = source.names
    pairs = list(zip(names, found, strict=True))
    beaten = all(each.best.score > max(each.naive.values()) for each in found)
    facts = {
        "training_params": {name: {"algorithm": each.best.algorithm, **each.best.config} for name, each in pairs},
        "n_rows": source.timeline.n,
        "n_columns": 1 + len(names) + len(source.exogenous),
        "n_selected_rows": source.timeline.n,
        "n_selected_columns": 1 + len(names) + (0 if used is None else len(used.columns)),
        "quality": "high" if beaten else "low",
        "yardsticks": {name: dict(each.naive) for name, each in pairs},
        "failed": {name: dict(each.failed) for name, each in pairs if each.failed},
        "seasons": list(source.past.seasons),
        "forecast_from": source.timeline.shown(source.timeline.last),
        "notes": notes,
    }
    score = float(np.mean([each.best.score for each in found]))
    columns = (source.dates, *(() if used is None else used.columns))
    return Card(TASK, ", ".join(dict.fromkeys(each.best.algorithm for each in found)), columns, metric, score, facts)
