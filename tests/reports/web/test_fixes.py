"""The fix-first list in the plant's words; every document that exists can be shown."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.plant import Language
from ingest.store.results import RankingRow
from reports.web.board import Rows, compose
from reports.web.fixes import FixList, fix_list
from reports.web.view import view_in
from tests.reports import documents
from tests.reports.web.factory import PLANT

AT = datetime(2026, 11, 23, 3, tzinfo=UTC)


def listed(document: dict[str, Any] | None, reports: tuple[str, ...] = ()) -> FixList:
    row = None if document is None else RankingRow(1, "leaking_caps", AT, document)
    return fix_list(PLANT, "leaking_caps", row, reports)


def shown(fixes: FixList, language: Language) -> str:
    board = compose(PLANT, Rows((), (), {}, {}, (fixes,)), AT, None, "1")
    return view_in(language, ZoneInfo("Asia/Tokyo"), "JPY").parts(board, ticking=True)["fix-leaking_caps"]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", documents.ALL)
def test_every_document_is_shown_without_letting_it_speak_html(name: str, language: Language) -> None:
    html = shown(listed(documents.ALL[name]()), language)
    assert "<script" not in html
    assert "<img" not in html


def test_factors_windows_and_money() -> None:
    html = shown(listed(documents.classification(), ("en", "ja")), "en")
    assert "Cooling temperature <strong>4.0–6.5\u00a0°C</strong>" in html  # the plant's name
    assert "<strong>A or B</strong>" in html
    assert "<strong>12.0</strong> fewer bad parts per 1,000" in html
    assert "90% interval 8.0–16.0" in html
    assert "¥1,440" in html
    assert "at least ¥960" in html
    assert "not proven" in html
    assert "Computed 23\u00a0Nov 2026 12:00 from 7,990 units" in html
    assert 'href="/reports/leaking_caps.en.html"' in html


def test_a_report_in_the_other_language_is_better_than_none() -> None:
    assert 'hreflang="en">報告書を開く(English)' in shown(listed(documents.classification(), ("en",)), "ja")


@pytest.mark.parametrize(
    ("document", "verdict", "said"),
    [
        (None, "not_ranked", "Nothing has been ranked yet"),
        (documents.not_enough_data(), "not_enough_data", "not enough data"),
        (documents.no_actionable_factor(), "no_actionable_factor", "No setting that can be changed"),
        ({"schema": 2}, "unreadable", "schema"),
    ],
)
def test_no_list_says_why(document: dict[str, Any] | None, verdict: str, said: str) -> None:
    fixes = listed(document)
    assert (fixes.verdict, fixes.fixes) == (verdict, ())
    assert said in shown(fixes, "en")
