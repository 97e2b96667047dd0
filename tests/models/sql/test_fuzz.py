"""Calls at random: each ends with a result or with words of ours, and leaves nothing behind. A seed that fails is in
the message; `FUZZ_SEED` and `FUZZ_CALLS` try others."""

import os
import random
import re
from collections.abc import Callable
from typing import Any

import orjson
import pymysql
import pytest

from models.sql.options import OPTIONS
from tests.models.sql.door import Caller, Door
from tests.waiting import until

SEED = int(os.environ.get("FUZZ_SEED", "20261126"))
CALLS = int(os.environ.get("FUZZ_CALLS", "60"))
OURS = {3877}
THEIRS = {1044, 1142, 1146, 1049, 3140}
"""Rights, tables and schemas that are not there, and what MySQL itself refuses as JSON: the server's own words."""
INSIDE = re.compile(
    r"Traceback|\b[A-Z]\w+Error\b|NoneType|object has no|not subscriptable|unhashable|numpy|dtype|<class"
    r"|could not convert|worker's log|in your SQL syntax|Incorrect |Truncated|too long for column|Unknown column"
)
"""Words of Python, of its libraries or of the server's parser in a text."""
ROWS = [(i, i % 17, i % 5, "yes" if i % 17 + 3 * (i % 5) > 13 else "no") for i in range(60)]
TABLES = {
    "plain": "id INT PRIMARY KEY, a DOUBLE, b DOUBLE, y VARCHAR(9)",
    "my ``t`` 'q' \"界": "`select` INT PRIMARY KEY, `湿度%` DOUBLE, `a ``b` DOUBLE, `y.z` VARCHAR(9)",
    "bytes": "id BIGINT UNSIGNED PRIMARY KEY, a BIT(8), b DECIMAL(65, 30), y ENUM('yes', 'no')",
    "taken": "id INT, Prediction DOUBLE, ml_results DOUBLE, y VARCHAR(9)",
    "empty": "id INT PRIMARY KEY, a DOUBLE, b DOUBLE, y VARCHAR(9)",
}
VALUES: list[Any] = [
    *(None, True, 0, -1, 1, 2**31, 2**64 - 1, 1e308, 0.5, "", "a", "y", "nope", "NaN", "inf", "1", "true", "é界😀"),
    *("'\"`\\", "{", "[1]", "x" * 70_000, "balanced", "shap", "regression", [], {}, [[]], ["a"], ["nope", 1]),
    *([[0, 1], [1, 0]], [[0, "x"], [1]], ["y" * 300], {"a": 1}, {"yes": -1}, {"yes": {"no": [None]}}, {"z" * 300: 1}),
]
SESSIONS = [
    *("sql_mode = ''", "sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'", "sql_mode = 'TRADITIONAL'"),
    *("autocommit = 0", "sql_safe_updates = 1", "sql_select_limit = 2", "group_concat_max_len = 4"),
    *("time_zone = '+09:00'", "lc_messages = 'ja_JP'", "collation_connection = utf8mb4_bin"),
]
HANDLES = ["loaded", "loaded", "loaded", "only trained", "nope", None, "", "x" * 300, "😀"]
TARGETS = ["y", "y", "y.z", "id", "a", None, "", "nope", "x" * 300]
INPUTS = ['{"a": 1, "b": 2}', '{"a": "x", "b": null}', '{"a": {"b": [1]}, "b": 1e300}', "[]", "1", "{}"]
INPUTS += ['{"a": "' + "w" * 400 + '", "b": 1}']
MORE = ["ML_PREDICT_ROW", "ML_EXPLAIN_ROW", "ML_MODEL_EXPORT", "ML_MODEL_IMPORT", "ML_MODEL_LOAD", "ML_MODEL_ACTIVE"]
QUICK = "JSON_OBJECT('model_list', JSON_ARRAY('GaussianNB'), 'trials', 1)"


def literal(value: str | None) -> str:
    """A text, whatever the session's rules."""
    return "NULL" if value is None else f"CONVERT(X'{value.encode().hex()}' USING utf8mb4)"


class Fuzz:
    """Calls on one server, by an account that may do much and one that may do little."""

    def __init__(self, door: Door) -> None:
        self.door, self.random, self.made = door, random.Random(SEED), 0
        door.root.run("SET SESSION sql_mode = ''")
        for name, columns in TABLES.items():
            door.root.run(f"CREATE TABLE {door.schema}.{self.quoted(name)} ({columns})")
            if name != "empty":
                door.root.fill(f"{door.schema}.{self.quoted(name)}", ROWS)
        self.callers = [door.admin.user, door.low(f"SELECT ON {door.schema}.*").user]
        for handle in ("loaded", "only trained"):
            door.admin.run(f"SET @m = '{handle}'")
            door.admin.run(f"CALL sys.ML_TRAIN('{door.schema}.plain', 'y', {QUICK}, @m)")
        door.admin.run("CALL sys.ML_MODEL_LOAD('loaded', NULL)")

    @staticmethod
    def quoted(name: str) -> str:
        return "`" + name + "`"

    def call(self) -> str:
        pick, schema = self.random.choice, self.door.schema
        self.made += 1
        good = [f"{schema}.{self.quoted(name)}" for name in TABLES]
        bad = [None, "", "plain", "a.b.c", f"{schema}.gone", f"{schema}.😀", "x" * 80, f"{schema}.plain "]
        new = f"{schema}.o{self.made}"
        table, target, handle = literal(pick([*good, *good, *bad])), literal(pick(TARGETS)), literal(pick(HANDLES))
        output = literal(pick([new, new, f"{schema}.plain", None, "", f"{schema}.`界 {self.made}`", "nope.o"]))
        routine = pick([*OPTIONS, *MORE])
        options, row = literal(self.options(routine)), literal(pick(INPUTS))
        arguments = {
            "ML_TRAIN": (table, target, options, "@h"),
            "ML_EXPLAIN": (table, target, handle, options),
            "ML_PREDICT_TABLE": (table, handle, output, options),
            "ML_EXPLAIN_TABLE": (table, handle, output, options),
            "ML_SCORE": (table, target, handle, literal(pick(["accuracy", "r2", "x" * 99, None])), "@s", options),
            "ML_PREDICT_ROW": (row, handle, options),
            "ML_EXPLAIN_ROW": (row, handle, options),
            "ML_MODEL_EXPORT": (handle, output),
            "ML_MODEL_IMPORT": ("NULL", options, "@h"),
            "ML_MODEL_LOAD": (handle, literal(pick([None, self.callers[0], "", "`"]))),
            "ML_MODEL_ACTIVE": (literal(pick([None, "all", "nope"])), "@i"),
        }.get(routine, (table, target, options))
        return f"{'SELECT' if routine.endswith('_ROW') else 'CALL'} sys.{routine}({', '.join(arguments)})"

    def options(self, routine: str) -> str | None:
        pick = self.random.choice
        if self.random.random() < 0.15:
            return pick([None, "[]", "3", "null", "{", '{"": 1}', '{"tsk": "classification"}'])
        known = OPTIONS.get(routine, ("prediction_explainer", "schema"))
        given = {pick(known): pick(VALUES) for _ in range(pick([0, 1, 1, 2]))}
        if routine == "ML_TRAIN":
            given = {"model_list": ["GaussianNB"], "trials": 1} | given
            given["task"] = "classification"
        if routine == "ML_RANK":
            given["budget"] = 1
        return orjson.dumps(given).decode()

    def session(self) -> Caller:
        caller = self.door.user(self.random.choice([self.callers[0], *self.callers]))
        for setting in self.random.sample(SESSIONS, self.random.choice([0, 0, 1, 2])):
            caller.run(f"SET SESSION {setting}")
        return caller


def wrong(run: Callable[[], Any]) -> str | None:
    """What no user should see, of whatever a call ends with."""
    try:
        run()
    except pymysql.Error as error:
        number, text = error.args[0], str(error.args[-1])
        if number not in OURS | THEIRS or (number in OURS and (not text or INSIDE.search(text))):
            return f"{number} {text}"
    return None


def test_calls_at_random(door: Door) -> None:
    fuzz = Fuzz(door)
    for _ in range(CALLS):
        caller, call = fuzz.session(), fuzz.call()
        said = wrong(lambda caller=caller, call=call: caller.run(call))  # type: ignore[misc]
        assert said is None, f"seed {SEED}: {said}\n{caller.user}: {call[:2000]}"
    door.root.run("SET SESSION sql_mode = DEFAULT")
    homes = ", ".join(f"'ML_SCHEMA_{name}'" for name in fuzz.callers)
    left = (
        f"SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({homes}) AND TABLE_NAME LIKE 'job%'"
        " UNION ALL SELECT TABLE_NAME FROM information_schema.VIEWS "
        "WHERE TABLE_SCHEMA = 'genba_sql' AND TABLE_NAME LIKE 'job%'"
    )
    until(lambda: door.root.run(left) == [], 20, f"seed {SEED}: nothing is left of the calls")
    assert [row[0] for row in door.root.run(f"SHOW COLUMNS FROM {door.schema}.plain")] == ["id", "a", "b", "y"]


def test_a_value_of_any_length_ends_its_call_and_not_the_worker(door: Door) -> None:
    door.root.run(f"CREATE TABLE {door.schema}.t (a DOUBLE, b DOUBLE, y VARCHAR(3))")
    options = "JSON_OBJECT('leaks', REPEAT('x', 70000))"
    door.root.fill(f"{door.schema}.t", [row[1:] for row in ROWS])
    with pytest.raises(pymysql.Error, match="leaks"):
        door.admin.run(f"CALL sys.ML_TRAIN('{door.schema}.t', 'y', {options}, @m)")
    said = door.admin.run("CALL sys.ML_STATUS()")[0][7]
    assert "…" in said
    assert said.endswith("known: exclude, off, report")
    door.admin.run("CALL sys.ML_MODEL_ACTIVE(NULL, @info)")


def test_a_model_that_changed_since_it_was_loaded(door: Door) -> None:
    """A table must not be answered by another model than the rows are."""
    caller, table = door.admin, f"{door.schema}.t"
    caller.run(f"CREATE TABLE {table} (a DOUBLE, b DOUBLE, y VARCHAR(3))")
    caller.fill(table, [row[1:] for row in ROWS])
    caller.run("SET @m = 'again'")
    caller.run(f"CALL sys.ML_TRAIN('{table}', 'y', {QUICK}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    caller.run(f"DELETE FROM ML_SCHEMA_{caller.user}.MODEL_CATALOG")
    caller.run(f"DELETE FROM {table} WHERE a > 14")
    caller.run(f"CALL sys.ML_TRAIN('{table}', 'y', {QUICK}, @m)")
    predict = f"CALL sys.ML_PREDICT_TABLE('{table}', @m, '{door.schema}.o', NULL)"
    with pytest.raises(pymysql.Error, match="'again' has changed since it was loaded"):
        caller.run(predict)
    assert "Prediction" in caller.one("SELECT sys.ML_PREDICT_ROW(JSON_OBJECT('a', 1, 'b', 2), @m, NULL)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    caller.run(predict)


def test_an_output_in_place(door: Door) -> None:
    """It takes its columns from a careful client, too; where it fails, the table is as it was."""
    caller, table = door.admin, f"{door.schema}.t"
    caller.run(f"CREATE TABLE {table} (a DOUBLE, b DOUBLE, y VARCHAR(3))")
    caller.fill(table, [row[1:] for row in ROWS])
    caller.run("SET @m = 'place'")
    caller.run(f"CALL sys.ML_TRAIN('{table}', 'y', {QUICK}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    caller.run("SET SESSION sql_safe_updates = 1")
    for place in range(2):
        caller.run(f"CREATE TABLE {table}{place} AS SELECT * FROM {table}")
    caller.run(f"CREATE TRIGGER {door.schema}.no BEFORE UPDATE ON {table}1 FOR EACH ROW SIGNAL SQLSTATE '45000'")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{table}0', @m, '{table}0', NULL)")
    assert caller.one(f"SELECT COUNT(Prediction) FROM {table}0") == len(ROWS)
    with pytest.raises(pymysql.Error):
        caller.run(f"CALL sys.ML_PREDICT_TABLE('{table}1', @m, '{table}1', NULL)")
    assert [row[0] for row in caller.run(f"SHOW COLUMNS FROM {table}1")] == ["a", "b", "y"]
    with pytest.raises(pymysql.Error, match="is the input and has a primary key; name another"):
        caller.run(f"CALL sys.ML_PREDICT_TABLE('{table}0', @m, '{table}0', NULL)")
    assert caller.one("SELECT @@SESSION.sql_safe_updates") == 1


def test_sessions_in_which_no_job_can_be_queued(door: Door) -> None:
    caller, table = door.admin, f"{door.schema}.t"
    caller.run(f"CREATE TABLE {table} (a DOUBLE, b DOUBLE, y VARCHAR(3))")
    caller.run(f"CREATE TEMPORARY TABLE {table}1 AS SELECT * FROM {table}")
    audit = f"CALL sys.ML_AUDIT('{table}', 'y', NULL)"
    caller.run(f"LOCK TABLES {table} READ")
    with pytest.raises(pymysql.Error, match="UNLOCK TABLES first"):
        caller.run(audit)
    caller.run("UNLOCK TABLES")
    caller.run("SET SESSION TRANSACTION READ ONLY")
    with pytest.raises(pymysql.Error, match="SET SESSION TRANSACTION READ WRITE first"):
        caller.run(audit)
    caller.run("SET SESSION TRANSACTION READ WRITE")
    before = door.root.one("SELECT COUNT(*) FROM genba_sql.job")
    with pytest.raises(pymysql.Error, match="is temporary, and no worker sees it"):
        caller.run(f"CALL sys.ML_AUDIT('{table}1', 'y', NULL)")
    assert door.root.one("SELECT COUNT(*) FROM genba_sql.job") == before
