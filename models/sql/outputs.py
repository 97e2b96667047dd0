"""The output table of a call: the rows of its input, and results beside them.

Results wait, with the keys of their rows, in a staging table of the caller's own schema. The caller's call takes them
from there while the worker goes on, with the caller's rights, in portions, into a table that bears the output's name
when it is whole: the input's columns never leave the server, and nobody sees a half-filled output.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from models.sql.answers import Answered
from models.sql.bench import Bench
from models.sql.bulk import Writer
from models.sql.errors import MlError
from models.sql.names import Name, quote
from models.sql.queue import LEFT
from models.sql.tables import AUTO_KEY, Shape, has, source_of

__all__ = ["Output"]

MOST_COLUMNS = 1_017
"""Of a table, in InnoDB."""


class Output:
    """Where results go. Raises `MlError` where the input has a column that they need."""

    def __init__(self, bench: Bench, shape: Shape) -> None:
        self.bench, self.shape = bench, shape
        self.name = Name.parse(str(bench.args["output"]))
        self.same = self.name == bench.table
        """Input and output are one table, which the call has given a key."""
        self._free(("Prediction", "ml_results", AUTO_KEY))
        self.source = source_of(bench, shape)
        schema, self._staging = bench.queue.staging(bench.job)
        self._made = Name(schema, self._staging + LEFT["made"])
        self._schema = schema
        self._writer: Writer | None = None

    def write(self, keys: pd.Series, found: Answered) -> None:
        """Results of rows, in the order of their keys; the first ones say which columns there are."""
        writer = self._started(found.types)
        if len(keys):
            writer.write(keys, found.columns)

    def finish(self) -> list[str]:
        """What the caller does last. Something must have been written, if only no rows."""
        assert self._writer is not None
        self._writer.finish()
        staging = self._writer.name.quoted
        last = self._filled() if self.same else [f"RENAME TABLE {self._made.quoted} TO {self.name.quoted}"]
        copied = [f"DROP TABLE {self.source.table.quoted}"] if self.source.copied else []
        return [*last, f"DROP TABLE {staging}", *copied]

    def _started(self, types: Mapping[str, str]) -> Writer:
        if self._writer is None:
            fitting = _fitting(types, len(self.shape.columns))
            self._free(fitting)
            taken = (lambda first, last: None) if self.same else self._take
            self._writer = Writer(self.bench.engine, self._schema, self._staging, fitting, taken)
            if not self.same:
                self._leave(f"DROP TABLE IF EXISTS {self._made.quoted}")
                self._leave(self._create(self._writer))
        return self._writer

    def _leave(self, statement: str) -> None:
        self.bench.queue.leave(self.bench.job, statement)

    def _columns(self, writer: Writer) -> tuple[str, str]:
        """The output's columns, and what each is filled with."""
        own = [AUTO_KEY] if not self.shape.key else []
        keys = [f"i.{quote(self.source.key)} AS {quote(AUTO_KEY)}"] if not self.shape.key else []
        given = [f"i.{quote(column)}" for column in self.shape.columns]
        results = [f"r.{quote(column)}" for column in writer.types]
        names = [*own, *self.shape.columns, *writer.types]
        return ", ".join(map(quote, names)), ", ".join([*keys, *given, *results])

    def _joined(self, writer: Writer) -> str:
        table = self.source.table if self.source.copied else self.bench.table
        # Results are looked up by their key: a scan of theirs would wait for those that are just being written.
        return (
            f"{table.quoted} AS i STRAIGHT_JOIN {writer.name.quoted} AS r "
            f"ON r.{quote(writer.key)} = i.{quote(self.source.key)}"
        )

    def _create(self, writer: Writer) -> str:
        """The output without rows: columns and types as the server has them."""
        key, auto = ", ".join(map(quote, self.shape.key)), ""
        if not self.shape.key:
            key, auto = quote(AUTO_KEY), f"{quote(AUTO_KEY)} BIGINT NOT NULL AUTO_INCREMENT, "
        _, filled = self._columns(writer)
        return (
            f"CREATE TABLE {self._made.quoted} ({auto}PRIMARY KEY ({key})) AS SELECT {filled} "  # noqa: S608
            f"FROM {self._joined(writer)} LIMIT 0"
        )

    def _take(self, first: int, last: int) -> None:
        """Results from one key to another are there: the caller takes them."""
        assert self._writer is not None
        names, filled = self._columns(self._writer)
        key = f"i.{quote(self.source.key)}"
        self._leave(
            f"INSERT INTO {self._made.quoted} ({names}) SELECT {filled} FROM {self._joined(self._writer)} "  # noqa: S608
            f"WHERE {key} BETWEEN {first} AND {last} ORDER BY {key}"
        )

    def _filled(self) -> list[str]:
        """The results become columns of the input."""
        assert self._writer is not None
        types, table = self._writer.types, self.bench.table.quoted
        added = ", ".join(f"ADD COLUMN {quote(name)} {kind}" for name, kind in types.items())
        filled = ", ".join(f"i.{quote(name)} = r.{quote(name)}" for name in types)
        return [
            f"ALTER TABLE {table} {added}",
            f"UPDATE {table} AS i JOIN {self._writer.name.quoted} AS r "  # noqa: S608
            f"ON r.{quote(self._writer.key)} = i.{quote(self.source.key)} SET {filled}",
        ]

    def _free(self, added: Iterable[str]) -> None:
        """The columns that are added must not be there. Raises `MlError`."""
        taken = [column for column in added if has(self.shape.columns, column)]
        if AUTO_KEY in taken and self.shape.key == (AUTO_KEY,):
            taken.remove(AUTO_KEY)
        if taken:
            raise MlError(f"the input has a column {taken[0]!r} already, which the output gets; rename or drop it")


def _fitting(types: Mapping[str, str], others: int) -> dict[str, str]:
    """The columns of answers beside ``others`` and a key: the last attributions go where the table would have too many;
    ``ml_results`` has them all.

    >>> list(_fitting({"Prediction": "TEXT", "a_attribution": "DOUBLE", "b_attribution": "DOUBLE"}, 1014))
    ['Prediction', 'a_attribution']
    """
    over = len(types) + others + 1 - MOST_COLUMNS
    columns = [name for name in types if name.endswith("_attribution")]
    dropped = columns[len(columns) - over :] if over > 0 else []
    return {name: kind for name, kind in types.items() if name not in dropped}
