"""ML_MODEL_ACTIVE: what is loaded."""

from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.sql.bench import Bench
from models.sql.catalog import Catalog
from models.sql.errors import MlError

__all__ = ["active"]


def active(bench: Bench) -> dict[str, Any]:
    """``current`` (or NULL): the caller's own models with their metadata; ``all``: sizes of everybody's."""
    whose = bench.args.get("user") or "current"
    if whose not in ("current", "all"):
        raise MlError(f"{str(whose)[:40]!r} is neither 'current' nor 'all' nor NULL")
    with bench.engine.connect() as connection:
        rows = connection.execute(
            text(f"SELECT owner, model_handle, facts FROM {bench.queue.schema}.loaded ORDER BY owner, model_handle")  # noqa: S608
        ).all()
    mine = [row for row in rows if whose == "all" or row[0] == bench.job.owner]
    sizes, listed = 0, []
    for owner, handle, facts in mine:
        catalog = Catalog(bench.engine, str(orjson.loads(facts).get("owner", owner)))
        # A catalog is its owner's, who may have dropped or changed anything in it.
        try:
            metadata, size = catalog.entry(handle).metadata, _size(bench, catalog, handle)
        except (MlError, DBAPIError, ValueError):
            metadata, size = {"status": "deleted"}, 0
        sizes += size
        listed.append((owner, handle, metadata, size))
    total = {"total model size(bytes)": sizes}
    if whose == "current":
        return {"active": [total, {handle: metadata for _, handle, metadata, _ in listed}]}
    by_owner: dict[str, list[Any]] = {}
    for owner, handle, metadata, size in listed:
        by_owner.setdefault(owner, []).append({handle: {"format": metadata.get("format"), "model_size(byte)": size}})
    return {"active": [total, by_owner]}


def _size(bench: Bench, catalog: Catalog, handle: str) -> int:
    with bench.engine.connect() as connection:
        found = connection.execute(
            text(f"SELECT model_object_size FROM {catalog.home}.MODEL_CATALOG WHERE model_handle = :handle"),  # noqa: S608
            {"handle": handle},
        ).scalar()
    return int(found or 0)
