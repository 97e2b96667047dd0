"""Tables as a file of SQL that any client of MySQL or MariaDB runs. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from simulators.visits import Table

__all__ = ["sql_of"]

BATCH = 500
"""Rows of one INSERT: well below what servers take at once."""


def sql_of(schema: str, tables: Iterable[Table]) -> Iterator[str]:
    """Statements that make the schema anew, each ended by a semicolon and a line break.

    >>> list(sql_of("s", [Table("t", {"a": "INT", "b": "TEXT"}, [(1, "it's"), (2, None)])]))[-1]
    "INSERT INTO s.t VALUES\\n(1,'it''s'),\\n(2,NULL);\\n"
    """
    yield f"DROP SCHEMA IF EXISTS {schema};\n"
    yield f"CREATE SCHEMA {schema} CHARACTER SET utf8mb4;\n"
    for table in tables:
        columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
        yield f"CREATE TABLE {schema}.{table.name} ({columns});\n"
        for first in range(0, len(table.rows), BATCH):
            rows = ",\n".join(f"({','.join(map(_literal, row))})" for row in table.rows[first : first + BATCH])
            yield f"INSERT INTO {schema}.{table.name} VALUES\n{rows};\n"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return repr(value)
    text = value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"
