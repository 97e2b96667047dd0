"""What models of every task have in common: their card, and their text."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.errors import StudyError
from models.tasks.option_tables import Task

__all__ = ["Answers", "Card", "Told", "dumped", "loaded", "untold"]

SCHEMA = 1
Told = Callable[[str, float], None]
"""Hears of the progress: the stage, and the share of the work that is done. What it raises ends the training."""


def untold(stage: str, share: float) -> None:
    """Hears, and says nothing."""


@dataclass(frozen=True)
class Answers:
    """One answer per row asked about.

    ``results``: the documents of column ``ml_results``. ``predictions``: the values of column ``Prediction``; None for
    tasks whose tables have no such column.
    """

    results: list[dict[str, Any]]
    predictions: list[Any] | None = None


@dataclass(frozen=True)
class Card:
    """What the catalog says of a model."""

    task: Task
    algorithm: str
    columns: tuple[str, ...]
    """Columns that a table must have to be predicted."""
    metric: str | None
    training_score: float | None
    facts: dict[str, Any]
    """``training_params``, ``n_rows``, ``n_columns``, ``n_selected_rows``, ``n_selected_columns``, ``quality``,
    ``yardsticks``, ``notes``, and what the task adds."""

    def content(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "task": self.task,
            "algorithm": self.algorithm,
            "columns": list(self.columns),
            "metric": self.metric,
            "training_score": self.training_score,
            "facts": self.facts,
        }

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Card":
        """What `content` gave."""
        return cls(
            content["task"],
            str(content["algorithm"]),
            tuple(map(str, content["columns"])),
            content["metric"],
            content["training_score"],
            dict(content["facts"]),
        )


def dumped(card: Card, state: Mapping[str, Any]) -> str:
    """A model as JSON text; the same model gives the same bytes. No number is NaN or infinite."""
    content = {"schema": SCHEMA, "card": card.content(), "state": state}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def loaded(text: str) -> tuple[Card, dict[str, Any]]:
    """What `dumped` wrote. Raises `StudyError` for any other text; nothing in it is ever run."""
    try:
        content = json.loads(text)
        if content["schema"] != SCHEMA:
            raise StudyError(f"the model is of version {content['schema']!r}, not {SCHEMA}; train it again")
        return Card.of(content["card"]), dict(content["state"])
    except (ValueError, KeyError, TypeError) as error:
        raise StudyError(f"the text is not a model of a task: {error!r}; train the model again") from error
