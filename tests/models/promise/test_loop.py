"""The loop closed: a line runs, is ranked, the first advice is declared and followed, and what it gave is measured."""

from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from ingest.errors import UsageError
from ingest.store import action as rows
from ingest.store import results
from ingest.store.engine import Store
from models.jobs import study_data
from models.promise import ledger
from models.promise.declare import Wish
from models.promise.measuring import measure
from models.rank.rank import rank
from models.study.data import StudyData
from tests.models.promise.acted import Acted, acted
from tests.models.promise.factory import STUDY, fill, plant

SEED, SECONDS = 3, 720
"""A shop that writes down its power every twelve minutes."""


@cache
def advice() -> dict[str, Any]:
    """The ranking of the three weeks before."""
    before, _ = acted("press", SEED, 21, 10, done=False, seconds=SECONDS).split()
    return rank(before)


def ran(**how: Any) -> Acted:
    """The same shop, its first advice followed from day 21 on, on a morning when the orders change and it wanders."""
    factor, window = next(iter(advice()["ranking"][0]["windows"].items()))
    return acted(
        "press", SEED, 21, 10, mix=True, drift=0.5, factor=factor, window=tuple(window), seconds=SECONDS, **how
    )  # fmt: skip


def measured(store: Store, one: Acted, since: timedelta = timedelta(0)) -> dict[str, Any]:
    """Declare the first advice when it begins, run on, measure; the ledger's only entry."""
    shop = plant(one.made)
    fill(store, one.made, slice(0, one.cut))
    results.save_ranking(store, STUDY, None, advice())
    begins = one.since.to_pydatetime() + since
    ledger.declare(store, shop, Wish(STUDY, "Sato", since=begins.isoformat()), now=begins)
    data = study_data(store, shop, STUDY).data
    assert isinstance(data, StudyData)
    assert measure(store, STUDY, data) == {"actions": 1, "too_early": 1}
    fill(store, one.made, slice(one.cut, None))
    data = study_data(store, shop, STUDY).data
    assert isinstance(data, StudyData)
    measure(store, STUDY, data)
    (entry,) = ledger.listed(store, STUDY)
    return entry


def test_an_advice_that_is_followed_gives_what_is_measured(store: Store) -> None:
    one = ran()
    entry = measured(store, one)
    found = entry["outcome"]
    assert entry["state"] in ("realised", "less_than_promised")
    assert found["realised"]["low"] <= one.truth <= found["realised"]["high"]
    assert found["realised"]["low"] > 0
    assert found["kept"]["after"] > 0.99
    assert found["kept"]["before"] < 0.6
    first = advice()["ranking"][0]
    assert entry["promise"]["gain"] == first["gain"]
    assert found["money"]["realised"]["estimate"] == pytest.approx(found["realised"]["estimate"] * 700.0)
    assert found["total"] == pytest.approx(found["realised"]["estimate"] * found["n_units"])
    assert found["expected"] - found["observed"] == pytest.approx(found["realised"]["estimate"])
    # The model was frozen at the first measurement; another one changes nothing.
    text = rows.frozen(store, entry["action_id"])
    measure(store, STUDY, study_data(store, plant(one.made), STUDY).data)  # type: ignore[arg-type]
    assert rows.frozen(store, entry["action_id"]) == text
    assert ledger.listed(store, STUDY)[0]["outcome"] == found


def test_an_advice_that_nobody_followed_claims_no_gain(sqlite_store: Store) -> None:
    entry = measured(sqlite_store, ran(done=False))
    assert entry["state"] == "not_followed"
    assert entry["outcome"]["realised"] is None
    assert "no gain is claimed" in entry["reason"]["en"]


def test_a_setting_that_was_moved_and_does_nothing_shows_no_effect(sqlite_store: Store) -> None:
    one = ran(acts=False)
    assert one.truth == 0.0
    entry = measured(sqlite_store, one)
    found = entry["outcome"]
    assert entry["state"] == "no_effect_shown"
    assert found["kept"]["after"] > 0.99
    assert found["realised"]["low"] <= 0.0 <= found["realised"]["high"]
    shrunk = ledger.shrinkage(sqlite_store, plant(one.made), STUDY)
    assert (shrunk.n_actions, shrunk.factor < 0.95) == (1, True)


def test_a_plan_waits_and_a_withdrawn_action_counts_for_nothing(sqlite_store: Store) -> None:
    one = ran()
    shop = plant(one.made)
    fill(sqlite_store, one.made, slice(0, one.cut))
    results.save_ranking(sqlite_store, STUDY, None, advice())
    row = ledger.declare(sqlite_store, shop, Wish(STUDY, "Sato"))
    with pytest.raises(UsageError, match=rf"action {row.action_id} .* says the same and is open"):
        ledger.declare(sqlite_store, shop, Wish(STUDY, "Suzuki"))
    ledger.end(sqlite_store, shop, row.action_id, "withdrawn", "the wrong line", "Sato")
    (entry,) = ledger.listed(sqlite_store)
    assert entry["state"] == "withdrawn"
    assert entry["reason"]["en"] == "Withdrawn: the wrong line"
    with pytest.raises(UsageError, match="is withdrawn already"):
        ledger.end(sqlite_store, shop, row.action_id, "closed", "again", "Sato")
    again = ledger.declare(sqlite_store, shop, Wish(STUDY, "Sato"))
    assert measure(sqlite_store, STUDY, None) == {"actions": 1, "too_early": 1}
    assert ledger.listed(sqlite_store)[0]["action_id"] == again.action_id
