"""The promise ledger in the store: declare, end, list; and what past actions make of later promises."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ingest.errors import UsageError
from ingest.plant import Plant
from ingest.store import action as rows
from ingest.store.action import ActionRow, Ending
from ingest.store.engine import Store
from ingest.store.results import latest_ranking
from models.promise.declare import Wish, declared, since_when
from models.promise.shrinkage import Past, Shrinkage, shrinkage_of
from models.promise.states import stated
from models.promise.words import STATE_WORDS, both

__all__ = ["declare", "end", "entry", "listed", "shrinkage"]


def declare(store: Store, plant: Plant, wish: Wish, now: datetime | None = None) -> ActionRow:
    """Write down what was done. Raises `UsageError` where it makes no sense, or was declared already."""
    found = declared(wish, plant, latest_ranking(store, wish.study), now or datetime.now(UTC))
    action_id, new = rows.add(store, found)
    if not new:
        raise UsageError(
            f"action {action_id} of study {wish.study!r} says the same and is open; "
            f"end it first with `genba action end {action_id}`"
        )
    row = rows.find(store, action_id)
    assert row is not None
    return row


def end(
    store: Store, plant: Plant, action_id: int, kind: str, reason: str, who: str, until: str | None = None
) -> ActionRow:
    """Withdraw or close an action. Raises `UsageError` for one that is not there, over already, or without a reason."""
    row = rows.find(store, action_id)
    if row is None:
        raise UsageError(f"there is no action {action_id}; `genba action list` shows them")
    if row.ending is not None:
        raise UsageError(f"action {action_id} is {row.ending.kind} already, since {row.ending.at:%Y-%m-%d %H:%M} UTC")
    for name, text in (("reason", reason), ("who", who)):
        if not text.strip():
            raise UsageError(f"{name} is empty; an action ends with a name and a line that says why")
    assert kind in ("withdrawn", "closed")
    at = since_when(until, plant.site.zone, datetime.now(UTC))
    if kind == "closed" and at <= row.declared.since:
        raise UsageError(f"action {action_id} cannot be closed before it begins; withdraw it instead")
    ending = Ending(at, kind, reason.strip(), who.strip())  # type: ignore[arg-type]
    if not rows.end(store, action_id, ending):
        raise UsageError(f"action {action_id} was ended by somebody else just now; `genba action list` shows by whom")
    found = rows.find(store, action_id)
    assert found is not None
    return found


def shrinkage(store: Store, plant: Plant, study: str) -> Shrinkage:
    """What all measured actions of the plant say of the promises of one study."""
    past = []
    for row in rows.actions(store):
        ratio = (row.outcome or {}).get("ratio")
        known = plant.studies.get(row.declared.study)
        withdrawn = row.ending is not None and row.ending.kind == "withdrawn"
        if ratio and known is not None and not withdrawn:
            past.append(Past(row.declared.study, known.line, ratio["estimate"], ratio["spread"]))
    return shrinkage_of(past, study, plant.studies[study].line)


def listed(store: Store, study: str | None = None) -> list[dict[str, Any]]:
    """Every action with its promise and its measurement, the newest first. JSON-able; instants in UTC."""
    now = datetime.now(UTC)
    return [entry(row, now) for row in rows.actions(store, study)][::-1]


def entry(row: ActionRow, now: datetime) -> dict[str, Any]:
    """One action, as lists and pages show it."""
    said, ending = row.declared, row.ending
    found: Mapping[str, Any] = row.outcome or {}
    if ending is not None and ending.kind == "withdrawn":
        found = stated("withdrawn", "withdrawn", reason=ending.reason)
    elif not found:
        found = stated("planned", "planned") if said.since > now else stated("too_early", "not_measured")
    state = STATE_WORDS.get(found["state"], (found["state"], found["state"]))
    return {
        "action_id": row.action_id,
        "study": said.study,
        "windows": {factor: list(window) for factor, window in said.windows.items()},
        "since": _iso(said.since),
        "who": said.who,
        "note": said.note,
        "declared_at": _iso(row.declared_at),
        "ending": None if ending is None else asdict(ending) | {"at": _iso(ending.at)},
        "ranking_id": said.ranking_id,
        "promise": said.promise,
        "measured_at": None if row.measured_at is None else _iso(row.measured_at),
        "state": found["state"],
        "state_words": {"en": state[0], "ja": state[1]},
        "reason": {"code": found["code"], **both(found["code"], **found["values"])},
        "notes": _notes(found),
        "outcome": dict(found),
    }


def _notes(found: Mapping[str, Any]) -> list[dict[str, str]]:
    notes = []
    if found.get("also_moved"):
        notes.append({"code": "also_moved", **both("also_moved", columns=", ".join(found["also_moved"]))})
    if found.get("left_out"):
        notes.append({"code": "left_out", **both("left_out", n=found["left_out"])})
    return notes


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
