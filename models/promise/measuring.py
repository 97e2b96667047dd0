"""Measures the actions of a study in the store: freezes what each is measured against, once, and judges it anew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from ingest.store import action as rows
from ingest.store.action import ActionRow
from ingest.store.engine import Store
from models.lifecycle.window import subset
from models.promise.frozen import Frozen, freeze
from models.promise.outcome import outcome, short_before
from models.promise.states import stated
from models.study.data import StudyData

__all__ = ["measure"]

SETTLED = timedelta(days=14)
"""So long after an action's last unit its measurement is repeated, for verdicts and readings that come late."""
TOGETHER = timedelta(days=1)
"""Actions of one study that begin within a day cannot be told apart."""


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
