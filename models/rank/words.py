"""What the ranking says in words, English and Japanese, by code. The blanks are filled from the notice's values."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    # verdicts
    "factors_found": (
        "Changes shown to reduce the loss: {count}. Start with {factor}.",
        "損失を減らすと確認できた設定の変更が{count}件あります。まず{factor}から始めてください。",
    ),
    "no_actionable_factor": (
        "No setting was shown to change the loss ({tried} tested): with context and everything upstream accounted for, "
        "what is left could be chance. A setting that moves the loss by {seen:.0%} (of the rate of bad units or, where "
        "the loss is measured, of its standard deviation) would be found in four such studies of five.",
        "調べた{tried}件の設定のうち、損失への影響が確認できたものはありません。条件と上流の要因の影響を除くと、残る差は"
        "偶然でも起こり得る範囲です。損失を{seen:.0%}動かす設定(不良率に対する割合、測定値の場合は標準偏差に対する割合)が"
        "あれば、この規模の調査5回のうち4回は検出できます。",
    ),
    "weak_data": (
        "No setting was shown to change the loss, but {n:,} units in {groups:,} groups show only changes of more than "
        "{seen:.0%} (of the rate of bad units or, where the loss is measured, of its standard deviation); to see "
        "{wanted:.0%} about {needed:,} units are needed.",
        "損失への影響が確認できた設定はありません。ただし、{n:,}個({groups:,}組)のデータで検出できるのは{seen:.0%}を超える"
        "変化(不良率に対する割合、測定値の場合は標準偏差に対する割合)だけです。{wanted:.0%}の変化を検出するには"
        "約{needed:,}個必要です。",
    ),
    "window_unsure": (
        "The loss differs with {factor} by more than chance, but {n:,} units do not show that any window is surely "
        "better than how it runs now; about {needed:,} units should.",
        "{factor}による損失の違いは偶然の範囲を超えていますが、{n:,}個のデータでは、現在より確実に良い範囲を示せません。"
        "約{needed:,}個あれば示せる見込みです。",
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
        "There are too few different values of {group} ({groups}); settings kept for a whole group need more of them, "
        "about {needed} units.",
        "データは{group}が{groups}組だけです。組ごとに変わる設定を調べるには、さらに多くの組(約{needed}個)が必要です。",
    ),
    "constant_target": ("The target is the same for all {n} units.", "目的変数が{n}個すべてで同じ値です。"),
    "no_target": ("No row has a value of {target}.", "{target}の値を持つ行がありません。"),
    # why a setting is not proposed
    "could_be_chance": (
        "With everything else accounted for, what remains could be chance.",
        "他の要因の影響を除くと、残る差は偶然でも起こり得る範囲です。",
    ),
    "no_better_window": (
        "No window inside its limits is better than how it runs now.",
        "上下限の内側に、今より良い範囲はありません。",
    ),
    "gain_unsure": (
        "It matters, but no window is sure to be better than how it runs now.",
        "影響はありますが、今より確実に良いと言える範囲はありません。",
    ),
    # trials
    "trial_apart": (
        "Try {factors} apart: {runs} runs, each of {units:,} units, in random order ({total:,} units in all).",
        "{factors}を別々に動かして試してください。{runs}通りを各{units:,}個、順序は無作為(合計{total:,}個)。",
    ),
    "trial_apart_lots": (
        "Try {factors} apart: {runs} runs, each on {lots} whole lots ({units:,} units), changing at random from lot to "
        "lot ({total:,} units in all).",
        "{factors}を別々に動かして試してください。{runs}通りを各{lots}ロット({units:,}個)、ロットごとに無作為に"
        "切り替えます(合計{total:,}個)。",
    ),
    "trial_alone": (
        "Try {factors} alone, with nothing else changed: {runs} runs, each of {units:,} units, in random order "
        "({total:,} units in all).",
        "他の条件を変えずに{factors}だけを動かして試してください。{runs}通りを各{units:,}個、順序は無作為"
        "(合計{total:,}個)。",
    ),
    "trial_alone_lots": (
        "Try {factors} alone, with nothing else changed: {runs} runs, each on {lots} whole lots ({units:,} units), "
        "changing at random from lot to lot ({total:,} units in all).",
        "他の条件を変えずに{factors}だけを動かして試してください。{runs}通りを各{lots}ロット({units:,}個)、"
        "ロットごとに無作為に切り替えます(合計{total:,}個)。",
    ),
    "trial_days": (
        "At the present pace that takes {days:.1f} days.",
        "今の生産ペースでは{days:.1f}日かかります。",
    ),
    # warnings
    "no_time": (
        "The study names no time column: the order of the rows is taken as the order in time.",
        "時刻の列が指定されていないため、行の順序を時間の順序とみなしました。",
    ),
    "rows_without_target": (
        "Rows left out because they have no target: {count}.",
        "目的変数のない{count}行を除きました。",
    ),
    "not_numbers": (
        "{column}: values that are no finite numbers count as missing ({count}).",
        "{column}: 有限の数値でない値{count}個を欠測としました。",
    ),
    "controllable_left_out": (
        "The setting {column} was left out: {reason_en}",
        "設定{column}を除きました。{reason_ja}",
    ),
    "no_stages": (
        "No stage is declared, so the order of the process is assumed: all settings are made at the same time; a state "
        "that follows a setting closely shows or carries its effect and is not adjusted for; a state that goes along "
        "with it loosely is taken for something operators react to, and is adjusted for. States in question: "
        "{columns}.",
        "工程順(stage)が指定されていないため、次のように仮定しました。設定はすべて同時に行われる。設定に強く連動する"
        "状態量はその効果の現れとみて調整に使わない。弱く連動する状態量は作業者が反応する要因とみて調整に使う。"
        "対象の状態量: {columns}。",
    ),
    "state_without_stage": (
        "These states have no stage: one that follows a setting closely is taken to carry its effect and is not "
        "adjusted for; one that goes along with it loosely is adjusted for: {columns}.",
        "stage のない状態量のうち、設定に強く連動するものはその効果の現れとみて調整に使わず、弱く連動するものは調整に"
        "使いました: {columns}。",
    ),
    "stage_doubtful": (
        "Declared to come before {factor}, but going along with it as closely as a consequence would: {states}. If "
        "one of them is measured after {factor} is set, its stage is wrong and the effect of {factor} is hidden. Check "
        "the stages.",
        "{states}は{factor}より前の工程とされていますが、{factor}の結果のように強く連動しています。{factor}の設定後に測る値"
        "であれば stage が誤りで、{factor}の効果が隠れています。stage を確認してください。",
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
        "{factors} always moved together; these data cannot tell which of them acts. A trial that moves them one at a "
        "time would.",
        "{factors}は常に一緒に動いており、どれが効いているか区別できません。一つだけ動かす試験で分かります。",
    ),
    "budget": (
        "The time budget allowed only {draws} resamples; the intervals are rougher.",
        "時間の制限により再標本化は{draws}回です。区間は粗くなります。",
    ),
    "budget_units": (
        "The time budget did not allow to look at units one by one.",
        "時間の制限により、個体ごとの調査は行いませんでした。",
    ),
    "not_scored": (
        "The newest units hold one class only, so the model could not be scored forward in time.",
        "最新のデータが一方の判定だけのため、将来に対する精度を評価できませんでした。",
    ),
    # why a column is no feature
    "target": ("This is the target.", "目的変数です。"),
    "time": ("This is the time.", "時刻です。"),
    "group": ("This names the group.", "グループ名です。"),
    "role_outcome": ("Known only after the result.", "結果の後に分かる値です。"),
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
    "leak_combination": ("Gives the target away together with others.", "他の列と合わせると目的変数が分かります。"),
    "leak_after_the_fact": ("Known only after the outcome.", "結果の後に分かる値です。"),
    "follows_verdict": (
        "Everything the other columns know of {column} they know through {target}: it was written, or set, because of "
        "the result.",
        "他の列と{column}との関係はすべて{target}を通じたものです。結果の後に記録または設定された値とみられます。",
    ),
    # leaks: the target under another name
    "identity_line": (
        "{column} is {other} on another scale (a straight line, R² {r2:.6f}, largest difference {worst:.3g}, on {n:,} "
        "rows).",
        "{column}は{other}の尺度を変えた値です(直線、R² {r2:.6f}、最大の差 {worst:.3g}、{n:,}行)。",
    ),
    "identity_order": (
        "{column} is {other} bent or rounded: sorted by one, the other is sorted too ({n:,} rows).",
        "{column}は{other}を変換または丸めた値です。一方で並べると他方も並びます({n:,}行)。",
    ),
    "identity_steps": (
        "{column} is {other} cut into {levels} steps ({n:,} rows).",
        "{column}は{other}を{levels}段階に区切った値です({n:,}行)。",
    ),
    "identity_levels": (
        "Each of the {levels} values of {column} stands for one class of {other} ({purity:.1%} of {n:,} rows).",
        "{column}の{levels}個の値は、それぞれ{other}の一つの区分に対応します({n:,}行の{purity:.1%})。",
    ),
    "identity_one_class": (
        "One value of {column} marks the rows where {other} is {label}, and no others ({purity:.1%}).",
        "{column}の一つの値が、{other}が{label}の行だけを示しています({purity:.1%})。",
    ),
    "identity_bands": (
        "The values of {column} lie in one narrow band for each class of {other} ({share:.1%} of their variance lies "
        "between the classes).",
        "{column}の値は{other}の区分ごとに狭い範囲に集まっています(分散の{share:.1%}が区分の間にあります)。",
    ),
    "identity_encoded": (
        "The values of {column} are means of {other} over the rows that share them: an encoding made with the target.",
        "{column}の値は、同じ値を持つ行の{other}の平均です。目的変数から作られた符号です。",
    ),
    "identity_left_out": (
        "{column} is the mean of {other} over the other rows of the same {category}: each row's own target can be "
        "computed back.",
        "{column}は同じ{category}の他の行の{other}の平均です。各行の目的変数を逆算できます。",
    ),
    # leaks: only together
    "combination": (
        "{other} = {formula} (R² {r2:.6f} on {n:,} rows): together these columns give the target by arithmetic.",
        "{other} = {formula}(R² {r2:.6f}、{n:,}行)。これらの列から目的変数を計算できます。",
    ),
    "exclusive": (
        "{columns}: of these {count} flags and {other} exactly one is set in each of {n:,} rows; they are the other "
        "outcomes.",
        "{columns}: この{count}個の印と{other}は、{n:,}行のどの行でも一つだけが立ちます。別の結果を表す列です。",
    ),
    "electrical": (
        "{other} is voltage times current; {columns} measure them at the same place in the same instant.",
        "{other}は電圧と電流の積です。{columns}は同じ場所で同時に測られています。",
    ),
    "compared": (
        "{one} {sign} {two} decides {other} ({wrong} exceptions in {n:,} rows).",
        "{one} {sign} {two} で{other}が決まります({n:,}行中、例外{wrong}行)。",
    ),
    "looked_up": (
        "{columns} together decide {other}, though neither does alone ({wrong} exceptions in {n:,} rows).",
        "{columns}を合わせると{other}が決まります。単独では決まりません({n:,}行中、例外{wrong}行)。",
    ),
    # leaks: written after the outcome
    "only_where": (
        "{column} has a value in {n:,} rows; in {purity:.1%} of them {other} is {label}.",
        "{column}に値があるのは{n:,}行で、その{purity:.1%}で{other}は{label}です。",
    ),
    "missing_where": (
        "{column} is missing in {n:,} rows; in {purity:.1%} of them {other} is {label}.",
        "{column}は{n:,}行で欠けており、その{purity:.1%}で{other}は{label}です。",
    ),
    "not_usual": (
        "{column} differs from {level} in {n:,} rows; in {purity:.1%} of them {other} is {label}.",
        "{column}が{level}でないのは{n:,}行で、その{purity:.1%}で{other}は{label}です。",
    ),
    "one_value": (
        "{column} is {level} in {n:,} rows; in {purity:.1%} of them {other} is {label}, and seldom elsewhere.",
        "{column}が{level}なのは{n:,}行で、その{purity:.1%}で{other}は{label}です。他ではほとんどありません。",
    ),
    "flag": (
        "{column} is {level} in {n:,} rows; in {purity:.1%} of them {other} is {label}.",
        "{column}が{level}なのは{n:,}行で、その{purity:.1%}で{other}は{label}です。",
    ),
    "level": (
        "{column} is {level} in {n:,} rows; in {purity:.1%} of them {other} is {label}, and most such rows are among "
        "them.",
        "{column}が{level}なのは{n:,}行で、その{purity:.1%}で{other}は{label}です。{label}の大半がここに含まれます。",
    ),
    "flag_nearly": (
        "{column} is {level} in {n:,} rows; in {purity:.1%} of them {other} is {label}. Was it known before?",
        "{column}が{level}なのは{n:,}行で、その{purity:.1%}で{other}は{label}です。事前に分かる値ですか?",
    ),
    "only_where_numbers": (
        "{column} has a value in {n:,} rows: those on one side of a limit of {other}.",
        "{column}に値があるのは{n:,}行で、{other}がある境界の片側にある行です。",
    ),
    "not_usual_numbers": (
        "{column} differs from {level} in {n:,} rows: those on one side of a limit of {other}.",
        "{column}が{level}でないのは{n:,}行で、{other}がある境界の片側にある行です。",
    ),
    "later": (
        "{column} is later than {other} in {share:.1%} of {n:,} rows, by {hours:.3g} hours in the median: it was "
        "written afterwards.",
        "{column}は{n:,}行の{share:.1%}で{other}より後です(中央値{hours:.3g}時間)。後から記入された値です。",
    ),
    "written_with": (
        "{column} has a value exactly where {other} has one, which was written afterwards ({n:,} rows).",
        "{column}は、後から記入された{other}に値がある行だけに値があります({n:,}行)。",
    ),
    "running": (
        "{column} is a running sum or mean of {other} that already holds the row itself.",
        "{column}は{other}の累計または累積平均で、その行自身の値を含んでいます。",
    ),
    "moving": (
        "{column} is a moving mean of {other} over {k} rows that holds the row itself.",
        "{column}は{other}の{k}行の移動平均で、その行自身の値を含んでいます。",
    ),
    "ahead": (
        "{column} is {other} of the next row: it looks ahead.",
        "{column}は次の行の{other}です。未来の値を含んでいます。",
    ),
    # leaks: columns that name or repeat
    "duplicate": ("{column} is a copy of {other}.", "{column}は{other}の写しです。"),
    "rescaled": ("{column} is {other} on another scale.", "{column}は{other}の尺度を変えた値です。"),
    "identifier_day": (
        "{column} is a calendar day written as a number: it names when, and is no quantity.",
        "{column}は日付を数字で書いたものです。時を示すだけで、量ではありません。",
    ),
    "too_good": (
        "{column} alone foretells the target almost perfectly (ROC AUC {value:.3f}); was it known before?",
        "{column}だけで目的変数をほぼ完全に予測できます(ROC AUC {value:.3f})。事前に分かる値ですか?",
    ),
    "too_good_numbers": (
        "{column} alone gives {other} almost exactly (R² {value:.4f}); was it known before?",
        "{column}だけで{other}がほぼ正確に分かります(R² {value:.4f})。事前に分かる値ですか?",
    ),
    # leaks: rows
    "group_twins": (
        "All rows of one {column} have the same {other} ({groups} of them, {n:,} rows): they must not be on both sides "
        "of a split.",
        "同じ{column}の行はすべて{other}が同じです({groups}組、{n:,}行)。学習と評価に分けてはいけません。",
    ),
    "twin_rows": (
        "{n:,} rows ({share:.1%}) agree with another in every column, in {groups} groups; {agree:.0%} of the groups "
        "also in the target.",
        "{n:,}行({share:.1%})は他の行と全ての列が同じです({groups}組、うち{agree:.0%}は目的変数も同じ)。",
    ),
    "near_twins": (
        "{n:,} rows ({share:.1%}) are almost copies of another, in {groups} groups; {agree:.0%} of the groups agree in "
        "the target.",
        "{n:,}行({share:.1%})は他の行とほとんど同じです({groups}組、うち{agree:.0%}は目的変数も同じ)。",
    ),
    "row_order": (
        "The rows are sorted by {other}: {runs} stretches, about {expected} would be usual. The row number gives it "
        "away, and a split in this order is meaningless.",
        "行が{other}の順に並んでいます({runs}区間。通常は約{expected})。行番号で答えが分かり、この順での分割は無意味です。",
    ),
    "row_order_numbers": (
        "The rows are sorted by {other}. The row number gives it away, and a split in this order is meaningless.",
        "行が{other}の順に並んでいます。行番号で答えが分かり、この順での分割は無意味です。",
    ),
    "neighbours": (
        "{other} hardly changes from one row to the next (correlation {value:.2f}): rows drawn at random for a test "
        "have their neighbours in training.",
        "{other}は隣り合う行でほとんど変わりません(相関{value:.2f})。無作為に分けると、評価の行の隣が学習に入ります。",
    ),
    "neighbours_runs": (
        "{other} seldom changes from one row to the next ({runs} stretches, about {expected} would be usual): rows "
        "drawn at random for a test have their neighbours in training.",
        "{other}は隣り合う行であまり変わりません({runs}区間。通常は約{expected})。無作為に分けると、評価の行の隣が学習に"
        "入ります。",
    ),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as a sentence in both languages."""
    english, japanese = WORDS[code]
    blanks = dict(values or {})
    if "why" in blanks:
        blanks["reason_en"], blanks["reason_ja"] = WORDS[blanks["why"]]
    return {"code": code, "en": english.format(**blanks), "ja": japanese.format(**blanks)}
