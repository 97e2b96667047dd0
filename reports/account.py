"""The energy account of a ranking document (``docs/energy.md``), as far as a report tells it."""

from reports.fields import Number, Part, Said, Span

__all__ = ["Account", "Baseline", "Forecast", "Intensity", "Savings"]


class Period(Part):
    first: str
    last: str
    intensity: float


class Share(Part):
    """What one cause changed of the intensity."""

    factor: str
    change: Span
    kwh: Span
    money: Number = None


class Intensity(Part):
    unit: str
    before: Period
    now: Period
    change: float
    parts: tuple[Share, ...] = ()


class Check(Said):
    check: str
    passed: bool


class Baseline(Part):
    valid: bool
    checks: tuple[Check, ...] = ()
    r2: Number = None
    cv_rmse: Number = None
    nmbe: Number = None
    days: int | None = None


class Saving(Part):
    day: str
    saved_kwh: float
    low: float
    high: float


class SlopeChange(Part):
    day: str
    before_kwh_per_day: float
    after_kwh_per_day: float


class Savings(Part):
    total: Span
    share: Number = None
    money: Number = None
    cusum: tuple[Saving, ...] = ()
    changes: tuple[SlopeChange, ...] = ()


class Lost(Part):
    """Energy that made no product."""

    kwh: float
    share: Number = None
    money: Number = None


class Idle(Lost):
    hours: float


class Startup(Part):
    starts: int
    extra_kwh: Span
    total_kwh: float
    money: Number = None


class Scrap(Lost):
    units: float


class Peak(Part):
    start: str
    kw: float


class Cap(Part):
    k: int
    lower_kw: float
    kwh_to_move: float


class Peaks(Part):
    minutes: float
    highest: tuple[Peak, ...] = ()
    capped: tuple[Cap, ...] = ()


class Tariff(Part):
    dearest: str | None = None
    cheapest: str | None = None
    shiftable_kwh: float = 0.0
    shiftable_money: float = 0.0


class Score(Part):
    method: str
    mae: Number = None


class ForecastDay(Part):
    day: str
    kwh: float
    low: Number = None
    high: Number = None
    peak_kw: Number = None


class Forecast(Part):
    method: str
    naive: str
    beats_naive: bool
    origins: int
    scores: tuple[Score, ...] = ()
    days: tuple[ForecastDay, ...] = ()
    week_kwh: float
    week_low: Number = None
    week_high: Number = None
    level: Number = None
    peak_kw: Number = None
    money: Number = None


class Account(Part):
    level: float = 0.90
    currency: str | None = None
    total_kwh: Number = None
    total_money: Number = None
    intensity: Intensity | None = None
    baseline: Baseline | None = None
    savings: Savings | None = None
    idle: Idle | None = None
    startup: Startup | None = None
    peaks: Peaks | None = None
    tariff: Tariff | None = None
    scrap: Scrap | None = None
    forecast: Forecast | None = None
    notes: tuple[Said, ...] = ()
