"""Both languages say the same things: the same keys, and the same values in each."""

from string import Formatter

import pytest

from reports.words import Words, catalogue


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_languages_have_the_same_keys() -> None:
    assert catalogue("ja").keys() == catalogue("en").keys()


@pytest.mark.parametrize("key", sorted(catalogue("en")))
def test_languages_have_the_same_placeholders(key: str) -> None:
    assert placeholders(catalogue("ja")[key]) == placeholders(catalogue("en")[key])


def test_japanese_uses_its_own_brackets() -> None:
    inside_units = {"ranking.interval"}
    texts = {key: text for key, text in catalogue("ja").items() if key not in inside_units}
    assert [key for key, text in texts.items() if "(" in text or ")" in text] == []


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"advice\.nothing"):
        Words("ja")("advice.nothing")


def test_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="what"):
        Words("en")("advice.hold")
