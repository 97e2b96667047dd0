"""Where the advice of a power study and of a quality study of one line meet, in words. Pure."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from ingest.errors import StudyError
from ingest.plant import Plant
from reports.document import Document
from reports.web.names import Names, find_signal, names

__all__ = ["clashes"]

POWER = ("W", "kW", "MW", "Wh", "kWh", "MWh", "J", "kJ", "MJ", "GJ")
"""Units of a target that is power or energy."""
SAID = ("conflict", "possible_conflict", "helps_both")
"""What is worth a line; that two studies do not touch each other is not."""


def clashes(plant: Plant, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[Names, ...]]:
    """By study, what its advice does to the other study of its line. ``documents``: the newest ranking of each."""
    found: dict[str, tuple[Names, ...]] = {}
    for one, other in combinations([study for study in plant.studies if study in documents], 2):
        line = plant.studies[one].line
        if line != plant.studies[other].line:
            continue
        for power, quality in ((one, other), (other, one)):
            if _about(documents[power], power=True) and _about(documents[quality], power=False):
                said = _said(plant, line, documents[power], documents[quality])
                for study in (power, quality):
                    found[study] = found.get(study, ()) + said
    return found


def _about(document: Mapping[str, Any], *, power: bool) -> bool:
    """Is it a ranking on power, or on defects, whose curves are whole?"""
    try:
        read = Document.parse(document)
    except StudyError:
        return False
    edges = [(point.share, point.low, point.high) for entry in read.ranking for point in entry.curve]
    edges += [(point.share, point.low, point.high) for entry in read.ranking for point in entry.level_curve]
    whole = not any(None in edge for edge in edges)
    wanted = read.task == "regression" and read.target_unit in POWER if power else read.task == "classification"
    return whole and wanted


def _said(plant: Plant, line: str, power: Mapping[str, Any], quality: Mapping[str, Any]) -> tuple[Names, ...]:
    # Brings the whole numeric stack along: only where two studies meet.
    from models.energy.conflicts import conflicts

    return tuple(
        _named(plant, line, one["factor"], {"en": one["said"]["en"], "ja": one["said"]["ja"]})
        for one in conflicts(power, quality)
        if one["kind"] in SAID
    )


def _named(plant: Plant, line: str, factor: str, said: Names) -> Names:
    """The sentence with what people call the setting, which it begins with."""
    signal = find_signal(plant.lines.get(line), factor)
    called = names(signal.name if signal is not None else None, factor)
    return {language: called[language] + text.removeprefix(factor) for language, text in said.items()}
