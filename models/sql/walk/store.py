"""Rows of models into the database; they go with their row in ``loaded``. An edge: `walk_of` makes the rows."""

from typing import Any, Protocol

from models.sql.names import quote
from models.sql.walk.rows import TABLES, Walk

__all__ = ["Cursor", "store"]

_AT_ONCE = 2_000
"""Rows of one INSERT: some hundred kilobytes, less than any server's packet limit."""


class Cursor(Protocol):
    """What is used of a driver's cursor, such as PyMySQL's."""

    def execute(self, query: str, args: Any = None) -> Any:
        """Run one statement."""
        ...


def store(cursor: Cursor, tables: str, model_no: int, walk: Walk) -> None:
    """Write a model's rows; its row in ``loaded`` must be there. The caller commits."""
    for table, rows in walk.rows.items():
        names = ", ".join(quote(name) for name in ("model_no", *TABLES[table]))
        marks = "(" + ", ".join(["%s"] * (len(TABLES[table]) + 1)) + ")"
        into = f"INSERT INTO {quote(tables)}.{quote(table)} ({names}) VALUES "  # noqa: S608 - names are quoted
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            values = [value for row in some for value in (model_no, *row)]
            cursor.execute(into + ", ".join([marks] * len(some)), values)
