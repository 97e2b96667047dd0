"""A table of the database as a frame.

MySQL and MariaDB are asked for four kinds of value only (whole number, number, instant in µs, text), converted by the
server, so that both ways to fetch them give equal frames: connectorx, by whole columns; and SQLAlchemy, in batches of
rows, where connectorx cannot go because the connection is encrypted or says how to connect.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import connectorx
import pandas as pd
import pyarrow as pa
import pymysql
from pyarrow import compute
from sqlalchemy import Engine, MetaData, Select, Table, cast, func, literal_column, select, text, type_coerce
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.dialects import mysql
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import ColumnClause, TableClause
from sqlalchemy.types import NULLTYPE, Date, DateTime, Enum, Float, Integer, Numeric, String, Time, TypeEngine

__all__ = ["Reader", "frame_of", "read_table"]

Kind = Literal["whole", "unsigned", "number", "single", "instant", "duration", "text"]

WIRE: dict[Kind, pa.DataType] = {
    "whole": pa.int64(),
    "unsigned": pa.uint64(),
    "number": pa.float64(),
    "single": pa.float32(),
    "instant": pa.int64(),
    "duration": pa.string(),
    "text": pa.string(),
}
BATCH = 50_000
"""Rows held as Python objects at once."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HARMLESS_OPTIONS = {"charset", "ssl_disabled"}
"""What a database's address may say for connectorx to go there: it knows no other option, TLS least of all."""
SESSION = "SET time_zone = '+00:00', lock_wait_timeout = 5"
"""A table that somebody alters is waited for in the other way, with the engine's own patience."""
TYPES: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint"), Integer()),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"), String()),
    **dict.fromkeys(("datetime", "timestamp"), DateTime()),
    **dict.fromkeys(("json", "uuid", "inet4", "inet6"), mysql.JSON()),
    "counted": mysql.BIGINT(unsigned=True),
    "bit": mysql.BIT(),
    "year": mysql.YEAR(),
    "float": mysql.FLOAT(),
    "double": mysql.DOUBLE(),
    "decimal": Numeric(),
    "date": Date(),
    "time": Time(),
}
"""The servers' types, to one that travels alike."""
BYTES = NULLTYPE
"""Every other type: binary strings, geometries, vectors."""


def read_table(
    engine: Engine, name: str, schema: str | None = None, only: Collection[str] | None = None
) -> pd.DataFrame:
    """Every row of a table or view that exists, in no particular order; ``only`` these columns of it.

    Whole numbers are int64 (uint64 where they need it, float64 where some are missing); DECIMAL and DOUBLE float64;
    FLOAT float32; DATE, DATETIME and TIMESTAMP datetime64[us] in UTC; TIME timedelta64[us]; JSON is its text; bytes
    and geometries are hexadecimal text. On SQLite, which keeps what it is given, the values decide.
    """
    if engine.dialect.name == "sqlite":
        return _as_kept(engine, _columns(engine, name, schema, only))
    return Reader.of(engine, name, schema, only).all()


def _columns(engine: Engine, name: str, schema: str | None, only: Collection[str] | None) -> list[ColumnClause[Any]]:
    if engine.dialect.name == "sqlite":
        table: TableClause = Table(name, MetaData(), schema=schema, autoload_with=engine)
    else:
        table = _described(engine, name, schema)
    return [column for column in table.columns if only is None or column.name in only]


def _described(engine: Engine, name: str, schema: str | None) -> TableClause:
    """As the server describes it. SQLAlchemy's own look reads statements, and stumbles over % and over VECTOR."""
    described = text(
        "SELECT COLUMN_NAME, IF(COLUMN_TYPE LIKE 'bigint%unsigned%', 'counted', DATA_TYPE) "
        "FROM information_schema.COLUMNS "
        "WHERE TABLE_SCHEMA = COALESCE(:schema, DATABASE()) AND TABLE_NAME = :name ORDER BY ORDINAL_POSITION"
    )
    with engine.connect() as connection:
        found = connection.execute(described, {"schema": schema, "name": name}).all()
        if not found:  # not there, or not for us: the server says which
            connection.execute(select(literal_column("*")).select_from(sql_table(name, schema=schema)).limit(0))
    columns = [sql_column(str(column), TYPES.get(str(kind).lower(), BYTES)) for column, kind in found]
    return sql_table(name, *columns, schema=schema)


@dataclass(frozen=True)
class Reader:
    """Columns of a table on MySQL or MariaDB, and how they travel: asked of the server once, for many pages."""

    engine: Engine
    columns: dict[str, ColumnClause[Any]]
    kinds: dict[str, Kind]
    address: str | None

    @classmethod
    def of(cls, engine: Engine, name: str, schema: str | None = None, only: Collection[str] | None = None) -> "Reader":
        columns = {column.name: column for column in _columns(engine, name, schema, only)}
        kinds = {name: _kind(column) for name, column in columns.items()}
        return cls(engine, columns, kinds, _address(engine))

    def all(self) -> pd.DataFrame:
        """Every row."""
        return self._read(self._wanted)

    def page(self, key: str, after: int | None, size: int) -> pd.DataFrame:
        """The next rows in the order of a key that is a whole number; those after ``after``."""
        column = self.columns[key]
        wanted = self._wanted.order_by(column).limit(literal_column(str(int(size))))
        return self._read(wanted if after is None else wanted.where(column > literal_column(str(int(after)))))

    @property
    def _wanted(self) -> Select[Any]:
        return select(*(_expression(column, self.kinds[name]).label(name) for name, column in self.columns.items()))

    def _read(self, wanted: Select[Any]) -> pd.DataFrame:
        fields = pa.schema([(name, WIRE[kind]) for name, kind in self.kinds.items()])
        found = None if self.address is None else _by_columns(self.address, wanted)
        table = _by_rows(self.engine, wanted, fields) if found is None else found.cast(fields)
        return _frame(table, self.kinds)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """As a frame that may be written to, in little more memory than one of the two: the Arrow table is used up."""
    # Column by column, and each is given back as soon as its copy stands. One in a single piece would not be copied,
    # and could not be written to; tables of one piece are small.
    pieces = any(column.num_chunks > 1 for column in table.columns)
    frame: pd.DataFrame = table.to_pandas(split_blocks=pieces, self_destruct=True, date_as_object=False)
    pa.default_memory_pool().release_unused()
    return frame


def _kind(column: ColumnClause[Any]) -> Kind:
    match column.type:
        case mysql.BIT():
            return "unsigned"
        case mysql.BIGINT(unsigned=True):
            return "unsigned"
        case Integer() | mysql.YEAR():
            return "whole"
        case mysql.FLOAT():
            return "single"
        case Numeric() | Float():
            return "number"
        case DateTime() | Date():
            return "instant"
        case Time():
            return "duration"
        case _:
            return "text"


def _expression(column: ColumnClause[Any], kind: Kind) -> ColumnElement[Any]:
    """What the server is asked for; without a type, so that nobody converts it once more on the way."""
    wanted: ColumnElement[Any] = column
    match kind, column.type:
        case "unsigned", mysql.BIT():
            wanted = cast(column, mysql.INTEGER(unsigned=True))
        case (("number" | "single"), _) if not isinstance(column.type, mysql.DOUBLE):
            wanted = column.op("+")(literal_column("0e0"))
        case "instant", _:
            wanted = func.timestampdiff(literal_column("MICROSECOND"), literal_column("'1970-01-01'"), column)
        case "duration", _:
            wanted = cast(column, mysql.CHAR)
        case "text", mysql.JSON():
            wanted = cast(column, mysql.CHAR)
        case "text", _ if not isinstance(column.type, (String, Enum)):
            wanted = func.hex(column)
    return type_coerce(wanted, NULLTYPE)


def _address(engine: Engine) -> str | None:
    """Where connectorx may read the same table, or none.

    It speaks no TLS, and tries for half a minute to get in where it is not let in. So it goes only where our own
    connection is not encrypted either, or does not leave this machine; and only after a look whether plain
    connections are taken.
    """
    url = engine.url
    user, password = url.username or "", str(url.password or "")
    # Beyond ASCII the two drivers do not mean the same bytes.
    if url.host is None or not set(url.query) <= HARMLESS_OPTIONS or not (user + password).isascii():
        return None
    if url.host not in LOOPBACK:
        with engine.connect() as connection:
            _, cipher = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Ssl_cipher'").one()
            if cipher:
                return None
    _, options = engine.dialect.create_connect_args(url)
    try:
        pymysql.connect(**{**options, "ssl_disabled": True, "connect_timeout": 5}).close()
    except (pymysql.MySQLError, RuntimeError):  # RuntimeError: a password that only TLS would hide
        return None
    host = f"[{url.host}]" if ":" in url.host else url.host
    # By a socket, which it would prefer, we might be another user.
    user, password, schema = (quote(part, safe="") for part in (user, password, url.database or ""))
    return f"mysql://{user}:{password}@{host}:{url.port or 3306}/{schema}?prefer_socket=false"


def _by_columns(address: str, wanted: Select[Any]) -> pa.Table | None:
    """None where connectorx cannot, whatever its reason; if the database is to blame, the other way will say so."""
    # Any style of parameters but the driver's own, which doubles every % of a name.
    sql = str(wanted.compile(dialect=mysql.dialect(paramstyle="named")))
    try:
        found: pa.Table = connectorx.read_sql(address, sql, return_type="arrow", pre_execution_query=SESSION)
    except RuntimeError:
        return None
    return found


def _by_rows(engine: Engine, wanted: Select[Any], fields: pa.Schema) -> pa.Table:
    def batches() -> Iterator[pa.RecordBatch]:
        with engine.connect().execution_options(stream_results=True, max_row_buffer=BATCH) as connection:
            for rows in connection.execute(wanted).partitions(BATCH):
                columns = zip(*rows, strict=True)
                yield pa.record_batch(
                    [pa.array(values, field.type) for values, field in zip(columns, fields, strict=True)], fields
                )

    return pa.Table.from_batches(batches(), fields)


def _frame(table: pa.Table, kinds: dict[str, Kind]) -> pd.DataFrame:
    for place, (name, kind) in enumerate(kinds.items()):
        column = table.column(place)
        if kind == "instant":
            table = table.set_column(place, name, column.cast(pa.timestamp("us")))
        elif kind == "unsigned" and (compute.max(column).as_py() or 0) < 2**63:
            table = table.set_column(place, name, column.cast(pa.int64()))
    frame = frame_of(table)
    for name in (name for name, kind in kinds.items() if kind == "duration"):
        frame[name] = pd.to_timedelta(frame[name]).dt.as_unit("us")
    return frame


def _as_kept(engine: Engine, columns: Sequence[ColumnClause[Any]]) -> pd.DataFrame:
    wanted = select(*(type_coerce(column, NULLTYPE).label(column.name) for column in columns))
    names = [column.name for column in columns]
    parts: list[pd.DataFrame] = []
    with engine.connect() as connection:
        cursor = connection.execute(wanted).cursor
        assert cursor is not None
        while rows := cursor.fetchmany(BATCH):
            # A column without a value in this part has no type of its own, and takes that of the other parts.
            parts.append(pd.DataFrame(rows, columns=names).dropna(axis="columns", how="all"))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return pd.DataFrame({column.name: _as_declared(frame, column) for column in columns})


def _as_declared(frame: pd.DataFrame, column: ColumnClause[Any]) -> pd.Series:
    """As instants or numbers, where every value is one; a column without a value as what it was meant to hold."""
    kind = _kind(column)
    if column.name not in frame:
        dtype = "str" if kind == "text" else "float64"
        return pd.Series(index=frame.index, dtype="datetime64[us]" if kind == "instant" else dtype)
    found = frame[column.name]
    if kind == "instant":
        try:
            return pd.to_datetime(found, format="ISO8601", utc=True).dt.tz_localize(None).dt.as_unit("us")
        except (ValueError, TypeError):
            return found
    return found.astype("float64") if kind == "number" and pd.api.types.is_numeric_dtype(found) else found
