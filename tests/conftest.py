"""Real servers for every test: started when the first test asks, stopped at the end, skipped by name when missing."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from ingest.settings import Database
from ingest.store.engine import Store, connect
from ingest.store.migrate import upgrade
from ingest.store.schema import metadata
from simulators import servers
from simulators.servers import Server

ENGINES = [
    "sqlite",
    pytest.param("mariadb", marks=pytest.mark.mariadb),
    pytest.param("mysql", marks=pytest.mark.mysql),
]
FIND = {"mosquitto": servers.find_mosquitto, "mariadb": servers.find_mariadbd, "mysql": servers.find_mysqld}
START: dict[str, Callable[..., Server]] = {
    "mosquitto": servers.mosquitto,
    "mariadb": servers.mariadb,
    "mysql": servers.mysql,
}
# Nothing waits for the disk: a crash of the machine would lose data, a crash of the server loses nothing.
QUICK = {
    "mariadb": ["--innodb-flush-log-at-trx-commit=2", "--debug-no-sync"],
    "mysql": ["--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--performance-schema=OFF"],
}

_numbers = count(1)


def _need(kind: str) -> None:
    if FIND[kind]() is None:
        pytest.skip(f"no {kind} server here: run `tests/servers.sh install`, or name one in the environment")


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order(request: pytest.FixtureRequest) -> None:
    """A generator that the tests of a module share starts anew for each of them: no test's numbers depend on others."""
    rng = getattr(request.module, "RNG", None)
    if isinstance(rng, np.random.Generator):
        starts = request.module.__dict__.setdefault("_RNG_START", rng.bit_generator.state)
        rng.bit_generator.state = starts


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Data folders of servers are large, so they do not stay behind as pytest's own do."""
    folder = Path(tempfile.mkdtemp(prefix="genba-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mosquitto(server_folder: Path) -> Iterator[Server]:
    """A broker shared by all tests; use topics and client ids of your own."""
    _need("mosquitto")
    server = servers.mosquitto(server_folder / "mosquitto")
    yield server
    server.kill()


@pytest.fixture(scope="session")
def mariadb(server_folder: Path) -> Iterator[Server]:
    """A MariaDB shared by all tests."""
    _need("mariadb")
    server = servers.mariadb(server_folder / "mariadb", options=QUICK["mariadb"])
    yield server
    server.kill()


@pytest.fixture(scope="session")
def mysql(server_folder: Path) -> Iterator[Server]:
    """A MySQL shared by all tests."""
    _need("mysql")
    server = servers.mysql(server_folder / "mysql", options=QUICK["mysql"])
    yield server
    server.kill()


@pytest.fixture
def private(server_folder: Path) -> Iterator[Callable[..., Server]]:
    """``private("mosquitto", persistence=False)``: a server of a test's own, which it may kill and restart."""
    started: list[Server] = []

    def start(kind: str, **options: Any) -> Server:
        _need(kind)
        started.append(START[kind](server_folder / f"{kind}-{next(_numbers)}", **options))
        return started[-1]

    yield start
    for server in started:
        server.kill()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def private_mosquitto(private: Callable[..., Server]) -> Callable[..., Server]:
    """``private_mosquitto(persistence=True, extra_conf="")``: a broker of a test's own."""
    return lambda **options: private("mosquitto", **options)


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    """``new_database("mysql")``: settings of a database that does not exist yet."""
    made: list[Database] = []

    def make(engine: str) -> Database:
        number = next(_numbers)
        if engine == "sqlite":
            return Database(url=f"sqlite:///{tmp_path}/fresh-{number}.db")
        server: Server = request.getfixturevalue(engine)
        url = make_url(server.url).set(database=f"fresh_{number}")
        made.append(Database(url=url.render_as_string(hide_password=False)))
        return made[-1]

    yield make
    for database in made:
        store = connect(database, create=True)
        with store.begin() as connection:
            connection.execute(text(f"DROP DATABASE {store.engine.url.database}"))
        store.close()


@pytest.fixture(scope="session")
def shared_stores(request: pytest.FixtureRequest, server_folder: Path) -> Iterator[Callable[[str], Store]]:
    """One upgraded database per engine; `store` hands it out emptied."""
    stores: dict[str, Store] = {}

    def get(engine: str) -> Store:
        if engine not in stores:
            url = f"sqlite:///{server_folder}/shared.db" if engine == "sqlite" else request.getfixturevalue(engine).url
            stores[engine] = connect(Database(url=url))
            upgrade(stores[engine])
        return stores[engine]

    yield get
    for store in stores.values():
        store.close()


def _emptied(store: Store) -> Store:
    """Without a row in any table of ours, and without any other table."""
    with store.begin() as connection:
        for name in inspect(connection).get_table_names():
            if name not in metadata.tables and name != "alembic_version":
                connection.exec_driver_sql(f"DROP TABLE {store.engine.dialect.identifier_preparer.quote(name)}")
        for table in metadata.tables.values():
            connection.execute(table.delete())
    return store


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, shared_stores: Callable[[str], Store]) -> Store:
    """An empty store; the test runs once on every engine there is."""
    return _emptied(shared_stores(request.param))


@pytest.fixture
def sqlite_store(shared_stores: Callable[[str], Store]) -> Store:
    """An empty store on SQLite, for tests of what lies above the store."""
    return _emptied(shared_stores("sqlite"))


@pytest.fixture
def mariadb_store(shared_stores: Callable[[str], Store]) -> Store:
    """An empty store on MariaDB."""
    return _emptied(shared_stores("mariadb"))


@pytest.fixture
def mysql_store(shared_stores: Callable[[str], Store]) -> Store:
    """An empty store on MySQL."""
    return _emptied(shared_stores("mysql"))
