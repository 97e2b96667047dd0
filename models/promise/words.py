"""States and reasons of the promise ledger in words, English and Japanese, by code."""

from collections.abc import Mapping
from typing import Any

__all__ = ["STATE_WORDS", "WORDS", "both", "say"]

STATE_WORDS: dict[str, tuple[str, str]] = {
    "planned": ("planned", "予定"),
    "too_early": ("too early", "判定には早い"),
    "not_measurable": ("not measurable", "測定できない"),
    "not_followed": ("not followed", "未実施"),
    "realised": ("realised", "効果を確認"),
    "less_than_promised": ("less than promised", "見込みを下回る"),
    "no_effect_shown": ("no effect shown", "効果を確認できない"),
    "worse": ("worse", "悪化"),
    "withdrawn": ("withdrawn", "取り消し"),
}
"""What stands in a list."""

WORDS: dict[str, tuple[str, str]] = {
    # not measured yet
    "planned": ("It begins later.", "開始前です。"),
    "not_measured": ("The next run of the chain measures it.", "次回の定期処理で測定します。"),
    "no_units": ("No unit made since then has been judged yet.", "開始後に作られ判定された個体がまだありません。"),
    "few_units": (
        "{have} units since then; {need} are needed.",
        "開始後の個体は{have}個です(判定には{need}個必要)。",
    ),
    "few_groups": (
        "{have} lots or days since then; {need} are needed, for one is an anecdote.",
        "開始後のロット(日)は{have}です(判定には{need}必要)。",
    ),
    "few_bad": (
        "Without the action {have} bad units were to be expected since then; {need} are needed for a judgement.",
        "対策なしで見込まれる不良は開始後まだ{have}個です(判定には{need}個必要)。",
    ),
    # cannot be measured
    "few_before": (
        "Only {have} units were made before it; {need} are needed to know what would have been.",
        "対策前の個体が{have}個しかありません(比較の基準には{need}個必要)。",
    ),
    "few_groups_before": (
        "Only {have} lots or days were made before it; {need} are needed to know what would have been.",
        "対策前のロット(日)が{have}しかありません(比較の基準には{need}必要)。",
    ),
    "few_bad_before": (
        "Only {have} bad units were made before it; {need} are needed to know what would have been.",
        "対策前の不良が{have}個しかありません(比較の基準には{need}個必要)。",
    ),
    "overlapped": (
        "Action {other} began at almost the same time; what each of them gave cannot be told apart.",
        "対策{other}がほぼ同時に始まったため、それぞれの効果を分けて測れません。",
    ),
    "no_data": ("The study has no units to measure with.", "この分析には測定に使える個体がありません。"),
    "unreadable": ("{error}.", "比較の基準を読み取れません: {error}"),
    # measured
    "not_followed": (
        "{after:.0%} of the units since then lie inside the window, {before:.0%} did before: no gain is claimed.",
        "設定範囲内の個体は開始後{after:.0%}、開始前{before:.0%}です。実施されたとは言えず、効果は示しません。",
    ),
    "realised": (
        "The gain is shown, and agrees with what was promised.",
        "効果が確認され、見込みとも矛盾しません。",
    ),
    "shown": (
        "The gain is shown; nothing was promised of this window.",
        "効果が確認されました(この範囲の見込みはありません)。",
    ),
    "not_shown": ("No effect is shown yet.", "効果はまだ確認できません。"),
    "less_than_promised": (
        "The gain is shown, and is clearly less than was promised.",
        "効果は確認されましたが、見込みを明らかに下回ります。",
    ),
    "promise_ruled_out": (
        "No effect is shown, and the promised one is ruled out.",
        "効果は確認できず、見込んだ効果は否定されます。",
    ),
    "not_decided": (
        "No effect is shown yet; the promised one is still possible.",
        "効果はまだ確認できませんが、見込んだ効果の可能性は残っています。",
    ),
    "worse": (
        "The loss is clearly higher than it would have been without the action.",
        "対策をしなかった場合より明らかに悪化しています。",
    ),
    "withdrawn": ("Withdrawn: {reason}", "取り消し: {reason}"),
    # beside a measurement
    "also_moved": (
        "Changed at the same time: {columns}. Their effect is in this number too.",
        "同時に変わった設定: {columns}。その影響もこの数値に含まれます。",
    ),
    "left_out": (
        "{n} units of a kind not made before are left out.",
        "以前に作られていない種類の{n}個は除いています。",
    ),
    # promises after past actions
    "shrunk": (
        "Promises are multiplied by {factor:.2f}: {n} measured actions gave that much of what was promised.",
        "過去の対策{n}件の実績に合わせ、見込みに{factor:.2f}を掛けています。",
    ),
    "not_shrunk": (
        "{n} measured actions gave what was promised, or more: promises stand as they are.",
        "過去の対策{n}件は見込みどおりか、それ以上でした。見込みはそのままです。",
    ),
}


class _Blanks(dict[str, Any]):
    """A value that an older version did not write is a dash."""

    def __missing__(self, key: str) -> str:
        return "-"


def say(code: str, values: Mapping[str, Any] | None = None, language: str = "en") -> str:
    """A code in words; one that a newer version wrote stands for itself.

    >>> say("few_units", {"have": 12, "need": 30})
    '12 units since then; 30 are needed.'
    """
    found = WORDS.get(code)
    return code if found is None else found[language == "ja"].format_map(_Blanks(values or {}))


def both(code: str, **values: Any) -> dict[str, str]:
    """A code in both languages."""
    return {"en": say(code, values, "en"), "ja": say(code, values, "ja")}
