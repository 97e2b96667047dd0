"""The chain gives exactly the tables of the code, on every engine, however often and by however many at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from ingest.errors import SchemaOutdated
from ingest.settings import Database
from ingest.store.engine import Store, connect
from ingest.store.migrate import require_schema, status, upgrade
from ingest.store.schema import metadata
from tests.conftest import ENGINES


def differences(store: Store) -> list[Any]:
    with store.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


def test_chain_makes_the_tables_of_the_code(store: Store) -> None:
    assert differences(store) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_several_may_upgrade_at_once(engine: str, new_database: Callable[[str], Database]) -> None:
    database = new_database(engine)
    stores = [connect(database, create=True) for _ in range(3)]
    with pytest.raises(SchemaOutdated, match=r"no schema yet .* `genba db upgrade`"):
        require_schema(stores[0])
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(upgrade, stores))
    upgrade(stores[0])
    require_schema(stores[0])
    assert status(stores[0]).ready
    assert differences(stores[0]) == []
    for store in stores:
        store.close()


def test_newer_schema_is_left_alone(new_database: Callable[[str], Database]) -> None:
    store = connect(new_database("sqlite"), create=True)
    upgrade(store)
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for call in (upgrade, require_schema):
        with pytest.raises(SchemaOutdated, match=r"9999, newer than .* install a newer genba"):
            call(store)
    store.close()


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_upgrade_cut_short_is_run_again(engine: str, new_database: Callable[[str], Database]) -> None:
    store = connect(new_database(engine), create=True)
    upgrade(store)
    with store.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("DROP TABLE reading"))
    upgrade(store)
    require_schema(store)
    assert differences(store) == []
    store.close()
