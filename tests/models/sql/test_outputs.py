"""Output tables that grow while the work goes on: in portions, whole or not there at all."""

import threading
from pathlib import Path

import pymysql
import pytest

from tests.models.sql.conftest import end, worker
from tests.models.sql.door import Caller, Door
from tests.waiting import until

ROWS = 160_000
"""Eight portions: time enough to kill somebody between them."""


def model(door: Door, caller: Caller, routines: str = "sys", rows: int = ROWS) -> str:
    """A table of ``rows`` rows whose answer is known, and ``@m``, a loaded model that has learnt some of them."""
    written = f"{door.schema}.long"
    door.root.run(f"CREATE TABLE {written} (id INT PRIMARY KEY, a DOUBLE, b DOUBLE, y VARCHAR(3))")
    door.root.fill(written, [(i, i % 17, i % 5, "yes" if i % 17 > 8 else "no") for i in range(2_500)])
    held = 2_500
    while held < rows:
        door.root.run(f"INSERT INTO {written} SELECT id + {held}, a, b, y FROM {written}")
        held *= 2
    door.root.run(f"CREATE TABLE {door.schema}.learnt AS SELECT a, b, y FROM {written} LIMIT 500")
    caller.run("SET @m = 'sorter'")
    options = "JSON_OBJECT('model_list', JSON_ARRAY('DecisionTreeClassifier'), 'trials', 2)"
    caller.run(f"CALL {routines}.ML_TRAIN('{door.schema}.learnt', 'y', {options}, @m)")
    caller.run(f"CALL {routines}.ML_MODEL_LOAD(@m, NULL)")
    return written


def whole(door: Door, out: str) -> bool:
    """Is every row there, once, with its own values and its own answer?"""
    count, wrong, gaps = door.root.run(
        f"SELECT COUNT(*), SUM(Prediction <> y), SUM(ml_results IS NULL) FROM {out} AS o "
        f"JOIN {door.schema}.`long` AS i USING (id, a, b, y)"
    )[0]
    return (int(count), int(wrong), int(gaps)) == (ROWS, 0, 0)


@pytest.mark.parametrize("door", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True)
def test_a_worker_that_dies_between_portions(alone: tuple[Door, str], tmp_path: Path) -> None:
    door, name = alone
    caller, out, said = door.admin, f"{door.schema}.out", []
    first = worker(door.server.url, tmp_path / "first.log", "--tables", name)
    second = None
    try:
        written = model(door, caller, name)

        def call() -> None:
            try:
                caller.run(f"CALL {name}.ML_PREDICT_TABLE('{written}', @m, '{out}', NULL)")
            except pymysql.Error as error:
                said.append(str(error))

        thread = threading.Thread(target=call)
        thread.start()
        until(lambda: door.root.one(f"SELECT COUNT(*) FROM {name}.step") >= 4, 30, "two portions are there")
        first.kill()
        first.wait()
        assert door.root.run(f"SHOW TABLES FROM {door.schema} LIKE 'out'") == []
        second = worker(door.server.url, tmp_path / "second.log", "--tables", name)
        thread.join(90)
        assert said == []
        assert door.root.one(f"SELECT attempts FROM {name}.job ORDER BY job_no DESC LIMIT 1") == 2
        assert whole(door, out)
    finally:
        end(first)
        if second is not None:
            end(second)


def test_a_caller_that_goes_between_portions_leaves_nothing(door: Door) -> None:
    caller, out = door.admin, f"{door.schema}.out"
    written = model(door, caller)
    number = door.root.one("SELECT MAX(job_no) FROM genba_sql.job")
    another = door.user(caller.user)

    def call() -> None:
        with pytest.raises(pymysql.Error):
            caller.run(f"CALL sys.ML_PREDICT_TABLE('{written}', @m, '{out}', NULL)")

    thread = threading.Thread(target=call)
    thread.start()
    left = f"SELECT COUNT(*) FROM genba_sql.step WHERE job_no > {number}"
    until(lambda: door.root.one(left) >= 4, 30, "two portions are there")
    door.root.run(f"KILL {caller.connection.thread_id()}")
    thread.join(30)
    until(lambda: another.run("CALL sys.ML_STATUS()")[0][2] != "running", 30, "the work is over")
    staged = f"SHOW TABLES FROM ML_SCHEMA_{caller.user} LIKE 'job%'"
    until(lambda: not door.root.run(staged), 60, "the staging area is clear")
    assert door.root.run(f"SHOW TABLES FROM {door.schema} LIKE 'out'") == []
    assert door.root.one(left) == 0


def test_rows_of_a_long_table_keep_their_values(door: Door) -> None:
    caller, out = door.admin, f"{door.schema}.out"
    written = model(door, caller, rows=40_000)  # two portions, the second is not full
    caller.run(f"DELETE FROM {written} WHERE id % 3 = 0")  # a key with gaps
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{written}', @m, '{out}', NULL)")
    kept = caller.one(f"SELECT COUNT(*) FROM {written}")
    assert caller.run(f"SELECT COUNT(*), SUM(Prediction = y) FROM {out}")[0] == (kept, kept)
    caller.run(f"CREATE TABLE {door.schema}.bare AS SELECT a, b, y FROM {written}")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{door.schema}.bare', @m, '{door.schema}.numbered', NULL)")
    found = f"SELECT COUNT(*), SUM(Prediction = y), MAX(_4aad19ca6e_pk_id) FROM {door.schema}.numbered"
    assert caller.run(found)[0] == (kept, kept, kept)
