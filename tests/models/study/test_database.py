"""Any table of any engine as a frame, and the same frame whichever way it was fetched."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from ingest.settings import Database
from ingest.store.engine import Store, opened
from models.study import database
from models.study.database import read_table
from simulators.servers import Server

SERVERS = [pytest.param("mariadb", marks=pytest.mark.mariadb), pytest.param("mysql", marks=pytest.mark.mysql)]
ODD = 'odd %: `x` 表 "q".t'
EVERY_TYPE: dict[str, tuple[str, Any, Any, str]] = {
    "tiny": ("TINYINT", -128, 7, "int64"),
    "flag": ("BOOL", 1, 0, "int64"),
    "counted": ("INT UNSIGNED", 4294967295, 0, "int64"),
    "big": ("BIGINT", -(2**63), 2**63 - 1, "int64"),
    "large": ("BIGINT UNSIGNED", 2**64 - 1, 1, "uint64"),
    "fits": ("BIGINT UNSIGNED", 2**63 - 1, 1, "int64"),
    "year": ("YEAR", 1999, 2026, "int64"),
    "bits": ("BIT(10)", 513, 1, "int64"),
    "half": ("FLOAT", 0.1, 16777216.0, "float32"),
    "whole": ("DOUBLE", 0.1, -1e308, "float64"),
    "money": ("DECIMAL(30, 10)", "12345678901234567890.1234567891", "0.1", "float64"),
    "at": ("DATETIME(6)", "2026-01-31 23:59:59.123456", "9999-12-31 23:59:59.999999", "datetime64[us]"),
    "second": ("DATETIME", "2026-01-31 23:59:59", "1000-01-01 00:00:00", "datetime64[us]"),
    "stamp": ("TIMESTAMP(6) NULL", "2026-07-31 23:59:59.123456", "1970-01-01 00:00:01", "datetime64[us]"),
    "day": ("DATE", "2026-01-31", "1000-01-01", "datetime64[us]"),
    "took": ("TIME(3)", "-12:01:02.123", "838:59:59", "timedelta64[us]"),
    "words": ("TEXT", "日本語🍣", 'it\'s \\ "q" %', "str"),
    "bin": ("VARCHAR(20) COLLATE utf8mb4_bin", "温度 [°C]", "", "str"),
    "shift": ("VARCHAR(20) CHARACTER SET cp932", "温度", "ｱ", "str"),
    "level": ("ENUM('a', '良')", "良", "a", "str"),
    "levels": ("SET('a', 'b')", "a,b", "a", "str"),
    "json": ("JSON", '{"a": [1, "あ"]}', "1", "str"),
    "bytes": ("VARBINARY(9)", b"\0\xff", b"a", "str"),
    "image": ("BLOB", b"\0\xff", b"", "str"),
    "place": ("POINT", None, None, "str"),
}


def fill(store: Store, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]]) -> None:
    described = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
    mark, more = ("?", "") if store.dialect == "sqlite" else ("%s", " CHARACTER SET utf8mb4")
    with store.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {name} ({described}){more}")
        for row in rows:
            connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({', '.join([mark] * len(row))})", row)


@pytest.mark.mariadb
@pytest.mark.mysql
def test_types_of_one_server_alone(mariadb_store: Store, mysql_store: Store) -> None:
    """What people read as text is text; the rest is its bytes."""
    fill(mariadb_store, "own", {"u": "UUID", "i": "INET6"}, [("0190163d-8694-739b-aea5-966c26f8ad91", "::1")])
    assert read_table(mariadb_store.engine, "own").iloc[0].tolist() == ["0190163d-8694-739b-aea5-966c26f8ad91", "::1"]
    fill(mysql_store, "own", {"v": "VECTOR(2)"}, [(b"\0\0\x80?\0\0\0@",)])
    assert read_table(mysql_store.engine, "own").iloc[0].tolist() == ["0000803F00000040"]


def both_ways(store: Store, name: str, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """By columns and by rows; the frames are equal, so one of them."""
    address = database._address(store.engine)
    assert address is not None
    assert database._by_columns(address, text("SELECT 1 AS one")) is not None  # type: ignore[arg-type]
    frame = read_table(store.engine, name)
    with monkeypatch.context() as patch:
        patch.setattr(database, "_address", lambda _: None)
        patch.setattr(database, "BATCH", 2)
        pd.testing.assert_frame_equal(read_table(store.engine, name), frame)
    return frame


@pytest.fixture(params=SERVERS)
def served(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.mark.parametrize("missing", [False, True])
def test_every_type_both_ways(served: Store, missing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [tuple(spec[1] for spec in EVERY_TYPE.values()), tuple(spec[2] for spec in EVERY_TYPE.values())]
    if missing:
        rows.insert(1, (None,) * len(EVERY_TYPE))
    fill(served, "kinds", {name: spec[0] for name, spec in EVERY_TYPE.items()}, rows)
    with served.begin() as connection:
        connection.execute(text("UPDATE kinds SET place = POINT(1, 2) WHERE tiny IS NOT NULL"))
    frame = both_ways(served, "kinds", monkeypatch)
    expected = {name: spec[3] for name, spec in EVERY_TYPE.items()}
    if missing:
        expected |= {name: "float64" for name, dtype in expected.items() if "int" in dtype}
        assert frame.iloc[1].isna().all()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == expected
    first, last = frame.iloc[0], frame.iloc[-1]
    assert (last["big"], first["large"], first["bits"]) == (
        (float(2**63), float(2**64), 513) if missing else (2**63 - 1, 2**64 - 1, 513)
    )
    assert first["half"] == np.float32(0.1)
    assert first["money"] == 12345678901234567890.1234567891
    assert first["at"] == pd.Timestamp("2026-01-31 23:59:59.123456")
    assert last["at"] == pd.Timestamp("9999-12-31 23:59:59.999999")
    assert last["second"] == pd.Timestamp("1000-01-01")
    assert first["stamp"] == pd.Timestamp("2026-07-31 23:59:59.123456")
    assert first["took"] == -pd.Timedelta("12:01:02.123")
    assert (first["words"], last["words"], first["shift"]) == ("日本語🍣", 'it\'s \\ "q" %', "温度")
    assert (first["json"], first["bytes"]) == ('{"a": [1, "あ"]}', "00FF")


def test_an_empty_table_has_its_types(served: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(served, "kinds", {name: spec[0] for name, spec in EVERY_TYPE.items()}, [])
    frame = both_ways(served, "kinds", monkeypatch)
    assert len(frame) == 0
    assert str(frame["at"].dtype) == "datetime64[us]"


def test_impossible_dates_are_missing(served: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.begin() as connection:
        strict = connection.scalar(text("SELECT @@SESSION.sql_mode"))
        connection.execute(text("SET sql_mode = ''"))
        connection.execute(text("CREATE TABLE zero (d DATE, t DATETIME(6))"))
        connection.execute(text("INSERT INTO zero VALUES ('0000-00-00', '0000-00-00'), ('2026-01-00', '2026-01-01')"))
        # The connection goes back to the pool, and to other tests.
        connection.execute(text("SET sql_mode = :strict"), {"strict": strict})
    frame = both_ways(served, "zero", monkeypatch)
    assert frame["d"].isna().tolist() == [True, True]
    assert frame["t"].isna().tolist() == [True, False]


def test_names_of_every_kind(store: Store) -> None:
    names = {"a b": "INT", "温%度": "DOUBLE", "x;--": "INT", '"': "INT", ":p": "INT", "select": "INT"}
    quoted = store.engine.dialect.identifier_preparer.quote
    described = ", ".join(f"{quoted(name)} {kind}" for name, kind in names.items())
    with store.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {quoted(ODD)} ({described})")
        connection.exec_driver_sql(f"INSERT INTO {quoted(ODD)} VALUES (1, 2, 3, 4, 5, 6)")
        connection.exec_driver_sql(f"CREATE VIEW seen AS SELECT * FROM {quoted(ODD)}")
    for table in (ODD, "seen"):
        frame = read_table(store.engine, table)
        assert list(frame.columns) == list(names)
        assert frame.iloc[0].tolist() == [1, 2, 3, 4, 5, 6]
    with store.begin() as connection:
        # SQLite looks through every view when another test renames a table.
        connection.exec_driver_sql("DROP VIEW seen")


def test_every_engine_gives_the_same_frame(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {
        "n": "INTEGER", "some": "INTEGER", "x": "DOUBLE", "even": "DOUBLE", "money": "DECIMAL(8, 2)",
        "at": "DATETIME(6)" if store.dialect != "sqlite" else "DATETIME", "day": "DATE", "die": "VARCHAR(20)",
        "none": "DOUBLE", "never": "DATE", "nobody": "VARCHAR(20)",
    }  # fmt: skip
    rows = [
        (number, None if number < 3 else number, number / 7, float(number), number / 4,
         f"2026-01-05 08:00:00.00000{number}", "2026-01-05", f"金型{number}", None, None, None)
        for number in range(5)
    ]  # fmt: skip
    fill(store, "same", kinds, rows)
    monkeypatch.setattr(database, "BATCH", 2)
    found = read_table(store.engine, "same").sort_values("n", ignore_index=True)
    at = pd.to_datetime([row[5] for row in rows]).as_unit("us")
    expected = pd.DataFrame(
        {
            "n": range(5), "some": [np.nan, np.nan, np.nan, 3, 4], "x": [n / 7 for n in range(5)],
            "even": [float(n) for n in range(5)], "money": [n / 4 for n in range(5)], "at": at,
            "day": pd.to_datetime(["2026-01-05"] * 5).as_unit("us"), "die": [f"金型{n}" for n in range(5)],
            "none": np.nan, "never": pd.Series([pd.NaT] * 5, dtype="datetime64[us]"),
            "nobody": pd.Series([None] * 5, dtype="str"),
        }
    )  # fmt: skip
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(read_table(store.engine, "same", only=["day", "x"]), expected[["x", "day"]])


def test_an_empty_table_of_every_engine(store: Store) -> None:
    fill(store, "void", {"x": "DOUBLE", "at": "DATETIME", "die": "VARCHAR(9)"}, [])
    assert [str(dtype) for dtype in read_table(store.engine, "void").dtypes] == ["float64", "datetime64[us]", "str"]


def test_sqlite_keeps_what_it_is_given(sqlite_store: Store) -> None:
    fill(sqlite_store, "loose", {"x": "DOUBLE", "at": "DATETIME"}, [(1.5, "2026-01-05"), ("ERR", "yesterday")])
    frame = read_table(sqlite_store.engine, "loose")
    assert frame["x"].tolist() == [1.5, "ERR"]
    assert frame["at"].tolist() == ["2026-01-05", "yesterday"]


@pytest.mark.mariadb
def test_a_password_of_every_kind_of_sign(mariadb: Server) -> None:
    password = "a:b@c/d?#% +&=[]"
    with create_engine(mariadb.url).begin() as connection:
        connection.exec_driver_sql("CREATE OR REPLACE USER odd@'%%' IDENTIFIED BY %s", (password,))
        connection.exec_driver_sql("GRANT ALL ON *.* TO odd@'%%'")
        connection.exec_driver_sql("CREATE OR REPLACE TABLE genba.simple (x INT)")
        connection.exec_driver_sql("INSERT INTO genba.simple VALUES (1)")
    url = make_url(mariadb.url).set(username="odd", password=password)
    with opened(Database(url=url.render_as_string(hide_password=False))) as store:
        address = database._address(store.engine)
        assert address is not None
        assert database._by_columns(address, text("SELECT x FROM simple")) is not None  # type: ignore[arg-type]
        assert read_table(store.engine, "simple")["x"].tolist() == [1]
        assert read_table(store.engine, "simple", "genba")["x"].tolist() == [1]


@pytest.mark.mariadb
def test_an_address_that_says_how_to_connect_is_read_by_rows(mariadb: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_by_columns", lambda *_: pytest.fail("connectorx knows no such option"))
    socket = next(word for word in mariadb._command if word.startswith("--socket=")).removeprefix("--socket=")
    url = make_url(mariadb.url).update_query_dict({"unix_socket": socket})
    with opened(Database(url=url.render_as_string(hide_password=False))) as store:
        with store.begin() as connection:
            connection.execute(text("CREATE OR REPLACE TABLE simple (x INT)"))
            connection.execute(text("INSERT INTO simple VALUES (1), (NULL)"))
        assert read_table(store.engine, "simple")["x"].isna().tolist() == [False, True]


@pytest.fixture
def tls_options(tmp_path: Path) -> list[str]:
    """For a server that encrypts, with a certificate of its own."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate with")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return [f"--ssl-key={key}", f"--ssl-cert={certificate}"]


@pytest.mark.mariadb
def test_what_would_travel_encrypted_does(private: Callable[..., Server], tls_options: list[str]) -> None:
    server = private("mariadb", options=tls_options)
    with create_engine(server.url).begin() as connection:
        connection.exec_driver_sql("CREATE USER safe@'%%' IDENTIFIED BY 'x' REQUIRE SSL")
        connection.exec_driver_sql("GRANT ALL ON *.* TO safe@'%%'")
        connection.exec_driver_sql("CREATE TABLE simple (x INT)")
        connection.exec_driver_sql("INSERT INTO simple VALUES (7)")
    url = make_url(server.url).set(username="safe", password="x")
    with opened(Database(url=url.render_as_string(hide_password=False))) as store:
        assert database._address(store.engine) is None
        assert read_table(store.engine, "simple")["x"].tolist() == [7]
