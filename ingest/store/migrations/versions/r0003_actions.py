"""The promise ledger: actions that were declared, and the frozen model each is measured against."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Moment = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LongText = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
Serial = BigInteger().with_variant(Integer(), "sqlite")

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
    "action",
    metadata,
    Column("action_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False),
    Column("windows", LongText, nullable=False),
    Column("since", Moment, nullable=False),
    Column("declared_at", Moment, nullable=False),
    Column("who", String(120), nullable=False),
    Column("note", LongText, nullable=False),
    Column("ranking_id", BigInteger),
    Column("promise", LongText),
    Column("ended_at", Moment),
    Column("end_kind", String(16)),
    Column("end_reason", LongText),
    Column("ended_by", String(120)),
    Column("measured_at", Moment),
    Column("outcome", LongText),
    Index("ix_action_study", "study", "action_id"),
    **TABLE,
)

Table(
    "action_model",
    metadata,
    Column("action_id", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", Moment, nullable=False),
    Column("content", LongText, nullable=False),
    **TABLE,
)


def upgrade() -> None:
    """New tables; those that an upgrade cut short has made already are left as they are."""
    metadata.create_all(op.get_bind())
