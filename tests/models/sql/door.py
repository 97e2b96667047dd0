"""What a test of the SQL front door holds: connections, and users and schemas that go when the test ends."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import pymysql

from simulators.servers import Server

__all__ = ["Caller", "Door"]


class Caller:
    """One connection of one user. Statements are sent as they are written; ``%`` is no placeholder without values."""

    def __init__(self, connection: "pymysql.Connection[Any]", user: str) -> None:
        self.connection, self.user = connection, user

    def run(self, statement: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement, or of the first result set of a call."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            rows = list(cursor.fetchall())
            while cursor.nextset():
                pass
        return rows

    def one(self, statement: str, values: Sequence[Any] | None = None) -> Any:
        """The first value of the first row."""
        return self.run(statement, values)[0][0]

    def fill(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Rows into a table that is there."""
        rows = [tuple(row) for row in rows]
        marks = ", ".join(["%s"] * len(rows[0]))
        with self.connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


class Door:
    """A server with the routines and a worker. ``kind`` is mariadb or mysql; ``schema`` is fresh and empty."""

    def __init__(self, server: Server, kind: str, number: int) -> None:
        self.server, self.kind, self.number = server, kind, number
        self._connections: list[pymysql.Connection[Any]] = []
        self._users: dict[str, None] = {}
        self._schemas: list[str] = []
        self.root = Caller(self.connect("genba"), "genba")
        """Everything on the server; its catalog is shared by all tests, so train as ``admin``."""
        self.schema = self.new_schema(f"door_{number}")

    def connect(self, user: str, *, autocommit: bool = True, **options: Any) -> "pymysql.Connection[Any]":
        """A connection without a password, closed when the test ends."""
        self._connections.append(
            pymysql.connect(
                host=self.server.host,
                port=self.server.port,
                user=user,
                charset="utf8mb4",
                autocommit=autocommit,
                **options,
            )
        )
        return self._connections[-1]

    def new_schema(self, name: str) -> str:
        """An empty schema; one of this name that is there goes first."""
        self.root.run(f"DROP SCHEMA IF EXISTS `{name}`")
        self.root.run(f"CREATE SCHEMA `{name}` CHARACTER SET utf8mb4")
        self._schemas.append(name)
        return name

    def user(self, name: str, *grants: str, **options: Any) -> Caller:
        """A user with the rights named (``SELECT ON a.b``) and a connection; both go when the test ends."""
        if name not in self._users:
            self._forget(name)
            self.root.run(f"CREATE USER '{name}'@'%'")
            self._users[name] = None
            for grant in grants:
                self.root.run(f"GRANT {grant} TO '{name}'@'%'")
        return Caller(self.connect(name, **options), name)

    @cached_property
    def admin(self) -> Caller:
        """A user of this test's own who may do everything, with an empty catalog."""
        # Rights on everything are looked up when a connection is made.
        return self.user(f"admin_{self.number}", "ALL ON *.*")

    def low(self, *grants: str, **options: Any) -> Caller:
        """A user who may call the routines, and only what ``grants`` say beside."""
        return self.user(f"low_{self.number}", "SELECT, EXECUTE ON sys.*", *grants, **options)

    def _forget(self, name: str) -> None:
        self.root.run(f"DROP SCHEMA IF EXISTS `ML_SCHEMA_{name}`")
        self.root.run(f"DROP USER IF EXISTS '{name}'@'%'")

    def close(self) -> None:
        for connection in self._connections[1:]:
            connection.close()
        for schema in self._schemas:
            self.root.run(f"DROP SCHEMA IF EXISTS `{schema}`")
        for user in self._users:
            self._forget(user)
        self.root.connection.close()
