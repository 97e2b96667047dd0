"""What is said of explanations in words, English and Japanese, by code. Blanks are filled from a notice's values."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    # about the table
    "missing": ("{column} is missing in {share:.0%} of the rows.", "{column}は{share:.0%}の行で欠損しています。"),
    "correlated": (
        "{column} and {other} are correlated ({value:.2f}): their credit is shared between them.",
        "{column}と{other}は相関しています({value:.2f})。寄与は両者に分かれます。",
    ),
    # about one row
    "outside": (
        "{column} = {value:g} is outside the training range, {low:g} to {high:g}.",
        "{column} = {value:g}は学習範囲({low:g}~{high:g})の外です。",
    ),
    "unseen": (
        "{column} = {value} did not occur in training; it counts as missing.",
        "{column} = {value}は学習データにありません。欠損として扱います。",
    ),
    "missing_here": (
        "{column} is missing here; in training it was missing in {share:.0%} of the rows.",
        "{column}がこの行で欠損しています(学習データでの欠損率は{share:.0%})。",
    ),
    # about the method
    "sampled_rows": (
        "Computed on {count} of {n} rows, drawn at random.",
        "{n}行から無作為に選んだ{count}行で計算しました。",
    ),
    "log_odds": (
        "Each tree model is explained in the scale in which it adds up (log-odds for boosted classifiers); only shares "
        "are compared.",
        "木のモデルは加法が成り立つ尺度(勾配ブースティングの分類器では対数オッズ)で説明し、割合だけを比べています。",
    ),
    "approximate": (
        "The values add up exactly; how interactions of three columns and more are split is estimated ({draws} draws).",
        "値の合計は正確です。3列以上の交互作用の配分は{draws}回の抽出による推定です。",
    ),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as a sentence in both languages.

    >>> say("missing", {"column": "x", "share": 0.3})["en"]
    'x is missing in 30% of the rows.'
    """
    english, japanese = WORDS[code]
    blanks = dict(values or {})
    return {"code": code, "en": english.format(**blanks), "ja": japanese.format(**blanks)}
