"""The promise ledger in the store: declare, end, measure, list; and what past actions make of later promises."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError, UsageError, nearest
from ingest.plant import Plant
from ingest.store import action as rows
from ingest.store.action import ActionRow, Ending
from ingest.store.engine import Store
from ingest.store.results import latest_ranking
from models.lifecycle.window import subset
from models.promise.declare import Wish, declared, since_when
from models.promise.frozen import Frozen, freeze
from models.promise.outcome import outcome, short_before, stated
from models.promise.shrinkage import Past, Shrinkage, shrinkage_of
from models.promise.words import STATE_WORDS, both
from models.study.data import StudyData

__all__ = ["declare", "end", "entry", "listed", "measure", "shrinkage"]

SETTLED = timedelta(days=14)
"""So long after an action's last unit its measurement is repeated, for verdicts and readings that come late."""
TOGETHER = timedelta(days=1)
"""Actions of one study that begin within a day cannot be told apart."""


def declare(store: Store, plant: Plant, wish: Wish, now: datetime | None = None) -> ActionRow:
    """Write down what was done. Raises `UsageError` where it makes no sense, or was declared already."""
    if wish.study not in plant.studies:
        raise UsageError(f"study {wish.study!r} is not in the plant file; {nearest(wish.study, plant.studies)}")
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
    rows.end(store, action_id, Ending(at, kind, reason.strip(), who.strip()))  # type: ignore[arg-type]
    found = rows.find(store, action_id)
    assert found is not None
    return found


def measure(store: Store, study: str, data: StudyData | None, seed: int = 0) -> dict[str, int]:
    """Measure every action of a study that is not settled; how many there are in each state, for ``job_run``.

    ``data``: all units of the study with a target; None where there are too few to learn from.
    """
    known = [row for row in rows.actions(store, study) if row.ending is None or row.ending.kind != "withdrawn"]
    counts: dict[str, int] = {"actions": len(known)}
    now = datetime.now(UTC)
    for row in known:
        found = row.outcome if _settled(row, known) else None
        if found is None:
            found = _measured(store, row, known, data, now, seed)
            rows.save_outcome(store, row.action_id, found)
        counts[found["state"]] = counts.get(found["state"], 0) + 1
    return counts


def _until(row: ActionRow, known: Sequence[ActionRow]) -> datetime | None:
    """When the units of an action end: with it, or with the next action of the study."""
    later = [other.declared.since for other in known if other.declared.since > row.declared.since]
    ended = [row.ending.at] if row.ending is not None else []
    return min([*later, *ended], default=None)


def _settled(row: ActionRow, known: Sequence[ActionRow]) -> bool:
    until = _until(row, known)
    return row.outcome is not None and until is not None and row.measured_at is not None and (
        row.measured_at - until > SETTLED
    )  # fmt: skip


def _measured(
    store: Store, row: ActionRow, known: Sequence[ActionRow], data: StudyData | None, now: datetime, seed: int
) -> dict[str, Any]:
    since, until = row.declared.since, _until(row, known)
    if since > now:
        return stated("planned", "planned")
    near = [one for one in known if one.action_id != row.action_id and abs(one.declared.since - since) < TOGETHER]
    if near:
        return stated("not_measurable", "overlapped", other=near[0].action_id)
    if data is None or data.time is None or not pd.api.types.is_datetime64_any_dtype(data.time.dtype):
        return stated("too_early", "no_data")
    begun = (data.time >= since).to_numpy()
    later = begun if until is None else begun & (data.time < until).to_numpy()
    if not later.any():
        return stated("too_early", "no_units")
    try:
        frozen = _frozen(store, row, data, known, ~begun, seed)
    except StudyError as error:
        # One action that cannot be read any more must not keep the others from being measured.
        return stated("not_measurable", "unreadable", error=str(error))
    if isinstance(frozen, dict):
        return frozen
    return outcome(frozen, subset(data, np.flatnonzero(later)), row.declared.windows, row.declared.promise)


def _frozen(
    store: Store, row: ActionRow, data: StudyData, known: Sequence[ActionRow], before: Any, seed: int
) -> Frozen | dict[str, Any]:
    """The model an action is measured against; learnt now, once, where there is none yet."""
    text = rows.frozen(store, row.action_id)
    if text is None:
        # What the action before this one changed is part of how things were: units before that one do not show it.
        earlier = [one.declared.since for one in known if one.declared.since < row.declared.since]
        assert data.time is not None
        recent = before & (data.time >= max(earlier)).to_numpy() if earlier else before
        units = subset(data, np.flatnonzero(recent))
        if earlier and short_before(units) is not None:
            units = subset(data, np.flatnonzero(before))
        missing = short_before(units) if units.n else ("few_before", 0, 1)
        if missing is not None:
            return stated("not_measurable", missing[0], have=missing[1], need=missing[2])
        rows.freeze(store, row.action_id, freeze(units, row.declared.windows, seed).to_text())
        text = rows.frozen(store, row.action_id)
    assert text is not None
    return Frozen.from_text(text)


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
