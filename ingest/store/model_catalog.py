"""The catalog of models: the state of each, what it was made from, how good it is, and what happened to it.

A state changes only together with the row in ``model_event`` that says why.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, func, insert, select, update

from ingest.errors import StudyError
from ingest.store.engine import Store
from ingest.store.schema import drift, model, model_event, model_text

__all__ = [
    "DriftRow",
    "EventKind",
    "EventRow",
    "ModelEntry",
    "ModelRow",
    "Reason",
    "State",
    "add",
    "champion",
    "change",
    "current",
    "events",
    "find",
    "last_drift",
    "models",
    "note",
    "save_drift",
    "text_of",
]

State = Literal["candidate", "champion", "challenger", "retired", "withdrawn"]
"""``candidate``: not judged yet; ``champion``: scores the units; ``challenger``: was judged and did not take over;
``retired``: was one of these; ``withdrawn``: foretold worse than the naive model, and may score nothing."""
EventKind = Literal["trained", "promoted", "kept", "refused", "rolled_back", "withdrawn"]

PART = 500_000
"""Characters of a model's text per row: with UTF-8 and escapes far below MariaDB's 16 MB for one statement."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something happened: a code of `models.lifecycle.words`, what stands in its blanks, and who did it."""

    code: str
    details: Mapping[str, Any] = field(default_factory=dict)
    actor: str = "genba"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """What training says of a model. Every mapping is JSON-able.

    ``fingerprint``: of the data; ``reference``: their distribution per column, for drift; ``card``: by language.
    """

    rows: int
    quality: Mapping[str, Any]
    task: str = ""
    algorithms: Sequence[str] = ()
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    leaks: Sequence[Mapping[str, Any]] = ()
    card: Mapping[str, str] = field(default_factory=dict)
    reference: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of the catalog, without its text."""

    model_id: int
    study: str
    created_at: datetime
    state: State
    digest: str
    entry: ModelEntry


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened to a model."""

    event_id: int
    study: str
    model_id: int | None
    at: datetime
    event: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One finding of one look at the newest units: of a column, or (``kind`` performance) of the model's score."""

    model_id: int
    at: datetime
    kind: Literal["column", "performance"]
    column: str
    statistic: float | None
    share: float | None
    p_value: float | None
    alarm: bool
    reason: str
    rows: int
    details: Mapping[str, Any] = field(default_factory=dict)


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def add(store: Store, study: str, entry: ModelEntry, content: str) -> int:
    """Keep a model and its text as a candidate; returns its id."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "study": study,
        "created_at": now,
        "rows": entry.rows,
        "state": "candidate",
        "task": entry.task,
        "digest": hashlib.sha256(content.encode()).hexdigest(),
        "notes": entry.notes,
        "quality": _json(dict(entry.quality)),
        "algorithms": _json(list(entry.algorithms)),
        "fingerprint": _json(dict(entry.fingerprint)),
        "options": _json(dict(entry.options)),
        "versions": _json(dict(entry.versions)),
        "leaks": _json(list(entry.leaks)),
        "card": _json(dict(entry.card)),
        "reference": _json(dict(entry.reference)),
    }
    with store.begin() as connection:
        key = connection.execute(insert(model).values(**values)).inserted_primary_key
        assert key is not None
        model_id = int(key[0])
        for part, start in enumerate(range(0, max(len(content), 1), PART)):
            piece = content[start : start + PART]
            connection.execute(insert(model_text).values(model_id=model_id, part=part, content=piece))
        _note(connection, study, model_id, "trained", Reason("trained", {"rows": entry.rows}), now)
        return model_id


def _model_row(row: Any) -> ModelRow:
    def read(column: str, otherwise: Any) -> Any:
        content = getattr(row, column)
        return orjson.loads(content) if content else otherwise

    entry = ModelEntry(
        rows=row.rows,
        quality=read("quality", {}),
        task=row.task,
        algorithms=tuple(read("algorithms", ())),
        fingerprint=read("fingerprint", {}),
        options=read("options", {}),
        versions=read("versions", {}),
        leaks=tuple(read("leaks", ())),
        card=read("card", {}),
        reference=read("reference", {}),
        notes=row.notes or "",
    )
    return ModelRow(row.model_id, row.study, row.created_at, row.state, row.digest, entry)


def models(store: Store, study: str) -> list[ModelRow]:
    """Every model of a study, the newest first."""
    with store.connect() as connection:
        rows = connection.execute(select(model).where(model.c.study == study).order_by(model.c.model_id.desc()))
        return [_model_row(row) for row in rows]


def find(store: Store, study: str, model_id: int) -> ModelRow | None:
    """One model of a study."""
    with store.connect() as connection:
        row = connection.execute(select(model).where(model.c.study == study, model.c.model_id == model_id)).first()
        return None if row is None else _model_row(row)


def champion(store: Store, study: str) -> ModelRow | None:
    """The model that scores the study's units now."""
    return _newest(store, study, ("champion",))


def current(store: Store, study: str) -> ModelRow | None:
    """The champion; where the last one was withdrawn and nothing took over, that one."""
    return champion(store, study) or _newest(store, study, ("withdrawn",))


def _newest(store: Store, study: str, states: Sequence[State]) -> ModelRow | None:
    query = select(model).where(model.c.study == study, model.c.state.in_(states))
    with store.connect() as connection:
        row = connection.execute(query.order_by(model.c.model_id.desc()).limit(1)).first()
        return None if row is None else _model_row(row)


def text_of(store: Store, row: ModelRow) -> str:
    """The model's text. Raises `StudyError` where it is not the one that was written."""
    query = select(model_text.c.content).where(model_text.c.model_id == row.model_id).order_by(model_text.c.part)
    with store.connect() as connection:
        content = "".join(connection.execute(query).scalars())
    # Models of 0.1 carry no digest.
    if not content or (row.digest and hashlib.sha256(content.encode()).hexdigest() != row.digest):
        raise StudyError(f"model {row.model_id} of study {row.study!r} is not as it was written; train it again")
    return content


def change(store: Store, study: str, model_id: int, state: State, event: EventKind, reason: Reason) -> None:
    """Give a model another state and write down why. There is one champion and one challenger; the last one retires."""
    mine = model.c.study == study
    with store.begin() as connection:
        if state in ("champion", "challenger"):
            before = mine & (model.c.state == state) & (model.c.model_id != model_id)
            connection.execute(update(model).where(before).values(state="retired"))
        connection.execute(update(model).where(mine, model.c.model_id == model_id).values(state=state))
        _note(connection, study, model_id, event, reason, datetime.now(UTC))


def note(store: Store, study: str, model_id: int | None, event: EventKind, reason: Reason) -> None:
    """Write down what happened where no state changed."""
    with store.begin() as connection:
        _note(connection, study, model_id, event, reason, datetime.now(UTC))


def _note(
    connection: Connection, study: str, model_id: int | None, event: EventKind, reason: Reason, at: datetime
) -> None:
    connection.execute(
        insert(model_event).values(
            study=study,
            model_id=model_id,
            at=at,
            event=event,
            reason=reason.code,
            details=_json(dict(reason.details)),
            actor=reason.actor[:120],
        )
    )


def events(store: Store, study: str, limit: int | None = None) -> list[EventRow]:
    """What happened to a study's models, the newest first."""
    query = select(model_event).where(model_event.c.study == study).order_by(model_event.c.event_id.desc())
    with store.connect() as connection:
        return [
            EventRow(
                row.event_id,
                row.study,
                row.model_id,
                row.at,
                row.event,
                Reason(row.reason, orjson.loads(row.details), row.actor),
            )
            for row in connection.execute(query.limit(limit))
        ]


def save_drift(store: Store, study: str, rows: Sequence[DriftRow]) -> None:
    """Keep the findings of one look; they carry one instant."""
    values = [
        {
            "study": study,
            "model_id": row.model_id,
            "at": row.at,
            "kind": row.kind,
            "column_name": row.column,
            "statistic": row.statistic,
            "share": row.share,
            "p_value": row.p_value,
            "alarm": row.alarm,
            "reason": row.reason,
            "rows": row.rows,
            "details": _json(dict(row.details)),
        }
        for row in rows
    ]
    if values:
        with store.begin() as connection:
            connection.execute(insert(drift), values)


def last_drift(store: Store, study: str) -> list[DriftRow]:
    """The findings of the newest look, the largest share first."""
    newest = select(func.max(drift.c.at)).where(drift.c.study == study).scalar_subquery()
    query = select(drift).where(drift.c.study == study, drift.c.at == newest)
    with store.connect() as connection:
        rows = connection.execute(query.order_by(drift.c.kind, drift.c.share.desc(), drift.c.drift_id)).all()
    return [
        DriftRow(
            row.model_id,
            row.at,
            row.kind,
            row.column_name,
            row.statistic,
            row.share,
            row.p_value,
            bool(row.alarm),
            row.reason,
            row.rows,
            orjson.loads(row.details),
        )
        for row in rows
    ]
