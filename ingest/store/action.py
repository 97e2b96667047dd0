"""The promise ledger's rows: actions, how they ended, what they were measured to give, and their frozen models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from ingest.store.engine import Store, alone
from ingest.store.schema import action, action_model

__all__ = ["ActionRow", "Declared", "Ending", "actions", "add", "end", "find", "freeze", "frozen", "save_outcome"]

Windows = Mapping[str, Sequence[float] | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Declared:
    """What somebody says was done: these factors are held in these windows since then.

    ``promise``: what the ranking ``ranking_id`` said of it; None where no ranking advised it.
    """

    study: str
    windows: Windows
    since: datetime
    who: str
    note: str = ""
    ranking_id: int | None = None
    promise: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """``withdrawn``: it was never done, or undone again; ``closed``: it is done and measured no longer."""

    at: datetime
    kind: Literal["withdrawn", "closed"]
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class ActionRow:
    """A declared action. ``outcome``: the newest measurement, as `models.promise` writes it."""

    action_id: int
    declared_at: datetime
    declared: Declared
    ending: Ending | None
    measured_at: datetime | None
    outcome: Mapping[str, Any] | None


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _row(row: RowMapping) -> ActionRow:
    ending = None
    if row["ended_at"] is not None:
        ending = Ending(row["ended_at"], row["end_kind"], row["end_reason"], row["ended_by"])
    declared = Declared(
        study=row["study"],
        windows=orjson.loads(row["windows"]),
        since=row["since"],
        who=row["who"],
        note=row["note"],
        ranking_id=row["ranking_id"],
        promise=orjson.loads(row["promise"]) if row["promise"] else None,
    )
    outcome = orjson.loads(row["outcome"]) if row["outcome"] else None
    return ActionRow(row["action_id"], row["declared_at"], declared, ending, row["measured_at"], outcome)


def _read(connection: Connection, study: str | None) -> list[ActionRow]:
    query = select(action).order_by(action.c.action_id)
    if study is not None:
        query = query.where(action.c.study == study)
    return [_row(row) for row in connection.execute(query).mappings()]


def actions(store: Store, study: str | None = None) -> list[ActionRow]:
    """Every action of a study, or of all, the oldest first."""
    with store.connect() as connection:
        return _read(connection, study)


def find(store: Store, action_id: int) -> ActionRow | None:
    """One action."""
    with store.connect() as connection:
        row = connection.execute(select(action).where(action.c.action_id == action_id)).mappings().first()
    return None if row is None else _row(row)


def add(store: Store, declared: Declared) -> tuple[int, bool]:
    """Write an action down. Returns its id, and whether it is new: one that is open with these windows is the same."""
    with alone(store, "action") as connection:
        for known in _read(connection, declared.study):
            if known.ending is None and _json(known.declared.windows) == _json(declared.windows):
                return known.action_id, False
        key = connection.execute(
            insert(action).values(
                study=declared.study,
                windows=_json(declared.windows),
                since=declared.since,
                declared_at=datetime.now(UTC),
                who=declared.who[:120],
                note=declared.note,
                ranking_id=declared.ranking_id,
                promise=None if declared.promise is None else _json(declared.promise),
            )
        ).inserted_primary_key
        assert key is not None
        return int(key[0]), True


def end(store: Store, action_id: int, ending: Ending) -> bool:
    """Write down that an action is over; False where it was already."""
    with store.begin() as connection:
        done = connection.execute(
            update(action)
            .where(action.c.action_id == action_id, action.c.ended_at.is_(None))
            .values(ended_at=ending.at, end_kind=ending.kind, end_reason=ending.reason, ended_by=ending.who[:120])
        )
        return bool(done.rowcount)


def save_outcome(store: Store, action_id: int, outcome: Mapping[str, Any]) -> None:
    """Keep the newest measurement of an action."""
    with store.begin() as connection:
        connection.execute(
            update(action)
            .where(action.c.action_id == action_id)
            .values(measured_at=datetime.now(UTC), outcome=_json(outcome))
        )


def freeze(store: Store, action_id: int, content: str) -> None:
    """Keep the model an action is measured against. The first one stays for ever."""
    with alone(store, "action") as connection:
        known = connection.scalar(
            select(func.count()).select_from(action_model).where(action_model.c.action_id == action_id)
        )
        if not known:
            connection.execute(
                insert(action_model).values(action_id=action_id, created_at=datetime.now(UTC), content=content)
            )


def frozen(store: Store, action_id: int) -> str | None:
    """The model an action is measured against; None before its first measurement."""
    with store.connect() as connection:
        content: str | None = connection.scalar(
            select(action_model.c.content).where(action_model.c.action_id == action_id)
        )
    return content
