"""What the energy account says in words, English and Japanese, by code. The blanks are filled from the notice's
values."""

from typing import Any

from models.rank.document import Said
from models.study.data import Notice

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    # what was assumed
    "column_inferred": (
        "energy.{what} is not declared; {column} was taken for it.",
        "energy.{what} の指定がないため、{column} をそれとみなしました。",
    ),
    "unit_inferred": (
        "{column} has no declared unit; it was read as {unit} (mean power if kW, energy of the interval if kWh).",
        "{column} の単位の指定がないため、{unit} と解釈しました(kW は区間の平均電力、kWh は区間の電力量)。",
    ),
    "interval_inferred": (
        "The length of an interval is not declared; the usual step between times, {minutes} min, was taken.",
        "区間の長さの指定がないため、時刻の通常の間隔 {minutes} 分としました。",
    ),
    "baseline_inferred": (
        "No baseline period is declared; the first two thirds of the days, {first} to {last}, were taken.",
        "ベースライン期間の指定がないため、最初の3分の2の日({first}〜{last})としました。",
    ),
    "baseline_given": (
        "The frozen baseline of {first} to {last} is used; it was not fitted again.",
        "凍結済みベースライン({first}〜{last})を使用しています。再学習はしていません。",
    ),
    "no_production": (
        "No column counts good units, so the intensity is kWh per hour, and idle, start-up and scrap losses cannot be "
        "told; name one in energy.production.",
        "良品数の列がないため、原単位は1時間当たり kWh とし、アイドル・立上げ・不良の損失は算出できません。"
        "energy.production に列を指定してください。",
    ),
    "no_price": (
        "No price of energy is declared, so nothing is said in money; give cost.tariff or cost.per_unit.",
        "電力単価の指定がないため金額は示しません。cost.tariff または cost.per_unit を指定してください。",
    ),
    "no_scrap": (
        "No column counts bad units, so the energy in scrap is not told; name one in energy.scrap.",
        "不良数の列がないため、不良に費やした電力量は算出できません。energy.scrap に列を指定してください。",
    ),
    "no_weather": (
        "No weather column is known; a change of weather falls to the rest.",
        "気象の列がないため、天候の影響は「その他」に含まれます。",
    ),
    # what is missing, and why
    "no_target": ("No row has a value of {target}.", "{target} の値を持つ行がありません。"),
    "constant_target": (
        "The energy is the same in all {n} intervals: a meter that stands still, or a constant.",
        "電力量が{n}区間すべてで同じ値です。計器の停止か固定値と思われます。",
    ),
    "few_units": (
        "{n} intervals are too few for an energy account; at least {needed} are needed.",
        "{n}区間ではエネルギー収支を作成できません。少なくとも{needed}区間必要です。",
    ),
    "few_groups": (
        "The intervals lie too close together for an energy account; about {needed} are needed.",
        "エネルギー収支を作成するには区間が足りません。約{needed}区間必要です。",
    ),
    "no_interval_length": (
        "Neither a time column nor energy.interval_minutes tells how long an interval is, so power cannot "
        "become energy.",
        "時刻の列も energy.interval_minutes もないため区間の長さが分からず、電力を電力量に換算できません。",
    ),
    "no_instants": (
        "Without a time column there is no baseline, no savings, no peak, no tariff and no forecast; name it in time.",
        "時刻の列がないため、ベースライン・省エネ量・デマンド・時間帯別料金・予測は算出できません。"
        "time に列を指定してください。",
    ),
    "running_meter": (
        "{column} only grows: it looks like the reading of a running meter. Give the energy of each interval "
        "(differences).",
        "{column} は増加し続けており、積算計の指示値と思われます。区間ごとの電力量(差分)を指定してください。",
    ),
    "not_counted": (
        "{column} is not a count of units per interval (empty, text, or a running counter); it was not used.",
        "{column} は区間ごとの個数ではない(空、文字、または積算値)ため使用しませんでした。",
    ),
    "negative_units": (
        "{column}: {count} negative count(s) count as unknown.",
        "{column}: 負の個数{count}件を不明としました。",
    ),
    "negative_energy": (
        "{count} interval(s) have negative energy; they count as they stand (fed back, or a wrong sign?).",
        "電力量が負の区間が{count}件あります。そのまま計上しました(回生、または符号の誤りの可能性)。",
    ),
    "same_time": (
        "{count} interval(s) carry the time of another one (a clock set back, or a double record); all were counted.",
        "同じ時刻の区間が{count}件あります(時計の戻り、または二重記録)。すべて計上しました。",
    ),
    "step_differs": (
        "An interval is declared to last {declared} min, but the usual step between times is {minutes} min; energy and "
        "demand rest on the declared length.",
        "区間の長さは{declared}分と指定されていますが、時刻の通常の間隔は{minutes}分です。電力量とデマンドは指定値で"
        "計算しました。",
    ),
    "gaps": (
        "The record has {count} gap(s), {hours} h in all; nothing was filled in.",
        "記録に{count}か所、計{hours}時間の欠落があります。補完はしていません。",
    ),
    "baseline_short": (
        "{n} hours are too few for a baseline; at least {needed} are needed.",
        "{n}時間ではベースラインを作成できません。少なくとも{needed}時間必要です。",
    ),
    "baseline_constant": (
        "The energy does not vary over the baseline period, so nothing explains it.",
        "ベースライン期間の電力量が一定のため、説明する変数を求められません。",
    ),
    "one_day": (
        "All data lie within {days} day(s): a baseline and a period to compare with it need at least two.",
        "データが{days}日分しかありません。ベースラインと比較期間には少なくとも2日必要です。",
    ),
    "nothing_after": (
        "No complete hour lies after the baseline period, which ends {last}; there is nothing to compare yet.",
        "ベースライン期間({last}まで)より後の完全な時間がないため、まだ比較できません。",
    ),
    "nothing_before": (
        "No complete hour lies in the baseline period, which ends before {until}; there is nothing to learn from.",
        "ベースライン期間({until}より前)に完全な時間がないため、ベースラインを作成できません。",
    ),
    "new_product": (
        "The baseline never saw {levels} ({share} of what was made since); they count as its usual mix.",
        "ベースラインにない品種 {levels}(その後の生産の{share})は、ベースラインの平均的な構成とみなしました。",
    ),
    "nothing_made": (
        "No good unit was made in one of the two periods, so there is no energy per unit to compare.",
        "一方の期間に良品がないため、原単位を比較できません。",
    ),
    "baseline_other": (
        "The frozen baseline needs the columns {columns}, which the table lacks; it was not used.",
        "凍結済みベースラインに必要な列 {columns} が表にないため、使用しませんでした。",
    ),
    "peak_coarse": (
        "Demand is told over {used} min: intervals of {minutes} min do not fit into {demand} min. The true peak is "
        "higher.",
        "区間({minutes}分)がデマンド時限({demand}分)に収まらないため{used}分平均で示します。実際の最大値はこれより"
        "高くなります。",
    ),
    "no_startup": (
        "Start-up losses cannot be told: that takes intervals of an hour or less, at least 5 starts after a stop of "
        "half an hour, and steady running in between.",
        "立上げ損失は算出できません。1時間以下の区間、30分以上の停止後の起動5回以上、その間の安定運転が必要です。",
    ),
    "no_day_slots": (
        "Intervals of {minutes} min do not divide a day, so the week to come is not foreseen.",
        "{minutes}分の区間では1日を等分できないため、翌週の予測は行いません。",
    ),
    "forecast_short": (
        "{days} whole day(s) are too short a history for next week's forecast; at least {needed} are needed.",
        "完全な日が{days}日分しかなく、翌週を予測できません。少なくとも{needed}日必要です。",
    ),
    # findings
    "intensity": (
        "Energy intensity went from {before} to {now} {unit} ({change}): {parts}.",
        "原単位は {before} から {now} {unit_ja} になりました({change})。内訳: {parts_ja}。",
    ),
    "baseline_valid": (
        "The baseline is fit for use: R² {r2}, CV(RMSE) {cv}, over {days} days.",
        "ベースラインは妥当です(R² {r2}、CV(RMSE) {cv}、{days}日間)。",
    ),
    "baseline_doubtful": (
        "The baseline is doubtful ({checks}); what rests on it, savings and the split of the intensity, is too.",
        "ベースラインに疑義があります({checks_ja})。これに基づく省エネ量と原単位の内訳も同様です。",
    ),
    "saved": (
        "Since {first}, {kwh} kWh were saved against the baseline ({low} to {high}, {share} of the expected energy).",
        "{first} 以降、ベースラインに対して {kwh} kWh 削減しました({low}〜{high}、予想使用量の{share})。",
    ),
    "overspent": (
        "Since {first}, {kwh} kWh more than the baseline were used ({low} to {high}, {share} of the expected energy).",
        "{first} 以降、ベースラインより {kwh} kWh 多く使用しました({low}〜{high}、予想使用量の{share})。",
    ),
    "neither": (
        "Since {first}, neither saving nor excess is shown against the baseline ({low} to {high} kWh saved).",
        "{first} 以降、ベースラインに対する増減は認められません(削減量 {low}〜{high} kWh)。",
    ),
    "slope": (
        "On {day} the savings changed from {before} to {after} kWh a day; look for what was changed then.",
        "{day} に削減量が1日 {before} kWh から {after} kWh に変わりました。その時期の変更点を確認してください。",
    ),
    "idle": (
        "{hours} h without production used {kwh} kWh, {share} of all energy{money}; a standing machine draws {kw} kW.",
        "生産のない{hours}時間に {kwh} kWh(全体の{share})を使用しました{money_ja}。停止中の電力は {kw} kW です。",
    ),
    "startup": (
        "Each of {starts} starts took {kwh} kWh ({low} to {high}) more than steady running, for {minutes} min: "
        "{total} kWh in all.",
        "起動{starts}回で、1回当たり定常運転より {kwh} kWh({low}〜{high})多く、{minutes}分間続きました"
        "(合計 {total} kWh)。",
    ),
    "peak": (
        "Peak demand was {kw} kW on {when}{ran}; capping the {k} highest intervals lowers it by {lower} kW and moves "
        "{move} kWh.",
        "最大デマンドは {when} の {kw} kW です{ran_ja}。上位{k}時限を抑えれば {lower} kW 下がり、"
        "移す電力量は {move} kWh です。",
    ),
    "tariff": (
        "{share} of the energy was used in the dearest period ({dear}); at most {kwh} kWh could move to {cheap}, worth "
        "{money} {currency}.",
        "電力量の{share}を最も高い時間帯({dear_ja})に使用しています。{cheap_ja}へ移せるのは最大 {kwh} kWh、"
        "{money} {currency} 相当です。",
    ),
    "scrap": (
        "{kwh} kWh, {share} of all energy, went into {units} bad units{money}.",
        "不良品{units}個に {kwh} kWh(全体の{share})を費やしました{money_ja}。",
    ),
    "forecast": (
        "Next week ({first} to {last}): {kwh} kWh{range}, peak {peak} kW, by {method}; backtests of {origins} weeks: "
        "error {mae} against {naive_mae} kWh of the naive forecast ({naive}).",
        "翌週({first}〜{last}): {kwh} kWh{range_ja}、最大 {peak} kW(手法: {method_ja})。過去{origins}週の検証での"
        "誤差は {mae} kWh、単純予測({naive_ja})は {naive_mae} kWh です。",
    ),
    "forecast_naive": (
        "Next week ({first} to {last}): {kwh} kWh{range}, peak {peak} kW, by the naive forecast ({naive}): over "
        "{origins} backtested week(s), nothing was shown to beat it.",
        "翌週({first}〜{last}): {kwh} kWh{range_ja}、最大 {peak} kW(単純予測: {naive_ja})。{origins}週の検証で、"
        "これより優れると言える手法はありませんでした。",
    ),
    # checks of the baseline
    "check_sign_passed": ("signs are as physics has them", "係数の符号は物理的に妥当"),
    "check_sign_failed": ("more of it seems to take less energy: {terms}", "増えるほど電力が減る結果: {terms}"),
    "check_driver_passed": ("production is a driver", "生産量が変数に含まれる"),
    "check_driver_failed": ("production is not among the drivers", "生産量が変数に含まれない"),
    "check_p_value_passed": (
        "what is made is significant (largest p {value})",
        "すべての変数が有意(最大 p = {value})",
    ),
    "check_p_value_failed": (
        "not significant (p ≥ {limit}): {terms}",
        "有意でない変数(p ≥ {limit}): {terms}",
    ),
    "check_r2_passed": ("R² {value}, at least {limit}", "R² {value}(基準 {limit} 以上)"),
    "check_r2_failed": ("R² {value}, below {limit}", "R² {value}(基準 {limit} 未満)"),
    "check_cv_rmse_passed": ("CV(RMSE) {value}, at most {limit}", "CV(RMSE) {value}(基準 {limit} 以下)"),
    "check_cv_rmse_failed": ("CV(RMSE) {value}, above {limit}", "CV(RMSE) {value}(基準 {limit} 超)"),
    "check_nmbe_passed": (
        "days held back are missed by {value} at most, allowed {limit}",
        "除外した日の予測の偏り(NMBE)は最大 {value}(基準 {limit} 以内)",
    ),
    "check_nmbe_failed": (
        "days held back are missed by {value}, allowed {limit}",
        "除外した日の予測の偏り(NMBE)が {value}(基準 {limit} 超)",
    ),
    "check_days_passed": ("{value} days", "{value}日間"),
    "check_days_failed": ("only {value} days, {limit} are needed", "{value}日間のみ({limit}日必要)"),
    "check_coverage_passed": (
        "{value} of later hours lie in the baseline's range",
        "比較期間の{value}がベースラインの範囲内",
    ),
    "check_coverage_failed": (
        "only {value} of later hours lie in the baseline's range",
        "ベースラインの範囲内にあるのは比較期間の{value}のみ",
    ),
    # two documents
    "conflict": (
        "{factor}: advice for one side makes the other worse.",
        "{factor}: 一方への推奨が他方を悪化させます。",
    ),
    "possible_conflict": (
        "{factor}: advice for one side may make the other worse; these data cannot tell it from chance.",
        "{factor}: 一方への推奨が他方を悪化させる可能性がありますが、偶然の範囲を出ません。",
    ),
    "helps_both": (
        "{factor}: advice for one side helps the other too.",
        "{factor}: 一方への推奨は他方にも効果があります。",
    ),
    "no_conflict": (
        "{factor}: advice for one side changes nothing that is shown on the other.",
        "{factor}: 一方への推奨が他方に与える影響は認められません。",
    ),
    "offer_power": (
        "Held at {window}, as advised for power: power {power}, defects {quality}.",
        "電力の推奨 {window} では、電力 {power}、不良 {quality}。",
    ),
    "offer_quality": (
        "Held at {window}, as advised for quality: power {power}, defects {quality}.",
        "品質の推奨 {window} では、電力 {power}、不良 {quality}。",
    ),
    "offer_both": (
        "Best for both in money is {window}: power {power}, defects {quality}, worth {money} {currency} a day.",
        "金額では {window} が両者合わせて最良です(電力 {power}、不良 {quality}、1日 {money} {currency})。",
    ),
}


def _shown(value: Any) -> Any:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return value


def say(notice: Notice) -> Said:
    """A notice in both languages.

    >>> say(Notice("check_days_failed", {"value": 3.0, "limit": 10.0}))["en"]
    'only 3 days, 10 are needed'
    """
    blanks = {key: _shown(value) for key, value in notice.values.items()}
    english, japanese = (text.format_map(blanks) for text in WORDS[notice.code])
    return {"code": notice.code, "en": english, "ja": japanese}
