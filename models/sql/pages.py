"""A table in pages of rows, in the order of a whole-number key: memory stays flat, however long the table."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd
from sqlalchemy import Engine

from models.sql.names import Name
from models.study.database import Reader

__all__ = ["Keyed", "ahead", "pages"]

Item = TypeVar("Item")


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


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items; the next one is being fetched while the last one is worked on."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item
