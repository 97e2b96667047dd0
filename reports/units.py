"""Units one by one: what made some of them bad, and those that no rule names."""

from typing import Literal

from reports.charts.data import Step, Waterfall
from reports.grounds import grade
from reports.observed import Change, Example, Factor, Usual
from reports.parts import Cell, Figure, Table, Unit, Units
from reports.voice import Voice, clean

__all__ = ["examples", "unusual"]

MOST_FACTORS = 5
"""Rows of a waterfall; what is left is one row."""
MOST_ODD = 8
SMALLEST = 0.02
"""Contributions below this share of the whole difference go to the rest."""


def examples(voice: Voice) -> tuple[Unit, ...]:
    """Units explained; not where a doubtful column leads, nor where nothing is known that could explain them."""
    document = voice.document
    doubtful = {leak.column for leak in document.leaks}
    return tuple(
        _unit(voice, place, one)
        for place, one in enumerate(document.examples)
        if one.factors
        and one.factors[0].factor not in doubtful
        and (document.ranking or (one.foreseen and grade(voice) != "unproven"))
    )


def _unit(voice: Voice, place: int, one: Example) -> Unit:
    words = voice.words
    called = words("units.unit" if voice.classification else "units.record", unit=clean(one.unit))
    when = "" if one.at is None or one.at == one.unit else voice.formats.moment(one.at)
    kind = "measured" if one.verdict == "measured" else "judged"
    verdict = words(f"units.{one.verdict}") if kind == "judged" else ""
    loss = {"loss": voice.loss_name, "expected": voice.loss(one.expected), "base": voice.loss(one.base)}
    loss["Loss"] = voice.Loss_name
    sentences = [words(f"units.{kind}", verdict=verdict, value=voice.loss(one.value), **loss)]
    if not one.foreseen:
        sentences.append(words("units.unforeseen"))
    mended = _mended(voice, one)
    unsure = bool(mended) and one.change is not None and one.change.confirmed is False
    return Unit(
        title=words("units.title_when" if when else "units.title", unit=called[0].upper() + called[1:], when=when),
        sentences=(*sentences, *mended),
        caution=words("units.unconfirmed") if unsure else "",
        figure=_waterfall(voice, place, one, called),
    )


def _mended(voice: Voice, one: Example) -> list[str]:
    """The smallest change that would have made it good, or that there is none; only of what is advised anyway."""
    found = one.change or one.best
    advised = {factor for entry in voice.document.ranking if entry.proven for factor in entry.windows}
    if not one.foreseen or found is None or not {step.factor for step in found.settings} <= advised:
        return []
    key = "units.change" if one.change else "units.no_change"
    goal = voice.loss(one.goal)
    return [voice.words(key, settings=_settings(voice, found), goal=goal, **_then(voice, found))]


def _then(voice: Voice, found: Change) -> dict[str, str]:
    unit = voice.formats.after(voice.unit)
    return {"after": voice.loss(found.after), "interval": voice.loss_span(found.low, found.high) + unit}


def _settings(voice: Voice, found: Change) -> str:
    return voice.words.join(
        [
            voice.words(
                "units.step",
                factor=voice.inside(step.factor),
                before=voice.cell(step.before),
                to=voice.cell(step.to, step.unit),
            )
            for step in found.settings
        ],
        "and",
    )


def _usual(voice: Voice, usual: Usual, unit: str) -> str:
    if usual.low is not None and usual.high is not None:
        return voice.formats.span(voice.cell(usual.low), voice.cell(usual.high), clean(unit))
    return voice.cell(usual.level)


def _waterfall(voice: Voice, place: int, one: Example, called: str) -> Figure:
    words = voice.words
    whole = abs(one.expected - one.base) or 1.0
    shown = [factor for factor in one.factors if abs(factor.contribution) >= SMALLEST * whole][:MOST_FACTORS]
    at = one.base * voice.scale
    steps = [Step(words("units.good_production"), "", at, at, "total", voice.loss(one.base))]
    rows = [_row(words("units.good_production"), voice.bare_loss(one.base))]
    for factor in shown:
        end = at + factor.contribution * voice.scale
        steps.append(_step(voice, factor, at, end))
        cells = voice.cell(factor.value, factor.unit), _usual(voice, factor.usual, factor.unit)
        rows.append(_row(_name(voice, factor), _signed(voice, end - at), *cells))
        at = end
    end, expected = one.expected * voice.scale, words("units.expected")
    rest = Step(words("units.rest"), "", at, end, _kind(voice, end - at), _signed(voice, end - at))
    steps += [rest, Step(expected, "", end, end, "total", voice.loss(one.expected))]
    rows += [_row(words("units.rest"), _signed(voice, end - at)), _row(expected, voice.bare_loss(one.expected))]
    axis = words("units.axis_risk") if voice.classification else voice.loss_title
    head = (words("units.factor"), words("units.value"), words("units.usual"), axis)
    return Figure(
        key=f"waterfall-{place}",
        title=words("units.figure", unit=called),
        description=words(
            "units.description", base=voice.loss(one.base), expected=voice.loss(one.expected), n=len(shown)
        ),
        drawing=Waterfall(tuple(steps), axis),
        table=Table(words("numbers.show"), head, tuple(rows), (False, True, True, True)),
    )


def _row(name: str, change: str, value: str = "", usual: str = "") -> tuple[Cell, ...]:
    return (Cell(name), Cell(value), Cell(usual), Cell(change))


def _name(voice: Voice, factor: Factor) -> str:
    """Of the column that says most, which may be derived from the factor."""
    return voice.name(factor.column or factor.factor)


def _step(voice: Voice, factor: Factor, start: float, end: float) -> Step:
    note = voice.words(
        "units.note",
        value=voice.cell(factor.value, factor.unit),
        usual=_usual(voice, factor.usual, factor.unit),
    )
    return Step(_name(voice, factor), note, start, end, _kind(voice, end - start), _signed(voice, end - start))


def _kind(voice: Voice, change: float) -> Literal["worse", "better"]:
    return "worse" if change * voice.sign > 0 else "better"


def _signed(voice: Voice, change: float) -> str:
    text = voice.formats.number(change, voice.loss_digits())
    return f"+{text}" if change > 0 and any(digit in "123456789" for digit in text) else text


def unusual(voice: Voice) -> Units | None:
    """Units that do not fit together as others do; none where there are none."""
    found, words, formats = voice.document.unusual, voice.words, voice.formats
    if found is None or not found.units:
        return None
    blanks = {"found": formats.count(found.found), "n": formats.count(found.n_units), "units": voice.units}
    said = [words("unusual.some", level=formats.percent(found.level), **blanks)]
    if found.found_good:
        said.append(words.count("unusual.good", found.found_good))
    shown = found.units[:MOST_ODD]
    if found.found > len(shown):
        said.append(words("unusual.first", n=formats.count(len(shown))))
    rows = [
        (
            Cell(
                formats.moment(one.at) if one.unit == one.at else clean(one.unit),
                formats.moment(one.at) if one.at and one.unit != one.at else "",
            ),
            Cell("\n".join(voice.name(odd.column) for odd in one.columns)),
            Cell("\n".join(voice.cell(odd.value, odd.unit) for odd in one.columns)),
            Cell(
                "\n".join(
                    formats.span(voice.cell(odd.low), voice.cell(odd.high), clean(odd.unit)) for odd in one.columns
                )
            ),
            Cell(words(f"units.{one.verdict}") if one.verdict else ""),
        )
        for one in shown
    ]
    head = tuple(words(f"unusual.{key}") for key in ("unit", "column", "value", "usual", "verdict"))
    judged = any(one.verdict for one in shown)
    keep = 5 if judged else 4
    table = Table(
        words("section.unusual"),
        head[:keep],
        tuple(row[:keep] for row in rows),
        (False, False, True, True, False)[:keep],
    )
    return Units(tuple(said), table)
