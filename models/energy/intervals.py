"""A study's table as intervals of energy: kWh, units made, product mix, weather, price. What was not said is
inferred.

Every inference leaves a notice, so that the reader can contradict it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.errors import StudyError, nearest
from ingest.plant import Tariff
from models.study.data import Notice, StudyData, TooLittle, prepare
from models.study.kwh import KWH_PER, kwh_per
from models.study.spec import Factor, StudyEnergy, StudySpec

__all__ = ["Intervals", "clock", "intervals", "priced", "unit_of"]

Floats = NDArray[np.float64]

UNIT_IN_NAME = re.compile(r"(?:^|[^a-z])(mwh|kwh|wh|mw|kw)(?:[^a-z]|$)")
ENERGY_NAME = re.compile(r"energy|consumption|usage|電力量", re.IGNORECASE)
WEATHER_NAME = re.compile(r"ambient|outdoor|outside|weather|humid|外気|気温|湿度", re.IGNORECASE)
GOOD_NAME = re.compile(r"(?:^|_)good(?:_|$)|good_?(?:count|parts|pieces|units)|良品", re.IGNORECASE)
SCRAP_NAME = re.compile(r"(?:^|_)(?:scrap|bad|ng|rejects?)(?:_|$)|不良数", re.IGNORECASE)
RATE_NAME = re.compile(r"rate|ratio|share|percent|pct|率", re.IGNORECASE)
MOST_CODES = 12
"""Whole numbers with no more values than this, named as mix, are codes of products."""
FEWEST_READINGS = 20
"""A column that never falls and has more values than this is a running counter: counts of an interval fall too."""
UNLIKE = 0.1
"""Share by which the usual step may differ from the declared length of an interval."""
WEATHER_CARRY_HOURS = 3.0
"""For how long a weather reading stands in for missing ones."""


@dataclass(frozen=True)
class Intervals:
    """n intervals of one length, in order of time.

    ``start``: UTC; None where the study has no time. ``kwh``: finite. ``good``, ``bad``: units per interval, NaN where
    not counted. ``mix``: text or float64 columns. ``weather``: float64. ``price``: money per kWh.
    """

    start: pd.DatetimeIndex | None
    zone: ZoneInfo
    hours: float
    kwh: Floats
    good: Floats | None
    bad: Floats | None
    mix: pd.DataFrame
    weather: pd.DataFrame
    price: Floats | None
    tariff: Tariff | None
    currency: str
    energy: StudyEnergy
    columns: dict[str, Any]
    notices: tuple[Notice, ...]

    @property
    def n(self) -> int:
        return len(self.kwh)

    @property
    def made(self) -> Floats | None:
        """Good and bad units."""
        if self.good is None or self.bad is None:
            return self.good
        return self.good + self.bad

    @property
    def local(self) -> pd.DatetimeIndex:
        """Local wall clock in the middle of each interval, without its zone."""
        assert self.start is not None
        middle = self.start + pd.Timedelta(hours=self.hours / 2)
        return middle.tz_convert(self.zone).tz_localize(None)

    def money(self, kwh: Floats, chosen: NDArray[np.bool_] | None = None) -> float | None:
        """What some of the energy cost."""
        if self.price is None:
            return None
        cost = self.price * kwh
        return float(cost.sum() if chosen is None else cost[chosen].sum())


def intervals(frame: pd.DataFrame, spec: StudySpec) -> Intervals | Notice:
    """Read the table, or say what is missing. Raises `StudyError` where a named column is not there."""
    energy = spec.energy or StudyEnergy()
    notices: list[Notice] = []
    frame = frame.rename(columns=str)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    if frame.empty:
        return Notice("no_target", {"target": spec.target})
    columns = _columns(frame, spec, energy, list(frame.columns), notices)
    data = _prepared(frame, spec, columns)
    if isinstance(data, TooLittle):
        return data.notice
    start, hours = clock(data, energy, notices)
    if hours is None:
        return Notice("no_interval_length")
    unit = unit_of(spec, energy, notices)
    per_target = kwh_per(unit, hours)
    assert per_target is not None
    kwh = data.loss * per_target
    if (kwh < 0).any():
        notices.append(Notice("negative_energy", {"count": int((kwh < 0).sum())}))
    if start is not None and _is_meter(kwh):
        return Notice("running_meter", {"column": spec.target})
    per = hours if energy.counts == "hour" else 1.0
    good, bad = (_counted(data, frame, columns[what], per, notices) for what in ("production", "scrap"))
    columns |= {"target": spec.target, "unit": unit}
    price, tariff = _price(spec, energy, per_target, start, hours, data.n)
    return Intervals(
        start=start,
        zone=ZoneInfo(energy.time_zone),
        hours=hours,
        kwh=kwh,
        good=good,
        bad=bad if good is not None else None,
        mix=_mix(data.features, columns["mix"]),
        weather=_weather(data.features, columns["weather"], hours),
        price=price,
        tariff=tariff,
        currency=spec.cost.currency,
        energy=energy,
        columns=columns,
        notices=tuple(notices),
    )


def _columns(
    frame: pd.DataFrame, spec: StudySpec, energy: StudyEnergy, names: Sequence[str], notices: list[Notice]
) -> dict[str, Any]:
    """Which column is what: as the study says, else told from roles, units and names."""
    for key in ("production", "scrap"):
        _known(f"energy.{key}", getattr(energy, key), names)
    for key in ("mix", "weather"):
        for column in getattr(energy, key):
            _known(f"energy.{key}", column, names)
    reserved = {spec.target, spec.time, spec.group}
    rest = [name for name in names if name not in reserved]
    context = [name for name in rest if spec.factor(name).role == "context" and spec.factor(name).of is None]
    numeric = {name for name in rest if pd.api.types.is_numeric_dtype(frame[name].dtype)}
    taken = {energy.production, energy.scrap, *energy.mix, *energy.weather}
    found: dict[str, Any] = {
        "production": energy.production or _first(rest, GOOD_NAME, numeric - taken),
        "scrap": energy.scrap or _first(rest, SCRAP_NAME, numeric - taken),
        "mix": list(energy.mix) or [name for name in context if name not in numeric and name not in taken],
        "weather": list(energy.weather)
        or [name for name in context if name in numeric - taken and _is_weather(name, spec.factor(name))],
    }
    for key, column in found.items():
        if column and not getattr(energy, key):
            shown = ", ".join(column) if isinstance(column, list) else column
            notices.append(Notice("column_inferred", {"what": key, "column": shown}))
    return found


def _known(where: str, column: str | None, names: Sequence[str]) -> None:
    if column is not None and column not in names:
        raise StudyError(f"{where} {column!r} is not a column of the table; {nearest(column, names)}")


def _first(names: Sequence[str], pattern: re.Pattern[str], among: set[str]) -> str | None:
    return next((name for name in names if name in among and pattern.search(name) and not RATE_NAME.search(name)), None)


def _is_weather(name: str, factor: Factor) -> bool:
    return WEATHER_NAME.search(name) is not None or factor.unit.replace("°", "deg").lower() in ("degc", "degf")


def _prepared(frame: pd.DataFrame, spec: StudySpec, columns: dict[str, Any]) -> StudyData | TooLittle:
    """Cleaned and in order of time, by the same rules as what is learnt from."""
    single = [columns["production"], columns["scrap"]]
    wanted = list(dict.fromkeys([*(name for name in single if name), *columns["mix"], *columns["weather"]]))
    plain = StudySpec(
        name=spec.name,
        task="regression",
        target=spec.target,
        time=spec.time,
        factors={name: Factor(role="context", levels=spec.factor(name).levels) for name in wanted},
    )
    kept = [spec.target, *([spec.time] if spec.time else []), *wanted]
    return prepare(frame[list(dict.fromkeys(kept))], plain)


def clock(data: StudyData, energy: StudyEnergy, notices: list[Notice]) -> tuple[pd.DatetimeIndex | None, float | None]:
    """Start of each interval, and its length in hours."""
    said = energy.interval_minutes / 60 if energy.interval_minutes else None
    if data.time is None or not pd.api.types.is_datetime64_any_dtype(data.time.dtype):
        notices.append(Notice("no_instants"))
        return None, said
    stamps = pd.DatetimeIndex(data.time)
    steps = np.asarray((stamps[1:] - stamps[:-1]).total_seconds()) / 3600
    ahead = steps[steps > 0]
    if said is None:
        if not len(ahead):
            return None, None
        said = float(np.median(ahead))
        notices.append(Notice("interval_inferred", {"minutes": round(said * 60, 2)}))
    usual = float(np.median(ahead)) if len(ahead) else said
    if abs(usual - said) > UNLIKE * said:
        notices.append(Notice("step_differs", {"declared": round(said * 60, 2), "minutes": round(usual * 60, 2)}))
    together = int((steps <= 0).sum())
    if together:
        notices.append(Notice("same_time", {"count": together}))
    gaps = ahead[ahead > 1.5 * said]
    if len(gaps):
        missing = float((gaps - said).sum())
        notices.append(Notice("gaps", {"count": len(gaps), "hours": round(missing, 1)}))
    start = stamps if energy.stamp == "start" else stamps - pd.Timedelta(hours=said)
    return start, said


def unit_of(spec: StudySpec, energy: StudyEnergy, notices: list[Notice]) -> str:
    """Of the target: as the study says, else told from its name."""
    if energy.unit is not None:
        return energy.unit
    by_lower = {unit.lower(): unit for unit in KWH_PER}
    declared = by_lower.get(spec.factor(spec.target).unit.strip().lower())
    if declared is not None:
        return declared
    named = UNIT_IN_NAME.search(spec.target.lower())
    usual = "kWh" if ENERGY_NAME.search(spec.target) else "kW"
    unit = by_lower[named[1]] if named is not None else usual
    notices.append(Notice("unit_inferred", {"column": spec.target, "unit": unit}))
    return unit


def _is_meter(values: Floats) -> bool:
    """A sum that only grows, not what an interval used."""
    return bool((np.diff(values) >= 0).all()) and len(np.unique(values)) > FEWEST_READINGS


def _counted(
    data: StudyData, frame: pd.DataFrame, column: str | None, per: float, notices: list[Notice]
) -> Floats | None:
    """Units per interval."""
    if column is None:
        return None
    if column in data.features.columns and data.features[column].dtype == "float64":
        values: Floats = data.features[column].to_numpy(dtype=np.float64)
        known = values[np.isfinite(values)]
        if not _is_meter(known) and known.max() > 0:
            if (known < 0).any():
                notices.append(Notice("negative_units", {"column": column, "count": int((known < 0).sum())}))
            return np.where(values < 0, np.nan, values) * per
    left_out = {item.column: item.why for item in data.excluded}
    if left_out.get(column) == "constant":
        constant = pd.to_numeric(frame[column], errors="coerce").dropna()
        if len(constant) and constant.iloc[0] >= 0:
            return np.full(data.n, float(constant.iloc[0]) * per)
    notices.append(Notice("not_counted", {"column": column}))
    return None


def _mix(features: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    found = {}
    for name in (name for name in wanted if name in features.columns):
        column = features[name]
        if column.dtype == "float64":
            known = column.dropna()
            codes = known.nunique() <= MOST_CODES and bool((known == known.round()).all())
            found[name] = column.map(lambda value: f"{value:g}", na_action="ignore").astype(object) if codes else column
        else:
            found[name] = column.astype(object)
    return pd.DataFrame(found, index=features.index)


def _weather(features: pd.DataFrame, wanted: Sequence[str], hours: float) -> pd.DataFrame:
    names = [name for name in wanted if name in features.columns and features[name].dtype == "float64"]
    return features[names].ffill(limit=max(1, round(WEATHER_CARRY_HOURS / hours)))


def _price(
    spec: StudySpec, energy: StudyEnergy, per_target: float, start: pd.DatetimeIndex | None, hours: float, n: int
) -> tuple[Floats | None, Tariff | None]:
    """Money per kWh of each interval; ``per_unit`` is per unit of the target, which is ``per_target`` kWh."""
    cost = spec.cost
    if isinstance(cost.tariff, Tariff):
        if start is None:
            return None, None
        return priced(cost.tariff, start, hours, energy), cost.tariff
    if cost.per_unit is None:
        return None, None
    return np.full(n, cost.per_unit / per_target), None


def priced(tariff: Tariff, start: pd.DatetimeIndex, hours: float, energy: StudyEnergy) -> Floats:
    """Money per kWh in the middle of each interval, by the clock of the study's zone. (n,)"""
    local = (start + pd.Timedelta(hours=hours / 2)).tz_convert(ZoneInfo(energy.time_zone))
    minutes = local.hour * 60 + local.minute
    by_minute = {minute: tariff.at(time(minute // 60, minute % 60)) for minute in set(minutes)}
    return np.array([by_minute[minute] for minute in minutes])
