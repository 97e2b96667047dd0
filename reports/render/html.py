"""One self-contained HTML file per study and language: no script, no outside request, every picture with its table."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ingest.plant import Language
from reports.charts.svg import inline, specifications
from reports.content import build
from reports.document import Document
from reports.formats import Formats
from reports.parts import Figure, Report
from reports.voice import Names
from reports.words import Words

__all__ = ["page", "write"]

RANGE = re.compile(r"−?[\d.,]*\d[〜–]−?\d[\d.,]*(?:\u00a0[^\s<&）)]{1,6})?")


def write(
    document: Mapping[str, Any],
    directory: Path,
    languages: Sequence[Language] = ("ja", "en"),
    names: Names | None = None,
    *,
    zone: ZoneInfo | str = "UTC",
) -> list[Path]:
    """Write ``<study>.<language>.html`` for each language, in order; a reader never sees half a file.

    ``names`` maps columns, the study and the target to their names by language; ``zone`` is the plant's.
    Raises `StudyError` for a document that is none.
    """
    parsed = Document.parse(document)
    place = zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for language in languages:
        path = directory / f"{_file_name(parsed.study)}.{language}.html"
        draft = path.with_suffix(".part")
        draft.write_text(page(build(parsed, Formats(language, place), names or {})), encoding="utf-8")
        draft.replace(path)
        paths.append(path)
    return paths


def _file_name(study: str) -> str:
    """The study's name, as far as a file may be called so."""
    return "".join(sign if sign.isalnum() or sign in "._- " else "_" for sign in study).strip(". ") or "study"


def page(report: Report) -> str:
    """The whole page as text."""
    style = Markup(files("reports").joinpath("render/report.css").read_text(encoding="utf-8"))  # noqa: S704 - ours
    text: str = _template().render(
        report=report,
        words=Words(report.language),
        style=style,
        drawings={figure.key: _drawings(figure) for figure in report.figures},
    )
    return text


def _drawings(figure: Figure) -> dict[str, Markup]:
    """Inline SVG by size. It is markup of our renderer: names in it are escaped there, and a test tries."""
    return {
        size: Markup(  # noqa: S704
            inline(drawn, key=f"{figure.key}-{size}", title=figure.title, description=figure.description)
        )
        for size, drawn in specifications(figure.drawing).items()
    }


def _whole(text: str) -> Markup:
    """The text escaped, its ranges (``4.0–6.5 °C``) kept from breaking over a line."""
    return Markup(RANGE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("reports", "render"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["whole"] = _whole
    return environment.get_template("report.html.j2")
