"""The energy account as JSON: field ``energy`` of a ranking document (`docs/energy.md`)."""

import math
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np

from models.rank.document import Said

__all__ = ["LEVEL", "EnergyDocument", "Estimate", "Period", "estimate_of", "plain"]

LEVEL = 0.90
"""Of every interval, as in the ranking."""


class Estimate(TypedDict):
    estimate: float
    low: float
    high: float


class Period(TypedDict):
    first: str
    """Local day."""
    last: str
    days: int
    kwh: float
    hours: float
    good: float | None
    intensity: float
    """kWh per good unit, or kWh per hour where production is unknown."""


class Part(TypedDict):
    factor: str
    """volume, mix, weather, scrap, rest."""
    change: Estimate
    """Of the intensity."""
    kwh: Estimate
    """The same, times the good units (or hours) of the period."""
    money: float | None


class Intensity(TypedDict):
    unit: str
    before: Period
    now: Period
    change: float
    parts: list[Part]
    """Their changes add up to ``change``."""


class CheckEntry(TypedDict):
    check: str
    passed: bool
    value: float | None
    limit: float | None
    en: str
    ja: str


class TermEntry(TypedDict):
    term: str
    kind: str
    coefficient: float
    unit: str
    low: float
    high: float
    p: float


class BaselineEntry(TypedDict):
    valid: bool
    terms: list[TermEntry]
    checks: list[CheckEntry]
    r2: float
    cv_rmse: float
    nmbe: float | None
    n: int
    days: int
    grain_hours: float
    frozen: dict[str, Any]
    """All that `baseline_from_json` needs."""


class SavingPoint(TypedDict):
    day: str
    saved_kwh: float
    low: float
    high: float


class SlopeChange(TypedDict):
    day: str
    before_kwh_per_day: float
    after_kwh_per_day: float


class Savings(TypedDict):
    total: Estimate
    share: float | None
    """Of the expected energy."""
    money: float | None
    n: int
    n_effective: float
    cusum: list[SavingPoint]
    changes: list[SlopeChange]


class Idle(TypedDict):
    hours: float
    kwh: float
    share: float
    money: float | None
    off_hours: float
    threshold: float
    """Units per interval up to which an interval counts as idle."""
    base_load_idle_kw: Estimate | None
    base_load_model_kw: Estimate | None


class Startup(TypedDict):
    starts: int
    extra_kwh: Estimate
    """Per start."""
    minutes: float
    total_kwh: float
    money: float | None


class PeakEntry(TypedDict):
    start: str
    kw: float
    ran: dict[str, float | str | None]


class CapEntry(TypedDict):
    k: int
    peak_kw: float
    lower_kw: float
    kwh_to_move: float


class Peaks(TypedDict):
    minutes: float
    highest: list[PeakEntry]
    mean_kw: float
    capped: list[CapEntry]


class TariffEntry(TypedDict):
    period: str
    price: float
    kwh: float
    money: float
    share: float


class Tariffs(TypedDict):
    periods: list[TariffEntry]
    mean_price: float
    dearest: str | None
    cheapest: str | None
    shiftable_kwh: float
    shiftable_money: float


class Scrap(TypedDict):
    units: float
    share: float
    kwh: float
    kwh_per_unit: float
    money: float | None


class ForecastDay(TypedDict):
    day: str
    kwh: float
    low: float | None
    high: float | None
    peak_kw: float


class MethodScore(TypedDict):
    method: str
    mae: float
    mase: float | None
    week_mae: float
    peak_mae: float


class Forecast(TypedDict):
    method: str
    naive: str
    beats_naive: bool
    origins: int
    scores: list[MethodScore]
    days: list[ForecastDay]
    week_kwh: float
    week_low: float | None
    week_high: float | None
    level: float | None
    peak_kw: float
    peak_low: float | None
    peak_high: float | None
    peak_method: str
    money: float | None


class EnergyDocument(TypedDict):
    schema: int
    unit: str
    interval_minutes: float | None
    time_zone: str
    level: float
    currency: str | None
    total_kwh: float | None
    total_money: float | None
    columns: dict[str, Any]
    """Which column was taken for what."""
    intensity: Intensity | None
    baseline: BaselineEntry | None
    savings: Savings | None
    idle: Idle | None
    startup: Startup | None
    peaks: Peaks | None
    tariff: Tariffs | None
    scrap: Scrap | None
    forecast: Forecast | None
    findings: list[Said]
    notes: list[Said]
    """What was assumed, and why something is missing."""


def estimate_of(value: float, draws: Any) -> Estimate:
    """A value with its interval: the outer quantiles of resampled ones, never leaving the value outside."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return {"estimate": float(value), "low": float(min(low, value)), "high": float(max(high, value))}


def plain(value: Any) -> Any:
    """As JSON has it: numbers of Python, null for what is not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
