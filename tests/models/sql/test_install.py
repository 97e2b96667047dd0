"""An installation that takes back all it made, on servers that are not in the mood, and locks that others hold."""

from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from sqlalchemy.engine import make_url

from ingest.errors import EnvironmentFailure
from ingest.settings import Database
from ingest.store.engine import Store, connect, opened
from models.sql.install import install, uninstall
from models.sql.queue import Queue
from simulators.servers import mariadb
from tests.models.sql.door import Door


@pytest.fixture
def single(door: Door) -> Iterator[tuple[Door, str, Store]]:
    """Routines and tables in one schema, with no worker."""
    name = door.new_schema(f"single_{door.number}")
    store = connect(Database(url=door.server.url))
    install(store.engine, name, name)
    yield door, name, store
    store.close()


def test_one_schema_is_left_empty(single: tuple[Door, str, Store]) -> None:
    door, name, store = single
    door.root.run(f"CREATE VIEW {name}.job_7_0 AS SELECT 1 AS a")
    door.root.run(f"CREATE TABLE {name}.mine (a INT)")
    uninstall(store.engine, name, name)
    assert door.root.run(f"SHOW TABLES FROM {name}") == [("mine",)]
    assert (
        door.root.run("SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s", (name,)) == []
    )


def test_a_lock_that_somebody_else_holds_makes_no_worker(single: tuple[Door, str, Store]) -> None:
    """Any user may take a lock of any name: it neither stands for a worker, nor keeps one from being one."""
    door, name, store = single
    low, queue = door.low(), Queue(store.engine, name)
    low.run(f"DO GET_LOCK('{name}.worker.1', 0)")
    audit = f"CALL {name}.ML_AUDIT('{door.schema}.t', 'y', NULL)"
    door.root.run(f"CREATE TABLE {door.schema}.t (a INT, y INT)")
    door.root.run(f"INSERT INTO {name}.worker VALUES (1, CONNECTION_ID(), UTC_TIMESTAMP(6), '?')")
    with pytest.raises(pymysql.Error, match="no worker is running"):
        door.admin.run(audit)
    door.root.run(f"DELETE FROM {name}.worker")
    with store.engine.connect() as connection:
        low.run(f"DO GET_LOCK('{name}.worker.2', 0)")
        number = queue.enlist(connection, "?")
        assert number == 3
        assert door.root.run(f"SELECT worker_no FROM {name}.serving") == [(3,)]


@pytest.mark.mariadb
def test_a_binary_log_that_wants_trust(tmp_path: Path) -> None:
    """Root needs none of it; who installs for himself alone is told what to ask for."""
    server = mariadb(tmp_path / "server", options=("--log-bin=log", "--server-id=1"))
    try:
        with opened(Database(url=server.url)) as store:
            install(store.engine, "sys", "genba_sql")
            with store.begin() as connection:
                connection.exec_driver_sql("CREATE USER own@'%%'")
                connection.exec_driver_sql("CREATE DATABASE own")
                connection.exec_driver_sql("GRANT ALL ON own.* TO own@'%%'")
        url = make_url(server.url).set(username="own", database="own").render_as_string(hide_password=False)
        refused = pytest.raises(EnvironmentFailure, match="SET GLOBAL log_bin_trust_function_creators = 1")
        with opened(Database(url=url)) as store, refused:
            install(store.engine, "own", "own")
    finally:
        server.stop()
