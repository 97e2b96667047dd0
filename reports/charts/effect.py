"""Effect curve: the loss along one numeric factor, the advised window, and where production runs today."""

from itertools import pairwise
from typing import Any

import altair as alt

from reports.charts.data import Effect, Sample
from reports.charts.theme import (
    ACCENT,
    BAND,
    EDGE,
    INK,
    MUTED,
    QUIET,
    SMALL,
    WINDOW,
    as_is,
    canvas,
    columns,
    like,
    rows,
    text,
    value_axis,
    width_of,
    x2_at,
    x_at,
    y_at,
)

__all__ = ["EFFECT_WIDTH", "effect_chart"]

LEFT, PLOT, RIGHT = 44, 348, 8
EFFECT_WIDTH = LEFT + PLOT + RIGHT
BUSY = 1.0
"""Per cent of the units near a value from which on the width of its band sets the scale."""
TOP, CURVE, GAP, SHARES, BOTTOM = 52, 168, 34, 46, 42


def effect_chart(effect: Effect) -> dict[str, Any]:
    """Two panels over one axis: the curve with its band above, the distribution of today's settings below."""
    edges = _edges(effect.samples)
    low = min(edges[0], effect.window[0] if effect.window else edges[0])
    high = max(edges[-1], effect.window[1] if effect.window else edges[-1])
    height = CURVE + GAP + SHARES
    x = alt.X(
        "x:Q",
        scale=columns(0, PLOT, low, high, nice=False),
        axis=value_axis(effect.x_title, ticks=6, grid=False, titlePadding=8),
    )
    layers = [
        *_window(effect, x, height),
        *_curve(effect, x),
        *_shares(effect, edges, x, height),
        *_now(effect, x, low, high, height),
        text(effect.y_title, x=-LEFT, y=-TOP + 12),
        text(effect.today, x=0, y=CURVE + GAP - 8),
    ]
    return canvas(layers, width=PLOT, height=height, left=LEFT, right=RIGHT, top=TOP, bottom=BOTTOM, independent=True)


def _edges(samples: tuple[Sample, ...]) -> list[float]:
    """Where each sample's bar begins and the last one ends: half-way to the neighbours."""
    middle = [(left.x + right.x) / 2 for left, right in pairwise(samples)]
    return [2 * samples[0].x - middle[0], *middle, 2 * samples[-1].x - middle[-1]]


def _y_domain(samples: tuple[Sample, ...]) -> tuple[float, float]:
    """Down to zero where that costs less than half of the picture. Where hardly anything runs, the band may be cut."""
    busy = [sample for sample in samples if sample.share is None or sample.share >= BUSY]
    low = min([*(s.y for s in samples), *(s.low for s in busy if s.low is not None)])
    high = max([*(s.y for s in samples), *(s.high for s in busy if s.high is not None)])
    return (0.0 if 0 <= low < 0.5 * high else low), high if high > low else low + 1


def _panels(height: float) -> list[dict[str, float]]:
    """Top and bottom of both panels: what marks a value runs through them and leaves the words between them clear."""
    return [{"top": 0.0, "bottom": CURVE}, {"top": height - SHARES, "bottom": height}]


def _flat(height: float) -> alt.Scale:
    return alt.Scale(domain=[0, height], range=[0, height], zero=False)


def _window(effect: Effect, x: alt.X, height: float) -> list[alt.Chart]:
    if effect.window is None:
        return []
    low, high = effect.window
    place = rows([{"low": low, "high": high, **panel} for panel in _panels(height)])
    y = alt.Y("top:Q", scale=_flat(height), axis=None)
    shade = (
        alt.Chart(place)
        .mark_rect(color=WINDOW, opacity=1)
        .encode(x=like(x, "low"), x2=alt.X2("high:Q"), y=y, y2=alt.Y2("bottom:Q"))
    )
    sides = (
        alt.Chart(rows([{"edge": edge, **panel} for edge in effect.window for panel in _panels(height)]))
        .mark_rule(color=EDGE, strokeDash=[4, 3], strokeWidth=1.2)
        .encode(x=like(x, "edge"), y=y, y2=alt.Y2("bottom:Q"))
    )
    return [shade, sides]


def _curve(effect: Effect, x: alt.X) -> list[alt.Chart]:
    low, high = _y_domain(effect.samples)
    y_scale = columns(CURVE, 0, low, high)
    y = alt.Y("y:Q", scale=y_scale, axis=value_axis("", ticks=4, orient="left", grid=True))
    points = [{"x": s.x, "y": s.y} for s in effect.samples]
    banded = [
        {"x": s.x, "low": min(max(s.low, low), high), "high": min(max(s.high, low), high)}
        for s in effect.samples
        if s.low is not None and s.high is not None
    ]
    line = alt.Chart(rows(points)).mark_line(color=ACCENT, strokeWidth=2, strokeJoin="round").encode(x=x, y=y)
    # Each layer has a scale of its own; band and line are given the same one, the line shows it.
    band = (
        alt.Chart(rows(banded))
        .mark_area(color=BAND, opacity=0.75)
        .encode(x=x, y=alt.Y("low:Q", scale=y_scale, axis=None), y2=alt.Y2("high:Q"))
    )
    return [band, line] if banded else [line]


def _shares(effect: Effect, edges: list[float], x: alt.X, height: float) -> list[alt.Chart]:
    bars: list[dict[str, Any]] = [
        {
            "from": edges[i],
            "to": edges[i + 1],
            "share": sample.share,
            "zero": 0.0,
            "color": ACCENT if _inside(effect, sample) else QUIET,
        }
        for i, sample in enumerate(effect.samples)
        if sample.share is not None
    ]
    if not bars:
        return []
    top = max(bar["share"] for bar in bars) or 1.0
    scale = columns(height, height - SHARES, 0, top)
    axis = alt.Axis(
        title="", orient="left", values=[0, _round_down(top)], grid=False, labelExpr="datum.label + '%'", format=",~f"
    )
    drawn = (
        alt.Chart(rows(bars))
        .mark_rect(binSpacing=0)
        .encode(
            x=like(x, "from"),
            x2=alt.X2("to:Q"),
            y=alt.Y("zero:Q", scale=scale, axis=axis),
            y2=alt.Y2("share:Q"),
            color=as_is("color"),
        )
    )
    floor = (
        alt.Chart(rows([{}])).mark_rule(color=MUTED, strokeWidth=1).encode(x=x_at(0), x2=x2_at(PLOT), y=y_at(height))
    )
    return [drawn, floor]


def _inside(effect: Effect, sample: Sample) -> bool:
    return effect.window is not None and effect.window[0] <= sample.x <= effect.window[1]


def _round_down(value: float) -> float:
    """The label at the top of the distribution: one significant digit, not above the tallest bar."""
    step = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return max(step, value // step * step)


def _label(said: str, at: float, low: float, high: float, y: float, color: str) -> alt.Chart:
    """Words centred over a value, pushed back where they would leave the plot."""
    half = width_of(said, SMALL) / 2
    pixel = (at - low) / (high - low) * PLOT
    inside = min(max(pixel, half - 6), PLOT - half + 6)
    return text(said, x=inside, y=y, align="center", color=color)


def _now(effect: Effect, x: alt.X, low: float, high: float, height: float) -> list[alt.Chart]:
    layers = []
    if effect.window is not None:
        layers.append(_label(effect.advised, sum(effect.window) / 2, low, high, -TOP + 32, EDGE))
    if effect.now is not None and low <= effect.now <= high:
        line = (
            alt.Chart(rows([{"now": effect.now, **panel} for panel in _panels(height)]))
            .mark_rule(color=INK, strokeWidth=1.2)
            .encode(
                x=like(x, "now"),
                y=alt.Y("top:Q", scale=_flat(height), axis=None),
                y2=alt.Y2("bottom:Q"),
            )
        )
        layers += [line, _label(effect.now_label, effect.now, low, high, -6, INK)]
    return layers
