"""The stored routines as files: statements of a template, for one server and its schema names.

In a template ``//`` alone on a line ends a statement, ``{{routines}}`` and ``{{tables}}`` are the schemas, and what
stands between ``-- mysql`` or ``-- mariadb`` and ``-- end`` is for that server only.
"""

from importlib import resources
from typing import Literal

from models.sql.names import quote

__all__ = ["Engine", "statements"]

Engine = Literal["mysql", "mariadb"]


def statements(name: str, engine: Engine, routines: str, tables: str) -> list[str]:
    """The statements of ``models/sql/routines/<name>.sql``. ``routines``, ``tables``: names of schemas, not quoted."""
    text = (resources.files("models.sql") / "routines" / f"{name}.sql").read_text(encoding="utf-8")
    kept, only = [], ""
    for line in text.splitlines():
        if line.strip() in ("-- mysql", "-- mariadb", "-- end"):
            only = line.strip()[3:] if line.strip() != "-- end" else ""
        elif only in ("", engine):
            kept.append(line)
    filled = "\n".join(kept).replace("{{routines}}", quote(routines)).replace("{{tables}}", quote(tables))
    filled = filled.replace("{{tables_text}}", tables.replace("\\", "\\\\").replace("'", "''"))
    return [part.strip() for part in ("\n" + filled + "\n").split("\n//\n") if part.strip()]
