"""Anomaly detection in the rows of a table: `fit`, and the model it gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError
from models.tasks.anomaly.fitted import Fitted, Labels, one_algorithm
from models.tasks.anomaly.marking import documents, labels_of, marked, scored
from models.tasks.base import Answers, Card, Told, dumped
from models.tasks.option_tables import Task
from models.tasks.options import known_metric, parse
from models.tasks.tables import Space, picked

__all__ = ["AnomalyModel", "fit", "restore"]

TASK: Task = "anomaly_detection"
FEWEST = 10
"""Rows below which "unlike the others" means nothing."""


@dataclass(frozen=True)
class AnomalyModel:
    """See `models.tasks.protocol.TaskModel`."""

    card: Card
    space: Space
    fitted: Fitted

    def predict(self, table: pd.DataFrame, options: Mapping[str, Any] | None = None) -> Answers:
        """Marked rows, and probabilities; HeatWave has no column Prediction here."""
        chosen = parse(TASK, "predict", options)
        probability = self.fitted.as_asked(chosen).probability(self.space.points(table))
        return Answers(documents(probability, marked(probability, chosen, self.fitted.threshold)))

    def score(
        self, table: pd.DataFrame, target: str | None, metric: str, options: Mapping[str, Any] | None = None
    ) -> float | None:
        """Against a column of labels 1 and 0; rows without one are left out."""
        chosen = parse(TASK, "score", options)
        known_metric(TASK, metric)
        if target is None:
            raise StudyError("scoring anomalies needs a column of labels (1 anomalous, 0 normal): name it as target")
        truth = labels_of(table, target)
        probability = self.fitted.as_asked(chosen).probability(self.space.points(table))
        return scored(metric, truth, probability, chosen, self.fitted.threshold)

    def to_text(self) -> str:
        """JSON."""
        return dumped(self.card, {"space": self.space.to_dict(), "fitted": self.fitted.to_dict()})


def restore(card: Card, state: Mapping[str, Any]) -> AnomalyModel:
    """From the parts of a text."""
    return AnomalyModel(card, Space.from_dict(state["space"]), Fitted.from_dict(state["fitted"]))


def fit(
    table: pd.DataFrame, target: str | None, options: Mapping[str, Any] | None, *, seed: int, told: Told
) -> AnomalyModel:
    """Learn what rows are like. ``target``: a column of labels 1, 0 and NULL, or None: without labels."""
    chosen = parse(TASK, "train", options)
    algorithm = one_algorithm(chosen)
    names = picked(table, chosen["include_column_list"], chosen["exclude_column_list"], (target,))
    if len(table) < FEWEST:
        raise StudyError(f"{len(table)} row(s) are too few to tell anomalies; give at least {FEWEST}")
    if target is None and "experimental" in chosen.given:
        raise StudyError("semi-supervised training needs a column of labels (1, 0 or NULL); name it as the target")
    labels = None if target is None else Labels.of(labels_of(table, target), chosen)
    told("columns", 0.0)
    space = Space.fit(table, names, rare=True, needed=chosen["include_column_list"] or ())
    points = space.points(table)
    told(algorithm, 0.3)
    fitted, probability, facts = Fitted.fit(algorithm, points, chosen, labels, seed)
    told(algorithm, 1.0)
    card = Card(
        TASK,
        algorithm,
        space.columns,
        None if labels is None else labels.ensemble_score,
        facts["score"],
        {
            "training_params": fitted.params(),
            "contamination": chosen["contamination"],
            "anomaly_detection_threshold": fitted.threshold,
            "n_rows": len(table),
            "n_columns": len(table.columns),
            "n_selected_rows": len(table),
            "n_selected_columns": len(space.columns),
            "n_anomalies": int(np.sum(probability > fitted.threshold)),
            "quality": facts["quality"],
            "yardsticks": {},
            "notes": [*facts["notes"], *space.notes()],
        },
    )
    return AnomalyModel(card, space, fitted)
