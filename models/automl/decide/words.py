"""What is said about splits, probabilities, decisions and intervals, English and Japanese, from one set of numbers."""

from collections.abc import Mapping
from typing import Any

from models.automl.decide.calibrate import Calibration
from models.automl.decide.intervals import Coverage
from models.automl.decide.reliability import Reliability
from models.automl.decide.threshold import Economy, Money
from models.rank.document import Said

__all__ = ["WORDS", "say", "say_coverage", "say_economy", "say_reliability"]

WORDS: dict[str, tuple[str, str]] = {
    # how the table was split
    "too_few_rows_to_hold_back": (
        "{n} rows are too few to hold some back ({least} are needed): the scores are those of the folds.",
        "{n}行では検証用データを残せません(必要: {least}行)。スコアは交差検証の値です。",
    ),
    "too_few_of_a_class_to_hold_back": (
        "The rarest class has {rarest} rows, too few to hold some back ({least} are needed): the scores are those of "
        "the folds.",
        "最も少ないクラスが{rarest}行のため検証用データを残せません(必要: {least}行)。スコアは交差検証の値です。",
    ),
    "too_few_groups_to_hold_back": (
        "{groups} groups are too few to hold some back ({least} are needed): the scores are those of the folds.",
        "{groups}グループでは検証用データを残せません(必要: {least})。スコアは交差検証の値です。",
    ),
    "one_group": (
        "All rows are of one group, so the group column says nothing about the splits.",
        "すべての行が同じグループのため、グループ列は分割に使いませんでした。",
    ),
    "groups_are_classes": (
        "The {groups} groups cannot be kept whole: each class is found in one group only. Rows of one group are on "
        "both sides of the splits, and the scores may flatter.",
        "{groups}個のグループを分けずに分割することはできません(各クラスが1グループにしかありません)。"
        "同じグループの行が学習と検証の両方に入り、スコアが良く見えている可能性があります。",
    ),
    "groups_overlap_in_time": (
        "The groups overlap in time, so whole groups and the order of time cannot both be kept: the splits keep the "
        "groups whole, and say nothing about drift.",
        "グループの期間が重なるため、グループの維持と時間順の分割は両立できません。グループを優先しました。"
        "時間による変化は評価していません。",
    ),
    "too_few_moments": (
        "The time column holds {count} different time(s), too few to learn from the past and test on the future.",
        "時刻の列には{count}種類の値しかなく、過去で学習して将来で検証することができません。",
    ),
    "too_few_groups_in_time": (
        "{count} group(s) are too few to learn from older ones and test on newer ones.",
        "グループが{count}個では、古いグループで学習して新しいグループで検証することができません。",
    ),
    "one_class_before": (
        "Until late in time all rows are of one class, so the splits are at random and say nothing about drift.",
        "遅い時期まで一つのクラスしか現れないため、無作為に分割しました。時間による変化は評価していません。",
    ),
    "folds_of_one_class": (
        "{left_out} fold(s) were left out: all rows before them are of one class.",
        "それ以前の行が一つのクラスだけの分割{left_out}個を除きました。",
    ),
    "twins_everywhere": (
        "The table holds {patterns} different rows only; copies are natural here and were not kept together.",
        "異なる行が{patterns}種類しかない表のため、同じ内容の行をまとめずに分割しました。",
    ),
    "cannot_be_tested": (
        "Nothing can be tested: {n} row(s), each needed for learning.",
        "{n}行すべてが学習に必要なため、検証できません。",
    ),
    # probabilities
    "probabilities_kept": (
        "The probabilities meant what they say and were left as they were.",
        "確率は補正の必要がなく、そのまま使います。",
    ),
    "probabilities_corrected": (
        "The probabilities were corrected ({kind}) on predictions for rows that the models had not seen.",
        "学習に使っていない行の予測で確率を補正しました({kind})。",
    ),
    "reliable": (
        "Said and seen probabilities differ by {error} on average, no more than chance would show ({by_chance}).",
        "予測した確率と実際の割合の差は平均{error}で、偶然の範囲({by_chance})です。",
    ),
    "unreliable": (
        "Said and seen probabilities differ by {error} on average ({low} to {high}); chance alone would show "
        "{by_chance}.",
        "予測した確率と実際の割合の差は平均{error}({low}〜{high})です。偶然による差は{by_chance}です。",
    ),
    # decisions
    "stopped_at": (
        "From a probability of {threshold} on a unit is stopped: of 1,000 units {stopped} are stopped, {missed} bad "
        "ones are missed; that costs {cost} instead of {instead}.",
        "確率{threshold}以上の製品を止めます。1,000個のうち{stopped}個を止め、不良{missed}個を見逃します。"
        "費用は{instead}に対して{cost}です。",
    ),
    "stopped": (
        "Stopping where it pays: of 1,000 units {stopped} are stopped, {missed} bad ones are missed; that costs {cost} "
        "instead of {instead}.",
        "費用が下がる製品だけを止めます。1,000個のうち{stopped}個を止め、不良{missed}個を見逃します。"
        "費用は{instead}に対して{cost}です。",
    ),
    "never_stopped": (
        "At these costs no unit is worth stopping: 1,000 units cost {cost}.",
        "この費用では止める価値のある製品はありません。1,000個あたりの費用は{cost}です。",
    ),
    "decided_by_matrix": (
        "Deciding by the costs given, 1,000 units cost {cost} instead of {instead}.",
        "指定された費用に従って判定すると、1,000個あたりの費用は{instead}に対して{cost}です。",
    ),
    "saving": (
        "The saving is {saved} per 1,000 units ({low} to {high}).",
        "1,000個あたり{saved}の節約です({low}〜{high})。",
    ),
    "saving_unsure": (
        "The saving of {saved} per 1,000 units could be chance ({low} to {high}).",
        "1,000個あたり{saved}の差は偶然の可能性があります({low}〜{high})。",
    ),
    "saving_unknown": (
        "There are too few groups to say whether the difference of {saved} per 1,000 units is chance.",
        "グループが少なく、1,000個あたり{saved}の差が偶然かどうか分かりません。",
    ),
    # intervals
    "covered": (
        "Of {n} rows the models had not seen, {share} lay inside the {level} intervals.",
        "学習に使っていない{n}行のうち{share}が{level}予測区間に入りました。",
    ),
    "covered_between": (
        "Of {n} rows the models had not seen, {share} lay inside the {level} intervals ({low} to {high} for rows like "
        "these).",
        "学習に使っていない{n}行のうち{share}が{level}予測区間に入りました(同様のデータでは{low}〜{high})。",
    ),
    "uncovered": (
        "Of {n} rows the models had not seen, only {share} lay inside the {level} intervals ({low} to {high} for rows "
        "like these): the newest rows are harder to foretell than the older ones were.",
        "学習に使っていない{n}行のうち{level}予測区間に入ったのは{share}だけです(同様のデータでは{low}〜{high})。"
        "新しいデータは以前より予測が難しくなっています。",
    ),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as a sentence in both languages.

    >>> say("one_group")["en"]
    'All rows are of one group, so the group column says nothing about the splits.'
    """
    english, japanese = WORDS[code]
    blanks = dict(values or {})
    return {"code": code, "en": english.format(**blanks), "ja": japanese.format(**blanks)}


def say_reliability(calibration: Calibration, found: Reliability | None) -> list[Said]:
    """What was done to the probabilities, and how far they can be trusted now."""
    kept = calibration.kind == "identity"
    said = [say("probabilities_kept" if kept else "probabilities_corrected", {"kind": calibration.kind})]
    if found is not None:
        numbers = {name: f"{getattr(found, name):.1%}" for name in ("error", "low", "high", "by_chance")}
        said.append(say("reliable" if found.honest else "unreliable", numbers))
    return said


def say_economy(found: Economy) -> list[Said]:
    """What is decided and what that costs; whether the saving is more than chance."""
    options = [found.nothing] + ([] if found.everything is None else [found.everything])
    numbers = {
        "cost": _money(found.with_rule, found.currency),
        "instead": _money(min(options, key=lambda option: option.estimate), found.currency),
        "threshold": "" if found.threshold is None else f"{found.threshold:.2g}",
        "stopped": _count(found.stopped),
        "missed": _count(found.missed),
    }
    if found.stopped == 0:
        return [say("never_stopped", numbers)]
    code = "decided_by_matrix" if found.stopped is None else "stopped" if found.threshold is None else "stopped_at"
    return [say(code, numbers), _saving(found)]


def _saving(found: Economy) -> Said:
    saved = found.saved
    if saved.low is None or saved.high is None:
        return say("saving_unknown", {"saved": _money(saved, found.currency)})
    numbers = {
        "saved": _money(saved, found.currency),
        "low": f"{saved.low:,.0f}",
        "high": f"{saved.high:,.0f}",
    }
    return say("saving" if saved.low > 0 else "saving_unsure", numbers)


def say_coverage(found: Coverage) -> Said:
    """Whether intervals held what they promise."""
    numbers: dict[str, Any] = {"n": f"{found.n:,}", "share": f"{found.share:.1%}", "level": f"{found.level:.0%}"}
    if found.low is None or found.high is None:
        return say("covered", numbers)
    numbers |= {"low": f"{found.low:.1%}", "high": f"{found.high:.1%}"}
    return say("uncovered" if found.high < found.level else "covered_between", numbers)


def _money(money: Money, currency: str) -> str:
    return f"{money.estimate:,.0f} {currency}".strip()


def _count(units: float | None) -> str:
    """Whole units, a decimal below ten.

    >>> _count(41.2), _count(0.34)
    ('41', '0.3')
    """
    return "" if units is None else f"{units:.0f}" if units >= 10 else f"{units:.1f}"
