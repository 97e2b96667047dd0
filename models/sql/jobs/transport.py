"""ML_MODEL_EXPORT and ML_MODEL_IMPORT: models from one catalog into a table, and from a table into another."""

import base64
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import text

from ingest.errors import StudyError
from models.automl.model import Model
from models.onnx.apart import Apart, needed
from models.onnx.model import OnnxModel, decoded
from models.sql.bench import Bench, is_onnx, model_of, task_of_model
from models.sql.bulk import Writer
from models.sql.catalog import decoded as found_in
from models.sql.catalog import pieces_of
from models.sql.errors import MlError
from models.sql.names import Name, quote

__all__ = ["export_model", "export_onnx", "import_model"]

ONNX = "ONNXv2.0"
"""What an imported model is kept as, in HeatWave's words: its bytes in Base64."""


def export_model(bench: Bench) -> dict[str, Any]:
    """Answers with the statements that make the table: one row a piece, metadata on the first. Works in any status."""
    output, entry = Name.parse(str(bench.args["output"])), bench.catalog.entry(bench.handle)
    with bench.engine.connect() as connection:
        pieces = connection.execute(
            text(
                f"SELECT COUNT(*) FROM {bench.catalog.home}.MODEL_OBJECT_CATALOG WHERE model_handle = :handle"  # noqa: S608
            ),
            {"handle": entry.handle},
        ).scalar()
    home, handle = quote(f"ML_SCHEMA_{bench.job.owner}"), _literal(entry.handle)
    make = _make(output)
    if not pieces:
        return {
            "statements": [
                make,
                f"INSERT INTO {output.quoted} (model_metadata) SELECT model_metadata FROM {home}.MODEL_CATALOG "  # noqa: S608
                f"WHERE model_handle = {handle}",
                f"UPDATE {output.quoted} SET chunk_id = 0",  # noqa: S608
            ]
        }
    return {
        "statements": [
            make,
            f"INSERT INTO {output.quoted} SELECT o.chunk_id, o.model_object, "  # noqa: S608
            f"IF(o.chunk_id = 1, c.model_metadata, NULL) FROM {home}.MODEL_OBJECT_CATALOG o "
            f"JOIN {home}.MODEL_CATALOG c USING (model_handle) WHERE model_handle = {handle} ORDER BY o.chunk_id",
        ]
    }


def export_onnx(bench: Bench) -> dict[str, Any]:
    """Answers with the statements that make a table of one of our models as an ONNX graph, Base64 in pieces."""
    output = Name.parse(str(bench.args["output"]))
    if is_onnx(bench.catalog.entry(bench.handle).metadata):
        raise MlError("the model is an ONNX model already; CALL sys.ML_MODEL_EXPORT(...)")
    model = bench.unpack(bench.job.owner, bench.handle)
    if not isinstance(model, Model):
        raise MlError(f"{task_of_model(model)} models are not written as ONNX; classification and regression are")
    needed()
    from models.onnx.write.model import to_onnx  # onnx itself is an extra

    content, metadata = to_onnx(model)
    pieces = list(pieces_of(base64.b64encode(content).decode()))
    told = [orjson.dumps(metadata).decode(), *[None] * (len(pieces) - 1)]
    writer = Writer(bench.engine, *bench.queue.staging(bench.job), dict.fromkeys(("piece", "told"), "LONGTEXT"))
    writer.write(pd.Series(range(1, len(pieces) + 1)), {"piece": pieces, "told": told})
    writer.finish()
    return {
        "statements": [
            _make(output),
            f"INSERT INTO {output.quoted} SELECT {quote(writer.key)}, piece, told FROM {writer.name.quoted} ORDER BY 1",  # noqa: S608
            f"DROP TABLE {writer.name.quoted}",
        ]
    }


def _make(output: Name) -> str:
    return (
        f"CREATE TABLE {output.quoted} (chunk_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, model_object LONGTEXT NULL, "
        "model_metadata JSON NULL) CHARACTER SET utf8mb4"
    )


def _literal(text_: str) -> str:
    """A text for a statement, whatever the session's rule for backslashes: as its bytes."""
    return f"CONVERT(X'{text_.encode().hex()}' USING utf8mb4) COLLATE utf8mb4_bin"


def import_model(bench: Bench) -> dict[str, Any]:
    """A model of ours out of a table that ML_MODEL_EXPORT made, or an ONNX model out of a table or a Base64 text."""
    metadata = bench.args.get("metadata")
    metadata = orjson.loads(metadata) if isinstance(metadata, str) else metadata
    written = bench.args.get("object")
    if metadata is None and written is not None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise MlError("model_metadata is NULL or no object; write JSON_OBJECT(...)")
    if written is None:
        written, metadata = _from_table(bench)
    task = str(metadata.get("task") or "classification")
    # HeatWave's rule: what says nothing of its format is ONNX.
    if metadata.get("format") is None or is_onnx(metadata):
        OnnxModel.of(Apart(decoded(str(written))), metadata)
        metadata |= {"format": ONNX, "task": task}
    else:
        try:
            written = model_of(task, str(written)).to_text()  # type: ignore[union-attr]
        except StudyError as error:
            raise MlError(f"the table holds no model of ours: {error}") from None
    handle = _begin(bench, metadata, task)
    bench.catalog.finish(handle, str(written), metadata, metadata.get("model_explanation") or {})
    return {"handle": handle}


def _begin(bench: Bench, metadata: dict[str, Any], task: str) -> str:
    handle = bench.args.get("handle")
    if not handle:
        raise MlError("the model handle is NULL; give the model a name: SET @m = 'a_name' before the call, or 'a_name'")
    handle = str(handle)
    bench.catalog.begin(
        handle,
        metadata.get("train_table_name"),
        metadata.get("target_column_name"),
        task,
        metadata.get("notes"),
        bench.queue.lock(bench.job),
    )
    return handle


def _from_table(bench: Bench) -> tuple[str, dict[str, Any]]:
    frame = bench.read()
    missing = {"chunk_id", "model_object", "model_metadata"} - set(frame.columns)
    if missing:
        raise MlError(f"the table has no column {min(missing)!r}; give one that ML_MODEL_EXPORT made")
    frame = frame.sort_values("chunk_id")
    described = frame[frame["model_metadata"].notna()]
    if len(described) > 1 or (len(described) and int(described["chunk_id"].iloc[0]) > 1):
        raise MlError("none but the row with chunk_id 1 may hold model_metadata; give a table as exported")
    written = "".join(frame["model_object"].dropna())
    if not written:
        raise MlError("the table holds no model_object; the model exported was not Ready")
    metadata = None if described.empty else found_in(described["model_metadata"].iloc[0])
    return written, metadata if isinstance(metadata, dict) else {}
