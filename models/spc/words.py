"""What a control chart says in words, English and Japanese, by code. Blanks are filled from the values given."""

from collections.abc import Mapping
from typing import Any

from models.rank.document import Said

__all__ = ["WORDS", "say"]

WORDS: dict[str, tuple[str, str]] = {
    # the state
    "special_cause": (
        "Special cause: {count} stretch(es) of time stand out more than a steady process would show on 1 chart in 20.",
        "異常原因(特殊原因)があります: 安定した工程なら管理図20枚に1枚も現れないほど目立つ期間が{count}か所あります。",
    ),
    "common_cause": (
        "Common cause: no period stands out by more than chance; the variation is that of the process as it runs every "
        "day.",
        "偶然原因(共通原因)による変動です: 偶然を超えて目立つ期間はなく、変動は日常の工程そのものによるものです。",
    ),
    "too_few_points": (
        "Too short for a control chart: {points} subgroups, at least {needed} are needed.",
        "管理図には短すぎます: 群が{points}個しかなく、少なくとも{needed}個必要です。",
    ),
    "too_few_bad": (
        "Too short for a control chart: {bad} units of the rarer class, at least {needed} are needed.",
        "管理図には短すぎます: 少ない方の判定が{bad}個しかなく、少なくとも{needed}個必要です。",
    ),
    "no_spread": (
        "No control chart: the subgroups do not differ.",
        "管理図を描けません: 群の間に違いがありません。",
    ),
    # what to do about it
    "look_there": (
        "Before changing settings, look at what happened then: {moments}.",
        "設定を変える前に、次の期間に何が起きたかを調べてください: {moments}。",
    ),
    "change_settings": (
        "Looking for a single event promises little; what helps is a change of the process itself.",
        "特定の出来事を探すより、設定や設備など工程そのものの改善が有効です。",
    ),
    "collect_more": (
        "Collect more units before asking whether something special happened.",
        "異常の有無を判断する前に、データをさらに集めてください。",
    ),
    # signals
    "beyond_above": (
        "{points} point(s) above the upper control limit, {distance:.1f} σ from the centre line",
        "{points}点が上側管理限界線の外(中心線から{distance:.1f}σ)",
    ),
    "beyond_below": (
        "{points} point(s) below the lower control limit, {distance:.1f} σ from the centre line",
        "{points}点が下側管理限界線の外(中心線から{distance:.1f}σ)",
    ),
    "one_side_above": (
        "{points} points in a row above the centre line, up to {distance:.1f} σ",
        "中心線より上側に長さ{points}の連(最大{distance:.1f}σ)",
    ),
    "one_side_below": (
        "{points} points in a row below the centre line, up to {distance:.1f} σ",
        "中心線より下側に長さ{points}の連(最大{distance:.1f}σ)",
    ),
    "trend_above": (
        "{points} points in a row rising, up to {distance:.1f} σ from the centre line",
        "{points}点が連続して上昇(中心線から最大{distance:.1f}σ)",
    ),
    "trend_below": (
        "{points} points in a row falling, up to {distance:.1f} σ from the centre line",
        "{points}点が連続して下降(中心線から最大{distance:.1f}σ)",
    ),
    "most_beyond_above": (
        "{need} of {of} points in a row more than {sigmas:g} σ above the centre line, up to {distance:.1f} σ",
        "連続する{of}点中{need}点が中心線の上側{sigmas:g}σを超過(最大{distance:.1f}σ)",
    ),
    "most_beyond_below": (
        "{need} of {of} points in a row more than {sigmas:g} σ below the centre line, up to {distance:.1f} σ",
        "連続する{of}点中{need}点が中心線の下側{sigmas:g}σを超過(最大{distance:.1f}σ)",
    ),
    "alternating": (
        "{points} points in a row alternate up and down",
        "{points}点が交互に増減",
    ),
    "within": (
        "{points} points in a row within {sigmas:g} σ of the centre line",
        "{points}点が連続して中心線から{sigmas:g}σ以内",
    ),
    "outside": (
        "{points} points in a row more than {sigmas:g} σ from the centre line, on either side",
        "{points}点が連続して中心線から{sigmas:g}σを超過(両側を含む)",
    ),
    "ewma_above": (
        "a small lasting rise over {points} points (EWMA), {distance:.1f} σ on average",
        "{points}点にわたる小さな持続的上昇(EWMA、平均{distance:.1f}σ)",
    ),
    "ewma_below": (
        "a small lasting fall over {points} points (EWMA), {distance:.1f} σ on average",
        "{points}点にわたる小さな持続的低下(EWMA、平均{distance:.1f}σ)",
    ),
    # moments
    "moment_time": ("{at} to {until} UTC ({direction})", "{at}〜{until} UTC({direction})"),
    "moment_units": ("units {first} to {last} ({direction})", "{first}〜{last}個目({direction})"),
    "more_moments": ("{count} more", "ほか{count}か所"),
    "neither": ("unusual pattern", "並びの異常"),
    "worse": ("worse", "悪化"),
    "better": ("better", "良化"),
    # how the chart was made
    "chart_p": (
        "p chart: share of bad units per subgroup; limits at 3 σ from these {points} points.",
        "p管理図: 群ごとの不良率。管理限界線はこの{points}点から求めた3σ限界です。",
    ),
    "chart_laney_p": (
        "Laney p' chart: share of bad units per subgroup; limits at 3 σ from these {points} points, {over:.2f} times "
        "wider than counting alone explains, because subgroups differ by more than that from one to the next.",
        "Laney p'管理図: 群ごとの不良率。群の間の変動が二項分布より大きいため、この{points}点から求めた3σ限界を"
        "{over:.2f}倍に広げました。",
    ),
    "chart_individuals": (
        "Individuals chart (X) of subgroup means; limits at 3 σ from the moving ranges of these {points} points.",
        "個々の値の管理図(X): 群の平均値。管理限界線はこの{points}点の移動範囲から求めた3σ限界です。",
    ),
    "chart_residual": (
        "Individuals chart (X) of subgroup means, corrected for {context} (they explain {r2:.0%} of the variation "
        "between units); limits at 3 σ from the moving ranges of these {points} points.",
        "個々の値の管理図(X): {context}の影響を補正した群の平均値(個体間の変動の{r2:.0%}を説明)。管理限界線は"
        "この{points}点の移動範囲から求めた3σ限界です。",
    ),
    "subgroup_column": ("One point per {by}, {size} units on average.", "1点が1つの{by}(平均{size}個)です。"),
    "subgroup_day": ("One point per day (UTC), {size} units on average.", "1点が1日分(UTC、平均{size}個)です。"),
    "subgroup_week": (
        "One point per week (from Monday, UTC), {size} units on average.",
        "1点が1週間分(月曜始まり、UTC、平均{size}個)です。",
    ),
    "subgroup_8h": ("One point per eight hours, {size} units on average.", "1点が8時間分(平均{size}個)です。"),
    "subgroup_hour": ("One point per hour, {size} units on average.", "1点が1時間分(平均{size}個)です。"),
    "subgroup_units": ("One point per {size} units in a row.", "1点が連続する約{size}個です。"),
    "merged": (
        "Neighbouring ones were put together, so that points are large enough and few enough to read.",
        "1点の個数を確保し、読みやすい点数にするため、隣り合う群をまとめました。",
    ),
    "revised": (
        "The limits were set without the points that lie farthest out ({count}), so that these do not widen them.",
        "管理限界線は、大きく外れた{count}点の影響で広がらないように、それらを除いて求めました。",
    ),
    "autocorrelated": (
        "Neighbouring points resemble each other (autocorrelation {phi:.2f}); the limits were widened accordingly.",
        "隣り合う点が似ている(自己相関{phi:.2f})ため、その分だけ管理限界線を広げました。",
    ),
    "rules": (
        "Rules: {rules}, and an EWMA. On a chart this long some rule often signals by chance, so the words follow only "
        "signals that at most 5 % of steady processes would show.",
        "判定ルール: {rules}とEWMA。点の多い管理図では偶然でもルールに該当するため、安定した工程の5%以下でしか現れない"
        "ものだけで判断しました。",
    ),
    "by_chance": (
        "Signals of the rules: {count}. More than 5 % of steady processes show as strong ones on a chart of {points} "
        "points, so they prove no event.",
        "ルールに該当した箇所は{count}か所です。{points}点の管理図では、安定した工程の5%を超える割合で同程度のものが現れるため、"
        "異常があった証拠にはなりません。",
    ),
    # names of the rule sets
    "western_electric": ("Western Electric", "Western Electric"),
    "nelson": ("Nelson", "Nelson"),
    "jis": ("JIS Z 9020-2:2016 rules 1 to 3", "JIS Z 9020-2:2016 ルール1〜3"),
    "jis_1998": ("JIS Z 9021:1998 rules 1 to 8", "JIS Z 9021:1998 ルール1〜8"),
}


def say(code: str, values: Mapping[str, Any] | None = None) -> Said:
    """A code as a sentence in both languages; a value that is `Said` itself is put in by language."""
    blanks = dict(values or {})
    texts = []
    for place, language in enumerate(("en", "ja")):
        filled = {name: value[language] if isinstance(value, dict) else value for name, value in blanks.items()}
        texts.append(WORDS[code][place].format(**filled))
    return {"code": code, "en": texts[0], "ja": texts[1]}
