"""The promise ledger's rows, on every engine."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from ingest.store import action
from ingest.store.action import Declared, Ending
from ingest.store.engine import Store

SINCE = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
CAPS = Declared("caps", {"temp": [4.0, 6.5]}, SINCE, "佐藤", "設定を5.0 °Cに", 7, {"gain": {"estimate": 0.012}})


def test_what_was_declared_comes_back_whole(store: Store) -> None:
    number, new = action.add(store, CAPS)
    assert new
    row = action.find(store, number)
    assert row is not None
    assert row.declared == CAPS
    assert (row.ending, row.outcome, row.measured_at) == (None, None, None)
    assert action.find(store, number + 1) is None


def test_the_same_is_declared_once_however_often_it_is_sent(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: action.add(store, CAPS), range(8)))
    assert len({number for number, _ in found}) == 1
    assert sum(new for _, new in found) == 1
    other, new = action.add(store, Declared("caps", {"die": ["A"]}, SINCE, "Ito"))
    assert new
    assert [row.action_id for row in action.actions(store, "caps")] == [found[0][0], other]
    assert action.actions(store, "power") == []


def test_an_end_is_an_end(store: Store) -> None:
    number, _ = action.add(store, CAPS)
    ending = Ending(datetime(2026, 12, 1, tzinfo=UTC), "withdrawn", "the wrong line", "Ito")
    assert action.end(store, number, ending)
    assert not action.end(store, number, Ending(SINCE, "closed", "again", "Sato"))
    row = action.find(store, number)
    assert row is not None
    assert row.ending == ending
    again, new = action.add(store, CAPS)
    assert new
    assert again > number


def test_the_first_frozen_model_stays(store: Store) -> None:
    number, _ = action.add(store, CAPS)
    assert action.frozen(store, number) is None
    text = "{" + "0.123456789," * 100_000 + "}"
    action.freeze(store, number, text)
    action.freeze(store, number, "{}")
    assert action.frozen(store, number) == text


def test_the_newest_measurement_is_kept(store: Store) -> None:
    number, _ = action.add(store, CAPS)
    for estimate in (0.01, 0.011):
        action.save_outcome(store, number, {"state": "realised", "realised": {"estimate": estimate}})
    row = action.find(store, number)
    assert row is not None
    assert row.measured_at is not None
    assert row.outcome == {"state": "realised", "realised": {"estimate": 0.011}}
