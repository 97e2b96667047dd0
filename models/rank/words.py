"""What the ranking says in words, English and Japanese, by code. The blanks are filled from the notice's values."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    # verdicts
    "factors_found": (
        "Changing {count} setting(s) is shown to reduce the loss; start with {factor}.",
        "変更すると損失が減ると言える設定が{count}件あります。まず{factor}から始めてください。",
    ),
    "no_actionable_factor": (
        "No setting was shown to change the loss: after accounting for everything else, what remains of each could be "
        "chance.",
        "損失を変えると言える設定はありませんでした。他の要因を除くと、残る差はどれも偶然の範囲です。",
    ),
    "no_controllable": (
        "The study names no setting that an engineer can change; give at least one column role = 'controllable'.",
        "変更できる設定が指定されていません。少なくとも1列に role = 'controllable' を指定してください。",
    ),
    "no_window": (
        "No setting has an admissible window: inside its limits, with enough units in it, at least two steps wide.",
        "許される範囲(上下限の内側、十分な実績、2刻み以上の幅)を持つ設定がありません。",
    ),
    "one_class": (
        "All {n} units are of one class; about {needed} units are needed to see both.",
        "{n}個すべてが同じ判定です。両方の判定を見るには約{needed}個必要です。",
    ),
    "few_of_a_class": (
        "Only {rare} of {n} units are of the rarer class; about {needed} units are needed.",
        "少ない方の判定は{n}個中{rare}個だけです。約{needed}個必要です。",
    ),
    "few_units": (
        "{n} units are too few to learn from; at least {needed} are needed.",
        "{n}個では学習できません。少なくとも{needed}個必要です。",
    ),
    "few_groups": (
        "All units come from {groups} group(s) of {group}; settings kept for a whole group need more of them, about "
        "{needed} units.",
        "データは{group}が{groups}組だけです。組ごとに変わる設定を調べるには、さらに多くの組(約{needed}個)が必要です。",
    ),
    "constant_target": ("The target is the same for all {n} units.", "目的変数が{n}個すべてで同じ値です。"),
    "no_target": ("No row has a value of {target}.", "{target}の値を持つ行がありません。"),
    # warnings
    "no_time": (
        "The study names no time column: the order of the rows is taken as the order in time.",
        "時刻の列が指定されていないため、行の順序を時間の順序とみなしました。",
    ),
    "rows_without_target": (
        "{count} row(s) without a target were left out.",
        "目的変数のない{count}行を除きました。",
    ),
    "not_numbers": (
        "{column}: {count} value(s) are no finite numbers and count as missing.",
        "{column}: 有限の数値でない値{count}個を欠測としました。",
    ),
    "controllable_left_out": (
        "The setting {column} was left out: {reason_en}",
        "設定{column}を除きました。{reason_ja}",
    ),
    "no_stages": (
        "No stage is declared: states are not adjusted for, because they may carry a setting's effect, and all "
        "settings count as made at the same time. Left out of the adjustment: {columns}.",
        "工程順(stage)が指定されていません。状態量は設定の効果を伝える可能性があるため調整に使わず、設定はすべて同時に"
        "行われたとみなしました。調整に使わなかった列: {columns}。",
    ),
    "state_without_stage": (
        "These states have no stage and are not adjusted for, because they may carry a setting's effect: {columns}.",
        "stage のない状態量は設定の効果を伝える可能性があるため調整に使いませんでした: {columns}。",
    ),
    "tariff_unknown": (
        "The tariff {tariff} is not known here, so nothing is said in money; give per_unit, or the tariff's prices.",
        "料金表{tariff}が分からないため金額は示しません。per_unit か料金を指定してください。",
    ),
    "sampled": (
        "Effects were estimated on {count} of {n} units, drawn at random.",
        "効果は{n}個から無作為に選んだ{count}個で推定しました。",
    ),
    "determined": (
        "{factor} follows almost completely from {others}: its own effect cannot be told from theirs.",
        "{factor}は{others}でほぼ決まるため、固有の効果を区別できません。",
    ),
    "inseparable": (
        "{factors} always moved together; these data cannot tell which of them acts. A trial that moves one alone "
        "would.",
        "{factors}は常に一緒に動いており、どれが効いているか区別できません。一つだけ動かす試験で分かります。",
    ),
    "budget": (
        "The time budget allowed only {draws} resamples; the intervals are rougher.",
        "時間の制限により再標本化は{draws}回です。区間は粗くなります。",
    ),
    "not_scored": (
        "The newest units hold one class only, so the model could not be scored forward in time.",
        "最新のデータが一方の判定だけのため、将来に対する精度を評価できませんでした。",
    ),
    # why a column is no feature
    "target": ("This is the target.", "目的変数です。"),
    "time": ("This is the time.", "時刻です。"),
    "group": ("This names the group.", "グループ名です。"),
    "role_outcome": ("Known only after the verdict.", "判定の後に分かる値です。"),
    "identifier": ("Different for every unit: a name, not a cause.", "個体ごとに異なる識別子で、原因ではありません。"),
    "constant": ("Always the same value.", "常に同じ値です。"),
    "empty": ("Holds no value.", "値がありません。"),
    "datetime": ("A date or time.", "日付または時刻です。"),
    "no_admissible_window": (
        "No window inside its limits holds enough units and is two steps wide.",
        "上下限の内側に、十分な実績があり2刻み以上の幅を持つ範囲がありません。",
    ),
    "mostly_missing": ("Missing for more than half of the units.", "半数を超える個体で欠測です。"),
    "leak_identity": ("The target in other words.", "目的変数の言い換えです。"),
    "leak_duplicate": ("A copy of another column.", "他の列の写しです。"),
    # leaks
    "identity": ("{column} is {other} in other words.", "{column}は{other}の言い換えです。"),
    "duplicate": ("{column} is a copy of {other}.", "{column}は{other}の写しです。"),
    "too_good": (
        "{column} alone foretells the target almost perfectly ({value:.3f}); was it known before?",
        "{column}だけで目的変数をほぼ完全に予測できます({value:.3f})。事前に分かる値ですか?",
    ),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as a sentence in both languages."""
    english, japanese = WORDS[code]
    blanks = dict(values or {})
    if "why" in blanks:
        blanks["reason_en"], blanks["reason_ja"] = WORDS[blanks["why"]]
    return {"code": code, "en": english.format(**blanks), "ja": japanese.format(**blanks)}
