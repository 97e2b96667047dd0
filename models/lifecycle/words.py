"""What happened to a model and why, in words, English and Japanese, by code. Blanks are filled from the details."""

from collections.abc import Mapping
from typing import Any

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    "trained": ("trained on {rows} units", "{rows}件で学習"),
    # taking over
    "first_model": (
        "no champion to beat, and better than the naive model: {metric} {challenger} against {naive}",
        "比べる現行モデルがなく、単純予測より良い({metric} {challenger}、単純予測 {naive})",
    ),
    "clearly_better": (
        "clearly better than the champion on {units} newest units: {metric} {challenger} against {champion}, "
        "difference {difference} (90 % interval {low} to {high})",
        "最新の{units}件で現行モデルより明らかに良い({metric} {challenger}、現行 {champion}、差 {difference}、"
        "90%区間 {low}〜{high})",
    ),
    "as_good_and_newer": (
        "as good as the champion on {units} newest units, and knows newer ones: {metric} {challenger} against "
        "{champion}, difference {difference} (90 % interval {low} to {high})",
        "最新の{units}件で現行モデルと同等、より新しいデータで学習({metric} {challenger}、現行 {champion}、"
        "差 {difference}、90%区間 {low}〜{high})",
    ),
    "by_hand": ("chosen by hand; {note}", "手動で選択。{note}"),
    "rolled_back": ("back to the champion before; {note}", "以前の現行モデルに戻した。{note}"),
    # staying as it was
    "clearly_worse": (
        "clearly worse than the champion on {units} newest units: {metric} {challenger} against {champion}, difference "
        "{difference} (90 % interval {low} to {high})",
        "最新の{units}件で現行モデルより明らかに悪い({metric} {challenger}、現行 {champion}、差 {difference}、"
        "90%区間 {low}〜{high})",
    ),
    "not_shown_as_good": (
        "not shown to be as good as the champion on {units} newest units: {metric} {challenger} against {champion}, "
        "difference {difference} (90 % interval {low} to {high})",
        "最新の{units}件では現行モデルと同等と言えない({metric} {challenger}、現行 {champion}、差 {difference}、"
        "90%区間 {low}〜{high})",
    ),
    "no_better_than_naive": (
        "no better than the naive model: {metric} {challenger} against {naive}",
        "単純予測より良くない({metric} {challenger}、単純予測 {naive})",
    ),
    "not_comparable": ("cannot be scored on the newest units", "最新のデータでは評価できない"),
    # having to go
    "worse_than_naive": (
        "worse than the naive model on {units} new units: {metric} {value} against {naive}; it scores nothing any more",
        "新しい{units}件で単純予測より悪い({metric} {value}、単純予測 {naive})。以後は予測に使わない",
    ),
    "unreadable": ("cannot be used: {error}", "使用できない: {error}"),
    # the score on new units
    "as_promised": (
        "keeps its promise on {units} new units: {metric} {value}",
        "新しい{units}件で約束どおりの得点({metric} {value})",
    ),
    "below_promise": (
        "scores less on {units} new units than was promised: {metric} {value} (at most {high}), promised at least "
        "{promised_low}",
        "新しい{units}件での得点が学習時の見込みを下回る({metric} {value}、上限 {high}、見込みの下限 {promised_low})",
    ),
    "units": ("{have} new units, {need} are needed for a judgement", "新しいデータ{have}件(判断には{need}件必要)"),
    "groups": ("new units of {have} groups, {need} are needed", "新しいデータは{have}グループ(判断には{need}必要)"),
    "rare": (
        "{have} new units of the rarer class, {need} are needed for a judgement",
        "少ない方の判定の新しいデータ{have}件(判断には{need}件必要)",
    ),
    # drift
    "moved": ("has moved: PSI {psi}, {share} of the whole difference", "分布が変化(PSI {psi}、全体の差の{share})"),
    "steady": ("as in training", "学習時と同様"),
}


class _Blanks(dict[str, Any]):
    """A detail that an older version did not write is a dash."""

    def __missing__(self, key: str) -> str:
        return "-"


def _shown(value: Any) -> Any:
    if value is None or value == "":
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else value


def say(code: str, details: Mapping[str, Any] | None = None, language: str = "en") -> str:
    """A code with its details as half a sentence; an unknown code (a newer version wrote it) stands for itself.

    >>> say("rare", {"have": 4, "need": 10})
    '4 new units of the rarer class, 10 are needed for a judgement'
    """
    if code not in WORDS:
        return code
    blanks = _Blanks({key: _shown(value) for key, value in (details or {}).items()})
    return WORDS[code][language == "ja"].format_map(blanks)
