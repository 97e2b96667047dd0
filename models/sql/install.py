"""Puts the stored routines into a database, and takes them out again."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ingest.errors import EnvironmentFailure
from models.sql.names import quote
from models.sql.template import Engine as Kind
from models.sql.template import statements

__all__ = ["OLDEST", "PARTS", "ROUTINES", "install", "kind_of", "uninstall"]

PARTS = (
    *("tables", "walk_tables", "helpers", "row_cells", "row", "row_explained", "row_anomaly", "row_recommendation"),
    "public",
)
"""Templates, in the order in which they need one another."""
ROUTINES = (
    "ML_TRAIN", "ML_EXPLAIN", "ML_EXPLAIN_ROW", "ML_EXPLAIN_TABLE", "ML_PREDICT_ROW", "ML_PREDICT_TABLE", "ML_SCORE",
    "ML_MODEL_LOAD", "ML_MODEL_UNLOAD", "ML_MODEL_ACTIVE", "ML_MODEL_IMPORT", "ML_MODEL_EXPORT",
    "ML_MODEL_EXPORT_ONNX", "TRAIN_TEST_SPLIT", "ML_CREATE_OR_UPGRADE_CATALOG", "ML_RANK", "ML_AUDIT", "ML_STATUS",
)  # fmt: skip
"""What a user may call."""
OURS = (("VIEW", "serving"), ("TABLE", "step"), ("TABLE", "job"), ("TABLE", "worker"))
"""What is in the schema of our tables beside loaded models, in the order in which it may go."""
BINARY_LOG = 1419
"""The servers' error where functions are replicated as statements, and the account may not vouch for them."""
OLDEST: dict[Kind, tuple[int, int]] = {"mysql": (8, 4), "mariadb": (10, 11)}


def kind_of(connection: Connection) -> Kind:
    """Which server this is. Raises `EnvironmentFailure` for one that is too old."""
    kind: Kind = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else "mysql"
    version = tuple(connection.dialect.server_version_info or ())
    if version[:2] < OLDEST[kind]:
        oldest, found = ".".join(map(str, OLDEST[kind])), ".".join(map(str, version))
        raise EnvironmentFailure(f"{kind} {found} is too old for the ML routines; {oldest} or later is needed")
    return kind


def install(engine: Engine, routines: str, tables: str) -> Kind:
    """Create or renew every table and routine. ``routines``, ``tables``: the schemas they go to.

    Loaded models are unloaded: another release may write their rows in another way.
    """
    with engine.connect() as connection:
        kind = kind_of(connection)
        # Routines remember the session's modes, and must not depend on those of whoever installs them.
        connection.exec_driver_sql(
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
        )
        for schema in (routines, tables):
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {_escaped(schema)} CHARACTER SET utf8mb4")
        _unload(connection, tables)
        for part in PARTS:
            for statement in statements(part, kind, routines, tables):
                _run(connection, statement)
        connection.commit()
    return kind


def _run(connection: Connection, statement: str) -> None:
    try:
        connection.exec_driver_sql(statement.replace("%", "%%"))
    except DBAPIError as error:
        if error.orig is not None and error.orig.args[0] == BINARY_LOG:
            raise EnvironmentFailure(
                "the binary log is on, and this account may not create functions then; install as root, or let an "
                "administrator SET GLOBAL log_bin_trust_function_creators = 1"
            ) from None
        raise


def _unload(connection: Connection, tables: str) -> None:
    """Drop the rows of loaded models, and the tables they are in."""
    found = connection.execute(
        text(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = :tables "
            "AND (TABLE_NAME LIKE 'walk\\_%' OR TABLE_NAME = 'loaded') ORDER BY TABLE_NAME = 'loaded'"
        ),
        {"tables": tables},
    ).scalars()
    for name in list(found):
        connection.exec_driver_sql(f"DROP TABLE {_escaped(tables)}.{_escaped(str(name))}")


def uninstall(engine: Engine, routines: str, tables: str) -> None:
    """Drop what `install` made. Catalogs of users, and the models in them, stay."""
    with engine.connect() as connection:
        rows: Sequence[tuple[str, str]] = [
            (str(kind), str(name))
            for kind, name in connection.execute(
                text(
                    "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = :schema"
                ),
                {"schema": routines},
            )
        ]
        for kind, name in rows:
            if name in ROUTINES or name.startswith("genba_") or (tables == routines and name.startswith("walk_")):
                connection.exec_driver_sql(f"DROP {kind} IF EXISTS {_escaped(routines)}.{_escaped(name)}")
        if tables != routines:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {_escaped(tables)}")
        else:
            _unload(connection, tables)
            views = connection.execute(
                text(
                    "SELECT TABLE_NAME FROM information_schema.VIEWS "
                    "WHERE TABLE_SCHEMA = :tables AND TABLE_NAME REGEXP '^job_[0-9]+_[0-9]$'"
                ),
                {"tables": tables},
            ).scalars()
            for kind, name in (*(("VIEW", str(view)) for view in views.all()), *OURS):
                connection.exec_driver_sql(f"DROP {kind} IF EXISTS {_escaped(tables)}.{name}")
        connection.commit()


def _escaped(name: str) -> str:
    return quote(name).replace("%", "%%")
