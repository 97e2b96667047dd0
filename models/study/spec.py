"""A study in words: what is asked of a table, which columns an engineer can change, what a loss costs.

Pure: `StudySpec.parse` takes what ``tomllib`` returned. `models.study.load.load_spec` reads the file.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.errors import StudyError
from ingest.plant import EnergyRoles, Role, Tariff, Text
from ingest.strict import explain

__all__ = ["Factor", "StudyCost", "StudyEnergy", "StudySpec"]


class _Words(BaseModel):
    """Unknown keys are refused; values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Factor(_Words):
    """What is known about one column. Columns not listed are ``Factor()``: a state, stage unknown."""

    role: Role = "state"
    stage: float | None = None
    """Position along the process; lower is earlier."""
    unit: str = ""
    min: float | None = None
    """Lowest value an engineer may set."""
    max: float | None = None
    """Highest value an engineer may set."""
    step: float | None = Field(default=None, gt=0)
    """The setting's resolution; edges of a window are multiples of it, counted from ``min``."""
    monotone: Literal["rising", "falling"] | None = None
    """With more of it the target, or the chance of a bad unit, can only rise or only fall; models keep to that."""
    levels: tuple[str | bool | int | float, ...] = ()
    """What a categorical setting may be; without them, whatever the table holds."""
    cost_of_change: float = Field(default=0.0, ge=0)
    """Money, once."""
    name: Text | None = None
    """What people call it."""
    of: str | None = None
    """The factor whose derived column this is (``cooling_temp__std`` is of ``cooling_temp``)."""

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError(f"min {self.min} is not below max {self.max}")
        return self


class StudyCost(_Words):
    """What a loss costs: per bad unit, per unit of the target, or by the time of day."""

    per_bad: float | None = Field(default=None, ge=0)
    per_unit: float | None = Field(default=None, ge=0)
    tariff: Tariff | str | None = None
    """A price by time of day, or the name of one of the plant's: those are turned into ``per_unit`` beforehand."""
    currency: str = Field(default="JPY", pattern=r"^[A-Z]{3}$")
    horizon_units: int | None = Field(default=None, gt=0)
    """Units over which a change must have paid for itself; without one, as many as were studied."""


class StudyEnergy(EnergyRoles):
    """What the energy account needs to know of an interval: how it is measured, counted and stamped."""

    unit: Literal["W", "kW", "MW", "Wh", "kWh", "MWh"] | None = None
    """Of the target: power is a mean over the interval, energy its sum. Without one, told from the column."""
    interval_minutes: float | None = Field(default=None, gt=0, le=10_080)
    counts: Literal["interval", "hour"] = "interval"
    """Good and bad units are counted per interval, or told as a rate per hour."""
    stamp: Literal["end", "start"] = "end"
    """Which end of its interval the time tells."""
    time_zone: str = "UTC"
    """Zone of days and prices. Without one, times count as they stand in the table."""

    @model_validator(mode="after")
    def _zone_exists(self) -> Self:
        if self.time_zone not in available_timezones():
            raise ValueError(f"time_zone {self.time_zone!r} is not an IANA zone, for example 'Asia/Tokyo'")
        return self


class StudySpec(_Words):
    """A question about the rows of one table."""

    name: str = Field(min_length=1)
    title: Text | None = None
    task: Literal["classification", "regression"]
    target: str = Field(min_length=1)
    bad: bool | int | float | str | None = None
    """Classification: the class to avoid."""
    goal: Literal["lower", "higher"] = "lower"
    """Regression: which way is better."""
    min_support: float = Field(default=0.10, gt=0, le=0.5)
    """Share of the units that must already lie inside an advised window."""
    time: str | None = None
    group: str | None = None
    """Units made under one setting: never split between training and test."""
    cost: StudyCost = StudyCost()
    factors: dict[str, Factor] = {}
    energy: StudyEnergy | None = None
    """Regression on power or energy: keep an energy account too (docs/energy.md)."""

    @classmethod
    def parse(cls, content: Mapping[str, Any], where: str = "study.toml") -> Self:
        """Check what a TOML file said. Raises `StudyError` naming the key, the value and what was meant."""
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise StudyError(explain(error, cls, where)) from None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.task == "classification" and self.bad is None:
            raise ValueError("classification needs bad = the class to avoid, for example bad = 'NG'")
        if self.task == "regression" and self.bad is not None:
            raise ValueError("bad is for classification; regression has goal = 'lower' or 'higher'")
        if self.task == "classification" and self.goal != "lower":
            raise ValueError("goal is for regression; classification names the class to avoid in bad")
        if self.task == "classification" and self.energy is not None:
            raise ValueError("energy is for regression on power or energy")
        for key in ("time", "group"):
            if getattr(self, key) == self.target:
                raise ValueError(f"{key} is the target {self.target!r}; they are different columns")
        for column, factor in self.factors.items():
            if factor.of == column:
                raise ValueError(f"factors.{column}.of names the column itself")
        return self

    def factor(self, column: str) -> Factor:
        """What is known about a column; a derived column shares the role and stage of its factor unless it has its own.

        >>> StudySpec.parse({"name": "a", "task": "regression", "target": "kwh"}).factor("speed").role
        'state'
        """
        return self.factors.get(column, Factor())

    def factor_of(self, column: str) -> str:
        """The factor that a column speaks of: itself, or the one it was derived from."""
        return self.factor(column).of or column

    def names(self) -> dict[str, dict[str, str]]:
        """What people call the columns, and the study under its own name, by language; only what was given.

        >>> StudySpec.parse({"name": "a", "title": "Power", "task": "regression", "target": "kwh"}).names()
        {'a': {'en': 'Power', 'ja': 'Power'}}
        """
        said = {column: factor.name for column, factor in self.factors.items()} | {self.name: self.title}
        return {name: text.model_dump() for name, text in said.items() if text is not None}

    @property
    def cost_per_loss(self) -> float | None:
        """Money per unit of loss: per bad unit, or per unit of the target. None where no price is declared."""
        return self.cost.per_bad if self.task == "classification" else self.cost.per_unit
