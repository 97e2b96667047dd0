"""Where a model stands, word for word, in both languages: in the report and on the dashboard."""

from typing import Any

import pytest

from ingest.plant import Language
from reports.content import build
from reports.document import Document
from reports.formats import Formats
from reports.parts import Report
from reports.render.html import write
from reports.web.fixes import fix_list
from reports.web.health import model_health
from tests.reports import documents, standings
from tests.reports.web.factory import PLANT
from tests.reports.web.test_fixes import shown


def report(standing: dict[str, Any] | None, language: Language = "en") -> Report:
    return build(Document.parse(documents.classification() | {"model": standing}), Formats(language), documents.NAMES)


def said(standing: dict[str, Any], language: Language = "en") -> list[str]:
    trust = report(standing, language).trust
    assert trust is not None
    return [text.replace("\u00a0", " ") for text in (*trust.alarms, *trust.in_use)]


def test_a_champion_in_good_health() -> None:
    assert said(standings.champion()) == [
        "Model 3, trained on 16 Feb 2026 on 7,990 units, is in use. It took over because it foretold the newest 1,234 "
        "units clearly better than the one before.",
        "On 640 units made since its training it scores 78%, as was to be expected.",
    ]
    assert said(standings.champion("first_model", performance=None), "ja") == [
        "モデル 3（2026年2月16日に7,990個で学習）で予測しています。"
        "モデルを使わない単純な予測より良く予測できた、最初のモデルです。"
    ]
    assert report(standings.champion()).caution == report(None).caution


def test_a_reason_that_is_newer_than_the_texts_is_left_out() -> None:
    assert said(standings.champion("by_oracle"))[0] == "Model 3, trained on 16 Feb 2026 on 7,990 units, is in use."


def test_alarms_of_performance_and_drift_are_told_apart() -> None:
    assert said(standings.disappointing())[:7] == [
        "Performance alarm: on 640 units made since its training the model scores 61%; at least 76% was to be "
        "expected. Something has changed that it does not know.",
        "Drift alarm: cooling device temperature has moved. Its median was 7.40 in training and is 9.10 now (62% of "
        "all that changed).",
        "Drift alarm: die is B in 70% of the newest data; in training in 20% (30% of all that changed).",
        "Drift alarm: ambient temperature is missing in 40% of the newest data; in training in 0% (5% of all that "
        "changed).",
        "Drift alarm: product has values that training never saw, in 25% of the newest data (2% of all that changed).",
        "Drift alarm: gas pressure is spread differently than in training (1% of all that changed).",
        "Drift alarm: 1 more factor(s) have moved.",
    ]
    japanese = said(standings.disappointing(), "ja")
    assert japanese[0].startswith("精度の警報：学習後の640個についてのモデルの得点は 61% です。少なくとも 76% の見込み")
    assert japanese[1] == (
        "分布変化の警報：冷却装置温度が学習時から変化しました。中央値は 7.40 から 9.10 になりました（変化全体の 62%）。"
    )


@pytest.mark.parametrize(
    ("standing", "english", "japanese"),
    [
        (standings.withdrawn(), "Model withdrawn: on 640 units made since its training, model 3", "モデルの使用を中止"),
        (standings.withdrawn("unreadable"), "Model withdrawn: model 3 could not be used", "モデルの使用を中止"),
        (standings.none(), "No model is in use: none has foretold better", "使用中のモデルはありません。"),
    ],
)
def test_without_a_model_the_report_begins_with_it(standing: dict[str, Any], english: str, japanese: str) -> None:
    for language, begin in (("en", english), ("ja", japanese)):
        found = report(standing, language)  # type: ignore[arg-type]
        assert found.caution.startswith(begin)
        assert found.trust is not None
        assert found.trust.alarms[0].startswith(begin)
        assert not found.trust.in_use


def test_a_study_too_young_for_a_model_says_nothing() -> None:
    assert said(standings.young()) == []
    assert model_health(standings.young(), None) is None


def test_the_page_shows_it(tmp_path: Any) -> None:
    document = documents.classification() | {"model": standings.disappointing()}
    english, japanese = (path.read_text("utf-8") for path in write(document, tmp_path, ("en", "ja"), documents.NAMES))
    assert "<h3>The model in use</h3>" in english
    assert '<p class="caution">Drift alarm: cooling device temperature' in english
    assert "<h3>使用中のモデル</h3>" in japanese


@pytest.mark.parametrize(
    ("standing", "badge", "words"),
    [
        (
            standings.withdrawn(),
            "Model withdrawn",
            "Since 20\u00a0Feb 2026 model 3 predicts nothing: it foretold 640 new",
        ),
        (standings.withdrawn("unreadable"), "Model withdrawn", "it could not be read"),
        (standings.none(), "No model", "None has foretold better"),
        (standings.disappointing(), "Performance alarm", "Model 3 scores 61% on 640 new units; at least 76%"),
        (standings.champion(drift=[standings.MOVED]), "Drift alarm", "Cooling temperature (62%)"),
    ],
)
def test_the_dashboard_shows_it(standing: dict[str, Any], badge: str, words: str) -> None:
    fixes = fix_list(PLANT, "leaking_caps", None, (), standing)
    html = shown(fixes, "en")
    assert badge in html
    assert words in html
    assert shown(fixes, "ja")


@pytest.mark.parametrize("standing", [None, standings.champion(), standings.young(), {"state": "from the future"}])
def test_the_dashboard_is_silent_where_nothing_is_wrong(standing: dict[str, Any] | None) -> None:
    assert "health" not in shown(fix_list(PLANT, "leaking_caps", None, (), standing), "en")
