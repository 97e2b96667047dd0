"""What the tasks say of their models in words, English and Japanese, by code. The blanks are filled from values."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    # columns and rows
    "left_out": ("Column {column} is left out: {why_en}.", "列{column}は使いません({why_ja})。"),
    "rows_left_out": (
        "{count} row(s) are left out, because {column} is missing there.",
        "{column}が欠損している{count}行は使いません。",
    ),
    "sampled": (
        "{count} of {rows} rows, drawn at random, stand for all.",
        "全{rows}行のうち、無作為に選んだ{count}行で代表します。",
    ),
    "unused_option": (
        "Option {option} is accepted, so that statements written for HeatWave run, and changes nothing.",
        "オプション{option}は、HeatWave用の文をそのまま実行できるように受け付けますが、結果には影響しません。",
    ),
    # forecasting
    "not_in_order": ("The rows were put in order of {column}.", "行を{column}の順に並べ替えました。"),
    "filled": (
        "{count} missing value(s) of {column} are filled along a straight line between their neighbours.",
        "{column}の欠損{count}件を前後の値から直線で補間しました。",
    ),
    "gaps": (
        "{count} date(s) are missing between the first and the last; their values are filled along straight lines.",
        "期間の途中で{count}時点のデータがありません。前後の値から直線で補間しました。",
    ),
    "irregular": (
        "The dates follow no regular step; rows are counted, whatever time lies between them.",
        "日時の間隔が一定ではありません。間隔に関係なく行の順番で数えます。",
    ),
    "naive_best": (
        "{series}: nothing forecast it better than {yardstick_en}; do not expect more than that.",
        "{series}: {yardstick_ja}より良い予測はできませんでした。それ以上は期待できません。",
    ),
    "beats_naive": (
        "{series}: {algorithm} is better than the naive forecasts ({metric} {score:.4g}; naive {naive}).",
        "{series}: {algorithm}は単純な予測より良好です({metric} {score:.4g}、単純予測{naive})。",
    ),
    "exogenous_unused": (
        "{series}: the exogenous columns did not improve the forecast and are not used.",
        "{series}: 外生変数を使っても予測が良くならないため、使いません。",
    ),
    # anomalies
    "no_tail": (
        "The rows marked as anomalies hardly stand out from the others; there may be none.",
        "異常とした行は他の行と大きく違いません。異常がない可能性があります。",
    ),
    "few_labels": (
        "{count} labelled row(s) ({ones} anomalous) are too few to learn from (at least {needed}, of both kinds); only "
        "the unlabelled part is used.",
        "ラベル付きは{count}行(うち異常{ones}行)で、学習には足りません(両方を含め{needed}行以上必要)。"
        "ラベルなしの部分だけを使います。",
    ),
    "semisupervised": (
        "{count} labelled rows, {ones} of them anomalous; the part that learns from labels has weight {weight:.2f}.",
        "ラベル付き{count}行(うち異常{ones}行)。ラベルから学ぶ部分の重みは{weight:.2f}です。",
    ),
    "templates": (
        "{lines} lines are {templates} templates.",
        "ログ{lines}行は{templates}種類のテンプレートにまとまりました。",
    ),
    # recommendation
    "repeated": (
        "{count} row(s) repeat a user and an item; the last one counts.",
        "同じ利用者と品目の組が{count}行重複しています。最後の行を使います。",
    ),
    "baseline_best": (
        "Nothing was better than the means of users and items ({yardstick}).",
        "利用者と品目の平均({yardstick})より良い手法はありませんでした。",
    ),
    "popular_best": (
        "The ranking is not better than the most popular items for everybody.",
        "推薦は、全員に人気品目を薦める場合より良くありません。",
    ),
    # topics
    "empty_documents": ("{count} document(s) hold no words.", "{count}件の文書に単語がありません。"),
    "incoherent": (
        "The words of the topics seldom stand together; the texts may have no common topics.",
        "トピックの単語が同じ文書に現れることは少なく、共通の話題がない可能性があります。",
    ),
    # clusters
    "no_structure": (
        "The clusters overlap (silhouette {score:.2f}); the rows may form no groups.",
        "クラスターが重なっています(シルエット係数{score:.2f})。明確なグループがない可能性があります。",
    ),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code with its values in both languages.

    >>> say("empty_documents", {"count": 2})["en"]
    '2 document(s) hold no words.'
    """
    english, japanese = WORDS[code]
    blanks = dict(values or {})
    return {"code": code, "en": english.format(**blanks), "ja": japanese.format(**blanks)}
