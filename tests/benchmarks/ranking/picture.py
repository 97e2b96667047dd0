"""The curve of the README: right first advice, and gain realised by following it, against strength of confounding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from reports.charts.svg import VEGA_LITE
from reports.charts.theme import ACCENT, BAND, GRID, INK, MUTED, QUIET, rows
from tests.benchmarks.ranking.results import Row
from tests.benchmarks.ranking.summary import share_of, wilson

__all__ = ["LINES", "Point", "draw_picture", "points"]


@dataclass(frozen=True)
class Look:
    """How one method is drawn."""

    said: str
    color: str = QUIET
    dash: tuple[int, ...] = (1, 0)
    width: float = 1.5


LINES = {
    "genba": Look("Genba", ACCENT, (1, 0), 3.0),
    "permutation_set": Look("permutation, settings only", MUTED, (6, 3)),
    "shap_set": Look("mean |SHAP|, settings only", MUTED),
    "pareto_set": Look("Pareto, settings only", MUTED, (2, 2)),
    "permutation": Look("permutation, all columns", "#a8741a", (6, 3)),
    "shap": Look("mean |SHAP|, all columns", "#a8741a"),
}
"""Methods shown. Dashes tell the kind of importance, colours which columns it ranks."""
PLOT, HEIGHT, BETWEEN = 205, 250, 26
GAP = 15.0
"""Least distance of two labels in pixels."""


@dataclass(frozen=True)
class Point:
    """One method at one strength of confounding."""

    method: str
    confounding: float
    hit: float
    hit_low: float
    hit_high: float
    realised: float
    plants: int


def points(found: Sequence[Row]) -> list[Point]:
    """Figures by method and strength; plants refused for want of data are left out."""
    made = []
    for method in LINES:
        for strength in sorted({row["confounding"] for row in found}):
            these = [
                row
                for row in found
                if (row["method"], row["confounding"]) == (method, strength)
                and row.get("verdict", "not_enough_data") != "not_enough_data"
            ]
            if these:
                hit = share_of(row["hit"] for row in these)
                # Advice that does harm counts as no gain: one such plant would hide all the others in the mean.
                realised = sum(min(1.0, max(0.0, 1.0 - row["regret"])) for row in these) / len(these)
                made.append(Point(method, strength, hit.value, *wilson(hit.hits, hit.of), realised, len(these)))
    return made


def _spread(places: dict[str, float]) -> dict[str, float]:
    """Pixels of labels, moved apart: downwards from the top, then up again where the last ones left the plot."""
    ordered = sorted(places, key=lambda name: places[name])
    moved: list[float] = []
    for name in ordered:
        moved.append(max(places[name], moved[-1] + GAP if moved else 6.0))
    limit = HEIGHT + 4.0
    for place in reversed(range(len(moved))):
        moved[place] = min(moved[place], limit)
        limit = moved[place] - GAP
    return dict(zip(ordered, moved, strict=True))


TICKS = [0, 0.25, 0.5, 0.75, 1]
STRENGTH = alt.Axis(values=TICKS, format=".2~f", grid=False, labelFlush=False, title="strength of confounding")


def _axes(value: str) -> dict[str, Any]:
    return {
        "x": alt.X("confounding:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=STRENGTH),
        "y": alt.Y(f"{value}:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(values=TICKS, format=".0%", title=None)),
    }


def _panel(made: Sequence[Point], value: str, title: list[str]) -> Any:
    layers: list[Any] = []
    if value == "hit":
        band = [vars(point) for point in made if point.method == "genba"]
        area = alt.Chart(rows(band)).mark_area(color=BAND, opacity=0.8)
        layers.append(area.encode(x=_axes(value)["x"], y=alt.Y("hit_low:Q"), y2=alt.Y2("hit_high:Q")))
    ends: dict[str, float] = {}
    for method, look in reversed(LINES.items()):
        line = [vars(point) for point in made if point.method == method]
        if not line:
            continue
        ends[method] = HEIGHT * (1.0 - line[-1][value])
        drawn = alt.Chart(rows(line)).mark_line(
            color=look.color, strokeDash=list(look.dash), strokeWidth=look.width,
            point=alt.OverlayMarkDef(color=look.color, size=14 * look.width, filled=True),
        )  # fmt: skip
        layers.append(drawn.encode(**_axes(value)))
    for method, place in _spread(ends).items():
        look = LINES[method]
        bold: Any = "bold" if method == "genba" else "normal"
        label = alt.Chart(rows([{"said": look.said}])).mark_text(
            align="left", baseline="middle", color=look.color, fontSize=12, fontWeight=bold, clip=False
        )
        layers.append(label.encode(x=alt.value(PLOT + 10), y=alt.value(place), text="said:N"))
    heading = alt.TitleParams(title, anchor="start", color=INK, fontSize=13, fontWeight="bold", offset=12, dx=-30)
    return alt.layer(*layers).properties(width=PLOT, height=HEIGHT, title=heading)


def draw_picture(found: Sequence[Row]) -> str:
    """SVG of the rows of a sweep."""
    made = points(found)
    panels = (
        _panel(made, "hit", ["Truly best setting first,", "share of plants"]),
        _panel(made, "realised", ["Gain from following the first advice,", "share of the best possible"]),
    )
    chart = alt.hconcat(*panels, spacing=BETWEEN).configure(
        font="sans-serif",
        background="white",
        view=alt.ViewConfig(stroke=None),
        padding={"left": 12, "right": 8, "top": 12, "bottom": 10},
        axis=alt.AxisConfig(
            labelFontSize=12, labelColor=MUTED, titleFontSize=12, titleColor=MUTED, titleFontWeight="normal",
            gridColor=GRID, domain=False, ticks=False, labelPadding=6,
        ),
    )  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGA_LITE, allowed_base_urls=[])
    return svg
