"""A waterfall: how one total becomes another, one cause a row. Totals are dots: the axis need not begin at 0."""

from itertools import pairwise
from typing import Any

import altair as alt

from reports.charts.data import Step, Waterfall
from reports.charts.theme import (
    BAR_FILL,
    EDGE,
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

__all__ = ["waterfall_chart"]

LINE = 16.0
BAR = 12.0
VALUE = 62.0
ROOM = 0.04
"""Left free at both ends of the axis, as a share of it."""
COLORS = {"total": INK, "worse": EDGE, "better": BAR_FILL}


def waterfall_chart(waterfall: Waterfall, width: int) -> dict[str, Any]:
    """Names at the left (above, where the page is narrow), bars, changes at the right."""
    narrow = width <= NARROW
    start, end = 0.0 if narrow else width * 0.36, width - VALUE
    room = width if narrow else start - 16
    said = [_lines(step, room) for step in waterfall.steps]
    placed, height = _place(waterfall.steps, said, narrow)
    values = [edge for step in waterfall.steps for edge in (step.start, step.end)]
    spread = (max(values) - min(values)) * ROOM or 1.0
    x = alt.X(
        "start:Q",
        scale=columns(start, end, min(values) - spread, max(values) + spread, nice=False),
        axis=value_axis(
            waterfall.axis, ticks=4 if narrow else 6, grid=not narrow, titleX=(start + end) / 2, titlePadding=8
        ),
    )
    base = alt.Chart(rows(placed)).encode(y=_pixel("y", height))
    layers = [
        _joins(placed, x, height),
        base.transform_filter("datum.kind != 'total'")
        .mark_bar(height=BAR)
        .encode(x=x, x2=alt.X2("end:Q"), color=as_is("color")),
        base.transform_filter("datum.kind == 'total'")
        .mark_point(filled=True, size=70, opacity=1, color=INK)
        .encode(x=like(x, "end")),
        *_words(placed, said, width, height),
    ]
    return canvas(layers, width=width, height=height, left=1, right=1, top=6, bottom=44)


def _lines(step: Step, width: float) -> list[tuple[str, str]]:
    """Lines of a row's text, each with its colour."""
    named = [(line, INK) for line in wrap(step.name, SIZE, width)]
    return named + ([(line, MUTED) for line in wrap(step.note, SMALL, width)] if step.note else [])


def _place(
    steps: tuple[Step, ...], said: list[list[tuple[str, str]]], narrow: bool
) -> tuple[list[dict[str, Any]], float]:
    placed, top = [], 0.0
    for step, lines in zip(steps, said, strict=True):
        words = len(lines) * LINE
        if narrow:
            y, bottom = top + words + BAR / 2 + 5, top + words + BAR + 18
        else:
            bottom = top + max(words, BAR) + 12
            y = (top + bottom) / 2
        placed.append(
            {
                "y": y, "start": step.start, "end": step.end, "kind": step.kind, "value": step.value,
                "color": COLORS[step.kind], "top": top + 12 if narrow else y - words / 2 + 12,
                "weight": "bold" if step.kind == "total" else "normal",
            }
        )  # fmt: skip
        top = bottom
    return placed, top


def _pixel(field: str, height: float) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, height], range=[0, height], zero=False), axis=None)


def _joins(placed: list[dict[str, Any]], x: alt.X, height: float) -> alt.Chart:
    """Thin lines from where one row ends to where the next begins."""
    lines = [
        {"start": one["end"], "y": one["y"], "to": other["y"]}
        for one, other in pairwise(placed)
    ]  # fmt: skip
    rule: alt.Chart = alt.Chart(rows(lines)).mark_rule(color=QUIET, strokeWidth=0.8)
    return rule.encode(x=x, y=_pixel("y", height), y2=alt.Y2("to:Q"))


def _words(
    placed: list[dict[str, Any]], said: list[list[tuple[str, str]]], width: int, height: float
) -> list[alt.Chart]:  # fmt: skip
    layers = []
    for weight in ("bold", "normal"):
        chosen = [(row, lines) for row, lines in zip(placed, said, strict=True) if row["weight"] == weight]
        texts = [
            {
                "at": row["top"] + number * LINE, "said": line, "color": color,
                "size": SIZE if color == INK else SMALL,
            }
            for row, lines in chosen
            for number, (line, color) in enumerate(lines)
        ]  # fmt: skip
        if not texts:
            continue
        layers.append(
            alt.Chart(rows(texts))
            .mark_text(align="left", baseline="alphabetic", fontWeight=weight)
            .encode(
                x=x_at(0), y=_pixel("at", height), text=alt.Text("said:N"), color=as_is("color"),
                size=alt.Size("size:Q", scale=None),
            )
        )  # fmt: skip
        layers.append(
            alt.Chart(rows([row for row, _ in chosen]))
            .mark_text(align="right", baseline="middle", fontSize=SIZE, fontWeight=weight, color=INK)
            .encode(x=x_at(width), y=_pixel("y", height), text=alt.Text("value:N"))
        )
    return layers
