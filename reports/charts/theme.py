"""Colours, sizes and the canvas that all figures share.

Every colour has one meaning, and none is the only carrier of it: shape, dash or a word says the same. The page's style
sheet turns these very values into their dark twins, so they are used as written here and nowhere mixed.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
from altair.utils import schemapi

__all__ = [
    "ACCENT", "BAND", "BAR_FILL", "EDGE", "GRID", "INK", "MUTED", "NARROW", "QUIET", "SIZE", "SMALL", "WIDE", "WINDOW",
    "as_is", "canvas", "columns", "like", "named_axis", "rows", "text", "value_axis", "width_of", "wrap", "x2_at",
    "x_at", "y_at",
]  # fmt: skip

INK = "#1c2127"
MUTED = "#56616c"
QUIET = "#7a8590"
GRID = "#e4e8ec"
ACCENT = "#0e5a6b"
BAR_FILL = "#4f8f9e"
BAND = "#c8dfe4"
WINDOW = "#f7ecd4"
EDGE = "#8a5a00"

Align = Literal["left", "center", "right"]

WIDE = 800
NARROW = 340
SIZE = 12.5
SMALL = 11.0


def canvas(
    layers: Sequence[alt.Chart], *, width: float, height: float, left: float = 0, right: float = 0, top: float = 0,
    bottom: float = 0, independent: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """A specification of exactly ``left + width + right`` by ``top + height + bottom`` pixels, nothing measured."""
    chart = alt.layer(*layers).properties(
        width=width,
        height=height,
        padding={"left": left, "right": right, "top": top, "bottom": bottom},
        autosize=alt.AutoSizeParams(type="none"),
    )
    if independent:
        chart = chart.resolve_scale(y="independent")
    drawn = chart.configure(
        font="sans-serif",
        aria=False,
        background="transparent",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelFontSize=SMALL, labelColor=MUTED, titleFontSize=SMALL, titleColor=MUTED, titleFontWeight="normal",
            gridColor=GRID, domain=False, ticks=False, labelPadding=6,
        ),
    )  # fmt: skip
    specification: dict[str, Any] = drawn.to_dict(validate=schemapi.DEBUG_MODE)
    return specification


def rows(values: Sequence[dict[str, Any]]) -> alt.Data:
    """Inline data."""
    data: alt.Data = alt.Data(values=list(values))  # type: ignore[no-untyped-call]
    return data


def columns(start: float, end: float, low: float, high: float, *, nice: bool = True) -> alt.Scale:
    """A scale for values from ``low`` to ``high`` between two pixels."""
    return alt.Scale(domain=[low, high], range=[start, end], nice=nice, zero=False)


def like(x: alt.X, field: str) -> alt.X:
    """The same scale and axis for another field. Layers over one axis must all name it, or it goes."""
    copied = x.copy(deep=False)
    copied.shorthand = f"{field}:Q"
    return copied


def as_is(field: str) -> alt.Color:
    """Colours written in the data. Channels are spelled out: Altair guesses one longer than it draws it."""
    return alt.Color(f"{field}:N", scale=None)


def x_at(pixel: float) -> alt.XValue:
    return alt.XValue(pixel)  # type: ignore[no-untyped-call]


def x2_at(pixel: float) -> alt.X2Value:
    return alt.X2Value(pixel)  # type: ignore[no-untyped-call]


def y_at(pixel: float) -> alt.YValue:
    return alt.YValue(pixel)  # type: ignore[no-untyped-call]


def value_axis(title: str, *, ticks: int = 5, **more: Any) -> alt.Axis:
    """An axis of numbers with a light grid."""
    return alt.Axis(title=title, tickCount=ticks, format=",~f", labelFlush=False, **more)


def named_axis(ticks: Sequence[tuple[float, str]]) -> alt.Axis:
    """An axis whose ticks carry words: (value, label)."""
    labels = ", ".join(f'"{at:.6f}": "{label}"' for at, label in ticks)
    return alt.Axis(
        title=None,
        values=[at for at, _ in ticks],
        labelExpr=f"({{{labels}}})[format(datum.value, '.6f')]",
        gridColor=GRID,
        labelFlush=True,
        labelFlushOffset=0,
    )


def text(
    said: str, *, x: float, y: float, align: Align = "left", color: str = MUTED, size: float = SMALL
) -> alt.Chart:  # fmt: skip
    """Words at a pixel."""
    marked: alt.Chart = alt.Chart(rows([{"said": said}])).mark_text(
        align=align,
        baseline="alphabetic",
        color=color,
        fontSize=size,
    )
    return marked.encode(x=x_at(x), y=y_at(y), text=alt.Text("said:N"))


def width_of(said: str, size: float) -> float:
    """Roughly how many pixels a text takes: a full-width sign one em, others a little more than half."""
    ems = sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else 0.58 for sign in said)
    return ems * size


def wrap(said: str, size: float, width: float, lines: int = 2) -> list[str]:
    """A text in lines no wider than ``width`` pixels; what does not fit ends in an ellipsis.

    Words stay whole where they can; Japanese, and names longer than a line, break anywhere.
    """
    wrapped = [""]
    for piece in _pieces(said):
        candidate = wrapped[-1] + piece
        if width_of(candidate.rstrip(), size) <= width:
            wrapped[-1] = candidate
        elif width_of(piece.strip(), size) <= width and wrapped[-1]:
            wrapped.append(piece.lstrip())
        else:
            for sign in piece:
                if width_of(wrapped[-1] + sign, size) > width:
                    wrapped.append("")
                wrapped[-1] += sign
    wrapped = [line.strip() for line in wrapped]
    if len(wrapped) > lines:
        last = wrapped[lines - 1]
        while last and width_of(last + "…", size) > width:
            last = last[:-1]
        wrapped = [*wrapped[: lines - 1], last + "…"]
    return wrapped


def _pieces(said: str) -> list[str]:
    """What may not be parted: words with the space or underscore behind them, single full-width signs."""
    pieces: list[str] = []
    word = ""
    for sign in said:
        if unicodedata.east_asian_width(sign) in "WF":
            pieces += [word, sign] if word else [sign]
            word = ""
        else:
            word += sign
            if sign in " _-/":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces
