"""One module per routine, or for a few that belong together: what a worker does for each."""

from collections.abc import Callable
from typing import Any

from models.sql.bench import Bench
from models.sql.jobs.active import active
from models.sql.jobs.explain import explain
from models.sql.jobs.factors import audit, rank
from models.sql.jobs.load import load
from models.sql.jobs.predict import explain_table, predict_table
from models.sql.jobs.score import score
from models.sql.jobs.split import split
from models.sql.jobs.train import train
from models.sql.jobs.transport import export_model, export_onnx, import_model

__all__ = ["JOBS"]

JOBS: dict[str, Callable[[Bench], Any]] = {
    "ML_TRAIN": train,
    "ML_EXPLAIN": explain,
    "ML_PREDICT_TABLE": predict_table,
    "ML_EXPLAIN_TABLE": explain_table,
    "ML_SCORE": score,
    "ML_MODEL_LOAD": load,
    "ML_MODEL_ACTIVE": active,
    "ML_MODEL_EXPORT": export_model,
    "ML_MODEL_EXPORT_ONNX": export_onnx,
    "ML_MODEL_IMPORT": import_model,
    "TRAIN_TEST_SPLIT": split,
    "ML_RANK": rank,
    "ML_AUDIT": audit,
}
