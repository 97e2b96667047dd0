"""What each kind of figure shows: plain numbers and finished words. No drawing here."""

from dataclasses import dataclass

__all__ = ["Bar", "Drawing", "Effect", "Gains", "Level", "Levels", "Moment", "Sample", "Trend"]


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


Drawing = Gains | Effect | Levels | Trend
