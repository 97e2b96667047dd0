"""What a study table holds, row by row: the slow way that needs no frame."""

from typing import Any

from sqlalchemy import select

from ingest.store import study as tables
from ingest.store.engine import Store


def study_rows(store: Store, study: str) -> list[dict[str, Any]]:
    """Every row as column → value, in order of time; instants are aware."""
    table = tables._table(study, tables.built(store, study).columns)
    order = [table.c.finished_at] if "finished_at" in table.c else []
    with store.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*order, table.c.serial))]
