"""What an explanation says in words, English and Japanese, by code. Blanks are filled from a code's values."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    # what it was
    "was_bad": (
        "{unit} was bad. A model that has not seen it gives it a risk of {expected}; good production has {base}.",
        "{unit}は不良でした。この個体を学習していないモデルの不良確率は{expected}、良品の平均は{base}です。",
    ),
    "was_good": (
        "{unit} was good. A model that has not seen it gives it a risk of {expected}; good production has {base}.",
        "{unit}は良品でした。この個体を学習していないモデルの不良確率は{expected}、良品の平均は{base}です。",
    ),
    "measured": (
        "{unit}: {target} was {value}. A model that has not seen it expects {expected}; three in four good "
        "units of the same context reach {goal}.",
        "{unit}の{target}は{value}でした。これを学習していないモデルの予測は{expected}、同じ条件の良好な生産の4分の3は{goal}の水準に達しています。",
    ),
    "unforeseen": (
        "The table does not tell why: from its other columns one would have expected a good unit ({expected}; "
        "{goal} counts as good). What made it so was chance or was not measured.",
        "表のデータからは理由が分かりません。他の列からは良好と予測されます(予測{expected}、良好の目安{goal})。"
        "偶然か、測定されていない要因によるものです。",
    ),
    "partly": (
        "The table accounts for the smaller part only: {left} above that expectation is chance, or was not measured.",
        "表のデータで説明できるのは一部だけです。予測を超える{left}は、偶然か測定されていない要因によるものです。",
    ),
    "no_worse": (
        "There is nothing to mend: it is expected as good as good production ({expected}; {goal} counts as good).",
        "改善すべき点はありません。予測は良好な生産と同じ水準です(予測{expected}、良好の目安{goal})。",
    ),
    # why
    "leading_two": (
        "What made the difference: {first} and {second}.",
        "主な要因は{first}と{second}です。",
    ),
    "leading_one": ("What made the difference: {first}.", "主な要因は{first}です。"),
    "ran_number": ("{factor} = {value} (good: {low} to {high})", "{factor} = {value}(良好時 {low}~{high})"),
    "ran_level": ("{factor} = {value} (good: {level})", "{factor} = {value}(良好時 {level})"),
    # what would have made it good
    "change": (
        "The smallest change that would have made it good: {settings}. Expected then: {after} (90 % interval {low} to "
        "{high}; {agree} of {models} models agree).",
        "良好にするための最小の変更は、{settings}です。変更後の予測は{after}です"
        "(90%区間 {low}~{high}、{models}個のモデル中{agree}個が一致)。",
    ),
    "change_advised": (
        "The smallest move of the advised settings, not beyond the advice, after which it would count as good "
        "({goal}): {settings}. Expected then: {after} (90 % interval {low} to {high}; {agree} of {models} models "
        "agree).",
        "推奨する設定を推奨の範囲まで動かし、良好の目安({goal})に達する最小の変更は、{settings}です。"
        "変更後の予測は{after}です(90%区間 {low}~{high}、{models}個のモデル中{agree}個が一致)。",
    ),
    "no_change_advised": (
        "Moving the advised settings, not beyond the advice and near what has been run, would not have made it good "
        "({goal}); the best, {settings}, comes to {after}.",
        "実績のある条件の近くで、推奨する設定を推奨の範囲まで動かしても、良好の目安({goal})には達しません。"
        "最も効果の大きい変更は{settings}で、予測は{after}です。",
    ),
    "no_change": (
        "No change of up to three settings, inside their limits and near what has been run, would have made it good "
        "({goal} or less); the best, {settings}, comes to {after}.",
        "許容範囲内かつ実績のある条件の近くでは、3項目までの設定変更で良好な水準({goal}以下)にはなりません。"
        "最も効果の大きい変更は{settings}で、予測は{after}です。",
    ),
    "no_change_at_all": (
        "No setting can be moved, inside its limits and near what has been run.",
        "許容範囲内かつ実績のある条件の近くで動かせる設定はありません。",
    ),
    "nothing_advised": (
        "No change is proposed for this unit, because no change of settings is advised.",
        "推奨できる設定の変更がないため、この個体の変更案も示しません。",
    ),
    "not_run_as_advised": (
        "Units like this one have not been run as advised, so no change is proposed for it.",
        "この個体に近い条件で推奨どおりに生産した実績がないため、この個体の変更案は示しません。",
    ),
    "no_settings": (
        "The study declares no setting that can be changed (role = 'controllable'), so no change was looked for.",
        "変更できる設定(role = 'controllable')がスタディに定義されていないため、変更案は探していません。",
    ),
    "no_change_higher": (
        "No change of up to three settings, inside their limits and near what has been run, would have made it good "
        "({goal} or more); the best, {settings}, comes to {after}.",
        "許容範囲内かつ実績のある条件の近くでは、3項目までの設定変更で良好な水準({goal}以上)にはなりません。"
        "最も効果の大きい変更は{settings}で、予測は{after}です。",
    ),
    "unconfirmed": (
        "The study's own model does not agree that this suffices: try it with care.",
        "スタディ本来のモデルは、この変更で十分とは判断していません。慎重に試してください。",
    ),
    "confirmed": (
        "The study's own model agrees.",
        "スタディ本来のモデルも同じ判断です。",
    ),
    "no_model": (
        "There is no trained model to agree or disagree; the models made for this explanation stand alone.",
        "確認に使える学習済みモデルがないため、この説明用のモデルだけで判断しています。",
    ),
    "moved": (
        "States downstream were moved along, not frozen: {states}. Each follows a straight line estimated from "
        "{n:,} units, given what lies upstream.",
        "下流の状態は固定せず、設定の変更に応じて動かしました({states})。上流の条件を考慮し、{n:,}件から推定した直線関係によります。",
    ),
    "none_moved": (
        "States downstream would have been moved along; none of them was found to follow these settings.",
        "下流の状態も設定に応じて動かす計算ですが、これらの設定に追随する状態は見つかりませんでした。",
    ),
    "stage_unknown": (
        "No stage is declared for {columns}: they are taken to lie downstream of the settings.",
        "{columns}には工程順(stage)の定義がないため、設定の下流にあるものとして扱いました。",
    ),
    "to": ("{factor} {before} → {after}", "{factor} {before} → {after}"),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as a sentence in both languages; a blank that is itself said in both takes its own language.

    >>> say("leading_one", {"first": say("ran_level", {"factor": "die", "value": "B", "level": "A"})})["en"]
    'What made the difference: die = B (good: A).'
    """
    english, japanese = WORDS[code]
    blanks = dict(values or {})
    return {
        "code": code,
        "en": english.format(**{key: _in(value, "en") for key, value in blanks.items()}),
        "ja": japanese.format(**{key: _in(value, "ja") for key, value in blanks.items()}),
    }


def _in(value: Any, language: str) -> Any:
    if isinstance(value, dict):
        return value[language]
    if isinstance(value, list):
        return (", " if language == "en" else "、").join(str(_in(entry, language)) for entry in value)
    return value
