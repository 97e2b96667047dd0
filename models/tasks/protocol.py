"""One way to train, ask, score, keep and restore a model of any task beside classification and regression."""

import importlib
from collections.abc import Mapping
from typing import Any, Protocol, cast

import pandas as pd
from threadpoolctl import threadpool_limits

from ingest.errors import StudyError, nearest
from models.automl.columns.kinds import checked_names
from models.tasks.base import Answers, Card, Told, loaded, untold
from models.tasks.option_tables import TASKS

__all__ = ["Answers", "Card", "TaskModel", "fit_task", "load_task"]

_ROOMS: Mapping[str, str] = {
    "forecasting": "models.tasks.forecasting.model",
    "anomaly_detection": "models.tasks.anomaly.model",
    "log_anomaly_detection": "models.tasks.logs.model",
    "recommendation": "models.tasks.recommendation.model",
    "topic_modeling": "models.tasks.topics.model",
    "clustering": "models.tasks.clustering.model",
}
"""Loaded when asked for: no task pays for the libraries of another."""


class TaskModel(Protocol):
    """A trained model. Options are checked; a wrong one, a missing column or a wrong value is a `StudyError`."""

    @property
    def card(self) -> Card:
        """Task, algorithm, columns, metric, training score and facts."""
        ...

    def predict(self, table: pd.DataFrame, options: Mapping[str, Any] | None = None) -> Answers:
        """One answer per row, in the order of the rows."""
        ...

    def score(
        self, table: pd.DataFrame, target: str | None, metric: str, options: Mapping[str, Any] | None = None
    ) -> float | None:
        """The value of a metric, higher is better; None where it is undefined for this table."""
        ...

    def to_text(self) -> str:
        """JSON; the same model gives the same bytes."""
        ...


def _room(task: str) -> Any:
    if task not in TASKS:
        raise StudyError(f"task {task!r} is not one of these; {nearest(str(task), TASKS)}")
    return importlib.import_module(_ROOMS[task])


def fit_task(
    task: str,
    table: pd.DataFrame,
    target: str | None,
    options: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    told: Told = untold,
) -> TaskModel:
    """Train a model of a task.

    ``table``: one row per case, moment, line, rating or text. ``target``: the column that the task is about, or None.
    ``options``: see `option_tables.OPTIONS`. The same table, options, seed and versions give the same model, byte for
    byte. Raises `StudyError` for an unknown task or option, a missing column, and a table nothing can be learnt from.
    """
    room = _room(task)
    names = checked_names(table)
    if target is not None and target not in names:
        raise StudyError(f"target column {target!r} is not in the table; {nearest(target, names)}")
    if not len(table):
        raise StudyError("the table has no rows; give one row per case")
    plain = table.reset_index(drop=True)
    plain.columns = pd.Index(names)
    # Many small systems of equations: threads of BLAS wait for one another ten times as long as they work.
    with threadpool_limits(1, user_api="blas"):
        return cast("TaskModel", room.fit(plain, target, options, seed=seed, told=told))


def load_task(text: str) -> TaskModel:
    """What `TaskModel.to_text` wrote. Raises `StudyError` for any other text; nothing in it is ever run."""
    card, state = loaded(text)
    room = _room(card.task)
    try:
        return cast("TaskModel", room.restore(card, state))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise StudyError(f"the model cannot be read: {error!r}; train it again") from error
