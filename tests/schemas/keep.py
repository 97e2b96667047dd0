"""Keeps the schema of the newest revision as SQL, so that every released one can be upgraded from for ever.

``python -m tests.schemas.keep`` writes ``tests/schemas/<revision>.<dialect>.sql``; run it with each new revision.
"""

from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from ingest.store import migrate
from ingest.store.schema import metadata

DIALECTS: dict[str, Any] = {"mysql": mysql.dialect(), "sqlite": sqlite.dialect()}
FOLDER = Path(__file__).parent


def schema_sql(revision: str, dialect: str) -> str:
    """Every statement that makes these tables, and Alembic's note of the revision."""
    to = DIALECTS[dialect]
    statements = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=to)).strip())
        statements += [str(CreateIndex(index).compile(dialect=to)) for index in sorted(table.indexes, key=str)]
    statements.append("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    statements.append(f"INSERT INTO alembic_version (version_num) VALUES ('{revision}')")
    lines = ";\n\n".join(statements) + ";\n"
    return "\n".join(line.replace("\t", "    ").rstrip() for line in lines.splitlines()) + "\n"


if __name__ == "__main__":
    newest = ScriptDirectory(str(Path(migrate.__file__).with_name("migrations"))).get_current_head()
    assert newest is not None
    for name in DIALECTS:
        (FOLDER / f"{newest}.{name}.sql").write_text(schema_sql(newest, name), encoding="utf-8")
