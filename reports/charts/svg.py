"""Specifications become inline SVG: rendered by vl-convert without a browser, network or script, then made lean.

Text keeps no font of its own and takes the page's; a picture is one image to a screen reader, with title and
description.
"""

import re
from typing import Any
from xml.etree import ElementTree as Xml

import vl_convert
from altair.utils.schemapi import debug_mode

from reports.charts.control import control_chart
from reports.charts.data import Control, Drawing, Effect, Gains, Levels, Waterfall
from reports.charts.effect import effect_chart
from reports.charts.gains import gains_chart
from reports.charts.levels import levels_chart
from reports.charts.theme import NARROW, WIDE
from reports.charts.trend import trend_chart
from reports.charts.waterfall import waterfall_chart

__all__ = ["inline", "specifications"]

SPACE = "http://www.w3.org/2000/svg"
VEGA_LITE = "6.4"
DROPPED = ("class", "role", "pointer-events", "font-family", "stroke-miterlimit")
DEFAULTS = {"opacity": "1", "font-weight": "normal", "transform": "translate(0,0)"}
NUMBERS = ("d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height")
LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")


def specifications(drawing: Drawing, *, validated: bool = False) -> dict[str, dict[str, Any]]:
    """The Vega-Lite specifications of a drawing by size: ``wide`` and ``narrow``, or ``only`` where one fits all."""
    # Altair checks every part against its schema: three quarters of the time of a report. A test keeps it on.
    with debug_mode(validated):
        return _specifications(drawing)


def _specifications(drawing: Drawing) -> dict[str, dict[str, Any]]:
    if isinstance(drawing, Effect):
        return {"only": effect_chart(drawing)}
    if isinstance(drawing, Levels):
        return {"only": levels_chart(drawing)}
    sizes = {"wide": WIDE, "narrow": NARROW}
    if isinstance(drawing, Gains):
        return {size: gains_chart(drawing, width) for size, width in sizes.items()}
    if isinstance(drawing, Control):
        return {size: control_chart(drawing, width) for size, width in sizes.items()}
    if isinstance(drawing, Waterfall):
        return {size: waterfall_chart(drawing, width) for size, width in sizes.items()}
    return {size: trend_chart(drawing, width) for size, width in sizes.items()}


def inline(specification: dict[str, Any], *, key: str, title: str, description: str) -> str:
    """One figure as an ``<svg>`` element. ``key`` makes its identifiers unique on the page."""
    drawn = vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE, allowed_base_urls=[])
    root = Xml.fromstring(drawn)  # noqa: S314 - made by our own renderer a line above
    _prune(root)
    root.attrib = {
        "viewBox": root.get("viewBox", ""),
        "role": "img",
        "aria-labelledby": f"{key}-title {key}-description",
    }
    for tag, said in (("desc", description), ("title", title)):
        element = Xml.Element(f"{{{SPACE}}}{tag}", id=f"{key}-{'title' if tag == 'title' else 'description'}")
        element.text = said
        root.insert(0, element)
    Xml.register_namespace("", SPACE)
    return Xml.tostring(root, encoding="unicode").replace(f' xmlns="{SPACE}"', "", 1)


def _prune(element: Xml.Element) -> None:
    """Drop what only a live Vega view needs: about two thirds of the file."""
    for child in list(element):
        _prune(child)
        if _is_empty(child):
            element.remove(child)
    for name in list(element.attrib):
        if name in DROPPED or name.startswith("aria-") or DEFAULTS.get(name) == element.attrib[name]:
            del element.attrib[name]
        elif name in NUMBERS:
            element.attrib[name] = LONG_NUMBER.sub(_rounded, element.attrib[name])


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found.group()):.1f}".removesuffix(".0")


def _is_empty(element: Xml.Element) -> bool:
    tag = element.tag.rpartition("}")[2]
    if tag == "g":
        return len(element) == 0
    if tag == "rect":
        return element.get("fill") == "transparent"
    if tag == "path":
        return element.get("display") == "none" or not (element.get("fill") or element.get("stroke"))
    return False
