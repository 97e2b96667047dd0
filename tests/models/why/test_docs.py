"""docs/explain.md names every field of both documents, and no other."""

import re
from pathlib import Path

import pytest

from models.unusual.document import OddColumn, UnusualDocument, UnusualEntry
from models.unusual.words import WORDS as UNUSUAL_WORDS
from models.why.document import ChangeEntry, ExplanationEntry, FactorEntry
from models.why.words import WORDS

PAGE = (Path(__file__).parents[3] / "docs" / "explain.md").read_text(encoding="utf-8")


def fields(part: str, heading: str) -> set[str]:
    rows = part.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_fields_of_an_explanation():
    part = PAGE.split("## The JSON", 1)[1].split("\n## ", 1)[0]
    assert fields(part, "field") == set(ExplanationEntry.__annotations__)
    assert fields(part, "field of `factors`") == set(FactorEntry.__annotations__)
    assert fields(part, "field of `change`") == set(ChangeEntry.__annotations__)


def test_fields_of_unusual_units():
    part = PAGE.split("## Unusual units that no rule names", 1)[1].split("\n## ", 1)[0]
    assert fields(part, "field") == set(UnusualDocument.__annotations__)
    assert fields(part, "field of `units`") == set(UnusualEntry.__annotations__)
    assert fields(part, "field of `columns`") == set(OddColumn.__annotations__)


@pytest.mark.parametrize("words", [WORDS, UNUSUAL_WORDS])
def test_both_languages_fill_the_same_blanks(words: dict[str, tuple[str, str]]):
    for code, (english, japanese) in words.items():
        blanks = [sorted(set(re.findall(r"{(\w+)", text))) for text in (english, japanese)]
        assert blanks[0] == blanks[1], code
