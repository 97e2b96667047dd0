"""What each kind of figure shows: plain numbers and finished words. No drawing here."""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Bar", "Control", "Drawing", "Effect", "Gains", "Level", "Levels", "Mark", "Moment", "Sample", "Step", "Trend",
    "Waterfall",
]  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """One factor's gain in display units; ``value`` is the same as text, ``note`` stands in hollow bars."""

    name: str
    estimate: float
    low: float
    high: float
    proven: bool
    value: str
    note: str = ""


@dataclass(frozen=True)
class Gains:
    """Expected gains in the order of the ranking."""

    bars: tuple[Bar, ...]
    axis: str


@dataclass(frozen=True)
class Sample:
    """One point of an effect curve; ``share`` in per cent."""

    x: float
    y: float
    low: float | None
    high: float | None
    share: float | None


@dataclass(frozen=True)
class Effect:
    """Loss against one numeric factor, with the advised window and where production runs today."""

    samples: tuple[Sample, ...]
    window: tuple[float, float] | None
    now: float | None
    advised: str
    now_label: str
    today: str
    x_title: str
    y_title: str


@dataclass(frozen=True)
class Level:
    """One value of a categorical factor; ``value`` and ``share`` are finished text."""

    name: str
    y: float
    low: float | None
    high: float | None
    advised: bool
    share: str


@dataclass(frozen=True)
class Levels:
    """Loss for each value of a categorical factor."""

    levels: tuple[Level, ...]
    advised: str
    share_title: str
    y_title: str


@dataclass(frozen=True)
class Moment:
    """One point in time: ``x`` in days since 1970."""

    x: float
    y: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Trend:
    """Loss over time; ``ticks`` are (x, label)."""

    moments: tuple[Moment, ...]
    ticks: tuple[tuple[float, str], ...]
    mean: float | None
    mean_label: str
    y_title: str


@dataclass(frozen=True)
class Mark:
    """One point of a control chart with its limits. ``rule``: touched by a rule; ``beyond``: and more than chance."""

    x: float
    y: float
    lower: float
    upper: float
    kind: Literal["plain", "rule", "beyond"]


@dataclass(frozen=True)
class Control:
    """A control chart; ``stretches`` are those to look at, from x to x."""

    marks: tuple[Mark, ...]
    stretches: tuple[tuple[float, float], ...]
    ticks: tuple[tuple[float, str], ...]
    centre: float | None
    centre_label: str
    limits_label: str
    y_title: str


@dataclass(frozen=True)
class Step:
    """A row of a waterfall: a ``total`` stands at ``end``; a change goes from ``start`` to ``end``."""

    name: str
    note: str
    start: float
    end: float
    kind: Literal["total", "worse", "better"]
    value: str


@dataclass(frozen=True)
class Waterfall:
    """How one total becomes another."""

    steps: tuple[Step, ...]
    axis: str


Drawing = Gains | Effect | Levels | Trend | Control | Waterfall
