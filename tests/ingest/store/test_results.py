"""Scores, rankings and reports as learning leaves them, on every engine."""

import pytest
from sqlalchemy import select

from ingest.store import results
from ingest.store.engine import Store
from ingest.store.schema import score


def scores(store: Store) -> list[tuple[str, str, int, float]]:
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(select(score).order_by(score.c.study, score.c.serial))]


def test_scores_are_replaced_study_by_study(store: Store) -> None:
    results.save_scores(store, "caps", 1, [("A", 0.25), ("B", 0.5)])
    results.save_scores(store, "power", 2, [("A", 7.5)])
    results.save_scores(store, "caps", 3, [("B", 0.75), ("漢", 1.0)])
    assert scores(store) == [("caps", "B", 3, 0.75), ("caps", "漢", 3, 1.0), ("power", "A", 2, 7.5)]
    results.save_scores(store, "caps", 4, [])
    assert scores(store) == [("power", "A", 2, 7.5)]


def test_more_scores_than_one_statement_holds(store: Store) -> None:
    results.save_scores(store, "caps", 1, [(f"S{number:05}", number / 2) for number in range(5001)])
    found = scores(store)
    assert len(found) == 5001
    assert found[-1] == ("caps", "S05000", 1, 2500.0)


def test_bad_scores_leave_the_old_ones(store: Store) -> None:
    results.save_scores(store, "caps", 1, [("A", 0.25)])
    with pytest.raises(Exception, match=r"(?i)duplicate|unique"):
        results.save_scores(store, "caps", 2, [("B", 0.5), ("B", 0.6)])
    assert scores(store) == [("caps", "A", 1, 0.25)]


def test_the_newest_ranking_counts(store: Store) -> None:
    assert results.latest_ranking(store, "caps") is None
    results.save_ranking(store, "caps", None, {"verdict": "not_enough_data"})
    newest = results.save_ranking(store, "caps", 3, {"verdict": "factors_found", "words": "冷却", "gain": None})
    results.save_ranking(store, "power", 4, {})
    row = results.latest_ranking(store, "caps")
    assert row is not None
    assert row.ranking_id == newest
    assert row.document == {"verdict": "factors_found", "words": "冷却", "gain": None}


def test_the_newest_report_in_each_language(store: Store) -> None:
    assert results.latest_reports(store, "caps") == {}
    for language, path in (("ja", "/a"), ("en", "/b"), ("ja", "/c")):
        results.save_report(store, "caps", language, 1, path)
    results.save_report(store, "power", "en", 2, "/d")
    assert {key: row.path for key, row in results.latest_reports(store, "caps").items()} == {"ja": "/c", "en": "/b"}
