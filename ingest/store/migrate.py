"""From any earlier schema to ours: the Alembic chain, run from the program and safe to run twice or at once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ingest.errors import SchemaOutdated
from ingest.store.engine import Store, alone
from ingest.store.partitions import ensure_partitions

__all__ = ["SchemaStatus", "require_schema", "status", "upgrade"]

WEEKS_BEHIND = 8
WEEKS_AHEAD = 4


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """The revision a database has (None: it is empty) and the one this program needs."""

    current: str | None
    head: str

    @property
    def ready(self) -> bool:
        """Whether the two agree."""
        return self.current == self.head


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    # ConfigParser reads a percent sign as the start of a substitution.
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def upgrade(store: Store) -> None:
    """Bring the schema to the newest revision and make partitions around today.

    Only one process does it at a time; the others wait and find it done. Raises `SchemaOutdated` when the database
    is newer than this program.
    """
    found = status(store)
    if found.current is not None and found.current not in _revisions():
        raise SchemaOutdated(_too_new(found))
    with alone(store, "upgrade") as connection:
        command.upgrade(_config(connection), "head")
    today = datetime.now(UTC)
    ensure_partitions(store, today - timedelta(weeks=WEEKS_BEHIND), today + timedelta(weeks=WEEKS_AHEAD))


def status(store: Store) -> SchemaStatus:
    """Which revision the database has, and which this program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    with store.connect() as connection:
        return SchemaStatus(MigrationContext.configure(connection).get_current_revision(), head)


def require_schema(store: Store) -> None:
    """Raise `SchemaOutdated` unless the database has exactly the schema this program was written for."""
    found = status(store)
    if found.ready:
        return
    if found.current is None:
        raise SchemaOutdated(f"the database has no schema yet (need {found.head}); run `genba db upgrade`")
    if found.current in _revisions():
        raise SchemaOutdated(f"the database has schema {found.current}, need {found.head}; run `genba db upgrade`")
    raise SchemaOutdated(_too_new(found))


def _revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _too_new(found: SchemaStatus) -> str:
    return f"the database has schema {found.current}, newer than this program's {found.head}; install a newer genba"
