"""Gain bars: what each change gives, with its interval. Hollow and dashed where the interval reaches zero."""

from typing import Any

import altair as alt

from reports.charts.data import Bar, Gains
from reports.charts.theme import (
    BAR_FILL,
    INK,
    MUTED,
    NARROW,
    QUIET,
    SIZE,
    SMALL,
    as_is,
    canvas,
    columns,
    like,
    rows,
    value_axis,
    wrap,
    x_at,
)  # fmt: skip

__all__ = ["gains_chart"]

LINE = 16.0
BAR = 14.0
CAP = 4.0
VALUE = 62.0


def gains_chart(gains: Gains, width: int) -> dict[str, Any]:
    """One row per factor: its name at the left (above, where the page is narrow), the bar, the number at the right."""
    narrow = width <= NARROW
    start = 0.0 if narrow else width * 0.31
    end = width - VALUE
    names = [_lines(bar, (width if narrow else start - 16)) for bar in gains.bars]
    placed, height = _place(gains.bars, names, narrow)
    x = alt.X(
        "low:Q",
        scale=columns(start, end, min(0.0, *(bar.low for bar in gains.bars)), max(bar.high for bar in gains.bars)),
        axis=value_axis(
            gains.axis, ticks=4 if narrow else 6, grid=not narrow, titleX=(start + end) / 2, titlePadding=8
        ),
    )
    base = alt.Chart(rows(placed)).encode(y=_pixel("y", height))
    layers = [
        base.transform_filter("datum.proven")
        .mark_bar(color=BAR_FILL, height=BAR)
        .encode(x=like(x, "zero"), x2=alt.X2("estimate:Q")),
        base.transform_filter("!datum.proven")
        .mark_bar(filled=False, stroke=QUIET, strokeDash=[3, 2], strokeWidth=1.2, height=BAR)
        .encode(x=like(x, "zero"), x2=alt.X2("estimate:Q")),
        _zero(placed, x, height, narrow),
        *_whiskers(base, x, height),
        *_words(placed, names, width, height),
    ]
    return canvas(layers, width=width, height=height, left=1, right=1, top=6, bottom=44)


def _lines(bar: Bar, width: float) -> list[str]:
    return wrap(bar.name, SIZE, width)


def _place(bars: tuple[Bar, ...], names: list[list[str]], narrow: bool) -> tuple[list[dict[str, Any]], float]:
    """Where each row lies, in pixels from the top, and the height of all."""
    placed, top = [], 0.0
    for index, (bar, lines) in enumerate(zip(bars, names, strict=True)):
        words = (len(lines) + bool(bar.note)) * LINE
        if narrow:
            y, bottom = top + words + BAR / 2 + 7, top + words + BAR + 22
        else:
            bottom = top + max(words, BAR) + 16
            y = (top + bottom) / 2
        color, weight = (INK, "bold") if index == 0 and bar.proven else (INK if bar.proven else MUTED, "normal")
        placed.append(
            {
                "y": y, "zero": 0.0, "estimate": bar.estimate, "low": bar.low, "high": bar.high, "proven": bar.proven,
                "value": bar.value, "note": bar.note, "color": color, "weight": weight,
                "whisker": INK if bar.proven else QUIET, "top": top + 12 if narrow else y - words / 2 + 12,
            }
        )  # fmt: skip
        top = bottom
    return placed, top


def _pixel(field: str, height: float) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, height], range=[0, height], zero=False), axis=None)


def _zero(placed: list[dict[str, Any]], x: alt.X, height: float, narrow: bool) -> alt.Chart:
    """The line of no gain; where names stand above the bars it must not run through them."""
    ends = [{"zero": 0.0, "y": row["y"] - BAR * 0.75, "end": row["y"] + BAR * 0.75} for row in placed]
    whole = [{"zero": 0.0, "y": 0.0, "end": height}]
    rule: alt.Chart = alt.Chart(rows(ends if narrow else whole)).mark_rule(color=INK, strokeWidth=1)
    return rule.encode(x=like(x, "zero"), y=_pixel("y", height), y2=alt.Y2("end:Q"))


def _whiskers(base: alt.Chart, x: alt.X, height: float) -> list[alt.Chart]:
    color = as_is("whisker")
    caps = base.transform_calculate(above=f"datum.y - {CAP}", below=f"datum.y + {CAP}").encode(
        y=_pixel("above", height), y2=alt.Y2("below:Q"), color=color
    )
    return [
        base.mark_rule(strokeWidth=1.4).encode(x=x, x2=alt.X2("high:Q"), color=color),
        caps.mark_rule(strokeWidth=1.4).encode(x=x),
        caps.mark_rule(strokeWidth=1.4).encode(x=like(x, "high")),
        base.mark_point(filled=True, size=26, opacity=1, shape="circle").encode(x=like(x, "estimate"), color=color),
    ]


def _words(placed: list[dict[str, Any]], names: list[list[str]], width: int, height: float) -> list[alt.Chart]:
    """Names, the words that mark a hollow bar, and the numbers."""
    said = []
    for row, lines in zip(placed, names, strict=True):
        for number, line in enumerate(lines):
            place = {"at": row["top"] + number * LINE, "said": line, "color": row["color"], "weight": row["weight"]}
            said.append(place | {"size": SIZE})
        if row["note"]:
            at = row["top"] + len(lines) * LINE
            said.append({"at": at, "said": row["note"], "color": MUTED, "weight": "normal", "size": SMALL})
    style = {"color": as_is("color"), "size": alt.Size("size:Q", scale=None)}
    layers = []
    for weight in ("bold", "normal"):
        chosen = [item for item in said if item["weight"] == weight]
        numbers = [row for row in placed if row["weight"] == weight]
        if chosen:
            layers.append(
                alt.Chart(rows(chosen))
                .mark_text(align="left", baseline="alphabetic", fontWeight=weight)
                .encode(x=x_at(0), y=_pixel("at", height), text=alt.Text("said:N"), **style)
            )
            layers.append(
                alt.Chart(rows(numbers))
                .mark_text(align="right", baseline="middle", fontSize=SIZE, fontWeight=weight)
                .encode(x=x_at(width), y=_pixel("y", height), text=alt.Text("value:N"), color=style["color"])
            )
    return layers
