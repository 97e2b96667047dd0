"""What was seen beside the settings: the process over time, units one by one, units that no rule names."""

from typing import Annotated, Literal

from pydantic import Field

from reports.fields import Label, Number, Part, Said, Value

__all__ = ["Change", "Example", "Process", "Stretch", "Unusual", "UnusualUnit", "Usual"]

Direction = Literal["worse", "better", "neither"]


class ChartPoint(Part):
    """A point of a control chart. ``first``: its first unit, from 1."""

    at: str | None = None
    until: str | None = None
    first: int
    n: int
    value: float
    lower: float
    upper: float
    rules: tuple[str, ...] = ()


class Stretch(Part):
    """Points ``first`` to ``last``, from 0, that stand out more than chance allows."""

    at: str | None = None
    until: str | None = None
    first: int
    last: int
    direction: Direction


class Process(Part):
    """``docs/spc.md``."""

    state: Literal["special_cause", "common_cause", "too_short"]
    chart: str | None = None
    centre: Number = None
    points: tuple[ChartPoint, ...] = ()
    moments: tuple[Stretch, ...] = ()
    said: Said = Said()
    notes: tuple[Said, ...] = ()


class Usual(Part):
    """Where good production ran: a range, or the commonest level."""

    low: Number = None
    high: Number = None
    level: Label | None = None


class Factor(Part):
    """Its share of what makes the unit differ from good production."""

    factor: str
    column: str = ""
    unit: str = ""
    value: Value = None
    usual: Usual = Usual()
    contribution: float


class Step(Part):
    """One setting moved."""

    factor: str
    before: Value = Field(default=None, alias="from")
    to: Value = None
    unit: str = ""


class Change(Part):
    """Settings moved, and what would be expected of the unit then."""

    settings: tuple[Step, ...]
    after: float
    low: float
    high: float
    models: int = 0
    models_agree: int = 0
    confirmed: bool | None = None


class Example(Part):
    """One unit explained (``docs/explain.md``). ``base``: good production; ``rest``: all factors not listed."""

    unit: Label
    at: str | None = None
    verdict: Literal["bad", "good", "measured"]
    value: Number = None
    expected: float
    goal: float
    foreseen: bool = True
    base: float
    rest: float = 0.0
    factors: tuple[Factor, ...] = ()
    change: Change | None = None
    best: Change | None = None


class OddColumn(Part):
    """``low`` to ``high``: where 90 % of units with these other values lie."""

    column: str
    unit: str = ""
    value: float
    low: float
    high: float


class UnusualUnit(Part):
    unit: Label
    at: str | None = None
    verdict: Literal["bad", "good"] | None = None
    columns: Annotated[tuple[OddColumn, ...], Field(min_length=1)]


class Unusual(Part):
    """``found``: unusual units in all; ``units``: those listed."""

    level: Number = None
    n_units: int = 0
    found: int = 0
    found_good: int = 0
    units: tuple[UnusualUnit, ...] = ()
