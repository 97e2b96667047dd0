"""A table in pages of rows, in the order of a whole-number key: memory stays flat, however long the table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Engine

from models.sql.names import Name
from models.study.database import Reader

__all__ = ["Keyed", "pages"]


@dataclass(frozen=True)
class Keyed:
    """A table or view and the column whose order its pages follow. ``copied``: it is a copy of ours."""

    table: Name
    key: str
    copied: bool


def pages(engine: Engine, source: Keyed, columns: Sequence[str], size: int) -> Iterator[tuple[pd.Series, pd.DataFrame]]:
    """Keys and columns of ``size`` rows at a time."""
    reader = Reader.of(engine, source.table.table, source.table.schema, {source.key, *columns})
    after: int | None = None
    while True:
        frame = reader.page(source.key, after, size)
        if not len(frame):
            return
        keys = frame[source.key]
        yield keys, frame[list(columns)]
        if len(frame) < size:
            return
        after = int(keys.iloc[-1])
