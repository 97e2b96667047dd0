"""Every code has words in both languages, with the same blanks."""

import re
import string
from pathlib import Path

import pytest

from models.promise.states import STATES
from models.promise.words import STATE_WORDS, WORDS, both, say

ROOM = Path(__file__).parents[3] / "models" / "promise"


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", WORDS)
def test_both_languages_have_the_same_blanks(code: str) -> None:
    english, japanese = WORDS[code]
    assert blanks(english) == blanks(japanese)
    assert re.search(r"[ぁ-んァ-ヶ一-龠]", japanese)


def test_every_state_has_a_word() -> None:
    assert set(STATE_WORDS) == set(STATES)


def test_every_code_that_is_written_has_words() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in ROOM.glob("*.py") if file.name != "words.py")
    said = set(re.findall(r'(?:stated\("\w+", |both\(|return )"(\w+)"', source))
    said |= set(re.findall(r'return "\w+", "(\w+)"', source)) | {"few_units", "few_groups", "few_bad"}
    assert said - set(STATES) <= set(WORDS)
    unused = {code for code in WORDS if f'"{code}"' not in source}
    assert not unused


def test_an_unknown_code_stands_for_itself_and_a_missing_value_is_a_dash() -> None:
    assert say("newer_than_this") == "newer_than_this"
    assert both("withdrawn") == {"en": "Withdrawn: -", "ja": "取り消し: -"}
