"""Models, scores, rankings and reports as learning leaves them, on every engine."""

import pytest
from sqlalchemy import select

from ingest.store import results
from ingest.store.engine import Store
from ingest.store.schema import score

QUALITY = {"metric": "roc_auc", "forward": 0.81, "random": None}


def save(store: Store, study: str = "caps", artefact: str = "text") -> int:
    return results.save_model(store, study, 100, QUALITY, artefact)


def champions(store: Store, study: str = "caps") -> list[int]:
    return [row.model_id for row in results.models(store, study) if row.champion]


def scores(store: Store) -> list[tuple[str, str, int, float]]:
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(select(score).order_by(score.c.study, score.c.serial))]


def test_a_model_comes_back_whole(store: Store) -> None:
    assert results.champion(store, "caps") is None
    text = "木\n" + "x" * 200_000
    model_id = save(store, artefact=text)
    row = results.champion(store, "caps")
    assert row is not None
    assert (row.model_id, row.rows, row.champion, row.quality, row.artefact) == (model_id, 100, True, QUALITY, text)


def test_the_newest_model_is_the_champion_and_the_only_one(store: Store) -> None:
    first, second, other = save(store), save(store), save(store, "power")
    assert [row.model_id for row in results.models(store, "caps")] == [second, first]
    assert champions(store) == [second]
    assert champions(store, "power") == [other]


def test_promoting_leaves_one_champion(store: Store) -> None:
    ids = [save(store) for _ in range(3)]
    for chosen in (ids[0], ids[0], ids[2], ids[1]):
        assert results.promote(store, "caps", chosen)
        assert champions(store) == [chosen]


def test_a_model_of_another_study_is_not_promoted(store: Store) -> None:
    mine, other = save(store), save(store, "power")
    assert not results.promote(store, "caps", other)
    assert not results.promote(store, "caps", 10**9)
    assert champions(store) == [mine]
    assert champions(store, "power") == [other]


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
