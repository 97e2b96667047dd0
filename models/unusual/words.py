"""What is said of unusual units, English and Japanese, by code. Blanks are filled from a code's values."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    "none": (
        "No unit is unusual beyond chance, given its context, among {n:,}.",
        "{n:,}件のうち、条件を考慮しても偶然を超えて異常といえるものはありません。",
    ),
    "some": (
        "{found} of {n:,} units do not fit together as others do, given their context; about {level:.0%} of them would "
        "be false alarms.",
        "{n:,}件のうち{found}件は、条件を考慮すると値の組み合わせが他と異なります(うち約{level:.0%}は誤報の見込み)。",
    ),
    "good_ones": (
        "{good} of them had the good verdict: possible defects that nobody has labelled yet.",
        "そのうち{good}件は良品と判定されています。まだ誰も不良と認識していない異常の可能性があります。",
    ),
    "nothing_to_judge": (
        "There is no number column to judge by the others.",
        "他の列から判断できる数値列がありません。",
    ),
    "unit": (
        "{unit}: {columns}.",
        "{unit}:{columns}。",
    ),
    "column": (
        "{column} is {value}, where {low} to {high} would be usual for a unit like this",
        "{column}が{value}(同様の条件では通常{low}~{high})",
    ),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as a sentence in both languages; a blank said in both takes its own language.

    >>> say("none", {"n": 1200})["en"]
    'No unit is unusual beyond chance, given its context, among 1,200.'
    """
    english, japanese = WORDS[code]
    blanks = dict(values or {})
    columns = blanks.pop("columns", [])
    return {
        "code": code,
        "en": english.format(**blanks, columns="; ".join(said["en"] for said in columns)),
        "ja": japanese.format(**blanks, columns="、".join(said["ja"] for said in columns)),
    }
