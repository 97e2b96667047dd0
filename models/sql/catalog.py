"""A user's catalog: ``ML_SCHEMA_<user>.MODEL_CATALOG`` and ``MODEL_OBJECT_CATALOG``, with HeatWave's columns."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, text

from models.sql.errors import MlError
from models.sql.names import quote

__all__ = ["Catalog", "Entry", "decoded", "pieces_of"]

CHUNK = 2 * 2**20
"""Characters of a model in one row: quoted and as UTF-8 still below MariaDB's ``max_allowed_packet`` of 16 MiB."""
FORMAT = "HWMLv2.0"
LONGEST = 255
"""Characters of a handle, in HeatWave's catalog."""


@dataclass(frozen=True)
class Entry:
    """What the catalog says of one model."""

    handle: str
    task: str
    target: str | None
    metadata: dict[str, Any]
    explanation: dict[str, Any]

    @property
    def status(self) -> str:
        """Creating, Ready or Error."""
        return str(self.metadata.get("status", "Ready"))


def decoded(value: Any) -> Any:
    """A JSON column as Python has it: MySQL and MariaDB both hand out its text."""
    return orjson.loads(value) if isinstance(value, (str, bytes)) and value else value


def _object(value: Any) -> dict[str, Any]:
    """A JSON object of a row that its owner may have changed."""
    found = decoded(value)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode()


@dataclass(frozen=True)
class Catalog:
    """The models of one user."""

    engine: Engine
    owner: str

    @property
    def home(self) -> str:
        """The schema, quoted."""
        return quote(f"ML_SCHEMA_{self.owner}").replace(":", "\\:")

    def entry(self, handle: str | None) -> Entry:
        """Raises `MlError` naming the handle."""
        with self.engine.begin() as connection:
            row = connection.execute(
                text(
                    "SELECT task, target_column_name, model_metadata, model_explanation "  # noqa: S608
                    f"FROM {self.home}.MODEL_CATALOG WHERE model_handle = :handle"
                ),
                {"handle": handle},
            ).first()
            if row is None:
                raise MlError(f"no model {handle!r} in ML_SCHEMA_{self.owner}.MODEL_CATALOG; train it with ML_TRAIN")
            connection.execute(
                text(
                    f"UPDATE {self.home}.MODEL_CATALOG SET last_accessed = CURRENT_TIMESTAMP "  # noqa: S608
                    "WHERE model_handle = :handle"
                ),
                {"handle": handle},
            )
        return Entry(str(handle), str(row[0]), row[1], _object(row[2]), _object(row[3]))

    def begin(self, handle: str, table: Any, target: Any, task: str, notes: Any, lock: str) -> None:
        """A row whose model is being made by whoever holds a lock. Raises `MlError` where the handle is taken."""
        if len(handle) > LONGEST:
            raise MlError(f"model handle {handle[:40]!r}… has {len(handle)} characters; give at most {LONGEST}")
        metadata = {"task": task, "train_table_name": table, "target_column_name": target, "status": "Creating"}
        with self.engine.begin() as connection:
            # What a training that failed left behind is no model; one that still runs holds its lock.
            connection.execute(
                text(
                    f"DELETE FROM {self.home}.MODEL_CATALOG WHERE model_handle = :handle AND "  # noqa: S608
                    "(JSON_UNQUOTE(JSON_EXTRACT(model_metadata, '$.status')) = 'Error' OR "
                    "(JSON_UNQUOTE(JSON_EXTRACT(model_metadata, '$.status')) = 'Creating' AND COALESCE("
                    "IS_USED_LOCK(COALESCE(JSON_UNQUOTE(JSON_EXTRACT(model_metadata, '$.lock')), 'none')), 0) "
                    "IN (0, COALESCE(IS_USED_LOCK(:lock), 0))))"
                ),
                {"handle": handle, "lock": lock},
            )
            inserted = connection.execute(
                text(
                    f"INSERT INTO {self.home}.MODEL_CATALOG (model_handle, model_owner, train_table_name, "  # noqa: S608
                    "target_column_name, task, model_metadata, notes) SELECT :handle, :owner, :table, :target, :task, "
                    ":metadata, :notes FROM (SELECT 1) AS one "
                    f"WHERE NOT EXISTS (SELECT 1 FROM {self.home}.MODEL_CATALOG WHERE model_handle = :handle)"
                ),
                {
                    "handle": handle,
                    "owner": self.owner,
                    "table": table and str(table)[:255],
                    "target": target and str(target)[:64],
                    "task": task,
                    "metadata": _text(metadata | {"lock": lock}),
                    "notes": notes if notes is None or isinstance(notes, str) else _text(notes),
                },
            ).rowcount
        if not inserted:
            raise MlError(f"model handle {handle!r} exists; choose another, or delete its row of MODEL_CATALOG")

    def finish(self, handle: str, model: str, metadata: Mapping[str, Any], explanation: Mapping[str, Any]) -> None:
        """The finished model. ``metadata``: fields of HeatWave's ``model_metadata``."""
        pieces = list(pieces_of(model))
        whole = dict(metadata) | {
            "status": "Ready",
            "format": metadata.get("format", FORMAT),
            "build_timestamp": int(time.time()),
            "model_explanation": dict(explanation),
            "chunks": len(pieces),
        }
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    f"UPDATE {self.home}.MODEL_CATALOG SET build_timestamp = :built, model_object_size = :size, "  # noqa: S608
                    "model_type = :kind, task = :task, column_names = :columns, model_explanation = :explanation, "
                    "last_accessed = CURRENT_TIMESTAMP, model_metadata = :metadata WHERE model_handle = :handle"
                ),
                {
                    "built": whole["build_timestamp"],
                    "size": len(model.encode()),
                    "kind": whole.get("algorithm_name"),
                    "task": whole.get("task"),
                    "columns": _text(whole.get("column_names", [])),
                    "explanation": _text(explanation),
                    "metadata": _text(whole),
                    "handle": handle,
                },
            )
            self._store(connection, handle, pieces)

    def explained(self, handle: str, explanation: Mapping[str, Any], model: str | None = None) -> None:
        """Add to what explains a model; with ``model``, the model itself is kept anew."""
        entry = self.entry(handle)
        found = entry.explanation | dict(explanation)
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    f"UPDATE {self.home}.MODEL_CATALOG SET model_explanation = :found, model_metadata = :metadata "  # noqa: S608
                    "WHERE model_handle = :handle"
                ),
                {
                    "found": _text(found),
                    "metadata": _text(entry.metadata | {"model_explanation": found}),
                    "handle": handle,
                },
            )
            if model is not None:
                self._store(connection, handle, list(pieces_of(model)))

    def note(self, handle: str, name: str, value: Any) -> None:
        """One more field of ``model_metadata``."""
        metadata = self.entry(handle).metadata | {name: value}
        with self.engine.begin() as connection:
            connection.execute(
                text(f"UPDATE {self.home}.MODEL_CATALOG SET model_metadata = :metadata WHERE model_handle = :handle"),  # noqa: S608
                {"metadata": _text(metadata), "handle": handle},
            )

    def failed(self, handle: str, why: str) -> None:
        """A training that ended in an error: the row stays and says why, as HeatWave's does."""
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    f"UPDATE {self.home}.MODEL_CATALOG SET model_metadata = JSON_SET(model_metadata, '$.status', "  # noqa: S608
                    "'Error', '$.notes', :why) WHERE model_handle = :handle"
                ),
                {"why": why, "handle": handle},
            )

    def withdraw(self, handle: str) -> None:
        """Take out a row whose training was cancelled."""
        with self.engine.begin() as connection:
            connection.execute(
                text(f"DELETE FROM {self.home}.MODEL_CATALOG WHERE model_handle = :handle"),  # noqa: S608
                {"handle": handle},
            )

    def object(self, handle: str) -> str:
        """A model's text. Raises `MlError` where there is none."""
        with self.engine.connect() as connection:
            pieces = connection.execute(
                text(
                    f"SELECT model_object FROM {self.home}.MODEL_OBJECT_CATALOG WHERE model_handle = :handle "  # noqa: S608
                    "ORDER BY chunk_id"
                ),
                {"handle": handle},
            ).scalars()
            model = "".join(piece or "" for piece in pieces)
        if not model:
            raise MlError(f"model {handle!r} has no object in MODEL_OBJECT_CATALOG; train it again")
        return model

    def _store(self, connection: Connection, handle: str, pieces: list[str]) -> None:
        connection.execute(
            text(f"DELETE FROM {self.home}.MODEL_OBJECT_CATALOG WHERE model_handle = :handle"),  # noqa: S608
            {"handle": handle},
        )
        for number, piece in enumerate(pieces, start=1):
            connection.execute(
                text(
                    f"INSERT INTO {self.home}.MODEL_OBJECT_CATALOG (chunk_id, model_handle, model_object) "  # noqa: S608
                    "VALUES (:number, :handle, :piece)"
                ),
                {"number": number, "handle": handle, "piece": piece},
            )


def pieces_of(model: str) -> Iterator[str]:
    """A text in rows that every server takes."""
    for first in range(0, len(model), CHUNK):
        yield model[first : first + CHUNK]
