"""The loss over time with its interval, and the mean of the whole period."""

from typing import Any

import altair as alt

from reports.charts.data import Trend
from reports.charts.theme import ACCENT, BAND, INK, NARROW, canvas, columns, named_axis, rows, text, value_axis

__all__ = ["trend_chart"]

LEFT, RIGHT, TOP, BOTTOM = 44, 8, 34, 26
POINTS = 45
"""More points than this are drawn as a line alone."""


def trend_chart(trend: Trend, width: int) -> dict[str, Any]:
    """A line with a band; time runs evenly, so a gap in production shows as one."""
    plot, height = width - LEFT - RIGHT, 150 if width <= NARROW else 190
    first, last = trend.moments[0].x, trend.moments[-1].x
    x = alt.X(
        "x:Q",
        scale=columns(0, plot, first, last if last > first else first + 1, nice=False),
        axis=named_axis(trend.ticks),
    )
    low = min(moment.y if moment.low is None else moment.low for moment in trend.moments)
    high = max(moment.y if moment.high is None else moment.high for moment in trend.moments)
    low = 0.0 if 0 <= low < 0.5 * high else low
    scale = columns(height, 0, low, high if high > low else low + 1)
    points = [{"x": m.x, "y": m.y, "low": m.low, "high": m.high} for m in trend.moments]
    banded = [point for point in points if point["low"] is not None]
    y = alt.Y("y:Q", scale=scale, axis=value_axis("", ticks=4))
    line = alt.Chart(rows(points)).encode(x=x, y=y)
    layers = [
        alt.Chart(rows(banded))
        .mark_area(color=BAND, opacity=0.75)
        .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        line.mark_line(color=ACCENT, strokeWidth=1.8, strokeJoin="round"),
        *([line.mark_point(filled=True, color=ACCENT, size=18, opacity=1)] if len(points) <= POINTS else []),
        *_mean(trend, scale),
        text(trend.y_title, x=-LEFT, y=-TOP + 12),
        *([text(trend.mean_label, x=plot, y=-TOP + 12, align="right", color=INK)] if trend.mean is not None else []),
    ]
    return canvas(layers, width=plot, height=height, left=LEFT, right=RIGHT, top=TOP, bottom=BOTTOM)


def _mean(trend: Trend, scale: alt.Scale) -> list[alt.Chart]:
    if trend.mean is None:
        return []
    rule = alt.Chart(rows([{"mean": trend.mean}])).mark_rule(color=INK, strokeDash=[5, 4], strokeWidth=1.1)
    return [rule.encode(y=alt.Y("mean:Q", scale=scale))]
