"""Where the strokes of the small pictures stand. Pure: templates draw them, the style sheet colours them."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["HEIGHT", "WIDTH", "Bar", "Bars", "Whisker", "day_bars", "whisker"]

WIDTH, HEIGHT = 320, 72
SLOT_SHARE = 0.62
HEADROOM = 1.08


@dataclass(frozen=True, slots=True)
class Bar:
    """One day; ``low`` and ``high`` are the ends of its interval, None where it has none. ``height`` 0: no data."""

    x: float
    middle: float
    width: float
    y: float
    height: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Bars:
    bars: tuple[Bar, ...]
    reference: float | None
    """Height of the line that the days before make together."""


@dataclass(frozen=True, slots=True)
class Whisker:
    """A gain on a scale of 0 to 100."""

    zero: float
    low: float
    high: float
    estimate: float


def day_bars(
    values: Sequence[float | None],
    intervals: Sequence[tuple[float | None, float | None]],
    reference: float | None,
) -> Bars:
    """Bars that stand on zero, one per day, the newest at the right."""
    known = [value for value in values if value is not None]
    tops = [high for _, high in intervals if high is not None]
    top = max([*known, *tops, reference or 0.0], default=0.0) * HEADROOM or 1.0
    slot = WIDTH / max(1, len(values))

    def level(value: float) -> float:
        return round(HEIGHT * (1 - value / top), 1)

    bars = []
    for place, (value, (low, high)) in enumerate(zip(values, intervals, strict=True)):
        y = level(value or 0.0)
        bars.append(
            Bar(
                x=round(slot * (place + (1 - SLOT_SHARE) / 2), 1),
                middle=round(slot * (place + 0.5), 1),
                width=round(slot * SLOT_SHARE, 1),
                y=y,
                height=round(HEIGHT - y, 1) if value is not None else 0.0,
                low=level(low) if low is not None else None,
                high=level(high) if high is not None else None,
            )
        )
    return Bars(tuple(bars), level(reference) if reference is not None else None)


def whisker(estimate: float, low: float, high: float, smallest: float, largest: float) -> Whisker:
    """A gain with its interval; ``smallest`` and ``largest`` of all gains that share the scale."""
    start, end = min(0.0, smallest), max(0.0, largest)
    width = (end - start) or 1.0

    def place(value: float) -> float:
        return round(2 + 96 * (value - start) / width, 1)

    return Whisker(place(0.0), place(low), place(high), place(estimate))
