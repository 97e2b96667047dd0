"""The catalog of models on every engine: what comes back, who is champion, what is written down."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from ingest.errors import StudyError
from ingest.store import model_catalog as catalog
from ingest.store.engine import Store
from ingest.store.model_catalog import DriftRow, ModelEntry, Reason
from ingest.store.schema import model_text

ENTRY = ModelEntry(
    rows=100,
    quality={"metric": "roc_auc", "forward": 0.81, "random": None},
    task="classification",
    algorithms=("LGBMClassifier", "LogisticRegression"),
    fingerprint={"rows": 100, "hash": "木"},
    options={"seed": 0},
    versions={"lightgbm": "4.6.0"},
    leaks=({"column": "rework", "kind": "identity"},),
    card={"en": "# Model", "ja": "# モデル"},
    reference={"columns": {}},
    notes="after the new nozzle",
)


def add(store: Store, study: str = "caps", content: str = "text") -> int:
    return catalog.add(store, study, ENTRY, content)


def promote(store: Store, model_id: int, study: str = "caps") -> None:
    catalog.change(store, study, model_id, "champion", "promoted", Reason("by_hand", {"note": "冷却"}, "engineer"))


def states(store: Store, study: str = "caps") -> dict[int, str]:
    return {row.model_id: row.state for row in catalog.models(store, study)}


def test_a_model_comes_back_whole(store: Store) -> None:
    assert catalog.champion(store, "caps") is None
    text = "木\n\\\"'" + "x" * 200_000
    model_id = add(store, content=text)
    row = catalog.find(store, "caps", model_id)
    assert row is not None
    assert (row.state, row.entry) == ("candidate", ENTRY)
    assert catalog.text_of(store, row) == text
    assert catalog.find(store, "power", model_id) is None


def test_a_text_larger_than_a_packet_is_kept_in_parts(store: Store) -> None:
    # MariaDB refuses statements of more than 16 MB.
    text = '冷却0123456789\n"\\' * 1_200_000
    row = catalog.find(store, "caps", add(store, content=text))
    assert row is not None
    assert catalog.text_of(store, row) == text
    with store.connect() as connection:
        assert connection.execute(select(func.count()).select_from(model_text)).scalar_one() > 30


def test_a_text_that_was_changed_is_refused(store: Store) -> None:
    row = catalog.find(store, "caps", add(store))
    assert row is not None
    for change in (update(model_text).values(content="poison"), model_text.delete()):
        with store.begin() as connection:
            connection.execute(change)
        with pytest.raises(StudyError, match=r"model \d+ of study 'caps' is not as it was written; train it again"):
            catalog.text_of(store, row)


def test_there_is_one_champion_and_one_challenger_in_each_study(store: Store) -> None:
    first, second, third, other = add(store), add(store), add(store), add(store, "power")
    promote(store, other, "power")
    promote(store, first)
    promote(store, second)
    catalog.change(store, "caps", third, "challenger", "kept", Reason("clearly_worse"))
    assert states(store) == {first: "retired", second: "champion", third: "challenger"}
    promote(store, first)
    promote(store, first)
    assert states(store) == {first: "champion", second: "retired", third: "challenger"}
    assert states(store, "power") == {other: "champion"}
    fourth = add(store)
    catalog.change(store, "caps", fourth, "challenger", "kept", Reason("clearly_worse"))
    assert states(store)[third] == "retired"


def test_a_withdrawn_model_is_the_current_one_until_another_takes_over(store: Store) -> None:
    first = add(store)
    promote(store, first)
    catalog.change(store, "caps", first, "withdrawn", "withdrawn", Reason("worse_than_naive"))
    current = catalog.current(store, "caps")
    assert catalog.champion(store, "caps") is None
    assert current is not None
    assert (current.model_id, current.state) == (first, "withdrawn")
    second = add(store)
    promote(store, second)
    current = catalog.current(store, "caps")
    assert current is not None
    assert current.model_id == second


def test_every_change_has_its_reason(store: Store) -> None:
    first = add(store)
    promote(store, first)
    catalog.note(store, "caps", None, "refused", Reason("unreadable", {"error": "no JSON"}))
    add(store, "power")
    found = [(row.model_id, row.event, row.reason) for row in catalog.events(store, "caps")]
    assert found == [
        (None, "refused", Reason("unreadable", {"error": "no JSON"}, "genba")),
        (first, "promoted", Reason("by_hand", {"note": "冷却"}, "engineer")),
        (first, "trained", Reason("trained", {"rows": 100}, "genba")),
    ]
    assert len(catalog.events(store, "caps", 2)) == 2


def test_the_last_look_is_what_is_told(store: Store) -> None:
    assert catalog.last_drift(store, "caps") == []
    early, late = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, 0, 0, 0, 5, tzinfo=UTC)
    small = DriftRow(1, late, "column", "気温", 0.1, 0.2, 0.5, False, "steady", 80, {"ks": 0.1})
    large = DriftRow(1, late, "column", "temp", 2.5, 0.8, 0.001, True, "moved", 80, {"before": 4.0, "now": None})
    score = DriftRow(1, late, "performance", "", 0.7, None, None, False, "as_promised", 75)
    catalog.save_drift(store, "caps", [DriftRow(1, early, "column", "temp", 9.0, 1.0, 0.0, True, "moved", 40)])
    catalog.save_drift(store, "caps", [small, large, score])
    catalog.save_drift(store, "power", [])
    assert catalog.last_drift(store, "caps") == [large, small, score]
