"""Every code has words in both languages, with the same figures."""

from string import Formatter

import pytest

from models.spc.rules import RULE_SETS
from models.spc.subgroups import CALENDAR
from models.spc.words import WORDS, say


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_tell_the_same_figures() -> None:
    assert [code for code, (english, japanese) in WORDS.items() if blanks(english) != blanks(japanese)] == []


@pytest.mark.parametrize("name", RULE_SETS)
def test_every_rule_has_words(name: str) -> None:
    assert name in WORDS
    for rule in RULE_SETS[name]:
        codes = [f"{rule.shape}_{side}" for side in ("above", "below")] if rule.sided else [rule.shape]
        for code in codes:
            said = say(code, {"points": 9, "distance": 2.345, "need": 2, "of": 3, "sigmas": 2.0})
            assert "{" not in said["en"] + said["ja"]


def test_every_subgroup_has_words() -> None:
    assert {f"subgroup_{name}" for name, _ in CALENDAR} | {"subgroup_units", "subgroup_column"} <= WORDS.keys()


def test_words_inside_words_come_in_their_own_language() -> None:
    said = say("moment_units", {"first": 1, "last": 9, "direction": say("worse")})
    assert (said["en"], said["ja"]) == ("units 1 to 9 (worse)", "1〜9個目(悪化)")
