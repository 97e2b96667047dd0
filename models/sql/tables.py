"""The input of a table routine: its columns and key as the server has them, and where its rows are read in pages."""

from dataclasses import dataclass

import orjson
from sqlalchemy import text

from models.sql.bench import Bench
from models.sql.names import Name, quote
from models.sql.pages import Keyed
from models.sql.queue import LEFT

__all__ = ["AUTO_KEY", "BATCH", "Shape", "has", "shape_of", "source_of"]

AUTO_KEY = "_4aad19ca6e_pk_id"
"""The key that an output table gets where its input has none; HeatWave's name."""
BATCH = 20_000
"""Rows in hand at once: some ten megabytes."""
WHOLE = ("tinyint", "smallint", "mediumint", "int", "bigint")


@dataclass(frozen=True)
class Shape:
    """The input: its columns, in order, its primary key, and whether pages can follow that key."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    paged: bool


def has(columns: tuple[str, ...], name: str) -> bool:
    """Is there a column of this name? Servers do not tell large letters from small ones in it."""
    return any(column.lower() == name.lower() for column in columns)


def shape_of(bench: Bench) -> Shape:
    """The input's columns through the view; its key as the caller sees it."""
    with bench.engine.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = :schema "
                "AND TABLE_NAME = :view ORDER BY ORDINAL_POSITION"
            ),
            {"schema": bench.queue.tables, "view": bench.queue.view(bench.job)},
        ).all()
    types = {str(name): str(kind).lower() for name, kind in columns}
    key = tuple(str(name) for name in orjson.loads(bench.args.get("key") or "[]"))
    if not set(key) <= types.keys():
        key = ()  # a column of the key is invisible: the rest is none
    return Shape(tuple(types), key, len(key) == 1 and types[key[0]] in WHOLE)


def source_of(bench: Bench, shape: Shape) -> Keyed:
    """Where pages are read: the view by the input's own key, or a copy with a key of its own."""
    view = Name(bench.queue.tables, bench.queue.view(bench.job))
    if shape.paged and _largest(bench, view, shape.key[0]) < 2**63:
        return Keyed(view, shape.key[0], copied=False)
    schema, table = bench.queue.staging(bench.job)
    copy = Name(schema, table + LEFT["copy"])
    key = AUTO_KEY if not has(shape.columns, AUTO_KEY) else f"{AUTO_KEY}_"
    with bench.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {copy.quoted}".replace("%", "%%"))  # of a worker that died
        connection.exec_driver_sql(
            f"CREATE TABLE {copy.quoted} ({quote(key)} BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY) "  # noqa: S608
            f"AS SELECT * FROM {view.quoted}".replace("%", "%%")
        )
    return Keyed(copy, key, copied=True)


def _largest(bench: Bench, view: Name, key: str) -> int:
    """The last key: an unsigned one may be more than the key of our staging tables holds."""
    with bench.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT MAX({quote(key)}) FROM {view.quoted}".replace("%", "%%"))  # noqa: S608
        return int(found.scalar() or 0)
