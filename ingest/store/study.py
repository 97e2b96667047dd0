"""Study tables: real tables named ``study_<name>``, one row per unit, made and grown from checked names only."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Column, Connection, MetaData, String, Table, delete, func, inspect, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.schema import CreateColumn
from sqlalchemy.types import TypeEngine

from ingest.errors import StudyError
from ingest.store.engine import Store
from ingest.store.schema import TABLE, Double, Moment, metadata, study_table, verdict
from ingest.store.schema import unit as unit_table

__all__ = [
    "Progress",
    "StudyColumn",
    "built",
    "count_rows",
    "ensure",
    "progress",
    "table_name",
    "unserialised_verdicts",
    "upsert",
    "write_rows",
]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_TYPES: dict[str, TypeEngine[Any]] = {"number": Double, "text": String(191), "moment": Moment()}


@dataclass(frozen=True, slots=True)
class StudyColumn:
    """A column of a study table, and what it means."""

    name: str
    kind: Literal["number", "text", "moment"]
    factor: str | None = None
    """The factor it belongs to; none for keys, groups and the verdict."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a study table has been built."""

    unit_seq: int = 0
    verdict_seq: int = 0
    built_until: datetime | None = None
    rows: int = 0
    columns: tuple[StudyColumn, ...] = ()


def table_name(study: str) -> str:
    """The study's table; raises `StudyError` for a name that is no plain identifier."""
    if not _NAME.fullmatch(study):
        raise StudyError(f"study {study!r}: a name is a letter, then letters, digits and _, 48 characters at most")
    name = f"study_{study}"
    if name.lower() in metadata.tables:
        raise StudyError(f"study {study!r}: its table would be {name!r}, which is Genba's own; rename the study")
    return name


def _table(study: str, columns: Sequence[StudyColumn]) -> Table:
    for column in columns:
        if not _COLUMN.fullmatch(column.name):
            raise StudyError(f"study {study!r}: column {column.name!r} is no plain identifier; rename the signal")
    return Table(
        table_name(study),
        MetaData(),
        Column("serial", String(120), primary_key=True),
        *(Column(column.name, _TYPES[column.kind]) for column in columns),
        **TABLE,
    )


def ensure(store: Store, study: str, columns: Sequence[StudyColumn]) -> Table:
    """The study's table, created or grown by the columns it lacks. Columns are never dropped.

    Where somebody dropped the table its progress is forgotten too, so that all of it is built again. Raises
    `StudyError` where a column holds another kind of value than it shall.
    """
    table = _table(study, columns)
    if not inspect(store.engine).has_table(table.name):
        with store.begin() as connection:
            connection.execute(delete(study_table).where(study_table.c.study == study))
        table.create(store.engine, checkfirst=True)
    held = {column.name: column.kind for column in progress(store, study).columns}
    for wanted in columns:
        if (kind := held.get(wanted.name, wanted.kind)) != wanted.kind:
            raise StudyError(
                f"study {study!r}: column {wanted.name!r} holds a {kind} and shall hold a {wanted.kind}; "
                f"rename the signal, or drop table {table.name} to have it built anew"
            )
    present = {column["name"] for column in inspect(store.engine).get_columns(table.name)}
    missing = [column for column in table.columns if column.name not in present]
    if missing:
        quoted = store.engine.dialect.identifier_preparer.format_table(table)
        with store.begin() as connection:
            for column in missing:
                clause = CreateColumn(column).compile(dialect=store.engine.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {quoted} ADD COLUMN {clause}")
    return table


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one whose key exists takes the new values."""
    if not rows:
        return
    keys = {column.name for column in table.primary_key}
    if connection.dialect.name == "sqlite":
        lite = sqlite.insert(table)
        connection.execute(
            lite.on_conflict_do_update(
                index_elements=sorted(keys),
                set_={column.name: lite.excluded[column.name] for column in table.columns if column.name not in keys},
            ),
            list(rows),
        )
        return
    mine = mysql.insert(table)
    connection.execute(
        mine.on_duplicate_key_update(
            {column.name: mine.inserted[column.name] for column in table.columns if column.name not in keys}
        ),
        list(rows),
    )


def progress(store: Store, study: str) -> Progress:
    """How far the study has been built; all zero for a new one."""
    with store.connect() as connection:
        row = connection.execute(select(study_table).where(study_table.c.study == study)).first()
    if row is None:
        return Progress()
    columns = tuple(StudyColumn(**column) for column in orjson.loads(row.columns))
    return Progress(row.unit_seq, row.verdict_seq, row.built_until, row.rows, columns)


def write_rows(
    store: Store,
    study: str,
    columns: Sequence[StudyColumn],
    rows: Sequence[Mapping[str, Any]],
    reached: Progress,
) -> None:
    """Write rows and the progress they stand for in one transaction."""
    table = _table(study, columns)
    with store.begin() as connection:
        for start in range(0, len(rows), 1000):
            upsert(connection, table, rows[start : start + 1000])
        upsert(
            connection,
            study_table,
            [
                {
                    "study": study,
                    "table_name": table.name,
                    "columns": orjson.dumps([asdict(column) for column in columns]).decode(),
                    "unit_seq": reached.unit_seq,
                    "verdict_seq": reached.verdict_seq,
                    "built_until": reached.built_until,
                    "rows": reached.rows,
                    "updated_at": datetime.now(UTC),
                }
            ],
        )


def count_rows(store: Store, study: str, columns: Sequence[StudyColumn]) -> int:
    """How many units the study table holds."""
    table = _table(study, columns)
    with store.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def built(store: Store, study: str) -> Progress:
    """How far the study has been built. Raises `StudyError` when it never was."""
    known = progress(store, study)
    if not known.columns:
        raise StudyError(f"study {study!r} has no table yet; run `genba study build {study}`")
    return known


def unserialised_verdicts(
    store: Store, line: str, start: datetime, end: datetime
) -> list[tuple[str, datetime, datetime, str]]:
    """Verdicts without a serial number, matched to the unit that was being made: (serial, made_at, judged_at, verdict).

    A verdict belongs to the unit whose time, from ``started`` to ``finished``, holds ``made_at``; where several do, to
    the one that finished first. ``made_at`` from ``start`` to before ``end``.
    """
    with store.connect() as connection:
        found = connection.execute(
            select(verdict.c.made_at, verdict.c.judged_at, verdict.c.verdict, unit_table.c.serial)
            .join(
                unit_table,
                (unit_table.c.line == verdict.c.line)
                & (unit_table.c.started <= verdict.c.made_at)
                & (unit_table.c.finished >= verdict.c.made_at),
            )
            .where(verdict.c.line == line, verdict.c.serial == "", verdict.c.made_at >= start, verdict.c.made_at < end)
            .order_by(verdict.c.made_at, unit_table.c.finished)
        ).all()
    first: dict[tuple[datetime, datetime, str], tuple[str, datetime, datetime, str]] = {}
    for row in found:
        first.setdefault(
            (row.made_at, row.judged_at, row.verdict), (row.serial, row.made_at, row.judged_at, row.verdict)
        )
    return list(first.values())
