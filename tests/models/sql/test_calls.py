"""Calls that are interrupted, workers that die, clients that do not commit, names that are odd."""

import json
import subprocess
import threading
import time

import pymysql
import pytest

from ingest.settings import Database
from ingest.store.engine import connect
from models.sql.catalog import Catalog
from models.sql.errors import MlError
from tests.models.sql.conftest import end, worker
from tests.models.sql.door import Door
from tests.waiting import until

QUICK = "JSON_OBJECT('model_list', JSON_ARRAY('GaussianNB'))"
SLOW = "JSON_OBJECT('time_budget', 60)"


def rows(count: int) -> list[tuple[int, int, int, str]]:
    return [(i, i % 17, i % 5, "yes" if i % 17 + 3 * (i % 5) > 13 else "no") for i in range(count)]


def table(door: Door, name: str = "t", count: int = 120) -> str:
    written = f"{door.schema}.{name}"
    door.root.run(f"CREATE TABLE {written} (id INT PRIMARY KEY, a DOUBLE, b DOUBLE, y VARCHAR(3))")
    door.root.fill(written, rows(count))
    return written


def test_an_interrupted_call_ends_its_work(door: Door) -> None:
    written = table(door, count=6000)
    caller = door.admin
    said: list[str] = []

    def call() -> None:
        try:
            caller.run(f"CALL sys.ML_TRAIN('{written}', 'y', {SLOW}, @m)")
        except pymysql.Error as error:
            said.append(str(error))

    status = door.user(caller.user)
    thread = threading.Thread(target=call)
    thread.start()
    until(lambda: bool(status.run("CALL sys.ML_STATUS()")) and status.run("CALL sys.ML_STATUS()")[0][2] == "running",
          30, "the training runs")  # fmt: skip
    door.root.run(f"KILL QUERY {caller.connection.thread_id()}")
    thread.join(10)
    assert said
    assert "interrupted" in said[0]
    until(lambda: status.run("CALL sys.ML_STATUS()")[0][2] == "cancelled", 30, "the work is given up")
    assert caller.run(f"SELECT model_handle FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG") == []


def test_rows_that_are_not_committed_yet_are_learnt_from(door: Door) -> None:
    table(door)
    caller = door.user(door.admin.user, autocommit=False)
    caller.run(f"CREATE TABLE {door.schema}.fresh LIKE {door.schema}.t")
    caller.run(f"INSERT INTO {door.schema}.fresh SELECT * FROM {door.schema}.t")
    caller.run("SET @m = 'fresh'")
    caller.run(f"CALL sys.ML_TRAIN('{door.schema}.fresh', 'y', {QUICK}, @m)")
    rows = caller.one(f"SELECT JSON_EXTRACT(model_metadata, '$.n_rows') FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG")
    assert int(rows) == 120


def test_names_that_are_odd(door: Door) -> None:
    caller = door.admin
    caller.run(
        f"CREATE TABLE {door.schema}.`my ``t` (`select` DOUBLE, `a ``b` DOUBLE, `温度℃` VARCHAR(9), `y.z` VARCHAR(3))"
    )
    caller.fill(f"{door.schema}.`my ``t`", [(*row[1:3], "高い", row[3]) for row in rows(90)])
    written = f"{door.schema}.`my ``t`"
    caller.run("SET @m = 'odd ''\"` name'")
    caller.run(f"CALL sys.ML_TRAIN('{written}', 'y.z', {QUICK}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{written}', @m, '{door.schema}.`o ``ut`', NULL)")
    names = [row[0] for row in caller.run(f"SHOW COLUMNS FROM {door.schema}.`o ``ut`")]
    assert names == ["_4aad19ca6e_pk_id", "select", "a `b", "温度℃", "y.z", "Prediction", "ml_results"]
    wrong = caller.one(f"SELECT SUM(Prediction <> `y.z`) FROM {door.schema}.`o ``ut`")
    assert int(wrong) <= 9


def test_input_and_output_may_be_one_table(door: Door) -> None:
    caller = door.admin
    keyed = table(door)
    caller.run(f"CREATE TABLE {door.schema}.bare AS SELECT a, b, y FROM {keyed}")
    caller.run("SET @m = 'same'")
    caller.run(f"CALL sys.ML_TRAIN('{keyed}', 'y', {QUICK}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    with pytest.raises(pymysql.Error, match="primary key"):
        caller.run(f"CALL sys.ML_PREDICT_TABLE('{keyed}', @m, '{keyed}', NULL)")
    bare = f"{door.schema}.bare"
    caller.run("SET @n = 'same without key'")
    caller.run(f"CALL sys.ML_TRAIN('{bare}', 'y', {QUICK}, @n)")
    caller.run("CALL sys.ML_MODEL_LOAD(@n, NULL)")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{bare}', @n, '{bare}', NULL)")
    assert int(caller.one(f"SELECT COUNT(*) FROM {bare} WHERE Prediction IS NULL OR ml_results IS NULL")) == 0


def test_a_handle_that_is_taken(door: Door) -> None:
    caller, written = door.admin, table(door)
    caller.run("SET @m = 'mine'")
    caller.run(f"CALL sys.ML_TRAIN('{written}', 'y', {QUICK}, @m)")
    with pytest.raises(pymysql.Error, match="handle 'mine' exists"):
        caller.run(f"CALL sys.ML_TRAIN('{written}', 'y', {QUICK}, @m)")
    caller.run(f"DELETE FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG WHERE model_handle = 'mine'")
    caller.run(f"CALL sys.ML_TRAIN('{written}', 'y', {QUICK}, @m)")


def test_a_handle_that_is_being_trained(door: Door) -> None:
    """A row of MODEL_CATALOG that is being made is left alone as long as its worker lives."""
    caller = door.admin
    caller.run("CALL sys.ML_CREATE_OR_UPGRADE_CATALOG()")
    store = connect(Database(url=door.server.url))
    catalog = Catalog(store.engine, caller.user)
    door.root.run("SELECT GET_LOCK('a worker', 0)")
    catalog.begin("twice", "a.b", "y", "regression", None, "a worker")
    with pytest.raises(MlError, match="handle 'twice' exists"):
        catalog.begin("twice", "a.b", "y", "regression", None, "another")
    door.root.run("SELECT RELEASE_LOCK('a worker')")
    catalog.begin("twice", "a.b", "y", "regression", {"by": "me"}, "another")
    store.close()


def test_without_a_worker_a_call_fails_at_once(alone: tuple[Door, str]) -> None:
    door, name = alone
    written = table(door)
    began = time.monotonic()
    with pytest.raises(pymysql.Error, match=r"no worker is running.*genba sql serve"):
        door.admin.run(f"CALL {name}.ML_TRAIN('{written}', 'y', NULL, @m)")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("door", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
def test_a_worker_that_is_killed_gives_its_job_to_the_next(
    alone: tuple[Door, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    door, name = alone
    written, caller = table(door, count=3000), door.admin
    log = tmp_path_factory.mktemp("workers")
    first = worker(door.server.url, log / "first.log", "--tables", name)
    said: list[str] = []

    def call() -> None:
        try:
            caller.run("SET @m = 'survivor'")
            caller.run(f"CALL {name}.ML_TRAIN('{written}', 'y', JSON_OBJECT('time_budget', 4), @m)")
        except pymysql.Error as error:
            said.append(str(error))

    second: subprocess.Popen[bytes] | None = None
    try:
        thread = threading.Thread(target=call)
        thread.start()
        until(lambda: door.root.run(f"SELECT state FROM {name}.job") == [("running",)], 30, "the training runs")
        first.kill()
        first.wait()
        second = worker(door.server.url, log / "second.log", "--tables", name)
        thread.join(90)
        assert said == []
        assert caller.one("SELECT @m") == "survivor"
        assert door.root.one(f"SELECT attempts FROM {name}.job") == 2
    finally:
        end(first)
        if second is not None:
            end(second)


def test_training_warns_of_columns_that_know_the_answer(door: Door) -> None:
    caller = door.admin
    written = f"{door.schema}.t"
    caller.run(f"CREATE TABLE {written} (id INT PRIMARY KEY, a DOUBLE, b DOUBLE, c DOUBLE, y VARCHAR(3))")
    caller.fill(
        written, [(i, i % 17, i * 7919 % 101, i * 104729 % 103, "yes" if i % 17 > 8 else "no") for i in range(400)]
    )
    list_ = "'model_list', JSON_ARRAY('DecisionTreeClassifier')"

    def warned(options: str) -> tuple[str, list[str]]:
        caller.run("SET @m = NULL")
        caller.run(f"CALL sys.ML_TRAIN('{written}', 'y', JSON_OBJECT({list_}{options}), @m)")
        said = [row[2] for row in caller.run("SHOW WARNINGS")]
        columns = caller.one(
            "SELECT JSON_EXTRACT(model_metadata, '$.selected_column_names') "
            f"FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG WHERE model_handle = @m"
        )
        return " ".join(said), json.loads(columns)

    said, columns = warned("")
    assert "'a' may give the target away" in said
    assert "a" in columns
    said, columns = warned(", 'leaks', 'exclude'")
    assert "'a' gave the target away and was left out" in said
    assert columns == ["b", "c"]
    caller.run("SET lc_messages = 'ja_JP'")
    assert "'a'は目的変数" in warned("")[0]
    caller.run(f"UPDATE {written} SET y = IF(RAND(5) < 0.5, 'no', 'yes')")
    assert "単純な予測より明らかに良いとは言えません" in warned("")[0]
