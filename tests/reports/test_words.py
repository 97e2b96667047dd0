"""Both languages say the same things: the same keys, and the same values in each, in the report and the dashboard."""

from string import Formatter
from typing import get_args

import pytest

from ingest.records import Reason
from reports.words import Book, Words, catalogue

BOOKS: tuple[Book, ...] = get_args(Book)


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("book", BOOKS)
def test_languages_have_the_same_keys_and_placeholders(book: Book) -> None:
    english, japanese = (
        {key: placeholders(text) for key, text in catalogue(language, book).items()} for language in ("en", "ja")
    )
    assert english == japanese


def test_every_reason_of_quarantine_has_words() -> None:
    assert set(Words("en", "dashboard").section("reason")) == {reason.value for reason in Reason}


def test_one_is_said_differently_from_many() -> None:
    words = Words("en", "dashboard")
    assert words.count("new.said", 1).startswith("1 signal arrives")
    assert words.count("new.said", 1200).startswith("1,200 signals arrive")


def test_japanese_uses_its_own_brackets() -> None:
    inside_units = {"ranking.interval", "energy.fit"}
    texts = {key: text for key, text in catalogue("ja").items() if key not in inside_units}
    assert [key for key, text in texts.items() if "(" in text or ")" in text] == []


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"advice\.nothing"):
        Words("ja")("advice.nothing")


def test_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="what"):
        Words("en")("advice.hold")
