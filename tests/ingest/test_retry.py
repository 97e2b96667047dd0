"""Which errors pass by themselves, and how long somebody waits for that."""

import sqlite3
import threading
import time
from pathlib import Path

import pymysql
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ingest.errors import BrokerUnavailable, DatabaseUnavailable, SchemaOutdated
from ingest.retry import PASSING, REFUSED, classify, retrying


def wrapped(error: Exception) -> StatementError:
    return OperationalError("SELECT 1", {}, error)


def lost() -> StatementError:
    return wrapped(pymysql.err.OperationalError(2013, "Lost connection"))


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (wrapped(pymysql.err.OperationalError(1213, "Deadlock found")), "retry"),
        (wrapped(pymysql.err.OperationalError(2003, "Can't connect")), "retry"),
        (wrapped(pymysql.err.InterfaceError(0, "")), "retry"),
        (wrapped(pymysql.err.DataError(1406, "Data too long")), "data"),
        (wrapped(pymysql.err.OperationalError(1526, "no partition")), "data"),
        (wrapped(pymysql.err.OperationalError(1045, "Access denied")), "fatal"),
        (wrapped(pymysql.err.ProgrammingError(1146, "no such table")), "fatal"),
        (pymysql.err.ProgrammingError("nan can not be used with MySQL"), "fatal"),
        (wrapped(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates")), "data"),
        (OverflowError("too large"), "data"),
        (PoolTimeout(), "retry"),
        (ConnectionResetError(), "retry"),
        (DatabaseUnavailable("gone"), "retry"),
        (BrokerUnavailable("gone"), "retry"),
        (SchemaOutdated("old"), "fatal"),
        (FileNotFoundError(), "fatal"),
        (KeyboardInterrupt(), "fatal"),
    ],
)
def test_errors_are_told_apart(error: BaseException, verdict: str) -> None:
    assert classify(error) == verdict


def test_no_error_is_two_things() -> None:
    assert not PASSING & REFUSED


def test_real_errors_of_sqlite(tmp_path: Path) -> None:
    one = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)
    two = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)
    one.execute("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT")
    found = {}
    one.execute("BEGIN IMMEDIATE")
    for name, connection, statement in (
        ("locked", two, "BEGIN IMMEDIATE"),
        ("twice", one, "INSERT INTO t VALUES (1), (1)"),
        ("text", one, "INSERT INTO t VALUES ('a')"),
        ("syntax", one, "SELEC"),
    ):
        with pytest.raises(sqlite3.Error) as caught:
            connection.execute(statement)
        found[name] = classify(IntegrityError(statement, {}, caught.value))
    one.close()
    two.close()
    assert found == {"locked": "retry", "twice": "data", "text": "data", "syntax": "fatal"}


def test_calls_until_it_works() -> None:
    errors = [lost(), lost(), lost()]
    waits: list[float] = []

    def call() -> str:
        if errors:
            raise errors.pop()
        return "done"

    answer = retrying(
        call, stop=threading.Event(), first=0.004, longest=0.01, heard=lambda _error, wait: waits.append(wait)
    )
    assert answer == "done"
    assert [top / 2 <= wait <= top for wait, top in zip(waits, (0.004, 0.008, 0.01), strict=True)] == [True] * 3


def test_gives_up_on_what_does_not_pass() -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise wrapped(pymysql.err.DataError(1406, "Data too long"))

    with pytest.raises(OperationalError, match="1406"):
        retrying(call, stop=threading.Event())
    assert len(calls) == 1


def test_gives_up_in_time_and_when_stopped() -> None:
    def call() -> None:
        raise lost()

    started = time.monotonic()
    with pytest.raises(OperationalError):
        retrying(call, stop=threading.Event(), first=0.01, seconds=0.05)
    stop = threading.Event()
    with pytest.raises(OperationalError):
        retrying(call, stop=stop, first=60, longest=60, heard=lambda _error, _wait: stop.set())
    assert time.monotonic() - started < 30
