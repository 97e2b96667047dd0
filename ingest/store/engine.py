"""One way to the database: SQLite, MySQL or MariaDB behind the same small `Store`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pymysql.constants import CLIENT
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ingest.errors import DatabaseUnavailable, SettingsError
from ingest.settings import Database

__all__ = ["Dialect", "Store", "alone", "connect", "in_words", "opened"]

Dialect = Literal["sqlite", "mysql", "mariadb"]

NO_SUCH_SCHEMA = 1049
"""MySQL's and MariaDB's error number."""

SESSION = (
    "SET time_zone = '+00:00', "
    "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
)
"""What every connection to MySQL and MariaDB says first: instants are UTC, and nothing is cut to fit in silence."""


class Store:
    """An open database."""

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self.engine = engine
        self.dialect: Dialect = dialect
        # Only SQLite needs to know beforehand: a transaction that begins as a reader cannot always become a writer.
        self._writing = engine.execution_options(genba_writing=True)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end of the block, rolled back by any exception."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection that reads; on SQLite it sees one state of the database throughout."""
        with self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def connect(database: Database, *, create: bool = False) -> Store:
    """Open the database that the settings name; ``create`` makes a schema that does not exist on the server.

    Raises `DatabaseUnavailable` naming host, port and the next step (never the password), `SettingsError` for an
    engine that is none of the three.
    """
    url = make_url(database.url)
    backend = url.get_backend_name()
    if backend == "sqlite":
        engine = _sqlite(url)
    elif backend in ("mysql", "mariadb"):
        engine = _mysql(url, database)
    else:
        raise SettingsError(
            f"database.url: {backend!r} is not among the supported databases; use sqlite or mysql+pymysql"
        )
    try:
        if create and backend != "sqlite":
            _create_schema(engine, url, database)
        with engine.connect():
            return Store(engine, _dialect(engine))
    except DBAPIError as error:
        engine.dispose()
        raise _unavailable(error, url) from None
    except TypeError as error:  # the driver's word for an option it does not know
        raise SettingsError(f"database.url: {error}; use mysql+pymysql://user@host/schema") from None
    except RuntimeError as error:  # a password, and neither TLS nor the package that would hide it without
        raise DatabaseUnavailable(f"{_where(url)}: {error}; switch TLS on at the server, or install it") from None


@contextmanager
def opened(database: Database, *, create: bool = False) -> Iterator[Store]:
    """A database for the length of a command, closed at its end; what it says in the middle becomes one line."""
    store = connect(database, create=create)
    try:
        yield store
    except SQLAlchemyError as error:
        raise DatabaseUnavailable(in_words(error)) from None
    finally:
        store.close()


def in_words(error: SQLAlchemyError) -> str:
    """What the database said, in one line."""
    said = str(getattr(error, "orig", None) or error).splitlines()[0]
    return f"the database failed: {said}; run `genba doctor`"


@contextmanager
def alone(store: Store, work: str) -> Iterator[Connection]:
    """A transaction that nobody else does for the same work on this schema; others wait for their turn.

    A write transaction on SQLite is alone already. Elsewhere a named lock of the server does it, because DDL commits
    on the way. Raises `DatabaseUnavailable` when somebody holds it for a minute.
    """
    if store.dialect == "sqlite":
        with store.begin() as connection:
            yield connection
        return
    # Locks have names of 64 characters at most, valid for the whole server.
    name = "CONCAT('genba:', :work, ':', LEFT(SHA2(DATABASE(), 256), 40))"
    with store.engine.connect() as connection:
        if connection.scalar(text(f"SELECT GET_LOCK({name}, 60)"), {"work": work}) != 1:
            raise DatabaseUnavailable(f"somebody else has been busy with {work!r} for a minute; see what keeps them")
        connection.commit()
        try:
            with connection.begin():
                yield connection
        finally:
            connection.execute(text(f"DO RELEASE_LOCK({name})"), {"work": work})


def _dialect(engine: Engine) -> Dialect:
    if engine.dialect.name == "sqlite":
        return "sqlite"
    return "mariadb" if getattr(engine.dialect, "is_mariadb", False) else "mysql"


def _sqlite(url: URL) -> Engine:
    file = Path(url.database or ":memory:")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"database {file}: its folder cannot be made ({error.strerror}); choose another place in database.url"
        ) from None
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own idea of when a transaction begins would leave out DDL and never say IMMEDIATE.
        connection.isolation_level = None
        for pragma in (
            "busy_timeout = 30000",
            "journal_mode = WAL",
            # Messages are acknowledged after the commit, so a commit has to survive a power cut: WAL needs FULL.
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("genba_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _mysql(url: URL, database: Database) -> Engine:
    driver = url.set(drivername=url.get_backend_name() + "+pymysql")
    engine = create_engine(
        driver,
        pool_pre_ping=True,
        pool_recycle=3600,
        pool_size=database.pool_size,
        # Plain inserts of several writers then take no gap locks, the usual cause of deadlocks.
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": database.connect_timeout, "charset": "utf8mb4", "init_command": SESSION},
    )

    @event.listens_for(engine, "do_connect")
    def _count_inserted_rows_only(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        # SQLAlchemy asks the server to count rows found; the ledger needs rows inserted, to know the duplicates.
        options["client_flag"] = options.get("client_flag", 0) & ~CLIENT.FOUND_ROWS

    return engine


def _create_schema(engine: Engine, url: URL, database: Database) -> None:
    try:
        engine.connect().close()
    except DBAPIError as error:
        if _number(error) != NO_SUCH_SCHEMA:
            raise
    else:
        return
    server = _mysql(url.set(database=""), database)
    name = server.dialect.identifier_preparer.quote_identifier(url.database or "")
    try:
        with server.begin() as connection:
            connection.execute(text(f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
    finally:
        server.dispose()


def _number(error: DBAPIError) -> int | None:
    arguments = error.orig.args if error.orig is not None else ()
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _where(url: URL) -> str:
    return f"database {url.host}:{url.port or 3306}"


def _unavailable(error: DBAPIError, url: URL) -> DatabaseUnavailable:
    said = str(error.orig.args[-1] if error.orig is not None and error.orig.args else error).splitlines()[0]
    if url.get_backend_name() == "sqlite":
        return DatabaseUnavailable(f"database {url.database}: {said}; check the path and its permissions")
    where = _where(url)
    match _number(error):
        case 1049:
            return DatabaseUnavailable(f"{where}: no schema {url.database!r}; run `genba db upgrade` to create it")
        case 1044 | 1045:
            return DatabaseUnavailable(f"{where}: {said}; check user, password and rights in database.url")
        case _:
            return DatabaseUnavailable(f"{where}: {said}; is the server running, and database.url right?")
