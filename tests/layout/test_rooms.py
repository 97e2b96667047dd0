"""Who may import what, beyond what import-linter can say."""

import importlib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.layout.tree import PACKAGES, ROOT, imports, ours

MQTT = {"ingest/mqtt.py": "the client", "ingest/sockets.py": "its socket, with fewer system calls"}
SQL_OUTSIDE_THE_STORE = {
    "ingest/retry.py": "names the driver's errors",
    "models/study/database.py": "reads any table of any schema that a user names",
    "models/study/load.py": "looks whether there is such a table",
    "simulators/servers.py": "asks a private server whether it is up",
}
SQL_FRONT_DOOR = "models/sql/"
"""It answers in SQL to people who speak SQL, about tables of theirs."""
HARMLESS = ("sqlalchemy.engine.make_url", "sqlalchemy.engine.URL", "sqlalchemy.exc.")
"""Parts of SQLAlchemy that read an address or name an error, and run nothing."""


def importers(*roots: str) -> dict[str, list[str]]:
    """What each module of ours imports of some libraries."""
    found: dict[str, list[str]] = {}
    for name, tree in ours().items():
        for _, what in imports(tree):
            if what.split(".")[0] in roots:
                found.setdefault(name, []).append(what)
    return found


def test_one_edge_speaks_mqtt() -> None:
    assert set(importers("paho")) <= set(MQTT)


def test_only_the_store_speaks_sql() -> None:
    outside = {
        name: running
        for name, names in importers("sqlalchemy", "pymysql", "alembic").items()
        if not name.startswith(("ingest/store/", SQL_FRONT_DOOR)) and name not in SQL_OUTSIDE_THE_STORE
        if (running := [what for what in names if not what.startswith(HARMLESS)])
    }
    assert not outside


@pytest.mark.parametrize("package", PACKAGES)
def test_our_names_are_ours(package: str) -> None:
    """Another distribution with a package of the same name would silently replace it."""
    assert set(packages_distributions().get(package, ())) <= {"genba"}  # an editable install lists no packages
    assert Path(importlib.import_module(package).__file__ or "").parent == ROOT / package
