"""Where a study's table comes from: a CSV or Parquet file, or a table of the database."""

import csv
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow
from pyarrow import parquet
from sqlalchemy import Engine, MetaData, Table, inspect, select

from ingest.errors import StudyError, nearest
from models.study.data import Excluded, Notice, StudyData, TooLittle, prepare
from models.study.spec import StudySpec

__all__ = ["Excluded", "HasEngine", "Notice", "StudyData", "TooLittle", "load_spec", "load_table", "prepare"]

ENCODINGS = ("utf-8-sig", "cp932")
"""What plants write: UTF-8 with or without a mark, and what Japanese Excel calls CSV."""


class HasEngine(Protocol):
    """The part of a store that reading a table needs."""

    @property
    def engine(self) -> Engine: ...


def load_spec(path: Path) -> StudySpec:
    """Read STUDY.toml. Raises `StudyError`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such study file; docs/rank.md shows one") from None
    except IsADirectoryError:
        raise StudyError(f"{path}: is a directory; name the study's TOML file") from None
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path}: not valid TOML: {error}") from None
    return StudySpec.parse(content, str(path))


def load_table(source: str, store_factory: Callable[[], HasEngine] | None = None) -> pd.DataFrame:
    """The table that ``source`` names: a ``.csv``, ``.tsv`` or ``.parquet`` file, ``db:table`` or ``db:schema.table``.

    ``store_factory`` opens the database, and is only called for ``db:``. Raises `StudyError` for a table that is
    missing, unreadable or empty.
    """
    if source.startswith("db:"):
        frame = _from_database(source, store_factory)
    else:
        path = Path(source)
        if not path.exists():
            raise StudyError(f"{path}: no such table; give a CSV or Parquet file, or db:schema.table")
        if path.is_dir():
            raise StudyError(f"{path}: is a directory; give a CSV or Parquet file")
        frame = _parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _csv(path)
    if len(frame) == 0:
        raise StudyError(f"{source}: the table has no rows; a study needs one row per unit")
    return frame


def _parquet(path: Path) -> pd.DataFrame:
    try:
        with parquet.ParquetFile(path) as file:
            frame: pd.DataFrame = file.read().to_pandas()
    except (pyarrow.ArrowException, OSError) as error:
        raise StudyError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    # A named index is a column that whoever wrote the file happened to index by.
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(level=named) if named else frame


def _csv(path: Path) -> pd.DataFrame:
    raw = path.read_bytes()
    if not raw.strip():
        raise StudyError(f"{path}: the file is empty; its first line should name the columns")
    if b"\0" in raw[:4096]:
        raise StudyError(f"{path}: is not a text file; give CSV as UTF-8, or Parquet with the ending .parquet")
    encoding = next((name for name in ENCODINGS if _decodes(raw, name)), None)
    if encoding is None:
        raise StudyError(f"{path}: neither UTF-8 nor Shift-JIS (cp932); save the file as UTF-8")
    try:
        text = raw.decode(encoding)
        separator = _separator(text)
        decimal = _decimal(text, separator)
        frame = pd.read_csv(path, sep=separator, decimal=decimal, encoding=encoding, low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise StudyError(f"{path}: not a readable CSV file ({str(error).strip().splitlines()[0]})") from None
    if not frame.index.equals(pd.RangeIndex(len(frame))):
        # pandas takes the first fields for an index, and every name would stand over its neighbour's values.
        raise StudyError(
            f"{path}: the rows hold more fields than the header's {frame.shape[1]} names; name every column, or remove "
            "the separator at the end of the rows"
        )
    return frame


def _decimal(text: str, separator: str) -> str:
    """The decimal sign: a comma where cells such as ``12,5`` stand and none such as ``12.5``."""
    if separator == ",":
        return "."
    cells = [cell.strip() for line in text.splitlines()[1:50] for cell in line.split(separator)]
    commas, points = (any(re.fullmatch(rf"[+-]?\d+{sign}\d+", cell) for cell in cells) for sign in (",", r"\."))
    return "," if commas and not points else "."


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _separator(text: str) -> str:
    """The one of ``, ; tab`` that splits the header into most names, quotes respected."""
    header = text.lstrip().splitlines()[:1]
    counts = {separator: len(next(csv.reader(header, delimiter=separator), [])) for separator in (",", ";", "\t")}
    return max(counts, key=lambda separator: counts[separator])


def _from_database(source: str, store_factory: Callable[[], HasEngine] | None) -> pd.DataFrame:
    if store_factory is None:
        raise StudyError(f"{source}: no database is configured; set database.url, or give a file")
    name = source.removeprefix("db:")
    schema, _, table = name.rpartition(".")
    engine = store_factory().engine
    with engine.connect() as connection:
        inspector = inspect(connection)
        if schema and schema not in inspector.get_schema_names():
            raise StudyError(f"{source}: no schema {schema!r}; {nearest(schema, inspector.get_schema_names())}")
        known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
        if table not in known:
            raise StudyError(f"{source}: no table {table!r}; {nearest(table, known)}")
        reflected = Table(table, MetaData(), schema=schema or None, autoload_with=connection)
        rows = connection.execute(select(reflected))
        columns: list[Any] = list(rows.keys())
        return pd.DataFrame(rows.all(), columns=columns)
