"""From every schema ever released, with readings and a model in it, to ours."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pandas as pd
import pytest
from sqlalchemy import text

from ingest.settings import Database
from ingest.store import migrate, model_catalog
from ingest.store.engine import Store, connect
from ingest.store.migrate import require_schema, upgrade
from models.lifecycle.training import losses, restored
from tests.conftest import ENGINES
from tests.ingest.store.test_migrate import differences

FOLDER = Path(__file__).parent
REVISIONS = sorted({file.name.split(".")[0] for file in FOLDER.glob("*.sql")})
READING = "INSERT INTO reading (signal_id, ts, value) VALUES (1, '2026-11-02 00:00:00.000001', 0.1)"
MODEL = (
    "INSERT INTO model (model_id, study, created_at, `rows`, champion, quality, artefact) "
    "VALUES (:id, 'caps', '2026-11-02 00:00:00.000000', 300, :champion, :quality, :artefact)"
)
KEPT = orjson.loads((FOLDER / "0001.model.json").read_bytes())
"""A model as release 0.1 wrote it, and what it foretells."""


def old_database(engine: str, revision: str, new_database: Callable[[str], Database]) -> Store:
    store = connect(new_database(engine), create=True)
    dialect = "sqlite" if engine == "sqlite" else "mysql"
    script = (FOLDER / f"{revision}.{dialect}.sql").read_text(encoding="utf-8")
    with store.begin() as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
        connection.execute(text(READING))
    return store


def keep_models(store: Store, *ids: int) -> None:
    """The last one is the champion."""
    with store.begin() as connection:
        for model_id in ids:
            values = {"id": model_id, "champion": model_id == ids[-1], "artefact": KEPT["artefact"]}
            connection.execute(text(MODEL), values | {"quality": orjson.dumps(KEPT["quality"]).decode()})


def test_every_revision_is_kept() -> None:
    versions = Path(migrate.__file__).with_name("migrations") / "versions"
    made = sorted(file.name[1:5] for file in versions.glob("r*.py"))
    assert made == REVISIONS, "run `python -m tests.schemas.keep`"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("revision", REVISIONS)
def test_upgrade_keeps_the_readings(engine: str, revision: str, new_database: Callable[[str], Database]) -> None:
    store = old_database(engine, revision, new_database)
    upgrade(store)
    require_schema(store)
    assert differences(store) == []
    with store.connect() as connection:
        assert connection.scalar(text("SELECT value FROM reading")) == 0.1
    store.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_of_release_0_1_is_read_and_scores(engine: str, new_database: Callable[[str], Database]) -> None:
    store = old_database(engine, "0001", new_database)
    keep_models(store, 1, 2)
    upgrade(store)
    assert [(row.model_id, row.state) for row in model_catalog.models(store, "caps")] == [
        (2, "champion"), (1, "retired"),
    ]  # fmt: skip
    row = model_catalog.champion(store, "caps")
    assert row is not None
    assert row.entry.quality == KEPT["quality"]
    learned = restored(row, model_catalog.text_of(store, row))
    assert learned.quality.forward == KEPT["quality"]["forward"]
    features = pd.DataFrame(KEPT["features"])
    assert losses(learned.model, features) == pytest.approx(KEPT["predicted"], abs=1e-12)
    store.close()


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_moving_the_models_may_be_cut_short(engine: str, new_database: Callable[[str], Database]) -> None:
    # MySQL and MariaDB commit each step: here the one after the new columns failed.
    store = old_database(engine, "0001", new_database)
    keep_models(store, 7)
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE model ADD COLUMN state VARCHAR(16) NOT NULL DEFAULT 'candidate'"))
        connection.execute(text("ALTER TABLE model ADD COLUMN card LONGTEXT"))
    upgrade(store)
    assert differences(store) == []
    row = model_catalog.champion(store, "caps")
    assert row is not None
    assert model_catalog.text_of(store, row) == KEPT["artefact"]
    store.close()
