"""What is said of one prediction in words, English and Japanese, by code; the row functions hold the same sentences."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    "towards": (
        "{column} ({value}) had the largest impact towards predicting {said}",
        "{said}という予測に最も寄与したのは{column}({value})です",
    ),
    "against": (
        "{column} ({value}) contributed the most against predicting {said}",
        "{said}という予測を最も弱めたのは{column}({value})です",
    ),
    "whereas": (", whereas ", "。一方、"),
    "nothing": (
        "No column moves this prediction away from that of a typical row",
        "代表的な行の予測と比べて、この予測を動かした列はありません",
    ),
    "missing": ("missing", "欠損"),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as words in both languages.

    >>> say("towards", {"column": "petal length", "value": "6.3", "said": "Iris-virginica"})["en"]
    'petal length (6.3) had the largest impact towards predicting Iris-virginica'
    """
    english, japanese = WORDS[code]
    blanks = dict(values or {})
    return {"code": code, "en": english.format(**blanks), "ja": japanese.format(**blanks)}
