"""Every table, as code. The Alembic chain in ``ingest/store/migrations`` creates exactly these; a test compares them.

Instants are UTC. On MySQL and MariaDB a `Moment` is ``DATETIME(6)``, tables are InnoDB with ``utf8mb4``, and
``reading`` is partitioned by time (see `ingest.store.partitions`). On SQLite a moment is ISO text of fixed width, so
that it sorts.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
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
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.types import TypeDecorator

__all__ = [
    "Moment",
    "action",
    "action_model",
    "drift",
    "job_run",
    "lease",
    "ledger",
    "metadata",
    "model",
    "model_event",
    "model_text",
    "quarantine",
    "ranking",
    "reading",
    "report",
    "score",
    "signal",
    "signal_level",
    "study_table",
    "unit",
    "unit_visit",
    "verdict",
]


class Moment(TypeDecorator[datetime]):
    """An instant: aware on our side, UTC in the database. A naive datetime is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sqlite.DATETIME())  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; instants in the store are UTC")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


LongText = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
LongBytes = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
Serial = BigInteger().with_variant(Integer(), "sqlite")
"""A growing key; SQLite only counts up on INTEGER."""
Double = Float(53).with_variant(mysql.DOUBLE(asdecimal=False), "mysql", "mariadb")

TABLE: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
"""Arguments of every table: names differ by case, and Japanese text fits."""

BY_TIME = "RANGE COLUMNS (ts) (PARTITION p_max VALUES LESS THAN (MAXVALUE))"
"""`ingest.store.partitions` splits the last partition into weeks."""

metadata = MetaData()

signal = Table(
    "signal",
    metadata,
    Column("signal_id", Integer, primary_key=True, autoincrement=True),
    Column("address", String(255), nullable=False, unique=True),
    Column("unit", String(32), nullable=False, default=""),
    Column("kind", String(16), nullable=False, default="gauge"),
    Column("declared", Boolean, nullable=False, default=False),
    Column("first_seen", Moment),
    Column("last_seen", Moment),
    Column("last_value", Double),
    **TABLE,
)
"""A source of readings. ``last_*`` is the newest by time stamp, so that a tile needs no search."""

signal_level = Table(
    "signal_level",
    metadata,
    Column("signal_id", Integer, primary_key=True, autoincrement=False),
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("label", String(191), nullable=False),
    UniqueConstraint("signal_id", "label", name="uq_signal_level_label"),
    **TABLE,
)
"""What the numbers of a category signal mean, so that a reading stays three narrow columns."""

reading = Table(
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
"""One value of one signal at one instant."""

unit = Table(
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
"""What is judged: a part, or an interval. ``seq`` grows in order of arrival: study tables read on from it."""

unit_visit = Table(
    "unit_visit",
    metadata,
    Column("line", String(40), primary_key=True),
    Column("serial", String(120), primary_key=True),
    Column("machine", String(40), primary_key=True),
    Column("entered", Moment, nullable=False),
    Column("left", Moment, nullable=False),
    **TABLE,
)
"""When a part was in which machine."""

verdict = Table(
    "verdict",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("line", String(40), nullable=False),
    Column("serial", String(120), nullable=False, default=""),
    Column("made_at", Moment, nullable=False),
    Column("judged_at", Moment, nullable=False),
    Column("verdict", String(64), nullable=False),
    UniqueConstraint("line", "serial", "judged_at", "made_at", name="uq_verdict"),
    Index("ix_verdict_judged", "line", "judged_at"),
    **TABLE,
)
"""Good or bad. Without a serial number (empty), ``made_at`` says when the part was made, and the join is by time; a
verdict that gives no ``made_at`` repeats ``judged_at`` there, so that the key has no NULL and stays idempotent."""

quarantine = Table(
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
    Column("times", Integer, nullable=False, default=1),
    **TABLE,
)
"""Messages that could not be read, whole. The digest covers topic, payload and reason; repeats only count up."""

ledger = Table(
    "ledger",
    metadata,
    Column("source", String(191), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("received", BigInteger, nullable=False, default=0),
    Column("committed", BigInteger, nullable=False, default=0),
    Column("duplicate", BigInteger, nullable=False, default=0),
    Column("quarantined", BigInteger, nullable=False, default=0),
    **TABLE,
)
"""received = committed + duplicate + quarantined, per source and UTC day of arrival, written with what it counts."""

study_table = Table(
    "study_table",
    metadata,
    Column("study", String(40), primary_key=True),
    Column("table_name", String(64), nullable=False),
    Column("columns", LongText, nullable=False),
    Column("unit_seq", BigInteger, nullable=False, default=0),
    Column("verdict_seq", BigInteger, nullable=False, default=0),
    Column("built_until", Moment),
    Column("rows", BigInteger, nullable=False, default=0),
    Column("updated_at", Moment, nullable=False),
    **TABLE,
)
"""How far each study table has been built, and what its columns mean (JSON)."""

model = Table(
    "model",
    metadata,
    Column("model_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, server_default="candidate"),
    Column("task", String(32), nullable=False, server_default=""),
    Column("digest", String(64), nullable=False, server_default=""),
    Column("quality", LongText, nullable=False),
    Column("algorithms", LongText),
    Column("fingerprint", LongText),
    Column("options", LongText),
    Column("versions", LongText),
    Column("leaks", LongText),
    Column("card", LongText),
    Column("reference", LongText),
    Column("notes", LongText),
    **TABLE,
)
"""A trained model: from what, how, how good, and whether it is in use. Columns that 0.1 did not write are empty."""

model_text = Table(
    "model_text",
    metadata,
    Column("model_id", BigInteger, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("content", LongText, nullable=False),
    **TABLE,
)
"""The model itself as text (JSON; never a pickle), in parts that fit into any server's packet."""

model_event = Table(
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
"""What happened to a model, why, and by whom: trained, promoted, kept, refused, rolled back, withdrawn."""

drift = Table(
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
"""How far the newest units are from those the champion learnt from, per column, and how well it foretells them."""

score = Table(
    "score",
    metadata,
    Column("study", String(40), primary_key=True),
    Column("serial", String(120), primary_key=True),
    Column("model_id", BigInteger, nullable=False),
    Column("score", Double, nullable=False),
    **TABLE,
)
"""The champion's prediction for each unit: probability of bad, or the target."""

ranking = Table(
    "ranking",
    metadata,
    Column("ranking_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("model_id", BigInteger),
    Column("document", LongText, nullable=False),
    **TABLE,
)
"""A fix-first list, as the JSON of contract 5.2."""

report = Table(
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
"""Where a report was written."""

action = Table(
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
"""A countermeasure somebody declared, what was promised of it, and what it was measured to give."""

action_model = Table(
    "action_model",
    metadata,
    Column("action_id", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", Moment, nullable=False),
    Column("content", LongText, nullable=False),
    **TABLE,
)
"""What an action is measured against: a model of the units before it, as JSON, written once and never again."""

job_run = Table(
    "job_run",
    metadata,
    Column("run_id", Serial, primary_key=True, autoincrement=True),
    Column("study", String(40), nullable=False),
    Column("job", String(40), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("status", String(16), nullable=False),
    Column("counts", LongText, nullable=False, default="{}"),
    Column("error", LongText),
    Index("ix_job_run_study", "study", "job", "started_at"),
    **TABLE,
)
"""What the scheduler did: running, done or failed, with duration, counts and the error in words."""

lease = Table(
    "lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("expires_at", Moment, nullable=False),
    **TABLE,
)
"""Who may work alone: one scheduler per database."""
