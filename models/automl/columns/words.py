"""What is said about columns in words, English and Japanese, by code. The blanks are filled from a notice's values."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    # why a column is left out
    "target": ("it is the target", "目的変数です"),
    "time": ("it gives the order in time", "時間順序を示す列です"),
    "group": ("it names the group that is never split", "分割しないグループを示す列です"),
    "outcome": (
        "its role is outcome: it is known only afterwards",
        "役割が outcome です。結果が出た後でしか分かりません",
    ),
    "empty": ("it holds no value", "値がありません"),
    "constant": ("every row holds {value}", "すべての行が{value}です"),
    "duplicate": ("it repeats column {of}", "列{of}と同じ内容です"),
    "unreadable": (
        "its cells are of type {type}; numbers, words, truths and dates can be read",
        "セルの型が{type}です。読めるのは数値、文字列、真偽値、日時です",
    ),
    "identifier_counts": (
        "it is an identifier: whole numbers that count the rows",
        "識別子です(行を数える整数)",
    ),
    "identifier_called": (
        "it is an identifier: by its name, and by values that hardly repeat",
        "識別子です(列名から判断。値はほとんど重複しません)",
    ),
    "identifier_codes": (
        "it is an identifier: codes or single words, different in most rows",
        "識別子です(ほとんどの行で異なるコードまたは単語)",
    ),
    "identifier_names": (
        "it is an identifier: names, different in nearly all rows, whose words hardly repeat",
        "識別子です(ほぼすべての行で異なる名称。単語がほとんど共通しません)",
    ),
    "identifier_key": (
        "it is an identifier: rows that share a number agree in their other columns, as those of one job do",
        "識別子です(同じ番号の行は他の列も一致します。同じ作業の番号とみられます)",
    ),
    "no_feature": ("nothing in it varies enough to learn from", "学習できるほどの変化がありません"),
    # what was noticed about a column that is used
    "infinite": ("{count} infinite value(s) count as missing", "無限大{count}件を欠損として扱います"),
    "huge": ("{count} value(s) beyond ±{largest} count as that", "±{largest}を超える値{count}件をその値として扱います"),
    "durations": ("durations are read as seconds", "時間の長さを秒として読みます"),
    "words_as_numbers": ("numbers written as words are read as numbers", "文字列で書かれた数値を数値として読みます"),
    "unit": (
        "all in the unit {unit}; a cell in another unit counts as missing",
        "単位は{unit}です。他の単位のセルは欠損とします",
    ),
    "decimal_comma": ("decimal commas are read as decimal points", "小数点のコンマを小数点として読みます"),
    "comma_as_thousands": (
        "commas are read as thousands separators; nothing in the column decides whether they are decimal commas",
        "コンマを桁区切りとして読みます。小数点かどうかを決める手がかりが列にありません",
    ),
    "not_numbers": (
        "{count} cell(s) that are no numbers (such as {first}) count as missing",
        "数値でないセル{count}件(例: {first})を欠損として扱います",
    ),
    "not_dates": (
        "{count} cell(s) that are no dates (such as {first}) count as missing",
        "日時でないセル{count}件(例: {first})を欠損として扱います",
    ),
    "words_as_dates": (
        "dates written as words are read as {spelling}",
        "文字列で書かれた日時を{spelling}として読みます",
    ),
    "dates_as_numbers": (
        "dates written as numbers are read as {spelling}",
        "数値で書かれた日時を{spelling}として読みます",
    ),
    "day_or_month": (
        "day and month could be exchanged; {spelling} keeps the dates closest together",
        "日と月が入れ替わる可能性があります。日付が最もまとまる{spelling}を選びました",
    ),
    "many_levels": (
        "{count} levels: rare ones are taken together, and the frequency of the level is a second feature",
        "水準が{count}個あります。まれな水準はまとめ、水準の頻度を特徴量に加えます",
    ),
    "text": (
        "{count} different texts: read as free text, by their frequent words and pieces of words",
        "{count}種類の文があります。自由文として、頻出する単語と文字の並びで読みます",
    ),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as half a sentence in both languages."""
    english, japanese = WORDS[code]
    return {"code": code, "en": english.format(**(values or {})), "ja": japanese.format(**(values or {}))}
