"""The SQL front door on real servers: routines installed once, one worker as a process, users and schemas of a test's
own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from ingest.settings import Database
from ingest.store.engine import connect
from models.sql.install import install
from simulators.servers import Server
from tests.models.sql.door import Caller, Door
from tests.models.sql.factory import fill
from tests.waiting import until

DOORS = [pytest.param("mariadb", marks=pytest.mark.mariadb), pytest.param("mysql", marks=pytest.mark.mysql)]

_numbers = count(1)


def worker(url: str, log: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """``genba sql serve`` as a process that has said ready; the caller ends it."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest.command", "sql", "serve", "--url", url, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
    until(lambda: process.poll() is not None or b"ready\n" in log.read_bytes(), 60, "the worker is ready")
    assert process.poll() is None, log.read_text()
    return process


def end(process: "subprocess.Popen[bytes]") -> int:
    """Ask a worker to end; its exit code."""
    process.terminate()
    try:
        return process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


@pytest.fixture(scope="session")
def sql_servers(request: pytest.FixtureRequest, server_folder: Path) -> Iterator[Callable[[str], Server]]:
    """``sql_servers("mysql")``: the shared server, with the routines in ``sys`` and one worker."""
    serving: dict[str, subprocess.Popen[bytes]] = {}

    def get(kind: str) -> Server:
        server: Server = request.getfixturevalue(kind)
        if kind not in serving:
            store = connect(Database(url=server.url))
            install(store.engine, "sys", "genba_sql")
            store.close()
            serving[kind] = worker(server.url, server_folder / f"worker-{kind}.log")
        assert serving[kind].poll() is None, (server_folder / f"worker-{kind}.log").read_text()
        return server

    yield get
    for process in serving.values():
        end(process)


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, sql_servers: Callable[[str], Server]) -> Iterator[Door]:
    """Runs the test on MariaDB and on MySQL. ``door.admin`` may do everything, ``door.low()`` next to nothing."""
    door = Door(sql_servers(request.param), request.param, next(_numbers))
    yield door
    door.close()


@pytest.fixture(scope="session")
def factories(mosquitto: Server, server_folder: Path) -> Callable[[Door], None]:
    """``factories(door)``: the schema ``factory`` is on the server, its study tables filled through MQTT."""
    filled: set[str] = set()

    def get(door: Door) -> None:
        if door.kind not in filled:
            fill(door.server, mosquitto, server_folder / f"factory-{door.kind}")
            filled.add(door.kind)

    return get


@pytest.fixture
def admin(door: Door) -> Caller:
    """The user that the stories are told by."""
    return door.user("admin", "ALL ON *.*")


@pytest.fixture
def alone(door: Door) -> tuple[Door, str]:
    """An installation of its own, with no worker."""
    name = f"alone_{door.number}"
    door.new_schema(name)
    store = connect(Database(url=door.server.url))
    install(store.engine, name, name)
    store.close()
    return door, name
