"""Results of many rows into a staging table: large statements, written as text by columns rather than row by row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import orjson
import pandas as pd
from pymysql.converters import escape_string
from sqlalchemy import Engine

from models.sql.answers import Column
from models.sql.names import Name, quote

__all__ = ["Writer"]

ROWS = 5_000
"""Rows of one statement, at most: more make it no faster."""
LETTERS = 4 * 2**20
"""Characters of one statement: as UTF-8 below MariaDB's ``max_allowed_packet`` of 16 MiB."""
KEY = "genba_key"


class Writer:
    """A staging table with a whole-number key. ``types``: column to its SQL type, none of them named like the key."""

    key = KEY

    def __init__(
        self,
        engine: Engine,
        schema: str,
        table: str,
        types: Mapping[str, str],
        written: Callable[[int, int], None] = lambda first, last: None,
    ) -> None:
        """``written`` is told the first and the last key of rows that are there, whenever some are."""
        self.engine, self.name, self.types, self.written = engine, Name(schema, table), dict(types), written
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._last: Future[None] | None = None
        columns = ", ".join(f"{quote(name)} {kind}" for name, kind in types.items())
        with engine.begin() as connection:
            # One is there where a worker has died over the same job.
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {self.name.quoted}".replace("%", "%%"))
            connection.exec_driver_sql(
                f"CREATE TABLE {self.name.quoted} ({quote(KEY)} BIGINT NOT NULL PRIMARY KEY, {columns}) "
                "ENGINE = InnoDB CHARACTER SET utf8mb4".replace("%", "%%")
            )

    def write(self, keys: pd.Series, columns: Mapping[str, Column]) -> None:
        """Append rows, while the caller goes on to the next ones; at the end `finish` waits for the last.

        Text is quoted by the driver's own rule; numbers that are no numbers become NULL.
        """
        if self._last is not None:
            self._last.result()
        self._last = self._pool.submit(self._insert, keys, columns)

    def finish(self) -> None:
        """Every row is there, or whatever went wrong is raised."""
        self._pool.shutdown()
        if self._last is not None:
            self._last.result()

    def _insert(self, keys: pd.Series, columns: Mapping[str, Column]) -> None:
        written = [_numbers(keys.to_numpy()), *(_written(columns[name]) for name in self.types)]
        names = ", ".join(map(quote, (KEY, *self.types)))
        rows = ["(" + ",".join(row) + ")" for row in zip(*written, strict=True)]
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            for values in _portions(rows):
                cursor.execute(f"INSERT INTO {self.name.quoted} ({names}) VALUES {values}")  # noqa: S608
            raw.commit()
        finally:
            raw.close()
        self.written(int(keys.iloc[0]), int(keys.iloc[-1]))


def _portions(rows: Sequence[str]) -> Iterator[str]:
    """Rows of one statement after the other."""
    first = size = 0
    for place, row in enumerate(rows):
        if place - first == ROWS or (size and size + len(row) > LETTERS):
            yield ",".join(rows[first:place])
            first, size = place, 0
        size += len(row)
    if first < len(rows):
        yield ",".join(rows[first:])


def _written(values: Column) -> list[str]:
    array = np.asarray(values) if not isinstance(values, list) else None
    if array is not None and array.dtype.kind in "iufb":
        return _numbers(array)
    return [_word(value) for value in values]


def _numbers(array: "np.ndarray[Any, Any]") -> list[str]:
    """As JSON has them, which writes ``null`` for what is no number: far quicker than one by one."""
    return orjson.dumps(np.ascontiguousarray(array), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].decode().split(",")


def _word(value: Any) -> str:
    if value is None or value != value:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + escape_string(str(value)) + "'"
