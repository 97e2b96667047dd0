"""The trial that would settle what the data leave open: what to run, on how much, for how long."""

from reports.document import Trial
from reports.fields import Value
from reports.findings import edges
from reports.formats import setting_decimals
from reports.parts import Box, Cell, Table
from reports.voice import Voice, clean

__all__ = ["trial"]


def trial(voice: Voice) -> Box | None:
    """None where the document proposes none, or only a sentence."""
    found, words = voice.document.trial, voice.words
    if found is None or not found.runs or not found.factors:
        return None
    return Box(_said(voice, found), _runs(voice, found, words("trial.runs")))


def _said(voice: Voice, found: Trial) -> tuple[str, ...]:
    words, formats = voice.words, voice.formats
    factors = words.join([voice.inside(factor) for factor in found.factors], "and")
    said = [words("trial.apart" if len(found.factors) > 1 else "trial.alone", factors=factors)]
    if found.units_per_run is not None and found.units is not None:
        key = "trial.size_lots" if found.lots_per_run else "trial.size"
        lots, each, whole = (formats.count(n) for n in (found.lots_per_run, found.units_per_run, found.units))
        said.append(words(key, n=len(found.runs), lots=lots, each=each, total=whole, units=voice.units))
    if found.days:
        said.append(words("trial.days", days=formats.number(found.days, 0 if found.days >= 10 else 1)))
    said.append(words("trial.why"))
    studied = voice.days()
    if found.days and studied and found.days > studied:
        said.append(words("trial.long"))
    return tuple(said)


def _runs(voice: Voice, found: Trial, caption: str) -> Table:
    """A row for each run; what is as today says so."""
    words, now = voice.words, found.runs[0]
    rows = []
    for number, run in enumerate(found.runs, start=1):
        cells = [
            Cell(
                _level(voice, run.get(factor), factor),
                words("trial.now") if run.get(factor) == now.get(factor) else words("trial.advised"),
            )
            for factor in found.factors
        ]
        rows.append((Cell(str(number)), *cells))
    numbers = tuple(not isinstance(now.get(factor), str) for factor in found.factors)
    return Table(
        caption,
        (words("trial.run"), *(voice.name(factor) for factor in found.factors)),
        tuple(rows),
        (False, *numbers),
    )


def _level(voice: Voice, value: Value, factor: str) -> str:
    """A setting as precise as its window is told."""
    known = next((entry for entry in voice.document.ranking if factor in entry.windows), None)
    limits = edges(known, factor) if known else None
    unit = clean(known.unit) if known and known.factor == factor else ""
    if limits is None or not isinstance(value, float):
        return voice.cell(value, unit)
    return voice.formats.quantity(value, unit, setting_decimals(*limits))
