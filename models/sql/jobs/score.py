"""ML_SCORE: a model on rows whose answer is known."""

from typing import Any

import numpy as np

from ingest.errors import StudyError, nearest
from models.automl.model import Model
from models.automl.options import METRICS
from models.onnx.model import OnnxModel
from models.sql.bench import Bench, under_its_name
from models.sql.errors import MlError
from models.sql.imported import score_rows
from models.sql.options import checked

__all__ = ["score"]

UNFIT = "Invalid data for the metric. Score could not be computed."
"""HeatWave's own words."""


def score(bench: Bench) -> dict[str, Any]:
    """Answers with the score, rounded to a float32 as HeatWave's; NULL where it cannot be computed."""
    options = checked("ML_SCORE", bench.options)
    model, target, metric = bench.model(), bench.args.get("target"), bench.args.get("metric")
    if not metric:
        raise MlError("the metric is NULL; name one, such as 'balanced_accuracy' or 'r2'")
    if isinstance(model, OnnxModel):
        return _answer(score_rows(bench, model))
    frame = bench.read()
    if target is not None:
        bench.has_column(target, frame.columns)
    if not isinstance(model, Model):
        found = model.score(frame, target, str(metric), options)
    else:
        if target is None:
            raise MlError(f"the target is NULL; a {model.task} model is scored against a column")
        if metric not in METRICS[model.task]:
            raise MlError(f"{UNFIT} metric {str(metric)[:40]!r}: {nearest(str(metric), METRICS[model.task])}")
        frame = under_its_name(frame, model, target)
        try:
            found = model.score(frame, str(metric))
        except (StudyError, ValueError) as error:
            raise MlError(f"{UNFIT} {error}") from None
    return _answer(found)


def _answer(found: float | None) -> dict[str, Any]:
    return {"score": None if found is None or not np.isfinite(found) else float(np.float32(found))}
