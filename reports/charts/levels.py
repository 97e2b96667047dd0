"""Loss for each value of a categorical factor: a point with its interval, the advised values shaded and named."""

from typing import Any

import altair as alt

from reports.charts.data import Levels
from reports.charts.effect import EFFECT_WIDTH
from reports.charts.theme import (
    ACCENT,
    EDGE,
    INK,
    MUTED,
    QUIET,
    SIZE,
    SMALL,
    WINDOW,
    as_is,
    canvas,
    columns,
    rows,
    text,
    value_axis,
    wrap,
    x2_at,
    x_at,
)

__all__ = ["levels_chart"]

NAMES, SHARE = 112.0, 84.0
ROW, LINE, TOP, BOTTOM = 40.0, 14.0, 26, 42
MOST = 12
"""More rows would make the picture a list; the table holds them all."""


def levels_chart(levels: Levels) -> dict[str, Any]:
    """One row per level, best first."""
    shown = levels.levels[:MOST]
    height = ROW * len(shown)
    start, end = NAMES + 12, EFFECT_WIDTH - SHARE
    data: list[dict[str, Any]] = [
        {
            "y": ROW * (i + 0.5), "top": ROW * i + 2, "bottom": ROW * (i + 1) - 2, "mean": level.y,
            "low": level.y if level.low is None else level.low, "high": level.y if level.high is None else level.high,
            "advised": level.advised, "share": level.share, "color": ACCENT if level.advised else QUIET,
            "shape": "circle" if level.advised else "diamond",
        }
        for i, level in enumerate(shown)
    ]  # fmt: skip
    low, high = min(row["low"] for row in data), max(row["high"] for row in data)
    low = 0.0 if 0 <= low < 0.5 * high else low
    scale = columns(start, end, low, high if high > low else low + 1)
    axis = value_axis(levels.y_title, ticks=4, titleX=(start + end) / 2, titlePadding=8)
    pixels = alt.Scale(domain=[0, height], range=[0, height], zero=False)
    y = alt.Y("y:Q", scale=pixels, axis=None)
    base = alt.Chart(rows(data)).encode(y=y)
    color, shape = as_is("color"), alt.Shape("shape:N", scale=None)
    layers = [
        base.transform_filter("datum.advised")
        .mark_rect(color=WINDOW)
        .encode(
            x=x_at(0),
            x2=x2_at(EFFECT_WIDTH),
            y=alt.Y("top:Q", scale=pixels, axis=None),
            y2=alt.Y2("bottom:Q"),
        ),
        base.mark_rule(strokeWidth=1.6).encode(
            x=alt.X("low:Q", scale=scale, axis=axis), x2=alt.X2("high:Q"), color=color
        ),
        base.mark_point(filled=True, size=64, opacity=1).encode(
            x=alt.X("mean:Q", scale=scale), color=color, shape=shape
        ),
        base.mark_text(align="right", baseline="middle", fontSize=SIZE, color=INK).encode(
            x=x_at(EFFECT_WIDTH - 4), text=alt.Text("share:N")
        ),
        text(levels.share_title, x=EFFECT_WIDTH - 4, y=-10, align="right"),
        *_names(levels, len(shown)),
    ]
    return canvas(layers, width=EFFECT_WIDTH, height=height, top=TOP, bottom=BOTTOM)


def _names(levels: Levels, count: int) -> list[alt.Chart]:
    drawn = []
    for i, level in enumerate(levels.levels[:count]):
        lines = [(line, INK if level.advised else MUTED, SIZE) for line in wrap(level.name, SIZE, NAMES - 8)]
        if level.advised:
            lines = [*lines[: 2 if len(lines) < 2 else 1], (levels.advised, EDGE, SMALL)]
        top = ROW * (i + 0.5) - LINE * len(lines) / 2 + 11
        drawn += [
            text(said, x=8, y=top + LINE * number, color=color, size=size)
            for number, (said, color, size) in enumerate(lines)
        ]
    return drawn
