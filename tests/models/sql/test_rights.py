"""A routine lets nobody read or write what he could not read or write himself, whichever way he tries."""

import pymysql
import pytest

from tests.models.sql.door import Caller, Door
from tests.waiting import until

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
    for host in ("localhost", "127.0.0.1", "%@%"):
        said = refused(low, f"CALL sys.genba_submit('ML_TRAIN', '{low.user}@{host}', '{{}}', '[]', @job)")
        assert "as yourself" in said or "is not that of" in said
    assert "as yourself" in refused(low, "CALL sys.genba_submit('ML_TRAIN', NULL, '{}', '[]', @job)")
    for claimed in ("genba@%", "genba@localhost", "@"):
        said = refused(low, f"CALL sys.genba_submit('ML_TRAIN', '{claimed}', '{{}}', '[]', @job)")
        assert "as yourself" in said or "is not that of" in said


def test_two_accounts_of_one_name(plant: Door) -> None:
    """The server takes the account with the narrower host, and so do the routines: the other's rights are not his."""
    wide = plant.user(f"twice_{plant.number}", f"SELECT ON {plant.schema}.*")
    plant.root.run(f"CREATE USER '{wide.user}'@'127.0.0.0/255.0.0.0'")
    try:
        plant.root.run(f"GRANT EXECUTE ON sys.* TO '{wide.user}'@'127.0.0.0/255.0.0.0'")
        narrow = Caller(plant.connect(wide.user), wide.user)
        assert narrow.one("SELECT CURRENT_USER()") == f"{wide.user}@127.0.0.0/255.0.0.0"
        said = refused(narrow, f"CALL sys.genba_submit('ML_TRAIN', '{wide.user}@%', '{{}}', '[]', @job)")
        assert "is not that of" in said
        narrow.run("CALL sys.ML_CREATE_OR_UPGRADE_CATALOG()")
    finally:
        plant.root.run(f"DROP USER '{wide.user}'@'127.0.0.0/255.0.0.0'")


def test_a_user_whose_name_is_a_pattern(plant: Door) -> None:
    """In a grant a backslash, an underscore and a per cent sign mean something: each catalog is of one user alone."""
    plain = plant.user(f"ab{plant.number}", "EXECUTE ON sys.*")
    plain.run("CALL sys.ML_CREATE_OR_UPGRADE_CATALOG()")
    for name in (f"a\\b{plant.number}", f"a_{plant.number}", f"a%{plant.number}"):
        written = name.replace("\\", "\\\\")
        plant.root.run(f"CREATE USER '{written}'@'%'")
        try:
            plant.root.run(f"GRANT EXECUTE ON sys.* TO '{written}'@'%'")
            odd = Caller(plant.connect(name), name)
            odd.run("CALL sys.ML_CREATE_OR_UPGRADE_CATALOG()")
            assert odd.one(f"SELECT COUNT(*) FROM `ML_SCHEMA_{name}`.MODEL_CATALOG") == 0
            assert "denied" in refused(odd, f"SELECT * FROM ML_SCHEMA_{plain.user}.MODEL_CATALOG")
        finally:
            plant.root.run(f"DROP SCHEMA IF EXISTS `ML_SCHEMA_{name}`")
            plant.root.run(f"DROP USER '{written}'@'%'")


def test_another_s_model_by_a_table_of_one_s_own(plant: Door, low: Caller) -> None:
    """That a job may read the first table it was given proves nothing about another user's catalog."""
    victim = plant.user(f"victim_{plant.number}", "EXECUTE ON sys.*", f"SELECT ON {plant.schema}.hidden")
    trained(victim, f"{plant.schema}.hidden")
    handle, own = victim.one("SELECT @m"), f"own_{plant.number}"
    low.run(f"CREATE TABLE {own}.fake (model_handle VARCHAR(255), chunk_id INT, model_object TEXT)")
    low.run(f"INSERT INTO {own}.fake VALUES (%s, 1, 'x')", (handle,))
    for table in (f"{plant.schema}.seen", f"{own}.fake"):
        job = f"""'ML_MODEL_LOAD', CURRENT_USER(), '{{"handle": "{handle}", "user": "{victim.user}"}}', '["{table}"]'"""
        low.run(f"CALL sys.genba_submit({job}, @job)")
        assert "that you may read" in refused(low, "CALL sys.genba_wait(@job, @result)")
    assert "not loaded" in refused(low, f"SELECT sys.ML_PREDICT_ROW(JSON_OBJECT('a', 1, 'b', 2), '{handle}', NULL)")


def queued(caller: Caller, arguments: str) -> None:
    caller.run("CALL sys.genba_submit('ML_TRAIN', CURRENT_USER(), %s, '[]', @job)", (arguments,))
    caller.run("CALL sys.genba_wait(@job, @result)")


def test_arguments_that_no_routine_wrote(plant: Door, low: Caller) -> None:
    """A worker outlives whatever the helper that queues is handed; a job makes no more views than are dropped."""
    assert "no arguments" in refused(low, "CALL sys.genba_submit('ML_TRAIN', CURRENT_USER(), 'no JSON', '[]', @job)")
    four = f'["{plant.schema}.seen"' + f', "{plant.schema}.seen"' * 3 + "]"
    assert "no arguments" in refused(low, f"CALL sys.genba_submit('ML_TRAIN', CURRENT_USER(), '{{}}', '{four}', @job)")
    for tables in ("NULL", "'x'", "'3'", "'{}'", "'[null]'", "'[3]'"):
        said = refused(low, f"CALL sys.genba_submit('ML_TRAIN', CURRENT_USER(), '{{}}', {tables}, @job)")
        assert "no arguments" in said or "no name" in said
    for arguments in ("[1]", "3", '{"a": "\\ud800"}'):
        with pytest.raises(pymysql.Error, match=r"no arguments|no JSON object"):
            queued(low, arguments)


def test_a_catalog_that_its_owner_spoilt_spoils_nobody_s_list(plant: Door, low: Caller) -> None:
    trained(low, f"{plant.schema}.seen")
    low.run(f"DROP TABLE ML_SCHEMA_{low.user}.MODEL_OBJECT_CATALOG")
    low.run(f"DROP TABLE ML_SCHEMA_{low.user}.MODEL_CATALOG")
    other = plant.user(f"other_{plant.number}", "EXECUTE ON sys.*")
    other.run("CALL sys.ML_MODEL_ACTIVE('all', @info)")
    assert low.user in str(other.one("SELECT @info"))


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


@pytest.mark.parametrize("door", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True)
def test_whoever_holds_his_own_table_holds_no_worker(plant: Door, low: Caller) -> None:
    """What a call left behind is dropped only where its owner lets it go; the worker goes on."""
    home = f"ML_SCHEMA_{low.user}"
    low.run("CALL sys.ML_CREATE_OR_UPGRADE_CATALOG()")
    other = Caller(plant.connect(low.user), low.user)
    assert "column" in refused(low, f"CALL sys.ML_AUDIT('{plant.schema}.seen', 'nothing', NULL)")
    job = low.run("CALL sys.ML_STATUS()")[0][0] + 1
    low.run(f"CREATE TABLE {home}.job_{job}_of_genba_sql (a INT)")
    other.run("BEGIN")
    other.run(f"SELECT * FROM {home}.job_{job}_of_genba_sql")
    assert "column" in refused(low, f"CALL sys.ML_AUDIT('{plant.schema}.seen', 'nothing', NULL)")
    assert low.run("CALL sys.ML_STATUS()")[0][0] == job
    until(lambda: plant.root.one(f"SELECT cleared FROM genba_sql.job WHERE job_no = {job}") == 1, 20, "swept")
    assert "column" in refused(low, f"CALL sys.ML_AUDIT('{plant.schema}.seen', 'nothing', NULL)")
    other.run("COMMIT")
