"""The model catalog: states, what a model was made from and how, events, drift; the text of a model in parts.

MySQL and MariaDB commit each statement, so every step looks first whether it has been done: an upgrade cut short is
simply run again.
"""

from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    text,
)
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Moment = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LongText = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
Serial = BigInteger().with_variant(Integer(), "sqlite")
Double = Float(53).with_variant(mysql.DOUBLE(asdecimal=False), "mysql", "mariadb")

TABLE: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

metadata = MetaData()

Table(
    "model_text",
    metadata,
    Column("model_id", BigInteger, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("content", LongText, nullable=False),
    **TABLE,
)

Table(
    "model_event",
    metadata,
    Column("event_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False),
    Column("model_id", BigInteger),
    Column("at", Moment, nullable=False),
    Column("event", String(16), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("details", LongText, nullable=False),
    Column("actor", String(120), nullable=False),
    Index("ix_model_event_study", "study", "event_id"),
    **TABLE,
)

Table(
    "drift",
    metadata,
    Column("drift_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False),
    Column("model_id", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("column_name", String(191), nullable=False),
    Column("statistic", Double),
    Column("share", Double),
    Column("p_value", Double),
    Column("alarm", Boolean, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("details", LongText, nullable=False),
    Index("ix_drift_study", "study", "at"),
    **TABLE,
)

SHORT = (("state", 16, "candidate"), ("task", 32, ""), ("digest", 64, ""))
LONG = ("algorithms", "fingerprint", "options", "versions", "leaks", "card", "reference", "notes")


def added() -> list[Column[Any]]:
    """New columns of ``model``. SQLite adds none that must be filled unless it is told with what."""
    short = [Column(name, String(size), nullable=False, server_default=given) for name, size, given in SHORT]
    return [*short, *(Column(name, LongText) for name in LONG)]


def upgrade() -> None:
    """New tables; new columns of ``model``; ``champion`` becomes a state, ``artefact`` moves to ``model_text``."""
    connection = op.get_bind()
    metadata.create_all(connection)
    present = {column["name"] for column in inspect(connection).get_columns("model")}
    for column in added():
        if column.name not in present:
            op.add_column("model", column)
    if "champion" in present:
        connection.execute(text("UPDATE model SET state = 'champion' WHERE champion"))
        connection.execute(text("UPDATE model SET state = 'retired' WHERE NOT champion"))
        op.drop_column("model", "champion")
    if "artefact" in present:
        connection.execute(text("DELETE FROM model_text"))
        connection.execute(
            text("INSERT INTO model_text (model_id, part, content) SELECT model_id, 0, artefact FROM model")
        )
        op.drop_column("model", "artefact")
