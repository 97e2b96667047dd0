"""ML_MODEL_LOAD: a model out of the catalog into the tables that row functions read."""

from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.automl.model import Model
from models.onnx.model import OnnxModel
from models.sql.bench import Bench, needs, task_of_model
from models.sql.catalog import Catalog
from models.sql.errors import MlError
from models.sql.names import Name
from models.sql.walk.rows import Unwalkable
from models.sql.walk.store import store
from models.sql.walk.tasks import walk_of_task
from models.sql.walk.walk import walk_of

__all__ = ["load"]


def load(bench: Bench) -> dict[str, Any]:
    """A model that is loaded already stays so, unless another one stands under its handle since."""
    owner = str(bench.args.get("user") or bench.job.owner)
    if owner != bench.job.owner:
        _allowed(bench, owner)
    mark, there = bench.mark(owner), bench.found()
    if there is not None and there[1]["mark"] == mark:
        return {"model_no": there[0]}
    model = bench.unpack(owner, bench.handle)
    facts: dict[str, Any] = {"owner": owner, "columns": list(needs(model)), "mark": mark}
    if isinstance(model, Model):
        facts |= {"target": model.target.name}
        walk = walk_of(model)
    elif isinstance(model, OnnxModel):
        facts |= {"target": model.described.target}
        walk = Unwalkable("it is an imported ONNX model, which the worker runs")
    else:
        walk = walk_of_task(model)
    if isinstance(walk, Unwalkable):
        facts["why"] = walk.why
    with bench.engine.begin() as connection:
        connection.execute(
            text(f"DELETE FROM {bench.queue.schema}.loaded WHERE owner = :owner AND model_handle = :handle"),  # noqa: S608
            {"owner": bench.job.owner, "handle": bench.handle},
        )
        number = connection.execute(
            text(
                f"INSERT INTO {bench.queue.schema}.loaded (owner, model_handle, task, walkable, facts, loaded_at) "  # noqa: S608
                "VALUES (:owner, :handle, :task, :walkable, :facts, UTC_TIMESTAMP(6))"
            ),
            {
                "owner": bench.job.owner,
                "handle": bench.handle,
                "task": task_of_model(model),
                "walkable": not isinstance(walk, Unwalkable),
                "facts": orjson.dumps(facts).decode(),
            },
        ).lastrowid
        if not isinstance(walk, Unwalkable):
            store(connection.connection.cursor(), bench.queue.tables, int(number), walk)
    bench.shelf.put((owner, bench.handle, int(number)), model)  # the next call finds it unpacked
    return {"model_no": int(number)}


def _allowed(bench: Bench, owner: str) -> None:
    """Another's model is for those who can read its pieces: through the view, which carries the caller's rights, they
    must be the same as in the catalog. A view of something else is no proof. Raises `MlError`."""
    view = Name(bench.queue.tables, bench.queue.view(bench.job)).quoted
    try:
        seen = bench.pieces(view)
        allowed = seen and seen == bench.pieces(f"{Catalog(bench.engine, owner).home}.MODEL_OBJECT_CATALOG")
    except DBAPIError:
        allowed = False
    if not allowed:
        raise MlError(f"user {owner[:40]!r} has no model {bench.handle[:40]!r} that you may read; ask for SELECT on it")
