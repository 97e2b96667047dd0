"""The process over time: its control chart, whether something special happened, and when to look."""

from datetime import UTC, date, datetime
from typing import Literal

from reports.charts.data import Control, Mark
from reports.formats import parse_moment
from reports.observed import Process, Stretch
from reports.parts import Cell, Figure, Table
from reports.parts import Process as Part
from reports.voice import Voice, clean

__all__ = ["days_of", "process"]

TICKS = 5
MOST_MOMENTS = 6
"""Stretches named; a process with more of them is looked at on the chart."""


def days_of(at: str) -> float:
    """Days since 1970 of a day or an instant."""
    moment = parse_moment(at)
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return aware.timestamp() / 86400
    return float((moment - date(1970, 1, 1)).days)


def process(voice: Voice) -> Part | None:
    """What the chart says; none for a document without one."""
    found, words = voice.document.process, voice.words
    if found is None:
        return None
    said = {"en": found.said.en, "ja": found.said.ja}[words.language]
    if not found.points:
        return Part(words("process.too_short"), "", (clean(said),) if said else (), None, (), ())
    return Part(
        statement=words.count(f"process.{found.state}", len(found.moments)),
        advice=words(f"process.advice_{found.state}"),
        moments=_moments(voice, found),
        figure=_figure(voice, found),
        legend=_legend(voice, found),
        notes=tuple(clean(note.ja if words.language == "ja" else note.en) for note in found.notes),
    )


def _legend(voice: Voice, found: Process) -> tuple[tuple[Literal["beyond", "rule"], str], ...]:
    """What the marks mean that are there."""
    touched = {place for place, point in enumerate(found.points) if point.rules}
    shown: tuple[tuple[Literal["beyond", "rule"], bool], ...] = (
        ("beyond", bool(found.moments)),
        ("rule", bool(touched - _beyond(found))),
    )
    return tuple((kind, voice.words(f"process.legend_{kind}")) for kind, there in shown if there)


def _beyond(found: Process) -> set[int]:
    """Points of the stretches that stand out beyond chance."""
    return {place for moment in found.moments for place in range(moment.first, moment.last + 1)}


def _moments(voice: Voice, found: Process) -> tuple[str, ...]:
    shown = [_moment(voice, found, moment) for moment in found.moments[:MOST_MOMENTS]]
    more = len(found.moments) - MOST_MOMENTS
    return (*shown, *((voice.words("process.more", n=more),) if more > 0 else ()))


def _moment(voice: Voice, found: Process, moment: Stretch) -> str:
    words = voice.words
    direction = words(f"process.{moment.direction}")
    if moment.at and moment.until:
        first, last = voice.formats.moment(moment.at), voice.formats.moment(moment.until)
        return words("process.moment", first=first, last=last, direction=direction)
    begin, end = found.points[moment.first], found.points[min(moment.last, len(found.points) - 1)]
    first, last = voice.formats.count(begin.first), voice.formats.count(end.first + end.n - 1)
    return words("process.moment_units", first=first, last=last, direction=direction)


def _figure(voice: Voice, found: Process) -> Figure:
    words, points = voice.words, found.points
    timed = all(point.at for point in points)
    places = [days_of(point.at) if timed and point.at else float(point.first) for point in points]
    beyond = _beyond(found)
    marks = tuple(
        Mark(
            x,
            point.value * voice.scale,
            *voice.ends(point.lower, point.upper),
            "beyond" if place in beyond else "rule" if point.rules else "plain",
        )
        for place, (x, point) in enumerate(zip(places, points, strict=True))
    )
    step = max(1, -(-len(points) // TICKS))
    labels = [
        voice.formats.short_day(point.at) if timed and point.at else voice.formats.count(point.first)
        for point in points
    ]
    name = words("process.corrected", loss=voice.loss_title) if found.chart == "residual" else voice.loss_title
    centre = words("process.centre", centre=voice.loss(found.centre))
    return Figure(
        key="time-control",
        title=words("process.title", loss=voice.Loss_name),
        description=words(
            "process.description", loss=voice.Loss_name, n=len(points), centre=centre, marked=len(beyond)
        ),
        drawing=Control(
            marks=marks,
            stretches=tuple((places[one.first], places[min(one.last, len(places) - 1)]) for one in found.moments),
            ticks=tuple(zip(places[::step], labels[::step], strict=True)),
            centre=None if found.centre is None else found.centre * voice.scale,
            centre_label=centre,
            limits_label=words("process.limits"),
            y_title=name,
        ),
        table=_table(voice, found, name, beyond),
    )


def _table(voice: Voice, found: Process, name: str, beyond: set[int]) -> Table:
    words, formats = voice.words, voice.formats
    timed = all(point.at for point in found.points)
    rows = [
        (
            Cell(formats.moment(point.at) if timed else formats.count(point.first)),
            Cell(voice.bare_loss(point.value)),
            Cell(voice.loss_span(point.lower, point.upper)),
            Cell(formats.count(point.n)),
            Cell(words("process.look") if place in beyond else words("process.touched") if point.rules else ""),
        )
        for place, point in enumerate(found.points)
    ]
    head = (words("time.from") if timed else words("process.unit"), name, words("process.limits"), words("time.n"))
    return Table(words("numbers.show"), (*head, words("process.signal")), tuple(rows), (False, True, True, True, False))
