"""Findings, word for word, in both languages."""

import pytest

from ingest.plant import Language
from reports.content import build
from reports.document import Document
from reports.formats import Formats
from reports.parts import Report
from tests.reports import documents


def report(document: dict[str, object], language: Language) -> Report:
    return build(Document.parse(document), Formats(language), documents.NAMES)


def said(document: dict[str, object], language: Language, finding: int = 0) -> str:
    found = report(document, language).findings[finding]
    text = (" " if language == "en" else "").join([*found.sentences, found.caution])
    return text.strip().replace("\u00a0", " ")


def test_defects_with_money() -> None:
    assert said(documents.classification(), "en") == (
        "Hold cooling device temperature between 4.0 and 6.5 °C (now 7.4 °C). "
        "The defect rate is expected to fall from 4.1% to 2.9%, which is 12.0 fewer defective units per 1,000 "
        "(90% interval 8.0–16.0). 35% of the units already ran there (n = 2,796). "
        "This is worth ¥1,440 per 1,000 units (lower end ¥960), or ¥6,211 a month at the pace of the period studied. "
        "Less the cost of the change, spread over 8,000 units, ¥1,065 remain per 1,000 units (lower end ¥585)."
    )
    assert said(documents.classification(), "ja") == (
        "冷却装置温度を 4.0〜6.5 °C に保ってください（現在 7.4 °C）。"
        "不良率は 4.1% から 2.9% へ下がる見込みです。1,000個あたりの不良が 12.0 個減る計算です（90%区間 8.0〜16.0）。"
        "すでに全体の 35%（n = 2,796）がこの範囲で生産されています。"
        "金額にすると 1,000個あたり ¥1,440（下限 ¥960）、対象期間の生産ペースで月に ¥6,211 です。"
        "変更の費用を8,000個に割り振って差し引くと、1,000個あたり ¥1,065（下限 ¥585）が残ります。"
    )


def test_level() -> None:
    assert said(documents.classification(), "en", 1).startswith("Set die to A or B (now most often C). ")
    assert said(documents.classification(), "ja", 1).startswith("金型を AまたはB にしてください（現在は C が最多）。")


def test_association_is_not_called_a_cause() -> None:
    english, japanese = (said(documents.classification(), language, 2) for language in ("en", "ja"))
    assert "are associated with a defect rate of 3.7% instead of 4.1%" in english
    assert english.endswith(
        "An association, not a proven cause: try it on one line or one shift before spending money."
    )
    assert "不良率が 4.1% ではなく 3.7% という関連が見られます" in japanese
    assert "下がる見込み" not in japanese


def test_power_two_factors() -> None:
    assert said(documents.regression(), "en") == (
        "Hold press pressure between 110 and 125 bar and press speed between 28.0 and 34.0 1/min, both at the same "
        "time. "
        "The power is expected to fall from 41.2 kW to 38.9 kW on average, which is 2.31 kW or 5.6% less "
        "(90% interval 1.72–2.95 kW). "
        "Only together do they give this: clearly more than both changes one after the other. "
        "35% of the records already lie there (n = 3,500)."
    )
    assert said(documents.regression(), "ja") == (
        "プレス圧力を 110〜125 bar に、プレス速度を 28.0〜34.0 1/min に同時に保ってください。"
        "電力は平均 41.2 kW から 38.9 kW へ下がる見込みです。2.31 kW、率にして 5.6% の低減です"
        "（90%区間 1.72〜2.95 kW）。"
        "二つを同時に守ったときの効果です。片方ずつ変えた場合の合計より、明らかに大きくなります。"
        "すでに全体の 35%（n = 3,500）がこの範囲にあります。"
    )


def test_inseparable_names_both() -> None:
    assert "Conveyor speed and Press speed always moved together" in said(documents.regression(), "en", 1)
    assert "コンベヤー速度、プレス速度は常に一緒に動いていた" in said(documents.regression(), "ja", 1)


def test_higher_is_better() -> None:
    assert "is expected to rise from 91.3% to 93.1% on average, which is 1.84 points" in said(documents.higher(), "en")
    assert "91.3% から 93.1% へ上がる見込み" in said(documents.higher(), "ja")


def test_headlines_without_advice() -> None:
    expected = {
        "no_actionable_factor": (
            "No setting that can be changed would clearly lower the defect rate.",
            "設定の変更で不良率を確実に下げられる要因は、見つかりませんでした。",
        ),
        "not_enough_data": (
            "There are not enough data yet to say what to fix first.",
            "最優先の対策を判断するには、まだデータが足りません。",
        ),
        "unproven": (
            "No change has a clear effect yet. The strongest candidate is filling speed.",
            "効果が明確な対策はまだありません。最も有力な候補は「充填速度」です。",
        ),
    }
    for name, (english, japanese) in expected.items():
        assert report(documents.ALL[name](), "en").headline == english
        assert report(documents.ALL[name](), "ja").headline == japanese


def test_unproven_is_never_an_expectation() -> None:
    assert "could as well be chance" in report(documents.unproven(), "en").lead[0]
    assert report(documents.unproven(), "ja").findings == ()


def test_not_enough_data_says_how_much_is_missing() -> None:
    assert report(documents.not_enough_data(), "en").next_steps[0] == (
        "Go on recording. About 2,000 more units are needed. At the present pace that takes about 10 days."
    )
    assert report(documents.not_enough_data(), "ja").progress == pytest.approx(212 / 2200)


def test_model_quality_in_words() -> None:
    trust = report(documents.classification(), "en").trust
    assert trust is not None
    assert trust.grade == "Reliability of the model: good"
    assert trust.model == (
        "Shown one defective and one good unit that it had never seen, the model picks the defective one 81% of the "
        "time (90% interval 78–84%). Guessing would give 50%.",
        "Tested on 1,600 units made after those it learnt from.",
        "A test on shuffled data would have shown 86%. The difference of 5 percentage points is flattery: shuffled "
        "data let the model see what surrounds the units it is asked about. This report counts the test forward in "
        "time.",
    )


def test_no_month_without_a_week_of_data() -> None:
    document = documents.classification()
    document["data"] |= {"first": "2026-01-05T00:00:00Z", "last": "2026-01-08T00:00:00Z"}
    assert "a month" not in said(document, "en")


def test_energy_of_a_month_without_money() -> None:
    document = documents.energy()
    document["ranking"][0]["money"] = None
    assert report(document, "en").key_figures[0].note.endswith(" · 1,035\u00a0kWh a month")
    assert report(document, "ja").key_figures[0].note.endswith("・月に 1,035\u00a0kWh")


def test_a_model_that_may_be_no_better_than_guessing_is_not_praised() -> None:
    document = documents.classification()
    document["quality"] |= {"forward_low": 0.45}
    trust = report(document, "en").trust
    assert trust is not None
    assert trust.grade == "Reliability of the model: not shown"
    assert trust.context is None


def test_a_difference_within_the_interval_is_no_flattery() -> None:
    document = documents.classification()
    document["quality"] |= {"random": 0.835}
    trust = report(document, "en").trust
    assert trust is not None
    assert trust.model[-1] == "A test on shuffled data shows 84%: not clearly better than this."


def test_a_level_that_is_the_commonest_already_is_not_called_a_switch() -> None:
    document = documents.classification()
    document["ranking"][1] |= {"windows": {"die": ["C"]}, "now": "C"}
    shown = report(document, "en")
    assert shown.findings[1].sentences[0] == "Set die to C throughout (already the most common)."
    assert shown.ranking is not None
    assert shown.ranking.table.rows[1][2].small == "throughout"


def test_levels_that_data_cannot_tell_apart_are_named() -> None:
    document = documents.classification()
    levels = [("A", 0.010, 0.008, 0.013), ("B", 0.012, 0.009, 0.015), ("C", 0.09, 0.08, 0.1)]
    curve = [{"level": name, "loss": loss, "low": low, "high": high, "share": 0.3} for name, loss, low, high in levels]
    document["ranking"][1] |= {"windows": {"die": ["A"]}, "now": "C", "level_curve": curve}
    assert "These data show no difference from B." in said(document, "en", 1)


def test_a_median_outside_the_window_is_brought_inside() -> None:
    document = documents.classification()
    document["ranking"][0] |= {"direction": "inside"}
    ranking = report(document, "en").ranking
    assert ranking is not None
    assert ranking.table.rows[0][2].small == "bring it inside"


def test_what_is_left_out_is_not_called_used() -> None:
    document = documents.classification()
    document["leaks"] = [
        {"column": "rework", "kind": kind, "evidence": "x", "action": action}
        for kind, action in (("too_good", "kept"), ("after_the_fact", "excluded"))
    ]
    table = report(document, "en").excluded
    assert table is not None
    assert [row[1].text for row in table.rows if row[0].text == "rework"] == ["It is known only after the result."]


def test_chances_are_told_as_far_as_they_matter() -> None:
    chance = Formats("en").chance
    assert (chance(0.0004), chance(0.0131), chance(0.342)) == ("p < 0.001", "p = 0.013", "p = 0.34")
