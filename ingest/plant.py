"""The plant in words: site, lines, machines, signals, units of production, studies, tariffs.

Pure: ``Plant.parse`` takes what ``tomllib`` returned. ``ingest.settings.load_plant`` reads the file.
"""

from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ingest.errors import SettingsError
from ingest.strict import explain

__all__ = [
    "Cost",
    "EnergyRoles",
    "Line",
    "Machine",
    "Plant",
    "PlantStudy",
    "Role",
    "Signal",
    "Site",
    "Source",
    "Tariff",
    "TariffPeriod",
    "Text",
    "UnitRule",
]

Role = Literal["controllable", "state", "context", "outcome"]
Language = Literal["en", "ja"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
"""An identifier that is also safe as a topic level, a column and a file name."""


class Words(BaseModel):
    """Base of everything in the plant file: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _text(value: Any) -> Any:
    return {"en": value, "ja": value} if isinstance(value, str) else value


class _Text(Words):
    en: str
    ja: str

    def __getitem__(self, language: Language) -> str:
        return self.ja if language == "ja" else self.en


Text = Annotated[_Text, BeforeValidator(_text)]
"""A name in both languages; a plain string stands for both."""


class Signal(Words):
    """One source of readings, and what an engineer may do about it."""

    name: Text | None = None
    unit: str = ""
    kind: Literal["gauge", "counter", "category"] = "gauge"
    role: Role = "state"
    stage: float | None = None
    """Position along the process; without one, the machine's."""
    min: float | None = None
    """Lowest value an engineer may set."""
    max: float | None = None
    step: float | None = Field(default=None, gt=0)
    monotone: Literal["rising", "falling"] | None = None
    """With more of it the target, or the chance of a bad unit, can only rise or only fall; models keep to that."""
    levels: tuple[str, ...] = ()
    cost_of_change: float = Field(default=0.0, ge=0)
    statistics: tuple[Literal["last", "mean", "std", "min", "max", "range", "slope", "count", "rate"], ...] = ()
    """Columns of the study table; the first one carries the signal's own name. Empty: ``last`` for parts, ``mean``
    for intervals, ``rate`` (units per hour) for counters."""
    expected_every: float = Field(default=60.0, gt=0)
    """Seconds between readings; a signal silent for five of these is stale."""

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError(f"min {self.min} is not below max {self.max}")
        return self


class Machine(Words):
    """A station of a line."""

    name: Text | None = None
    stage: float | None = None
    signals: dict[Name, Signal] = {}


class UnitRule(Words):
    """What is judged on a line: parts with a serial number, or time intervals."""

    kind: Literal["part", "interval"] = "part"
    seconds: int = Field(default=0, ge=0)
    """Length of an interval; 0 for parts."""
    good: tuple[str, ...] = ("OK",)
    bad: tuple[str, ...] = ("NG",)
    lateness: int = Field(default=3600, ge=0)
    """Seconds a reading may be late: younger rows of the study table are built again."""

    @model_validator(mode="after")
    def _interval_has_length(self) -> Self:
        if (self.kind == "interval") != (self.seconds > 0):
            raise ValueError("kind = 'interval' needs seconds > 0, kind = 'part' has none")
        return self


class Line(Words):
    """A production line."""

    name: Text | None = None
    area: Name = "main"
    units: UnitRule = UnitRule()
    machines: dict[Name, Machine] = {}
    meter: Name | None = None
    """The signal that counts this line's kWh."""
    good_count: Name | None = None
    """The signal that counts good units; without one, good verdicts are counted."""

    def signals(self) -> Iterator[tuple[str, str, Signal]]:
        """(machine, name, signal) along the line."""
        for machine_id, machine in self.machines.items():
            for name, signal in machine.signals.items():
                yield machine_id, name, signal


class Source(Words):
    """How messages under one topic become readings, units or verdicts."""

    topic: str
    """Topic with ``{level}`` placeholders, e.g. ``{site}/{area}/{line}/{machine}``."""
    shape: Literal["wide", "tag", "tagged", "values", "scalar", "unit", "verdict"]
    address: str = "{site}/{area}/{line}/{machine}/{field}"
    """Where the readings belong; ``{field}`` is the key or tag found in the payload."""
    time: str | None = "ts"
    """JMESPath of the time stamp; none: the time of arrival (at-least-once, not effectively once)."""
    time_unit: Literal["auto", "s", "ms", "us", "ns"] = "auto"
    time_zone: str | None = None
    """Zone of naive time stamps; without one, the site's."""
    value: str = "value"
    """JMESPath of the value (shapes tag, tagged)."""
    field: str = "name"
    """JMESPath of the tag's name (shape tagged)."""
    ignore: tuple[str, ...] = ()
    """Keys of a wide payload that are no readings."""
    fields: dict[str, str] = {}
    """Renames for units and verdicts: ``{serial = "id", product = "recipe.code"}``, JMESPath on the right."""

    @property
    def name(self) -> str:
        return self.topic


class TariffPeriod(Words):
    """A price from one time of day to another; may run over midnight."""

    start: time
    end: time
    price: float
    """Money per kWh."""


class Tariff(Words):
    """Energy price by time of day in the site's zone."""

    price: float = Field(ge=0)
    """Money per kWh outside every period."""
    periods: tuple[TariffPeriod, ...] = ()

    def period(self, moment: time) -> int | None:
        """Which period holds a local time of day: the first that does, or none."""
        for place, period in enumerate(self.periods):
            inside = (
                period.start <= moment < period.end
                if period.start < period.end
                else moment >= period.start or moment < period.end
            )
            if inside:
                return place
        return None

    def at(self, moment: time) -> float:
        """Money per kWh at a local time of day."""
        place = self.period(moment)
        return self.price if place is None else self.periods[place].price


class Cost(Words):
    """What a loss costs: per bad unit, per unit of the target, or by a tariff."""

    per_bad: float | None = Field(default=None, ge=0)
    per_unit: float | None = Field(default=None, ge=0)
    tariff: Name | None = None
    horizon_units: int | None = Field(default=None, gt=0)
    """Units over which a change must have paid for itself; without one, as many as were studied."""


class EnergyRoles(Words):
    """What the energy account of a line is told; columns of its study table, or signals of the line."""

    production: str | None = None
    """Good units; without one, the line's ``good_count``."""
    scrap: str | None = None
    """Bad units, counted as the good ones are."""
    mix: tuple[str, ...] = ()
    """What is made: product, size; without any, the categories among the context."""
    weather: tuple[str, ...] = ()
    """What the sky does; without any, context that a thermometer or hygrometer measures."""
    demand_minutes: int = Field(default=30, ge=5, le=120)
    """Length of the demand intervals that the supplier bills."""
    baseline_from: date | None = None
    """First local day of the baseline period; without one, the first of the table."""
    baseline_until: date | None = None
    """First local day after the baseline period; without one, the baseline is the first two thirds of the days."""

    @model_validator(mode="after")
    def _baseline_has_days(self) -> Self:
        first, until = self.baseline_from, self.baseline_until
        if first is not None and until is not None and first >= until:
            raise ValueError(f"baseline_from {first} is not before baseline_until {until}")
        return self


class PlantStudy(Words):
    """A question about the units of one line."""

    line: Name
    task: Literal["classification", "regression"]
    target: str
    """``verdict`` for parts, a signal's name for intervals."""
    title: Text | None = None
    bad: str | None = None
    goal: Literal["lower", "higher"] = "lower"
    min_support: float = Field(default=0.10, gt=0, le=0.5)
    cost: Cost = Cost()
    group: Literal["lot", "day", "shift"] | None = "lot"
    """Units that were made under one setting and are never split between training and test."""
    exclude: tuple[str, ...] = ()
    """Signals that are no factors of this study."""
    energy: EnergyRoles | None = None
    """Regression on power or energy: keep an energy account too."""


class Site(Words):
    """Where the plant stands and how it tells time and money."""

    id: Name
    name: Text
    time_zone: str = "UTC"
    currency: str = Field(default="JPY", pattern=r"^[A-Z]{3}$")
    languages: tuple[Language, ...] = ("ja", "en")

    @model_validator(mode="after")
    def _zone_exists(self) -> Self:
        if self.time_zone not in available_timezones():
            raise ValueError(f"time_zone {self.time_zone!r} is not an IANA zone, for example 'Asia/Tokyo'")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Plant(Words):
    """Everything ``plant.toml`` says."""

    site: Site
    shifts: dict[Name, time] = {}
    lines: dict[Name, Line] = {}
    sources: tuple[Source, ...] = ()
    tariffs: dict[Name, Tariff] = {}
    studies: dict[Name, PlantStudy] = {}

    @classmethod
    def parse(cls, content: Mapping[str, Any], where: str = "plant.toml") -> Self:
        """Check what a TOML file said. Raises `SettingsError` naming the key, the value and what was meant."""
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise SettingsError(explain(error, cls, where)) from None

    @model_validator(mode="after")
    def _references_exist(self) -> Self:
        for name, study in self.studies.items():
            if study.line not in self.lines:
                raise ValueError(f"studies.{name}.line {study.line!r} is not a line; known: {sorted(self.lines)}")
            if study.cost.tariff is not None and study.cost.tariff not in self.tariffs:
                raise ValueError(f"studies.{name}.cost.tariff {study.cost.tariff!r} is not among [tariffs]")
            if study.energy is not None and study.task != "regression":
                raise ValueError(f"studies.{name}.energy is for regression on power or energy, not {study.task}")
        for name, line in self.lines.items():
            names = [signal for _, signal, _ in line.signals()]
            twice = {signal for signal in names if names.count(signal) > 1}
            if twice:
                raise ValueError(f"lines.{name} has two signals named {sorted(twice)}; a name is unique on its line")
            for key in ("meter", "good_count"):
                wanted = getattr(line, key)
                if wanted is not None and wanted not in names:
                    raise ValueError(f"lines.{name}.{key} {wanted!r} is not a signal of the line; known: {names}")
        return self

    def address(self, line: str, machine: str, signal: str) -> str:
        """``site/area/line/machine/signal``, the key of the signal table."""
        return f"{self.site.id}/{self.lines[line].area}/{line}/{machine}/{signal}"

    def declared(self) -> dict[str, Signal]:
        """Every declared signal by its address."""
        return {
            self.address(line_id, machine, name): signal
            for line_id, line in self.lines.items()
            for machine, name, signal in line.signals()
        }
