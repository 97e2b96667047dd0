"""Tables and sessions that are odd: invisible keys, long names, large answers, modes of the caller."""

import pandas as pd
import pymysql
import pytest

from ingest.settings import Database
from ingest.store.engine import connect
from models.sql.bulk import LETTERS, Writer
from tests.models.sql.door import Caller, Door

QUICK = "JSON_OBJECT('model_list', JSON_ARRAY('GaussianNB'))"
LONG = "x" * 63
"""With any other letter as long as a name may be."""


def loaded(caller: Caller, table: str, name: str = "odd") -> None:
    caller.run(f"SET @m = '{name}'")
    caller.run(f"CALL sys.ML_TRAIN('{table}', 'y', {QUICK}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")


def rows(count: int) -> list[tuple[int, int, str]]:
    return [(i % 17, i % 5, "yes" if i % 17 + 3 * (i % 5) > 13 else "no") for i in range(count)]


def test_names_as_long_as_names_may_be(door: Door) -> None:
    caller, table = door.admin, f"{door.schema}.t"
    caller.run(f"CREATE TABLE {table} ({LONG}a DOUBLE, {LONG}b DOUBLE, y VARCHAR(3))")
    caller.fill(table, rows(90))
    loaded(caller, table)
    caller.run(f"CALL sys.ML_EXPLAIN_TABLE('{table}', @m, '{door.schema}.why', NULL)")
    names = [row[0] for row in caller.run(f"SHOW COLUMNS FROM {door.schema}.why")]
    assert sum(name.endswith("_attribution") for name in names) == 2
    caller.run(f"ALTER TABLE {door.schema}.why DROP COLUMN Prediction, DROP COLUMN ml_results, DROP COLUMN Notes")
    taken = next(name for name in names if name.endswith("_attribution"))
    with pytest.raises(pymysql.Error, match=f"has a column '{taken}' already"):
        caller.run(f"CALL sys.ML_EXPLAIN_TABLE('{door.schema}.why', @m, '{door.schema}.again', NULL)")


def test_a_key_that_is_partly_invisible_is_none(door: Door) -> None:
    caller, table = door.admin, f"{door.schema}.t"
    caller.run(
        f"CREATE TABLE {table} (line INT, a DOUBLE, b DOUBLE, twice DOUBLE AS (a * 2) STORED, y VARCHAR(3), "
        "no INT NOT NULL AUTO_INCREMENT INVISIBLE, KEY (no), PRIMARY KEY (line, no))"
    )
    with caller.connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} (line, a, b, y) VALUES (1, %s, %s, %s)", rows(90))
    loaded(caller, table)
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{table}', @m, '{door.schema}.o', NULL)")
    assert caller.one(f"SELECT COUNT(*) FROM {door.schema}.o WHERE Prediction IS NOT NULL") == 90


def test_a_key_of_the_first_letters(door: Door) -> None:
    caller, table = door.admin, f"{door.schema}.t"
    caller.run(f"CREATE TABLE {table} (serial TEXT, a DOUBLE, b DOUBLE, y VARCHAR(3), PRIMARY KEY (serial(20)))")
    caller.fill(table, [(f"serial {place}", *row) for place, row in enumerate(rows(90))])
    loaded(caller, table)
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{table}', @m, '{door.schema}.o', NULL)")
    assert caller.one(f"SELECT COUNT(DISTINCT serial) FROM {door.schema}.o") == 90


def test_a_key_that_only_an_unsigned_number_holds(door: Door) -> None:
    caller, table = door.admin, f"{door.schema}.t"
    caller.run(f"CREATE TABLE {table} (id BIGINT UNSIGNED PRIMARY KEY, a DOUBLE, b DOUBLE, y VARCHAR(3))")
    caller.fill(table, [(2**64 - 1 - place, *row) for place, row in enumerate(rows(90))])
    loaded(caller, table)
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{table}', @m, '{door.schema}.o', NULL)")
    assert caller.one(f"SELECT MAX(id) FROM {door.schema}.o WHERE Prediction IS NOT NULL") == 2**64 - 1
    caller.run(f"CALL sys.TRAIN_TEST_SPLIT('{table}', 'y', NULL)")
    assert caller.one(f"SELECT COUNT(*) FROM {table}_train JOIN {table} USING (id)") == 72


def test_modes_of_the_callers_session(door: Door) -> None:
    """What a routine does is written under modes of its own, in whatever way the caller's session reads SQL."""
    caller, table = door.admin, f'{door.schema}.`t \\ "1`'
    caller.run(f'CREATE TABLE {table} (`a \\ "q` DOUBLE, b DOUBLE, y CHAR(9))')
    caller.fill(table.replace("%", "%%"), rows(90))
    caller.run(
        "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,PAD_CHAR_TO_FULL_LENGTH,"
        "STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY', autocommit = 0"
    )
    caller.run("SET @m = 'a \\ b'")
    caller.run(f"CALL sys.ML_TRAIN('{table}', 'y', {QUICK}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")
    caller.run(f"CALL sys.ML_PREDICT_TABLE('{table}', @m, '{door.schema}.o', NULL)")
    assert caller.one(f"SELECT SUM(TRIM(Prediction) <> TRIM(y)) FROM {door.schema}.o") <= 9
    row = """JSON_OBJECT('a \\ "q', 1, 'b', 2)"""
    assert caller.one(f"SELECT JSON_UNQUOTE(JSON_EXTRACT(sys.ML_PREDICT_ROW({row}, @m, NULL), '$.Prediction'))") == "no"
    caller.run(f"CALL sys.ML_MODEL_EXPORT(@m, '{door.schema}.e')")
    assert caller.one(f"SELECT COUNT(*) FROM {door.schema}.e WHERE model_object IS NOT NULL") >= 1


def test_answers_larger_than_a_statement_may_be(door: Door) -> None:
    store = connect(Database(url=door.server.url))
    writer = Writer(store.engine, door.schema, "large", {"said": "LONGTEXT"})
    long = "界" * (LETTERS // 3)
    writer.write(pd.Series(range(7)), {"said": [long] * 7})
    writer.finish()
    store.close()
    assert door.root.run(f"SELECT COUNT(*), MIN(CHAR_LENGTH(said)) FROM {door.schema}.large") == [(7, len(long))]


def test_an_output_that_is_there(door: Door) -> None:
    """It is named and left as it is, a temporary table of the session as well."""
    caller, schema = door.admin, door.schema
    caller.run(f"CREATE TABLE {schema}.t (a DOUBLE, b DOUBLE, y VARCHAR(3))")
    for kind in ("", "TEMPORARY"):
        caller.run(f"CREATE {kind} TABLE {schema}.mine{kind} AS SELECT 1 AS a")
        with pytest.raises(pymysql.Error, match=f"`mine{kind}` already exists; drop it"):
            caller.run(f"CALL sys.ML_PREDICT_TABLE('{schema}.t', 'any', '{schema}.mine{kind}', NULL)")
        assert caller.one(f"SELECT a FROM {schema}.mine{kind}") == 1
