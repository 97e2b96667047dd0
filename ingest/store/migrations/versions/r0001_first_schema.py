"""The first schema.

A copy of what `ingest.store.schema` said at this revision, so that later changes there leave it alone. Tables that
exist already are left as they are: MySQL and MariaDB commit each one, and an upgrade cut short is simply run again.
"""

from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Moment = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LongText = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
LongBytes = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
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

# `ingest.store.partitions` splits the last partition into weeks.
BY_TIME = "RANGE COLUMNS (ts) (PARTITION p_max VALUES LESS THAN (MAXVALUE))"

metadata = MetaData()

Table(
    "signal",
    metadata,
    Column("signal_id", Integer, primary_key=True, autoincrement=True),
    Column("address", String(255), nullable=False, unique=True),
    Column("unit", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("declared", Boolean, nullable=False),
    Column("first_seen", Moment),
    Column("last_seen", Moment),
    Column("last_value", Double),
    **TABLE,
)

Table(
    "signal_level",
    metadata,
    Column("signal_id", Integer, primary_key=True, autoincrement=False),
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("label", String(191), nullable=False),
    UniqueConstraint("signal_id", "label", name="uq_signal_level_label"),
    **TABLE,
)

Table(
    "reading",
    metadata,
    Column("signal_id", Integer, primary_key=True, autoincrement=False),
    Column("ts", Moment, primary_key=True),
    Column("value", Double, nullable=False),
    sqlite_with_rowid=False,
    mysql_partition_by=BY_TIME,
    mariadb_partition_by=BY_TIME,
    **TABLE,
)

Table(
    "unit",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("line", String(40), nullable=False),
    Column("serial", String(120), nullable=False),
    Column("product", String(120)),
    Column("lot", String(120)),
    Column("started", Moment, nullable=False),
    Column("finished", Moment, nullable=False),
    UniqueConstraint("line", "serial", name="uq_unit_serial"),
    Index("ix_unit_finished", "line", "finished"),
    **TABLE,
)

Table(
    "unit_visit",
    metadata,
    Column("line", String(40), primary_key=True),
    Column("serial", String(120), primary_key=True),
    Column("machine", String(40), primary_key=True),
    Column("entered", Moment, nullable=False),
    Column("left", Moment, nullable=False),
    **TABLE,
)

Table(
    "verdict",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("line", String(40), nullable=False),
    Column("serial", String(120), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("judged_at", Moment, nullable=False),
    Column("verdict", String(64), nullable=False),
    UniqueConstraint("line", "serial", "judged_at", "made_at", name="uq_verdict"),
    Index("ix_verdict_judged", "line", "judged_at"),
    **TABLE,
)

Table(
    "quarantine",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("source", String(191), nullable=False),
    Column("topic", String(512), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("detail", String(512), nullable=False),
    Column("payload", LongBytes, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("times", Integer, nullable=False),
    **TABLE,
)

Table(
    "ledger",
    metadata,
    Column("source", String(191), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("received", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    **TABLE,
)

Table(
    "study_table",
    metadata,
    Column("study", String(40), primary_key=True),
    Column("table_name", String(64), nullable=False),
    Column("columns", LongText, nullable=False),
    Column("unit_seq", BigInteger, nullable=False),
    Column("verdict_seq", BigInteger, nullable=False),
    Column("built_until", Moment),
    Column("rows", BigInteger, nullable=False),
    Column("updated_at", Moment, nullable=False),
    **TABLE,
)

Table(
    "model",
    metadata,
    Column("model_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("champion", Boolean, nullable=False),
    Column("quality", LongText, nullable=False),
    Column("artefact", LongText, nullable=False),
    **TABLE,
)

Table(
    "score",
    metadata,
    Column("study", String(40), primary_key=True),
    Column("serial", String(120), primary_key=True),
    Column("model_id", BigInteger, nullable=False),
    Column("score", Double, nullable=False),
    **TABLE,
)

Table(
    "ranking",
    metadata,
    Column("ranking_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("model_id", BigInteger),
    Column("document", LongText, nullable=False),
    **TABLE,
)

Table(
    "report",
    metadata,
    Column("report_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False, index=True),
    Column("language", String(2), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ranking_id", BigInteger, nullable=False),
    Column("path", String(1024), nullable=False),
    **TABLE,
)

Table(
    "job_run",
    metadata,
    Column("run_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False),
    Column("job", String(40), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("status", String(16), nullable=False),
    Column("counts", LongText, nullable=False),
    Column("error", LongText),
    Index("ix_job_run_study", "study", "job", "started_at"),
    **TABLE,
)

Table(
    "lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("expires_at", Moment, nullable=False),
    **TABLE,
)


def upgrade() -> None:
    """Create every table that is not there yet."""
    metadata.create_all(op.get_bind())
