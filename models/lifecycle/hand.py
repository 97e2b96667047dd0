"""What a person decides: which model shall score the units from now on. The units are scored again at once."""

from ingest.errors import EnvironmentFailure, UsageError
from ingest.plant import Plant
from ingest.store import model_catalog
from ingest.store.engine import Store
from ingest.store.model_catalog import EventKind, ModelRow, Reason
from models.jobs import study_data
from models.leaks import audit
from models.lease import Lease
from models.lifecycle import keeper
from models.lifecycle.training import losses, restored
from models.study.data import StudyData

__all__ = ["promote", "rollback"]

LEASE_SECONDS = 30.0


def promote(store: Store, plant: Plant, study: str, model_id: int, note: str, actor: str) -> int:
    """Make a model the champion; returns how many units it scored. Raises `UsageError` where there is no such model,
    `StudyError` where it cannot be read or does not fit the study table; then nothing has changed."""
    row = model_catalog.find(store, study, model_id)
    if row is None:
        raise UsageError(f"study {study!r} has no model {model_id}; `genba model list {study}` shows them")
    return _crown(store, plant, row, "promoted", Reason("by_hand", {"note": note}, actor))


def rollback(store: Store, plant: Plant, study: str, note: str, actor: str) -> tuple[int, int]:
    """Back to the champion before this one; returns its id and how many units it scored."""
    before = _before(store, study)
    if before is None:
        raise UsageError(f"study {study!r} has no older champion to go back to; `genba model list {study}` shows all")
    return before.model_id, _crown(store, plant, before, "rolled_back", Reason("rolled_back", {"note": note}, actor))


def _before(store: Store, study: str) -> ModelRow | None:
    """The newest model older than the present one that has been champion."""
    now = model_catalog.current(store, study)
    if now is None:
        return None
    events = model_catalog.events(store, study)
    crowned = {event.model_id for event in events if event.event in ("promoted", "rolled_back")}
    # A model of 0.1 has no events: each had been champion.
    silent = {row.model_id for row in model_catalog.models(store, study)} - {event.model_id for event in events}
    older = [row for row in model_catalog.models(store, study) if row.model_id < now.model_id]
    return next((row for row in older if row.state == "retired" and row.model_id in crowned | silent), None)


def _crown(store: Store, plant: Plant, row: ModelRow, event: EventKind, reason: Reason) -> int:
    with Lease(store, row.study, LEASE_SECONDS) as lease:
        if not lease.acquire():
            raise EnvironmentFailure(f"study {row.study!r} is being worked on by {lease.leader()}; try again later")
        learned = restored(row, model_catalog.text_of(store, row))
        studied = study_data(store, plant, row.study)
        data = audit(studied.data)[0] if isinstance(studied.data, StudyData) else None
        if data is not None:
            losses(learned.model, data.features.iloc[:1])
        model_catalog.change(store, row.study, row.model_id, "champion", event, reason)
        if data is None:
            return 0
        return keeper.score(store, row.study, row.model_id, learned, data, studied.serials)
