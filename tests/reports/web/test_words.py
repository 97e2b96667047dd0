"""Both languages say the same things, and the script counts ages as the page does."""

import string

import pytest

from ingest.plant import Language
from ingest.records import Reason
from reports.web.words import Words, catalogue

PAGES: tuple[Language, Language] = ("en", "ja")


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_same_keys_and_placeholders() -> None:
    english, japanese = (
        {
            f"{section}.{key}": slots(text)
            for section, texts in catalogue(language).items()
            for key, text in texts.items()
        }
        for language in PAGES
    )
    assert english == japanese


def test_every_reason_of_quarantine_has_words() -> None:
    assert set(catalogue("en")["reason"]) == {reason.value for reason in Reason}


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (0, "0 s ago", "0 秒前"),
        (59.9, "59 s ago", "59 秒前"),
        (60, "1 min ago", "1 分前"),
        (3599, "59 min ago", "59 分前"),
        (3600, "1 h ago", "1 時間前"),
        (48 * 3600 - 1, "47 h ago", "47 時間前"),
        (48 * 3600, "2 days ago", "2 日前"),
    ],
)
def test_ages(seconds: float, english: str, japanese: str) -> None:
    assert (Words("en").age(seconds), Words("ja").age(seconds)) == (english, japanese)


def test_one_is_said_differently_from_many() -> None:
    assert Words("en").count("new.said", 1).startswith("1 signal arrives")
    assert Words("en").count("new.said", 1200).startswith("1,200 signals arrive")
