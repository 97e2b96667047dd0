"""Each figure of a report: what it draws, what it says to those who cannot see it, and its table."""

from collections.abc import Sequence

from reports.charts.data import Bar, Effect, Gains, Level, Levels, Moment, Sample, Trend
from reports.document import Entry, LevelPoint, Point, TimePoint
from reports.findings import edges, now, window
from reports.formats import setting_decimals, unit_sign
from reports.parts import Cell, Figure, Table
from reports.process import days_of
from reports.voice import Voice, clean

__all__ = ["effect_figure", "gain_figure", "time_figure"]

TICKS = 5


def _cells(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)


def _numbers(voice: Voice, *, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], first_numeric: bool) -> Table:
    return Table(
        caption=voice.words("numbers.show"),
        head=head,
        rows=tuple(_cells(*row) for row in rows),
        numeric=(first_numeric, *(True for _ in head[1:])),
    )


def gain_figure(voice: Voice) -> Figure:
    """Expected gains of every factor of the ranking."""
    words, entries = voice.words, voice.document.ranking
    unit = voice.unit_note(voice.gain_unit)
    level = voice.formats.percent(entries[0].gain.level)
    bars = tuple(
        Bar(
            name=" + ".join(voice.name(factor) for factor in entry.windows),
            estimate=entry.gain.estimate * voice.gain_scale,
            low=entry.gain.low * voice.gain_scale,
            high=entry.gain.high * voice.gain_scale,
            proven=entry.proven,
            value=voice.formats.number(entry.gain.estimate * voice.gain_scale, voice.gain_digits()),
            note="" if entry.proven else words("ranking.bar_unproven"),
        )
        for entry in entries
    )
    key = "rate" if voice.classification else voice.document.goal
    gain_name = words(f"ranking.axis_{key}", loss=voice.loss_name, unit=unit)
    top = max(bars, key=lambda bar: bar.estimate)
    rows = [
        (bar.name, bar.value, voice.gain_span(entry.gain.low, entry.gain.high))
        for bar, entry in zip(bars, entries, strict=True)
    ]
    return Figure(
        key="gains",
        title=words(f"ranking.title_{key}", loss=voice.Loss_name, unit=unit),
        description=words("ranking.description", level=level, n=len(bars), factor=top.name, gain=top.value),
        drawing=Gains(bars, gain_name),
        table=_numbers(
            voice,
            head=(words("ranking.factor"), gain_name, words("ranking.interval", level=level)),
            rows=rows,
            first_numeric=False,
        ),
    )


def effect_figure(voice: Voice, entry: Entry) -> Figure | None:
    """The loss along one factor; none where the document has no curve."""
    if len(entry.curve) > 1:
        return _curve(voice, entry)
    if entry.level_curve:
        return _levels(voice, entry)
    return None


def _curve(voice: Voice, entry: Entry) -> Figure:
    words = voice.words
    points = sorted(entry.curve, key=lambda point: point.x)
    limits = edges(entry, entry.factor) if entry.factor in entry.windows else None
    low, high = limits or (points[0].x, points[-1].x)
    digits, unit = setting_decimals(low, high), clean(entry.unit)
    factor = f"{voice.name(entry.factor)}{voice.unit_note(unit_sign(unit), voice.name(entry.factor))}"
    return Figure(
        key=f"effect-{entry.rank}",
        title=words(
            "curve.title_pair" if entry.pair else "curve.title", loss=voice.Loss_name, factor=voice.inside(entry.factor)
        ),
        description=words(
            "curve.description",
            loss=voice.Loss_name,
            factor=voice.inside(entry.factor),
            level=voice.formats.percent(entry.gain.level),
            low=voice.formats.quantity(low, unit, digits),
            high=voice.formats.quantity(high, unit, digits),
        ),
        drawing=Effect(
            samples=tuple(_sample(voice, point) for point in points),
            window=limits,
            now=entry.now if isinstance(entry.now, float) else None,
            advised=f"{words('curve.advised')} {window(voice, entry, entry.factor)}" if limits else "",
            now_label=words("curve.now", now=now(voice, entry, entry.factor) or "") if limits else "",
            today=words("curve.today"),
            x_title=factor,
            y_title=voice.loss_title,
        ),
        table=_effect_numbers(
            voice,
            entry,
            factor,
            [
                (voice.formats.number(point.x, digits), point, limits is not None and low <= point.x <= high)
                for point in points
            ],
            first_numeric=True,
        ),
    )


def _sample(voice: Voice, point: Point) -> Sample:
    share = None if point.share is None else point.share * 100
    return Sample(point.x, point.loss * voice.scale, *_ends(voice, point.low, point.high), share)


def _ends(voice: Voice, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """An interval in display units, if there is one."""
    if low is None or high is None:
        return None, None
    return voice.ends(low, high)


def _levels(voice: Voice, entry: Entry) -> Figure:
    words, advised = voice.words, {str(level) for level in entry.windows.get(entry.factor, ())}
    points = sorted(entry.level_curve, key=lambda point: point.loss)
    factor = voice.inside(entry.factor)
    return Figure(
        key=f"effect-{entry.rank}",
        title=words("curve.title_level", loss=voice.Loss_name, factor=factor),
        description=words(
            "curve.description_level",
            loss=voice.Loss_name,
            factor=factor,
            level=voice.formats.percent(entry.gain.level),
            levels=window(voice, entry, entry.factor) if entry.factor in entry.windows else "–",
        ),
        drawing=Levels(
            levels=tuple(_level(voice, point, point.level in advised) for point in points),
            advised=words("curve.inside"),
            share_title=words("curve.share"),
            y_title=voice.loss_title,
        ),
        table=_effect_numbers(
            voice,
            entry,
            voice.name(entry.factor),
            [(clean(point.level), point, point.level in advised) for point in points],
            first_numeric=False,
        ),
    )


def _level(voice: Voice, point: LevelPoint, advised: bool) -> Level:
    ends = _ends(voice, point.low, point.high)
    return Level(clean(point.level), point.loss * voice.scale, *ends, advised, voice.formats.percent(point.share))


def _effect_numbers(
    voice: Voice,
    entry: Entry,
    factor: str,
    rows: Sequence[tuple[str, Point | LevelPoint, bool]],
    *,
    first_numeric: bool,
) -> Table:
    """The loss at each value of a factor; each row is the value as text, its point, and whether it is advised."""
    words, formats = voice.words, voice.formats
    interval = words("curve.interval", level=formats.percent(entry.gain.level))
    return _numbers(
        voice,
        head=(factor, voice.loss_title, interval, words("curve.share"), words("curve.inside")),
        rows=[
            (
                value,
                voice.bare_loss(point.loss),
                voice.loss_span(point.low, point.high),
                formats.percent(point.share, 1),
                words("curve.yes" if advised else "curve.no"),
            )
            for value, point, advised in rows
        ],
        first_numeric=first_numeric,
    )


def _ticks(voice: Voice, points: list[TimePoint]) -> tuple[tuple[float, str], ...]:
    step = max(1, -(-len(points) // TICKS))
    return tuple((days_of(point.at), voice.formats.short_day(point.at)) for point in points[::step])


def time_figure(voice: Voice) -> Figure | None:
    """The loss over time; none for less than two points."""
    points = sorted(voice.document.timeline, key=lambda point: days_of(point.at))
    if len(points) < 2:
        return None
    words, formats = voice.words, voice.formats
    baseline = voice.document.baseline_loss
    mean = voice.loss(baseline)
    rows = [
        (formats.moment(p.at), voice.bare_loss(p.loss), voice.loss_span(p.low, p.high), formats.number(p.n))
        for p in points
    ]
    return Figure(
        key="time",
        title=words("time.title", loss=voice.Loss_name),
        description=words(
            "time.description",
            loss=voice.Loss_name,
            n=len(points),
            first=formats.day(points[0].at),
            last=formats.day(points[-1].at),
            mean=mean,
        ),
        drawing=Trend(
            moments=tuple(Moment(days_of(p.at), p.loss * voice.scale, *_ends(voice, p.low, p.high)) for p in points),
            ticks=_ticks(voice, points),
            mean=None if baseline is None else baseline * voice.scale,
            mean_label=words("time.mean", mean=mean),
            y_title=voice.loss_title,
        ),
        table=_numbers(
            voice,
            head=(words("time.day"), voice.loss_title, words("time.interval"), words("time.n")),
            rows=rows,
            first_numeric=False,
        ),
    )
