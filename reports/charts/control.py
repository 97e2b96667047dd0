"""A control chart: points, centre line, limits, and the stretches that stand out."""

from typing import Any

import altair as alt

from reports.charts.data import Control
from reports.charts.theme import (
    ACCENT,
    EDGE,
    INK,
    MUTED,
    NARROW,
    QUIET,
    WINDOW,
    canvas,
    columns,
    named_axis,
    rows,
    text,
    value_axis,
)  # fmt: skip

__all__ = ["control_chart"]

LEFT, RIGHT, TOP, BOTTOM = 44, 10, 34, 26
MARGIN = 0.08
"""Room above and below the limits, as a share of the height."""


def control_chart(control: Control, width: int) -> dict[str, Any]:
    """Points joined by a line; limits in steps, for they may differ from point to point."""
    plot, height = width - LEFT - RIGHT, 170 if width <= NARROW else 210
    marks = control.marks
    first, last = marks[0].x, marks[-1].x
    low = min(min(mark.y, mark.lower) for mark in marks)
    high = max(max(mark.y, mark.upper) for mark in marks)
    room = (high - low) * MARGIN or 1.0
    scale = columns(height, 0, 0.0 if low == 0 else low - room, high + room, nice=False)
    across = columns(0, plot, first, last if last > first else first + 1, nice=False)
    x = alt.X("x:Q", scale=across, axis=named_axis(control.ticks))
    y = alt.Y("y:Q", scale=scale, axis=value_axis("", ticks=4, grid=False))
    base = alt.Chart(rows([{"x": m.x, "y": m.y, "lower": m.lower, "upper": m.upper} for m in marks])).encode(x=x)
    limit: dict[str, Any] = {"color": QUIET, "strokeWidth": 1.1, "strokeDash": [4, 3], "interpolate": "step"}
    layers = [
        *_stretches(control, x, height),
        base.mark_line(**limit).encode(y=alt.Y("upper:Q", scale=scale)),
        base.mark_line(**limit).encode(y=alt.Y("lower:Q", scale=scale)),
        *_centre(control, scale),
        base.mark_line(color=ACCENT, strokeWidth=1.2, strokeJoin="round").encode(y=y),
        *_points(control, x, y),
        text(control.y_title, x=-LEFT, y=-TOP + 12),
        text(control.centre_label, x=plot, y=-TOP + 12, align="right", color=INK),
        text(control.limits_label, x=plot, y=-TOP + 26, align="right", color=MUTED),
    ]
    return canvas(layers, width=plot, height=height, left=LEFT, right=RIGHT, top=TOP, bottom=BOTTOM)


def _stretches(control: Control, x: alt.X, height: float) -> list[alt.Chart]:
    if not control.stretches:
        return []
    spread = (control.marks[-1].x - control.marks[0].x) / max(1, len(control.marks) - 1) / 2
    edges = [
        {
            "x": max(start - spread, control.marks[0].x),
            "end": min(end + spread, control.marks[-1].x),
            "top": 0.0,
            "bottom": height,
        }
        for start, end in control.stretches
    ]
    pixel = alt.Scale(domain=[0, height], range=[0, height], zero=False)
    shaded: alt.Chart = alt.Chart(rows(edges)).mark_rect(color=WINDOW)
    return [
        shaded.encode(x=x, x2=alt.X2("end:Q"), y=alt.Y("top:Q", scale=pixel, axis=None), y2=alt.Y2("bottom:Q"))
    ]  # fmt: skip


def _centre(control: Control, scale: alt.Scale) -> list[alt.Chart]:
    if control.centre is None:
        return []
    rule = alt.Chart(rows([{"centre": control.centre}])).mark_rule(color=INK, strokeWidth=1.1)
    return [rule.encode(y=alt.Y("centre:Q", scale=scale))]


def _points(control: Control, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Plain ones small; those of a rule hollow; those beyond chance as diamonds."""
    looks: dict[str, dict[str, Any]] = {
        "plain": {"filled": True, "color": ACCENT, "size": 16, "opacity": 1},
        "rule": {"filled": True, "fill": "#ffffff", "stroke": ACCENT, "strokeWidth": 1.3, "size": 34, "opacity": 1},
        "beyond": {"filled": True, "color": EDGE, "size": 58, "opacity": 1, "shape": "diamond"},
    }
    layers = []
    for kind, look in looks.items():
        chosen = [{"x": mark.x, "y": mark.y} for mark in control.marks if mark.kind == kind]
        if chosen:
            layers.append(alt.Chart(rows(chosen)).mark_point(**look).encode(x=x, y=y))
    return layers
