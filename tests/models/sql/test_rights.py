"""A routine lets nobody read or write what he could not read or write himself, whichever way he tries."""

import pymysql
import pytest

from tests.models.sql.door import Caller, Door

ROWS = [(i % 17, i % 5, "yes" if i % 17 + 3 * (i % 5) > 13 else "no") for i in range(120)]
TASKS = "JSON_OBJECT('time_budget', 2, 'model_list', JSON_ARRAY('GaussianNB'))"


@pytest.fixture
def plant(door: Door) -> Door:
    """Two tables alike, ``seen`` and ``hidden``."""
    for name in ("seen", "hidden"):
        door.root.run(f"CREATE TABLE {door.schema}.{name} (a DOUBLE, b DOUBLE, y VARCHAR(3))")
        door.root.fill(f"{door.schema}.{name}", ROWS)
    return door


@pytest.fixture
def low(plant: Door) -> Caller:
    """Reads ``seen`` alone, and makes tables in a schema of his own."""
    own = plant.new_schema(f"own_{plant.number}")
    return plant.low(f"SELECT ON {plant.schema}.seen", f"ALL ON {own}.*")


def refused(caller: Caller, statement: str) -> str:
    with pytest.raises(pymysql.Error) as error:
        caller.run(statement)
    return str(error.value)


def trained(caller: Caller, table: str) -> None:
    caller.run("SET @m = NULL")
    caller.run(f"CALL sys.ML_TRAIN('{table}', 'y', {TASKS}, @m)")
    caller.run("CALL sys.ML_MODEL_LOAD(@m, NULL)")


def test_a_table_that_one_may_not_read(plant: Door, low: Caller) -> None:
    assert "denied" in refused(low, f"CALL sys.ML_TRAIN('{plant.schema}.hidden', 'y', NULL, @m)")
    assert "denied" in refused(low, f"CALL sys.ML_AUDIT('{plant.schema}.hidden', 'y', NULL)")
    trained(low, f"{plant.schema}.seen")
    own = f"own_{plant.number}"
    said = refused(low, f"CALL sys.ML_PREDICT_TABLE('{plant.schema}.hidden', @m, '{own}.out', NULL)")
    assert "denied" in said


def test_past_the_public_routines(plant: Door, low: Caller) -> None:
    """The helper that queues a job does not believe its caller: the view it makes has the caller's rights."""
    job = f"""'ML_TRAIN', CURRENT_USER(), '{{"table": "{plant.schema}.hidden", "target": "y"}}',
        '["{plant.schema}.hidden"]'"""
    low.run(f"CALL sys.genba_submit({job}, @job)")
    assert "cannot be read with your rights" in refused(low, "CALL sys.genba_wait(@job, @result)")


def test_as_somebody_else(plant: Door, low: Caller) -> None:
    for claimed in ("genba@%", "genba@localhost", f"{low.user}@localhost", f"{low.user}@%@%", "@"):
        said = refused(low, f"CALL sys.genba_submit('ML_TRAIN', '{claimed}', '{{}}', '[]', @job)")
        assert "as yourself" in said or "is not that of" in said


def test_into_a_schema_that_one_may_not_write(plant: Door, low: Caller) -> None:
    trained(low, f"{plant.schema}.seen")
    said = refused(low, f"CALL sys.ML_PREDICT_TABLE('{plant.schema}.seen', @m, '{plant.schema}.out', NULL)")
    assert "denied" in said
    assert "denied" in refused(low, f"CALL sys.ML_MODEL_EXPORT(@m, '{plant.schema}.out')")
    assert "denied" in refused(low, f"CALL sys.TRAIN_TEST_SPLIT('{plant.schema}.seen', 'y', NULL)")


def test_our_own_tables_and_other_people_s_jobs(plant: Door, low: Caller) -> None:
    trained(low, f"{plant.schema}.seen")
    for table in ("job", "loaded", "walk_model", "worker"):
        assert "denied" in refused(low, f"SELECT * FROM genba_sql.{table}")
    other = plant.user(f"other_{plant.number}", "SELECT, EXECUTE ON sys.*")
    job = low.run("CALL sys.ML_STATUS()")[0][0]
    assert "of yours" in refused(other, f"CALL sys.genba_wait({job}, @result)")
    assert other.run("CALL sys.ML_STATUS()") == []


def test_a_model_is_shared_by_a_grant_on_its_catalog(plant: Door, low: Caller) -> None:
    trained(low, f"{plant.schema}.seen")
    handle = low.one("SELECT @m")
    other = plant.user(f"other_{plant.number}", "SELECT, EXECUTE ON sys.*", f"ALL ON own_{plant.number}.*",
                       f"SELECT ON {plant.schema}.seen")  # fmt: skip
    load = f"CALL sys.ML_MODEL_LOAD('{handle}', '{low.user}')"
    assert "denied" in refused(other, load)
    plant.root.run(f"GRANT SELECT ON `ML_SCHEMA_{low.user}`.* TO '{other.user}'@'%'")
    other.run(load)
    other.run(f"CALL sys.ML_PREDICT_TABLE('{plant.schema}.seen', '{handle}', 'own_{plant.number}.out', NULL)")
    assert other.one(f"SELECT COUNT(*) FROM own_{plant.number}.out") == len(ROWS)


@pytest.mark.parametrize(
    "table", ["{0}.seen`; DROP TABLE {0}.seen; -- ", "{0}.seen WHERE 1=1", "`{0}`.`seen", "{0}", "", "{0}.seen'"]
)
def test_a_name_that_is_more_than_a_name(plant: Door, low: Caller, table: str) -> None:
    with pytest.raises(pymysql.Error):
        low.run("CALL sys.ML_TRAIN(%s, 'y', NULL, @m)", (table.format(plant.schema),))
    assert plant.root.one(f"SELECT COUNT(*) FROM {plant.schema}.seen") == len(ROWS)
