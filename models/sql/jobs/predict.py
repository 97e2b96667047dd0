"""ML_PREDICT_TABLE and ML_EXPLAIN_TABLE: results beside the rows of a table, in batches."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from models.automl.algorithms.threads import cores
from models.automl.model import Model
from models.onnx.model import OnnxModel
from models.sql.answers import Answered, answered, explained, predicted
from models.sql.bench import AnyModel, Bench, needs
from models.sql.errors import MlError
from models.sql.imported import explain_rows, fitted, predict_rows
from models.sql.jobs.explain import explainer_of
from models.sql.names import Name
from models.sql.options import checked
from models.sql.outputs import Output
from models.sql.pages import Keyed, ahead, pages
from models.sql.tables import BATCH, shape_of
from models.sql.walk.explain import CHUNK, Explainer
from models.tasks.protocol import TaskModel

__all__ = ["explain_table", "predict_table"]

EXPLAINED = cores() * CHUNK
"""Rows explained at once: a chunk for each core, and the server takes the last ones meanwhile."""


def predict_table(bench: Bench) -> dict[str, Any]:
    """Leaves the statements that make the output table."""
    options = checked("ML_PREDICT_TABLE", bench.options)
    model = bench.model()
    if isinstance(model, OnnxModel):
        onnx = fitted(bench, model)
        return _table(bench, onnx, lambda frame: predict_rows(onnx, frame, options))
    if not isinstance(model, Model):
        return _whole(bench, model, options)
    return _table(bench, model, lambda frame: predicted(model, frame, options))


def explain_table(bench: Bench) -> dict[str, Any]:
    """Leaves the statements that make the output table."""
    options = checked("ML_EXPLAIN_TABLE", bench.options)
    model = bench.explainable()
    explainer_of(options)  # some of HeatWave's walk-throughs name one here, where it changes nothing
    if isinstance(model, OnnxModel):
        onnx = fitted(bench, model)
        return _table(bench, onnx, explain_rows(bench, onnx, options))
    explainer = Explainer(model, options.get("prediction_explainer", "permutation_importance"))
    return _table(bench, model, lambda frame: explained(explainer, frame, bench.japanese), EXPLAINED)


def _table(
    bench: Bench, model: AnyModel, answer: Callable[[pd.DataFrame], Answered], size: int = BATCH
) -> dict[str, Any]:
    shape = shape_of(bench)
    missing = [column for column in needs(model) if column not in shape.columns]
    if missing:
        raise MlError(f"table {bench.args['table']!r} has no column {missing[0]!r}, which the model needs")
    output = Output(bench, shape)
    total = _count(bench)
    done = 0
    for done, (keys, frame) in _batches(bench, output.source, needs(model), size):
        output.write(keys, answer(frame))
        bench.tell("rows", min(0.95, done / max(total, 1)))
    if not done:
        nothing = pd.DataFrame({column: pd.Series(dtype="object") for column in needs(model)})
        output.write(pd.Series(dtype="int64"), answer(nothing))
    return {"statements": output.finish()}


def _count(bench: Bench) -> int:
    view = Name(bench.queue.tables, bench.queue.view(bench.job))
    with bench.engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {view.quoted}".replace("%", "%%")).scalar() or 0)  # noqa: S608


def _batches(
    bench: Bench, source: Keyed, columns: tuple[str, ...], size: int
) -> Iterator[tuple[int, tuple[pd.Series, pd.DataFrame]]]:
    done = 0
    for keys, frame in ahead(pages(bench.engine, source, columns, size)):
        done += len(frame)
        yield done, (keys, frame)


def _whole(bench: Bench, model: TaskModel, options: Mapping[str, Any]) -> dict[str, Any]:
    """Tasks whose answers depend on all rows together: the table is read at once."""
    shape = shape_of(bench)
    output = Output(bench, shape)
    keys, frames = [], []
    for key, frame in pages(bench.engine, output.source, shape.columns, BATCH):
        keys.append(key)
        frames.append(frame)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(shape.columns))
    numbers = pd.concat(keys, ignore_index=True) if keys else pd.Series(dtype="int64")
    output.write(numbers, answered(model, frame, options))
    return {"statements": output.finish()}
