"""A scenario: the numbers of one factory. The physics stands in `simulators.filling` and `simulators.press`."""

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.errors import ScenarioError, nearest
from ingest.strict import explain

__all__ = [
    "Faults",
    "FillingScenario",
    "Lots",
    "PressScenario",
    "Scenario",
    "Setting",
    "Span",
    "load",
    "names",
    "parse",
]

HERE = Path(__file__).parent / "scenarios"


class Numbers(BaseModel):
    """Base of everything in a scenario: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _rising(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError(f"{list(span)} falls; write the lower end first")
    return span


Span = tuple[float, float]
"""Lower and upper end of what a seed may draw."""


class Setting(Numbers):
    """A factor that an engineer can set, how the plant runs it today, and where it would do no harm."""

    machine: str
    stage: float
    unit: str = ""
    min: float
    max: float
    step: float = Field(gt=0)
    resolution: int = Field(ge=0, le=6)
    """Decimals that the sensor shows."""
    centre: float
    between: float = Field(ge=0)
    """Standard deviation from lot to lot."""
    within: float = Field(ge=0)
    """Standard deviation inside a lot."""
    within_minutes: float = Field(default=40.0, gt=0)
    """How long a deviation inside a lot lasts."""
    reacts: dict[str, float] = {}
    """What operators do: change of this setting per unit of another quantity's deviation from its usual value."""
    product: dict[str, float] = {}
    """Change of this setting by product."""
    optimum: Span
    """Where the harmless zone may lie (for mediated factors: of the mediator)."""
    tolerance: Span
    """Half width of the harmless zone."""
    below: float = Field(gt=0)
    """Distance below the zone that counts as one."""
    above: float = Field(gt=0)
    cost_of_change: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.min < self.centre < self.max:
            raise ValueError(f"centre {self.centre} is not between min {self.min} and max {self.max}")
        _rising(self.optimum)
        _rising(self.tolerance)
        return self


class Lots(Numbers):
    """Lots (or orders) and what they are made of."""

    hours: Span
    products: dict[str, float] = Field(min_length=1)
    """Share of the lots by product."""


class Shares(Numbers):
    """How the loss is shared out among the causes: the leading one, then the others in falling order."""

    leader: Span
    others: tuple[Span, ...]


class Climate(Numbers):
    """The hall's temperature, degC."""

    mean: float
    daily: float = Field(ge=0)
    weather: float = Field(ge=0)
    every_minutes: int = Field(default=10, ge=1)


class Faults(Numbers):
    """What may go wrong on the wire; all off. Shares of messages or readings, except the clock."""

    duplicates: float = Field(default=0.0, ge=0, le=1)
    late: float = Field(default=0.0, ge=0, le=1)
    out_of_order: float = Field(default=0.0, ge=0, le=1)
    missing: float = Field(default=0.0, ge=0, le=1)
    nan: float = Field(default=0.0, ge=0, le=1)
    stuck: float = Field(default=0.0, ge=0, le=1)
    malformed: float = Field(default=0.0, ge=0, le=1)
    clock_drift: float = 0.0
    """Seconds per day that the machines' clocks run ahead (or behind, below zero)."""


class _Common(Numbers):
    title: str
    line: str
    area: str
    unit_seconds: int = Field(gt=0)
    days: int = Field(gt=0, le=366)
    min_support: float = Field(default=0.10, gt=0, le=0.5)
    clear_first: float = Field(ge=1)
    """The best true gain is at least this multiple of the second best."""
    least_gain: float = Field(gt=0, lt=1)
    """The best true gain, as a share of the loss, is at least this."""
    loss: Span
    """Mean loss today: probability of a bad unit, or kW."""
    shares: Shares
    lots: Lots
    settings: dict[str, Setting]
    faults: Faults = Faults()

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @property
    def n_units(self) -> int:
        return self.days * 86400 // self.unit_seconds

    def _require(self, wanted: tuple[str, ...], count: int) -> None:
        for name in wanted:
            if name not in self.settings:
                raise ValueError(f"settings.{name} is missing")
        for name in self.settings:
            if name not in wanted:
                raise ValueError(f"settings.{name} is unknown; {nearest(name, wanted)}")
        if len(self.shares.others) != count - 1:
            raise ValueError(f"shares.others has {len(self.shares.others)} spans, the line has {count - 1} more causes")


class FillingScenario(_Common):
    """The filling line."""

    kind: Literal["filling"]
    climate: Climate
    dwell: int = Field(ge=1)
    """Minutes a bottle spends in the cooler."""
    lift: float
    """The product is this much warmer than the cooler, degC."""
    lift_by_product: dict[str, float] = {}
    warms: float
    """Change of the product's temperature per degC in the hall."""
    temp_noise: float = Field(ge=0)
    probe_noise: float = Field(ge=0)
    volume_noise: float = Field(ge=0)
    cost_per_bad: float = Field(ge=0)
    inspection_hours: Span

    @model_validator(mode="after")
    def _settings_known(self) -> Self:
        self._require(("cooling_temp", "gas_pressure", "fill_speed", "capping_torque"), 4)
        return self


class Die(Numbers):
    """The die: a categorical setting."""

    machine: str
    stage: float
    levels: tuple[str, ...] = Field(min_length=2)
    by_product: dict[str, tuple[float, ...]]
    """Share of the orders of a product that run on each level."""
    cost_of_change: float = Field(default=0.0, ge=0)


class PressScenario(_Common):
    """The press shop."""

    kind: Literal["press"]
    die: Die
    tonnage: float = Field(gt=0)
    """Usual output asked for, t/h."""
    tonnage_between: float = Field(ge=0)
    tonnage_within: float = Field(ge=0)
    tonnage_by_product: dict[str, float] = {}
    work: float = Field(gt=0)
    """Useful power, kW per t/h."""
    oil_base: float
    oil_per_speed: float
    """Change of the oil's temperature per stroke/min, degC."""
    oil_noise: float = Field(ge=0)
    probe_noise: float = Field(ge=0)
    power_noise: float = Field(ge=0)
    price_per_kwh: float = Field(ge=0)

    @model_validator(mode="after")
    def _settings_known(self) -> Self:
        self._require(("press_pressure", "press_speed", "rotation_speed", "conveyor_speed"), 5)
        return self


Scenario = FillingScenario | PressScenario
_KINDS: dict[str, type[FillingScenario] | type[PressScenario]] = {"filling": FillingScenario, "press": PressScenario}


def names() -> tuple[str, ...]:
    """The factories that come with the program."""
    return tuple(_KINDS)


def parse(content: dict[str, Any], where: str) -> Scenario:
    """Check what a TOML file said. Raises `ScenarioError` naming the key and the value."""
    kind = str(content.get("kind"))
    if kind not in _KINDS:
        raise ScenarioError(f"{where}: kind {kind!r} is no factory; {nearest(kind, _KINDS)}")
    try:
        return _KINDS[kind].model_validate(content)
    except ValidationError as error:
        raise ScenarioError(explain(error, _KINDS[kind], where)) from None


def load(name_or_file: str | Path) -> Scenario:
    """A factory by name (``filling``, ``press``) or a scenario file of one's own."""
    file = HERE / f"{name_or_file}.toml" if str(name_or_file) in _KINDS else Path(name_or_file)
    try:
        return parse(tomllib.loads(file.read_text(encoding="utf-8")), str(file))
    except FileNotFoundError:
        raise ScenarioError(f"{file}: no such scenario; {nearest(str(name_or_file), _KINDS)}, or give a file") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{file}: not valid TOML: {error}") from None
