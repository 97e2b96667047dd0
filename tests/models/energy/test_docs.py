"""docs/energy.md names every field of the account, and every sentence has both languages."""

import re
from pathlib import Path
from string import Formatter

from models.energy import document
from models.energy.conflicts import Conflict, Offer, Side
from models.energy.document import EnergyDocument
from models.energy.words import WORDS
from models.study.spec import StudySpec

PAGE = (Path(__file__).parents[3] / "docs" / "energy.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    lines = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [re.findall(r"`([^`]+)`", line) for line in lines]


def test_every_field_is_named_and_no_other():
    first = PAGE.split("| field | meaning |", 1)[1].splitlines()[2:]
    named = {name for line in first for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
    assert named == set(EnergyDocument.__annotations__)


def test_inner_fields_stand_in_the_row_of_their_part():
    inner = {
        "intensity": ("Intensity", "Period", "Part"),
        "baseline": ("BaselineEntry", "TermEntry", "CheckEntry"),
        "savings": ("Savings", "SavingPoint", "SlopeChange"),
        "idle": ("Idle",),
        "startup": ("Startup",),
        "peaks": ("Peaks", "PeakEntry", "CapEntry"),
        "tariff": ("Tariffs", "TariffEntry"),
        "scrap": ("Scrap",),
        "forecast": ("Forecast", "MethodScore", "ForecastDay"),
    }
    by_part = {names[0]: set(names[1:]) for names in rows("field | meaning") if names}
    for part, types in inner.items():
        assert by_part[part] == {name for each in types for name in getattr(document, each).__annotations__}, part


def test_fields_of_a_conflict():
    named = {name for row in rows("field of a conflict | meaning") for name in row}
    expected = {name for each in (Conflict, Offer, Side) for name in each.__annotations__}
    assert expected <= named <= expected | {"en", "ja", "both"}


def test_the_example_is_a_study():
    import tomllib

    example = PAGE.split("```toml", 1)[1].split("```", 1)[0]
    study = StudySpec.parse(tomllib.loads(example))
    assert study.energy is not None
    assert study.energy.production == "good_count"


def test_both_languages_fill_the_same_blanks():
    def blanks(text: str) -> set[str]:
        return {name.removesuffix("_ja") for _, name, _, _ in Formatter().parse(text) if name}

    for code, (english, japanese) in WORDS.items():
        assert blanks(english) == blanks(japanese), code
        assert re.search(r"[ぁ-んァ-ン一-龥]", japanese), code
