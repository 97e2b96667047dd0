"""Where a study's table comes from: a CSV or Parquet file, or a table of the database."""

import codecs
import csv
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow
from pyarrow import csv as arrow_csv
from pyarrow import parquet
from sqlalchemy import Engine, inspect

from ingest.errors import StudyError, nearest
from models.study.data import Excluded, Notice, StudyData, TooLittle, prepare
from models.study.database import frame_of, read_table
from models.study.spec import StudySpec

__all__ = ["Excluded", "HasEngine", "Notice", "StudyData", "TooLittle", "load_spec", "load_table", "prepare"]

ENCODINGS = ("utf-8-sig", "cp932")
"""What plants write: UTF-8 with or without a mark, and what Japanese Excel calls CSV."""

LARGE = 64 * 2**20
"""Bytes from which a CSV file is read by Arrow first: faster, and in two thirds of the memory."""
BLOCK = 2**20
"""Bytes that Arrow reads at once."""
PIECE = 2**20
"""Bytes looked at at once; the first ones tell the separator."""
MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
    *("NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""The words that pandas takes for no value; Arrow is told them, so that size makes no difference."""


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
        # Read ahead, the file itself would stand in memory beside the table.
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            table = file.read()
    except (pyarrow.ArrowException, OSError) as error:
        raise StudyError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    for place, field in enumerate(table.schema):
        if pyarrow.types.is_decimal(field.type):
            # Python's own decimals take a hundred bytes each, and are read as numbers in the end.
            table = table.set_column(place, field.name, table.column(place).cast(pyarrow.float64()))
    frame = frame_of(table)
    # A named index is a column that whoever wrote the file happened to index by.
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(level=named) if named else frame


def _csv(path: Path) -> pd.DataFrame:
    with path.open("rb") as file:
        head = file.read(PIECE)
    if not head.strip() and path.stat().st_size <= PIECE:
        raise StudyError(f"{path}: the file is empty; its first line should name the columns")
    if b"\0" in head[:4096]:
        raise StudyError(f"{path}: is not a text file; give CSV as UTF-8, or Parquet with the ending .parquet")
    encoding = next((name for name in ENCODINGS if _decodes(path, name)), None)
    if encoding is None:
        raise StudyError(f"{path}: neither UTF-8 nor Shift-JIS (cp932); save the file as UTF-8")
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    try:
        separator = _separator(text)
        decimal = _decimal(text, separator)
        if path.stat().st_size >= LARGE and (found := _large_csv(path, separator, decimal, encoding)) is not None:
            return found
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


def _large_csv(path: Path, separator: str, decimal: str, encoding: str) -> pd.DataFrame | None:
    """What pandas would read. None where Arrow gives up, or would name columns in its own way."""
    reading = arrow_csv.ReadOptions(encoding="utf-8" if encoding == "utf-8-sig" else encoding, block_size=BLOCK)
    parsing = arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True)
    converting = arrow_csv.ConvertOptions(
        null_values=MISSING,
        strings_can_be_null=True,
        true_values=["True", "TRUE", "true"],
        false_values=["False", "FALSE", "false"],
        decimal_point=decimal,
    )
    try:
        with arrow_csv.open_csv(path, reading, parsing, converting) as beginning:
            schema = beginning.schema
        if len({"", *schema.names}) <= len(schema):
            return None
        # Dates and times stay words, as pandas leaves them: whoever prepares the table knows their spellings.
        temporal = [field.name for field in schema if pyarrow.types.is_temporal(field.type)]
        converting.column_types = dict.fromkeys(temporal, pyarrow.string())
        table = _csv_table(path, reading, parsing, converting)
    except pyarrow.ArrowException:
        return None
    # Under the same name: whoever still held the old table would hold its memory.
    table = table.cast(pyarrow.schema([field.with_type(_known(field.type)) for field in table.schema]))
    return frame_of(table)


def _csv_table(path: Path, *options: Any) -> pyarrow.Table:
    """Block by block, in the types of the first one; where a later one holds others, all at once in twice the memory:
    every cell's text is then kept until the last is seen."""
    try:
        with arrow_csv.open_csv(path, *options) as blocks:
            return pyarrow.Table.from_batches(blocks, blocks.schema)
    except pyarrow.ArrowInvalid:
        return arrow_csv.read_csv(path, *options)


def _known(kind: pyarrow.DataType) -> pyarrow.DataType:
    """A column without a value is one of numbers, as with pandas."""
    return pyarrow.float64() if pyarrow.types.is_null(kind) else kind


def _decimal(text: str, separator: str) -> str:
    """The decimal sign: a comma where cells such as ``12,5`` stand and none such as ``12.5``."""
    if separator == ",":
        return "."
    cells = [cell.strip() for line in text.splitlines()[1:50] for cell in line.split(separator)]
    commas, points = (any(re.fullmatch(rf"[+-]?\d+{sign}\d+", cell) for cell in cells) for sign in (",", r"\."))
    return "," if commas and not points else "."


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(PIECE):
                pass
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
    engine = store_factory().engine
    inspector = inspect(engine)
    schema, _, table = ("", "", name) if inspector.has_table(name) else name.rpartition(".")
    if schema and schema not in inspector.get_schema_names():
        raise StudyError(f"{source}: no schema {schema!r}; {nearest(schema, inspector.get_schema_names())}")
    known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
    if table not in known:
        raise StudyError(f"{source}: no table {table!r}; {nearest(table, known)}")
    return read_table(engine, table, schema or None)
