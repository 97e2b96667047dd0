"""The shape of a process state in JSON: the field ``process`` of a ranking document (`docs/spc.md`)."""

from typing import Literal, TypedDict

from models.rank.document import Said

__all__ = ["ChartPoint", "Moment", "Process", "SignalSaid", "State"]

State = Literal["special_cause", "common_cause", "too_short"]


class ChartPoint(TypedDict):
    """``at`` … ``until``: first and last unit (ISO 8601 UTC), null without instants; ``first``: first unit, from 1."""

    at: str | None
    until: str | None
    first: int
    n: int
    value: float
    lower: float
    upper: float
    rules: list[str]


class SignalSaid(TypedDict):
    """``first`` … ``last``: points of the pattern, from 0; ``distance``: the farthest, in σ from the centre line."""

    rule: str
    shape: str
    at: str | None
    until: str | None
    first: int
    last: int
    side: Literal["above", "below", "both"]
    direction: Literal["worse", "better", "neither"]
    distance: float
    chance: float
    beyond_chance: bool
    en: str
    ja: str


class Moment(TypedDict):
    """A stretch of time to look at: signals beyond chance that overlap."""

    at: str | None
    until: str | None
    first: int
    last: int
    direction: Literal["worse", "better", "neither"]


class Process(TypedDict):
    """Special cause or common cause. All numbers are finite."""

    state: State
    chart: Literal["p", "laney_p", "individuals", "residual"] | None
    rules: str
    subgroup: str
    centre: float | None
    autocorrelation: float
    overdispersion: float | None
    explained_by_context: float | None
    points: list[ChartPoint]
    signals: list[SignalSaid]
    moments: list[Moment]
    said: Said
    advice: Said
    notes: list[Said]
