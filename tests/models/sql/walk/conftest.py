"""A schema with the row functions on each server, and models loaded into it."""

import contextlib
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pymysql
import pytest
from sqlalchemy.engine import make_url

from models.automl.model import Model
from models.sql.install import PARTS
from models.sql.template import Engine, statements
from models.sql.walk import Walk, walk_of
from models.sql.walk.store import store
from models.sql.walk.tasks import walk_of_task
from models.tasks.protocol import TaskModel
from simulators.servers import Server

SCHEMA = "walk `test"
"""A name that must be quoted."""
SERVERS = [pytest.param("mariadb", marks=pytest.mark.mariadb), pytest.param("mysql", marks=pytest.mark.mysql)]

_numbers = count(1)


class Walked:
    """A connection as user genba, and what tests do with it. ``name``: of the schema, quoted."""

    def __init__(self, kind: Engine, server: Server) -> None:
        url = make_url(server.url)
        self.kind, self.url = kind, url
        self.connection = self.connect("genba")
        self.name = "`" + SCHEMA.replace("`", "``") + "`"

    def connect(self, user: str) -> "pymysql.Connection[Any]":
        """A new connection."""
        return pymysql.connect(
            host=self.url.host, port=int(self.url.port or 0), user=user, charset="utf8mb4", autocommit=True
        )

    def install(self) -> None:
        """The schema, emptied, with tables and routines."""
        self.run(f"DROP SCHEMA IF EXISTS {self.name}")
        self.run(f"CREATE SCHEMA {self.name} CHARACTER SET utf8mb4")
        for part in (each for each in PARTS if each not in ("helpers", "public")):
            for statement in statements(part, self.kind, SCHEMA, SCHEMA):
                self.run(statement)

    def run(self, statement: str, values: tuple[Any, ...] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def load(self, model: Model | TaskModel, handle: str | None = None, owner: str = "genba") -> tuple[str, int, Walk]:
        """The handle and the number of a model whose rows are stored."""
        walk = walk_of(model) if isinstance(model, Model) else walk_of_task(model)
        assert isinstance(walk, Walk), walk
        handle = handle or f"model {next(_numbers)}"
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.name}.loaded (owner, model_handle, task, walkable, facts, loaded_at) "
                "VALUES (%s, %s, %s, 1, '{}', NOW(6))",
                (owner, handle, model.task if isinstance(model, Model) else model.card.task),
            )
            number = int(cursor.lastrowid or 0)
            store(cursor, SCHEMA, number, walk)
        return handle, number, walk

    def value(self, expression: str, *values: Any) -> Any:
        """``{name}`` in the expression is the schema; JSON comes as a value."""
        found = self.run("SELECT " + expression.replace("{name}", self.name), values)[0][0]
        if isinstance(found, str) and found.startswith(("[", "{")):
            return json.loads(found)
        return found


@pytest.fixture(scope="session")
def _walked(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Walked]]:
    made: dict[str, Walked] = {}

    def get(kind: str) -> Walked:
        if kind not in made:
            made[kind] = Walked("mariadb" if kind == "mariadb" else "mysql", request.getfixturevalue(kind))
            made[kind].install()
        return made[kind]

    yield get
    for walked in made.values():
        with contextlib.suppress(pymysql.Error):  # the server may be gone before us
            walked.connection.close()


@pytest.fixture(params=SERVERS)
def walked(request: pytest.FixtureRequest, _walked: Callable[[str], Walked]) -> Walked:
    """Runs the test on MariaDB and on MySQL."""
    return _walked(request.param)
