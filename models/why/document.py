"""The shape of an explanation as JSON (`docs/explain.md`)."""

from typing import Literal, TypedDict

from models.rank.document import Said

__all__ = ["ChangeEntry", "ExplanationEntry", "FactorEntry", "MovedEntry", "SettingEntry", "Usual"]

Cell = float | str | None


class Usual(TypedDict):
    """Where good production ran, given the rest: a range, or the commonest level."""

    low: float | None
    high: float | None
    level: str | None


class FactorEntry(TypedDict):
    factor: str
    column: str
    """The column of the factor that says most; another than the factor itself where a derived one does."""
    role: str
    unit: str
    value: Cell
    usual: Usual
    contribution: float
    low: float
    high: float


# The functional form, for "from" is a word of Python.
SettingEntry = TypedDict("SettingEntry", {"factor": str, "from": Cell, "to": Cell, "unit": str, "steps": float})
MovedEntry = TypedDict("MovedEntry", {"factor": str, "from": float, "to": float, "unit": str})


class ChangeEntry(TypedDict):
    settings: list[SettingEntry]
    moved: list[MovedEntry]
    before: float
    after: float
    low: float
    high: float
    models_agree: int
    models: int
    confirmed: bool | None


class ExplanationEntry(TypedDict):
    unit: str
    position: int
    at: str | None
    task: str
    target: str
    target_unit: str
    verdict: Literal["bad", "good", "measured"]
    value: float | None
    predicted: float | None
    expected: float
    goal: float
    foreseen: bool
    base: float
    rest: float
    leading: list[str]
    factors: list[FactorEntry]
    change: ChangeEntry | None
    best: ChangeEntry | None
    said: list[Said]
