"""How a database is opened, and what is said when it cannot be."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from ingest.errors import DatabaseUnavailable, SettingsError
from ingest.settings import Database
from ingest.store.engine import Store, connect
from simulators.servers import Server
from tests.conftest import ENGINES

WRONG_USER = {
    "mariadb": r"Access denied .* check user, password and rights",
    "mysql": r"'cryptography' package is required .* switch TLS on at the server",
}
UPSERT = """
INSERT INTO lease (name, holder, expires_at) VALUES ('a', 'me', '2026-11-02') ON DUPLICATE KEY UPDATE name = name
"""


def test_dialect_is_the_servers(store: Store, request: pytest.FixtureRequest) -> None:
    assert store.dialect == request.node.callspec.params["store"]


def test_nothing_listens_there() -> None:
    database = Database(url="mysql+pymysql://genba:s3cret@127.0.0.1:1/genba", connect_timeout=1)
    with pytest.raises(DatabaseUnavailable) as caught:
        connect(database)
    said = str(caught.value)
    assert said.startswith("database 127.0.0.1:1: Can't connect")
    assert said.endswith("is the server running, and database.url right?")
    assert "s3cret" not in said
    assert "\n" not in said


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_wrong_user_is_told(engine: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(engine)
    url = make_url(server.url).set(username="nobody", password="s3cret").render_as_string(hide_password=False)
    with pytest.raises(DatabaseUnavailable, match=WRONG_USER[engine]) as caught:
        connect(Database(url=url))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_missing_schema_is_made_when_asked(engine: str, new_database: Callable[[str], Database]) -> None:
    database = new_database(engine)
    with pytest.raises(DatabaseUnavailable, match=r"no schema 'fresh_.*'; run `genba db upgrade` to create it"):
        connect(database)
    for _ in range(2):
        connect(database, create=True).close()
    store = connect(database)
    with store.connect() as connection:
        assert connection.scalar(text("SELECT @@collation_database")) == "utf8mb4_bin"
    store.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://x/y", "'postgresql' is not among the supported databases; use sqlite or mysql"),
        ("mysql+pymysql://u@127.0.0.1/x?colour=red", "colour"),
    ],
)
def test_wrong_url_is_the_callers(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        connect(Database(url=url))


def test_sqlite_makes_its_folder_and_keeps_what_is_committed(tmp_path: Path) -> None:
    store = connect(Database(url=f"sqlite:///{tmp_path}/a/b/genba.db"))
    with store.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    store.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


def test_sqlite_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "genba.db"
    file.write_text("this is no database" * 100)
    with pytest.raises(DatabaseUnavailable, match="file is not a database; check the path and its permissions"):
        connect(Database(url=f"sqlite:///{file}"))
    with pytest.raises(DatabaseUnavailable, match="its folder cannot be made"):
        connect(Database(url=f"sqlite:///{file}/below/genba.db"))


def test_failed_transaction_leaves_nothing(store: Store) -> None:
    insert = "INSERT INTO lease (name, holder, expires_at) VALUES ('a', 'me', '2026-11-02 00:00:00')"

    def fail() -> None:
        with store.begin() as connection:
            connection.execute(text(insert))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM lease")) == 0


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_session_is_utc_strict_and_counts_inserted_rows(engine: str, request: pytest.FixtureRequest) -> None:
    store: Store = request.getfixturevalue(f"{engine}_store")
    with store.begin() as connection:
        assert connection.scalar(text("SELECT @@time_zone")) == "+00:00"
        assert "STRICT_ALL_TABLES" in str(connection.scalar(text("SELECT @@sql_mode")))
        assert connection.scalar(text("SELECT @@character_set_connection")) == "utf8mb4"
        assert [connection.execute(text(UPSERT)).rowcount for _ in range(2)] == [1, 0]


def test_readers_of_sqlite_do_not_wait_for_the_writer(sqlite_store: Store) -> None:
    with sqlite_store.begin() as writing:
        writing.execute(text("INSERT INTO lease (name, holder, expires_at) VALUES ('a', 'me', '2026-11-02 00:00:00')"))
        with sqlite_store.connect() as reading:
            assert reading.scalar(text("SELECT COUNT(*) FROM lease")) == 0
        other = sqlite3.connect(str(sqlite_store.engine.url.database), timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
