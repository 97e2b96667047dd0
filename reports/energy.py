"""The energy account in one section: what changed, what was saved, where energy makes no product, what comes next."""

from reports.account import Account, Check, Forecast, Intensity, Savings
from reports.charts.data import Moment, Step, Trend, Waterfall
from reports.fields import Span
from reports.formats import decimals
from reports.parts import Account as Part
from reports.parts import Cell, Figure, KeyFigure, Table
from reports.process import days_of
from reports.voice import Voice, clean

__all__ = ["energy"]

TICKS = 5


def energy(voice: Voice) -> Part | None:
    """None for a study that asks for no account."""
    found = voice.document.energy
    if found is None:
        return None
    return Part(
        key_figures=_key_figures(voice, found),
        bridge=_bridge(voice, found.intensity) if found.intensity and found.intensity.parts else None,
        savings=_cusum(voice, found.savings) if found.savings and len(found.savings.cusum) > 1 else None,
        savings_said=_slopes(voice, found.savings) if found.savings else (),
        losses=_losses(voice, found),
        sentences=(*_peak(voice, found), *_next_week(voice, found)),
        week=_week(voice, found.forecast) if found.forecast else None,
        checks=_checks(voice, found.baseline.checks) if found.baseline and found.baseline.checks else None,
        notes=tuple(clean(note.ja if voice.words.language == "ja" else note.en) for note in found.notes),
    )


def _kwh(voice: Voice, value: float | None, unit: str = "kWh") -> str:
    return voice.formats.quantity(value, unit, decimals(value, digits=3))


def _span(voice: Voice, low: float | None, high: float | None, unit: str = "") -> str:
    if low is None or high is None:
        return voice.formats.number(None)
    digits = decimals(low, high, digits=3)
    return voice.formats.span(voice.formats.number(low, digits), voice.formats.number(high, digits), unit)


def _signed(voice: Voice, value: float, digits: int) -> str:
    text = voice.formats.number(value, digits)
    return f"+{text}" if value > 0 and any(digit in "123456789" for digit in text) else text


def _percent(voice: Voice, share: float) -> str:
    return f"{_signed(voice, share * 100, 1)}%"


def _key_figures(voice: Voice, found: Account) -> tuple[KeyFigure, ...]:
    figures = (_intensity(voice, found), _saved(voice, found), _baseline(voice, found), _forecast(voice, found))
    return tuple(figure for figure in figures if figure is not None)


def _unit(voice: Voice, found: Intensity) -> str:
    key = "hour" if "hour" in found.unit else "unit"
    return voice.words(f"energy.per_{key}")


def _intensity(voice: Voice, account: Account) -> KeyFigure | None:
    found = account.intensity
    if found is None:
        return None
    words, before = voice.words, found.before.intensity
    digits = decimals(before, found.now.intensity, digits=3)
    change = _percent(voice, found.change / before) if before > 0 else _signed(voice, found.change, digits)
    return KeyFigure(
        voice.formats.number(found.now.intensity, digits),
        words("energy.intensity", unit=_unit(voice, found), first=voice.formats.day(found.now.first)),
        words("energy.before", before=voice.formats.number(before, digits), change=change),
    )


def _saved(voice: Voice, account: Account) -> KeyFigure | None:
    found = account.savings
    if found is None:
        return None
    words, total = voice.words, found.total
    more = total.estimate < 0
    kind = "unclear" if total.low <= 0 <= total.high else "more" if more else "saved"
    money = found.money
    worth = (
        "" if money is None else words("energy.worth", money=voice.formats.money(abs(money), account.currency or ""))
    )
    ends = (-total.high, -total.low) if more else (total.low, total.high)
    interval = words(
        "figures.interval", level=voice.formats.percent(account.level), interval=_span(voice, *ends, "kWh")
    )
    return KeyFigure(_kwh(voice, abs(total.estimate)), words(f"energy.{'more' if more else 'saved'}"),
                     words(f"energy.note_{kind}", interval=interval, worth=worth))  # fmt: skip


def _baseline(voice: Voice, account: Account) -> KeyFigure | None:
    found, words = account.baseline, voice.words
    if found is None:
        return None
    if found.valid:
        fit = words("energy.fit", r2=voice.formats.number(found.r2, 2), cv=voice.formats.percent(found.cv_rmse))
        return KeyFigure(words("energy.valid"), words("energy.baseline"), fit)
    failed = sum(not check.passed for check in found.checks)
    return KeyFigure(words("energy.doubtful"), words("energy.baseline"), words.count("energy.failed", failed))


def _forecast(voice: Voice, account: Account) -> KeyFigure | None:
    found = account.forecast
    if found is None:
        return None
    low, high = found.week_low, found.week_high
    interval = (
        ""
        if low is None
        else voice.words(
            "figures.interval",
            level=voice.formats.percent(found.level),
            interval=_span(voice, low, high, "kWh"),
        )
    )
    return KeyFigure(_kwh(voice, found.week_kwh), voice.words("energy.next_week"), interval)


def _bridge(voice: Voice, found: Intensity) -> Figure:
    words = voice.words
    digits = decimals(found.before.intensity, found.now.intensity, digits=3)
    fine = decimals(*(part.change.estimate for part in found.parts), digits=3)
    at = found.before.intensity
    steps = [Step(_period(voice, found.before.first, found.before.last), "", at, at, "total",
                  voice.formats.number(at, digits))]  # fmt: skip
    rows = []
    for part in found.parts:
        end = at + part.change.estimate
        name = words(f"energy.part.{part.factor}") if f"energy.part.{part.factor}" in words else clean(part.factor)
        value, interval = _signed(voice, part.change.estimate, fine), _interval(voice, part.change, fine)
        unclear = part.change.low <= 0 <= part.change.high
        note = words("energy.unclear" if unclear else "energy.between", interval=interval)
        steps.append(Step(name, note, at, end, "worse" if end > at else "better", value))
        rows.append((Cell(name), Cell(value), Cell(interval), Cell(_kwh(voice, part.kwh.estimate, ""))))
        at = end
    last = found.now.intensity
    steps.append(Step(_period(voice, found.now.first, found.now.last), "", last, last, "total",
                      voice.formats.number(last, digits)))  # fmt: skip
    axis = words("energy.intensity_axis", unit=_unit(voice, found))
    head = (words("energy.cause"), axis, words("time.interval"), words("energy.kwh_period"))
    return Figure(
        key="waterfall-energy",
        title=words("energy.bridge", unit=_unit(voice, found)),
        description=words("energy.bridge_description", before=steps[0].value, now=steps[-1].value, n=len(rows)),
        drawing=Waterfall(tuple(steps), axis),
        table=Table(words("numbers.show"), head, tuple(rows), (False, True, True, True)),
    )


def _period(voice: Voice, first: str, last: str) -> str:
    return voice.words("page.period", first=voice.formats.day(first), last=voice.formats.day(last))


def _interval(voice: Voice, span: Span, digits: int) -> str:
    return voice.formats.span(_signed(voice, span.low, digits), _signed(voice, span.high, digits))


def _cusum(voice: Voice, found: Savings) -> Figure:
    words, formats, points = voice.words, voice.formats, found.cusum
    digits = decimals(*(point.saved_kwh for point in points), digits=3)
    rows = [
        (
            Cell(formats.day(point.day)),
            Cell(formats.number(point.saved_kwh, digits)),
            Cell(formats.span(formats.number(point.low, digits), formats.number(point.high, digits))),
        )
        for point in points
    ]
    step = max(1, -(-len(points) // TICKS))
    axis = words("energy.cusum_axis")
    return Figure(
        key="time-savings",
        title=words("energy.cusum"),
        description=words("energy.cusum_description", last=rows[-1][1].text, n=len(points)),
        drawing=Trend(
            moments=tuple(Moment(days_of(p.day), p.saved_kwh, p.low, p.high) for p in points),
            ticks=tuple((days_of(p.day), formats.short_day(p.day)) for p in points[::step]),
            mean=0.0,
            mean_label=words("energy.zero"),
            y_title=axis,
        ),
        table=Table(
            words("numbers.show"), (words("time.day"), axis, words("time.interval")), tuple(rows), (False, True, True)
        ),
    )


def _slopes(voice: Voice, found: Savings) -> tuple[str, ...]:
    return tuple(
        voice.words(
            "energy.slope",
            day=voice.formats.day(change.day),
            before=_kwh(voice, change.before_kwh_per_day),
            after=_kwh(voice, change.after_kwh_per_day),
        )
        for change in found.changes
    )


def _losses(voice: Voice, found: Account) -> Table | None:
    """Energy that made no product, and what could be bought cheaper."""
    words, formats = voice.words, voice.formats
    rows: list[tuple[str, str, float, float | None, float | None]] = []
    if (idle := found.idle) is not None:
        note = words("energy.idle_note", hours=formats.number(idle.hours))
        rows.append((words("energy.idle"), note, idle.kwh, idle.share, idle.money))
    if (start := found.startup) is not None:
        extra = f"{_kwh(voice, start.extra_kwh.estimate)} ({_span(voice, start.extra_kwh.low, start.extra_kwh.high)})"
        note = words("energy.startup_note", starts=formats.count(start.starts), extra=extra)
        share = start.total_kwh / found.total_kwh if found.total_kwh else None
        rows.append((words("energy.startup"), note, start.total_kwh, share, start.money))
    if (scrap := found.scrap) is not None:
        note = words("energy.scrap_note", units=formats.number(scrap.units))
        rows.append((words("energy.scrap"), note, scrap.kwh, scrap.share, scrap.money))
    if (tariff := found.tariff) is not None and tariff.shiftable_kwh > 0:
        share = tariff.shiftable_kwh / found.total_kwh if found.total_kwh else None
        note = words("energy.shift_note")
        rows.append((words("energy.shift"), note, tariff.shiftable_kwh, share, tariff.shiftable_money))
    if not rows:
        return None
    priced = found.currency is not None
    head = [words(f"energy.{key}") for key in ("what", "kwh", "share")]
    return Table(
        words("energy.losses"),
        (*head, *((words("energy.money"),) if priced else ())),
        tuple(
            (
                Cell(name, note),
                Cell(formats.number(kwh, decimals(kwh, digits=3))),
                Cell(formats.percent(share, 1)),
                *((Cell(formats.money(money, found.currency or "")),) if priced else ()),
            )
            for name, note, kwh, share, money in rows
        ),
        (False, True, True, *((True,) if priced else ())),
    )


def _peak(voice: Voice, found: Account) -> tuple[str, ...]:
    if found.peaks is None or not found.peaks.highest:
        return ()
    words, top = voice.words, found.peaks.highest[0]
    minutes = voice.formats.number(found.peaks.minutes)
    said = [words("energy.peak", kw=_kwh(voice, top.kw, "kW"), when=voice.formats.moment(top.start), minutes=minutes)]
    if found.peaks.capped:
        cap = found.peaks.capped[min(1, len(found.peaks.capped) - 1)]
        said.append(
            words("energy.cap", k=cap.k, lower=_kwh(voice, cap.lower_kw, "kW"), move=_kwh(voice, cap.kwh_to_move))
        )
    return (voice.words.join(said, "sentences"),)


def _method(voice: Voice, method: str) -> str:
    return voice.words(f"energy.method.{method}") if f"energy.method.{method}" in voice.words else clean(method)


def _next_week(voice: Voice, account: Account) -> tuple[str, ...]:
    """By which method, and against which yardstick it had to win."""
    found, words = account.forecast, voice.words
    if found is None:
        return ()
    errors = {score.method: score.mae for score in found.scores}
    mine, theirs = errors.get(found.method), errors.get(found.naive)
    better = None if mine is None or not theirs else 1 - mine / theirs
    blanks = {
        "method": _method(voice, found.method),
        "naive": _method(voice, found.naive),
        "n": found.origins,
        "better": voice.formats.percent(better),
    }
    return (words("energy.forecast_better" if found.beats_naive else "energy.forecast_naive", **blanks),)


def _week(voice: Voice, found: Forecast) -> Table | None:
    if not found.days:
        return None
    words, formats = voice.words, voice.formats
    digits = decimals(*(day.kwh for day in found.days), digits=3)

    def interval(low: float | None, high: float | None) -> str:
        return (
            formats.number(None)
            if low is None or high is None
            else formats.span(formats.number(low, digits), formats.number(high, digits))
        )

    rows = [
        (
            Cell(formats.day(day.day)),
            Cell(formats.number(day.kwh, digits)),
            Cell(interval(day.low, day.high)),
            Cell(formats.number(day.peak_kw, decimals(day.peak_kw, digits=3))),
        )
        for day in found.days
    ]
    head = (words("time.day"), "kWh", words("time.interval"), words("energy.peak_kw"))
    return Table(words("energy.week"), head, tuple(rows), (False, True, True, True))


def _checks(voice: Voice, checks: tuple[Check, ...]) -> Table:
    words = voice.words
    rows = [
        (
            Cell(words("energy.passed" if check.passed else "energy.not_passed")),
            Cell(clean(check.ja if words.language == "ja" else check.en)),
        )
        for check in checks
    ]
    return Table(
        words("energy.checks"),
        (words("energy.result"), words("energy.check")),
        tuple(rows),
        (False, False),
        quiet=tuple(check.passed for check in checks),
    )
