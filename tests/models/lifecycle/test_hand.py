"""Going back: to the champion before, past challengers and withdrawn models, and past the models of release 0.1."""

import pytest
from sqlalchemy import delete, update

from ingest.errors import EnvironmentFailure, UsageError
from ingest.store import model_catalog as catalog
from ingest.store.engine import Store
from ingest.store.model_catalog import ModelEntry, Reason
from ingest.store.schema import model, model_event
from models.lease import Lease
from models.lifecycle import hand
from tests.reports.web.factory import PLANT

STUDY = "leaking_caps"


def add(store: Store, state: catalog.State | None = None) -> int:
    model_id = catalog.add(store, STUDY, ModelEntry(100, {"metric": "roc_auc"}), "{}")
    if state is not None:
        event: catalog.EventKind = "promoted" if state == "champion" else "kept"
        catalog.change(store, STUDY, model_id, state, event, Reason("first_model"))
    return model_id


def back(store: Store) -> int | None:
    row = hand._before(store, STUDY)
    return None if row is None else row.model_id


def test_the_way_back_leads_over_champions_only(sqlite_store: Store) -> None:
    assert back(sqlite_store) is None
    first = add(sqlite_store, "champion")
    assert back(sqlite_store) is None
    add(sqlite_store, "challenger")
    add(sqlite_store, "challenger")
    add(sqlite_store)
    second, third = add(sqlite_store, "champion"), add(sqlite_store, "champion")
    assert back(sqlite_store) == second
    catalog.change(sqlite_store, STUDY, second, "withdrawn", "withdrawn", Reason("worse_than_naive"))
    assert back(sqlite_store) == first
    # Where the newest was withdrawn and nobody took over, the way leads back from there.
    catalog.change(sqlite_store, STUDY, third, "withdrawn", "withdrawn", Reason("worse_than_naive"))
    assert back(sqlite_store) == first


def test_models_of_release_0_1_had_all_been_champions(sqlite_store: Store) -> None:
    old, _ = add(sqlite_store), add(sqlite_store, "champion")
    with sqlite_store.begin() as connection:
        connection.execute(delete(model_event).where(model_event.c.model_id == old))
        connection.execute(update(model).where(model.c.model_id == old).values(state="retired"))
    assert back(sqlite_store) == old


def test_what_cannot_be_done_changes_nothing(sqlite_store: Store) -> None:
    with pytest.raises(UsageError, match="no model 7; `genba model list leaking_caps` shows them"):
        hand.promote(sqlite_store, PLANT, STUDY, 7, "", "me")
    with pytest.raises(UsageError, match="no older champion to go back to"):
        hand.rollback(sqlite_store, PLANT, STUDY, "", "me")
    model_id = add(sqlite_store)
    with Lease(sqlite_store, STUDY, 30) as theirs:
        assert theirs.acquire()
        with pytest.raises(EnvironmentFailure, match=r"is being worked on by .*; try again later"):
            hand.promote(sqlite_store, PLANT, STUDY, model_id, "", "me")
    row = catalog.find(sqlite_store, STUDY, model_id)
    assert row is not None
    assert row.state == "candidate"
