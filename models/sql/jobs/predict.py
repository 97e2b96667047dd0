"""ML_PREDICT_TABLE and ML_EXPLAIN_TABLE: results beside the rows of a table, in batches.

The worker writes its results, with the rows' keys, into a staging table of the caller's own schema; the caller's call
then makes the output table out of both, in one statement and with the caller's rights. The input's columns never leave
the server. Where the input has no whole-number key, it is first copied into the staging area, with one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from models.automl.model import Model
from models.sql.answers import Answered, columns_of, explained, predicted
from models.sql.bench import AnyModel, Bench, needs, task_of_model
from models.sql.bulk import Writer
from models.sql.errors import MlError
from models.sql.names import Name, quote
from models.sql.options import checked, flag
from models.sql.pages import Keyed, ahead, pages
from models.sql.tables import AUTO_KEY, BATCH, Shape, has, shape_of, source_of

__all__ = ["explain_table", "predict_table"]

MOST_COLUMNS = 1_017
"""Of a table, in InnoDB."""


def predict_table(bench: Bench) -> dict[str, Any]:
    """Answers with the statements that make the output table."""
    options = checked("ML_PREDICT_TABLE", bench.options)
    model = bench.model()
    if not isinstance(model, Model):
        return _whole(bench, model, options)
    return _table(bench, model, lambda frame: predicted(model, frame, options))


def explain_table(bench: Bench) -> dict[str, Any]:
    """Answers with the statements that make the output table."""
    options = checked("ML_EXPLAIN_TABLE", bench.options)
    model = bench.explainable()
    method = str(options.get("prediction_explainer", "permutation_importance"))
    return _table(bench, model, lambda frame: explained(model, frame, method, bench.japanese))


def _table(bench: Bench, model: AnyModel, answer: Any) -> dict[str, Any]:
    shape, output = shape_of(bench), Name.parse(str(bench.args["output"]))
    same = output == bench.table
    _free(shape, ("Prediction", "ml_results", AUTO_KEY))
    missing = [column for column in needs(model) if column not in shape.columns]
    if missing:
        raise MlError(f"table {bench.args['table']!r} has no column {missing[0]!r}, which the model needs")
    source = source_of(bench, shape)
    writer: Writer | None = None
    total = _count(bench)
    for done, (keys, frame) in _batches(bench, source, needs(model)):
        found: Answered = answer(frame)
        if writer is None:
            types = _fitting(found.types, len(shape.columns))
            _free(shape, types)
            writer = Writer(bench.engine, *bench.queue.staging(bench.job), types)
        writer.write(keys, found.columns)
        bench.tell("rows", min(0.95, done / max(total, 1)))
    if writer is None:
        found = answer(pd.DataFrame({column: pd.Series(dtype="object") for column in needs(model)}))
        writer = Writer(bench.engine, *bench.queue.staging(bench.job), _fitting(found.types, len(shape.columns)))
    writer.finish()
    return {"statements": _same(bench, source, writer) if same else _statements(bench, shape, source, writer, output)}


def _fitting(types: Mapping[str, str], others: int) -> dict[str, str]:
    """The columns of answers beside ``others`` and a key: the last attributions go where the table would have too many;
    ``ml_results`` has them all.

    >>> list(_fitting({"Prediction": "TEXT", "a_attribution": "DOUBLE", "b_attribution": "DOUBLE"}, 1014))
    ['Prediction', 'a_attribution']
    """
    over = len(types) + others + 1 - MOST_COLUMNS
    columns = [name for name in types if name.endswith("_attribution")]
    dropped = columns[len(columns) - over :] if over > 0 else []
    return {name: kind for name, kind in types.items() if name not in dropped}


def _free(shape: Shape, added: Iterable[str]) -> None:
    """The columns that are added must not be there. Raises `MlError`."""
    taken = [column for column in added if has(shape.columns, column)]
    if AUTO_KEY in taken and shape.key == (AUTO_KEY,):
        taken.remove(AUTO_KEY)
    if taken:
        raise MlError(f"the input has a column {taken[0]!r} already, which the output gets; rename or drop it")


def _count(bench: Bench) -> int:
    view = Name(bench.queue.tables, bench.queue.view(bench.job))
    with bench.engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {view.quoted}".replace("%", "%%")).scalar() or 0)  # noqa: S608


def _batches(
    bench: Bench, source: Keyed, columns: tuple[str, ...]
) -> Iterator[tuple[int, tuple[pd.Series, pd.DataFrame]]]:
    done = 0
    for keys, frame in ahead(pages(bench.engine, source, columns, BATCH)):
        done += len(frame)
        yield done, (keys, frame)


def _statements(bench: Bench, shape: Shape, source: Keyed, writer: Writer, output: Name) -> list[str]:
    """One statement: the input beside the results. The caller runs it."""
    results = ", ".join(f"r.{quote(column)}" for column in writer.types)
    joined = f"{writer.name.quoted} AS r ON r.{quote(writer.key)} = i.{quote(source.key)}"
    table = source.table if source.copied else bench.table
    key, auto, given = ", ".join(map(quote, shape.key)), "", ""
    if not shape.key:
        key, auto = quote(AUTO_KEY), f"{quote(AUTO_KEY)} BIGINT NOT NULL AUTO_INCREMENT, "
        given = f"i.{quote(source.key)} AS {quote(AUTO_KEY)}, "
    listed = given + ", ".join(f"i.{quote(column)}" for column in shape.columns)
    return [
        f"CREATE TABLE {output.quoted} ({auto}PRIMARY KEY ({key})) AS SELECT {listed}, {results} "  # noqa: S608
        f"FROM {table.quoted} AS i JOIN {joined} ORDER BY i.{quote(source.key)}",
        *_drops(source, writer),
    ]


def _same(bench: Bench, source: Keyed, writer: Writer) -> list[str]:
    """Input and output are one table, which the call has given a key: the results become columns of it."""
    added = ", ".join(f"ADD COLUMN {quote(name)} {kind}" for name, kind in writer.types.items())
    filled = ", ".join(f"i.{quote(name)} = r.{quote(name)}" for name in writer.types)
    table = bench.table.quoted
    return [
        f"ALTER TABLE {table} {added}",
        f"UPDATE {table} AS i JOIN {writer.name.quoted} AS r "  # noqa: S608
        f"ON r.{quote(writer.key)} = i.{quote(source.key)} SET {filled}",
        *_drops(source, writer),
    ]


def _drops(source: Keyed, writer: Writer) -> list[str]:
    return [f"DROP TABLE {writer.name.quoted}", *([f"DROP TABLE {source.table.quoted}"] if source.copied else [])]


def _whole(bench: Bench, model: AnyModel, options: Mapping[str, Any]) -> dict[str, Any]:
    """Tasks whose answers depend on all rows together: the table is read at once."""
    if flag(options, "additional_details", False):
        raise MlError(
            f"additional_details tells the drift of classification and regression, not of {task_of_model(model)}"
        )
    options = {name: value for name, value in options.items() if name != "additional_details"}
    shape, output = shape_of(bench), Name.parse(str(bench.args["output"]))
    same = output == bench.table
    _free(shape, ("Prediction", "ml_results", AUTO_KEY))
    source = source_of(bench, shape)
    keys, frames = [], []
    for key, frame in pages(bench.engine, source, shape.columns, BATCH):
        keys.append(key)
        frames.append(frame)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(shape.columns))
    found = columns_of(model.predict(frame, options))  # type: ignore[call-arg, arg-type]
    writer = Writer(bench.engine, *bench.queue.staging(bench.job), found.types)
    if keys:
        writer.write(pd.concat(keys, ignore_index=True), found.columns)
    writer.finish()
    return {"statements": _same(bench, source, writer) if same else _statements(bench, shape, source, writer, output)}
