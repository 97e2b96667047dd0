"""From every schema ever released, with readings in it, to ours."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from ingest.settings import Database
from ingest.store import migrate
from ingest.store.engine import connect
from ingest.store.migrate import require_schema, upgrade
from tests.conftest import ENGINES
from tests.ingest.store.test_migrate import differences

REVISIONS = sorted({file.name.split(".")[0] for file in Path(__file__).parent.glob("*.sql")})
READING = "INSERT INTO reading (signal_id, ts, value) VALUES (1, '2026-11-02 00:00:00.000001', 0.1)"


def test_every_revision_is_kept() -> None:
    versions = Path(migrate.__file__).with_name("migrations") / "versions"
    made = sorted(file.name[1:5] for file in versions.glob("r*.py"))
    assert made == REVISIONS, "run `python -m tests.schemas.keep`"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("revision", REVISIONS)
def test_upgrade_keeps_the_readings(engine: str, revision: str, new_database: Callable[[str], Database]) -> None:
    store = connect(new_database(engine), create=True)
    dialect = "sqlite" if engine == "sqlite" else "mysql"
    script = (Path(__file__).parent / f"{revision}.{dialect}.sql").read_text(encoding="utf-8")
    with store.begin() as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
        connection.execute(text(READING))
    upgrade(store)
    require_schema(store)
    assert differences(store) == []
    with store.connect() as connection:
        assert connection.scalar(text("SELECT value FROM reading")) == 0.1
    store.close()
