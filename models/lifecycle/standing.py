"""Where a study's model stands now, for reports and the dashboard: codes and numbers, no words."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from ingest.store import model_catalog
from ingest.store.engine import Store
from ingest.store.model_catalog import EventRow, ModelRow

__all__ = ["standing"]

DECISIONS = ("promoted", "kept", "refused", "rolled_back", "withdrawn")


def standing(store: Store, study: str) -> dict[str, Any]:
    """JSON-able. ``state``: champion | withdrawn | none; ``why``: the event that brought it there; ``performance``: the
    newest score on units it had not learnt from, with what was promised; ``drift``: columns that moved.
    """
    row = model_catalog.current(store, study)
    events = [event for event in model_catalog.events(store, study) if event.event in DECISIONS]
    mine = [event for event in events if row is None or event.model_id == row.model_id]
    found = (
        [] if row is None else [one for one in model_catalog.last_drift(store, study) if one.model_id == row.model_id]
    )
    performance = next((one for one in found if one.kind == "performance"), None)
    return {
        "state": "none" if row is None else row.state,
        **(_model(row) if row is not None else {"model_id": None, "trained_at": None, "rows": None}),
        "why": _event(mine[0]) if mine else None,
        "looked_at": _iso(found[0].at) if found else None,
        "performance": None
        if performance is None
        else {**performance.details, "code": performance.reason, "alarm": performance.alarm},
        "drift": [
            {"column": one.column, "psi": one.statistic, "share": one.share, **one.details}
            for one in found
            if one.kind == "column" and one.alarm
        ],
    }


def _model(row: ModelRow) -> dict[str, Any]:
    return {"model_id": row.model_id, "trained_at": _iso(row.created_at), "rows": row.entry.rows}


def _event(event: EventRow) -> dict[str, Any]:
    reason = asdict(event.reason)
    return {"event": event.event, "code": reason["code"], "at": _iso(event.at), "details": reason["details"]}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
