"""What a database says about itself and does with our values. Facts only: `ingest.doctor` judges them.

`clock`, `session` and `flushing` ask a server; SQLite has neither a clock nor settings of its own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select, text

from ingest.store.engine import Store
from ingest.store.schema import signal

__all__ = ["Session", "clock", "flushing", "round_trip", "session", "version"]


@dataclass(frozen=True, slots=True)
class Session:
    """What a connection of ours works under, as the server spells it."""

    sql_mode: str
    time_zone: str
    character_set: str


def version(store: Store) -> tuple[int, ...]:
    """The version of the server, or of SQLite: ``(10, 11, 6)``."""
    found = store.engine.dialect.server_version_info or ()
    return tuple(part for part in found if isinstance(part, int))


def clock(store: Store) -> datetime:
    """The server's present time, aware UTC."""
    return datetime.fromisoformat(_variables(store, "UTC_TIMESTAMP(6)")[0]).replace(tzinfo=UTC)


def session(store: Store) -> Session:
    """What the server keeps to while it talks to us."""
    names = ("sql_mode", "time_zone", "character_set_connection")
    return Session(*_variables(store, *(f"@@SESSION.{name}" for name in names)))


def flushing(store: Store) -> str:
    """``innodb_flush_log_at_trx_commit`` of the server: with ``1`` every commit reaches the disk."""
    return _variables(store, "@@GLOBAL.innodb_flush_log_at_trx_commit")[0]


def round_trip(store: Store, words: str, number: float) -> tuple[str, float | None]:
    """Text and a double as they come back from a table of ours. They are rolled back: nobody else sees them."""
    row = {"address": "genba-doctor", "unit": words, "last_value": number}
    with store.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(insert(signal).values(row))
        query = select(signal.c.unit, signal.c.last_value).where(signal.c.address == row["address"])
        unit, value = connection.execute(query).one()
        transaction.rollback()
    return unit, value


def _variables(store: Store, *names: str) -> tuple[str, ...]:
    """The server's word for each; no name comes from outside."""
    with store.connect() as connection:
        return tuple(str(value) for value in connection.execute(text(f"SELECT {', '.join(names)}")).one())
