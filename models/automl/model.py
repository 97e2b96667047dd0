"""A finished model: predicts, decides, scores itself, says what it is, and becomes text and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import StudyError, nearest
from models.automl import metrics
from models.automl.algorithms.base import Config, Fitted, Task
from models.automl.algorithms.blanked import load_fitted
from models.automl.algorithms.registry import by_name
from models.automl.columns.prepare import Preparation
from models.automl.decide import Decisions
from models.automl.explain.notes import Known
from models.automl.explain.overall import Attention, GlobalMethod, global_
from models.automl.explain.rows import Explanation, RowMethod, explain_matrix, rows
from models.automl.matrix import Floats, Ints, Matrix
from models.automl.options import METRICS
from models.automl.target import Target
from models.leaks.report import LeakReport

__all__ = ["FORMAT", "Member", "Model", "Quality", "load"]

FORMAT = "genba-model-2"
CHUNK = 50_000


@dataclass(frozen=True)
class Quality:
    """How well rows that no one had seen were foretold, once. None where it cannot be told.

    ``forward``: score on the rows held back, with its 90 % interval over resampled groups; ``random``: what a random
    split would have promised, ``optimism`` the difference; ``baseline``: the naive model on the same rows.
    """

    metric: str
    forward: float | None
    forward_low: float | None
    forward_high: float | None
    random: float | None
    optimism: float | None
    baseline: float | None
    n_test: int
    split: str
    """``forward`` in time, ``grouped``, ``stratified``; ``folds`` where too few rows allowed none to be held back."""
    more: dict[str, float] = field(default_factory=dict)
    """The same rows under other metrics."""


@dataclass(frozen=True)
class Member:
    """One algorithm of the blend; ``fitted`` are refits under different seeds, averaged."""

    algorithm: str
    config: Config
    weight: float
    fitted: tuple[Fitted, ...]

    def predict(self, matrix: Matrix) -> Floats:
        """(n, classes) probabilities or (n,) values."""
        total = self.fitted[0].predict(matrix)
        for other in self.fitted[1:]:
            total = total + other.predict(matrix)
        return total / len(self.fitted)


@dataclass(frozen=True)
class Model:
    """What `models.automl.fit` returns. Takes tables with or without the target; other columns do not disturb it."""

    target: Target
    preparation: Preparation
    members: tuple[Member, ...]
    decisions: Decisions
    quality: Quality
    leaks: LeakReport
    known: Known
    """What training looked like, for notes about rows."""
    background: Matrix
    """A sample of the rows of training, to explain others against."""
    facts: dict[str, Any]
    """JSON-able: options, sizes, notes, trials, versions, importance. Never the time of day."""

    @property
    def task(self) -> Task:
        """``classification`` or ``regression``."""
        return self.target.task

    @property
    def classes_(self) -> np.ndarray[Any, Any]:
        """The labels in the order of the columns of `predict_proba`."""
        if self.task != "classification":
            raise StudyError(f"a model for {self.task} has no classes; use predict")
        return np.asarray(self.target.classes)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the model needs, in the order of training."""
        return self.preparation.columns

    def predict_raw(self, table: pd.DataFrame) -> Floats:
        """Calibrated probabilities (n, classes), or values (n, 1): the space in which the model is explained."""
        _require_frame(table)
        parts = [
            self.predict_matrix(self.preparation.transform(table.iloc[first : first + CHUNK]))
            for first in range(0, len(table), CHUNK)
        ]
        width = max(len(self.target.classes), 1)
        return np.concatenate(parts) if parts else np.zeros((0, width))

    def predict_matrix(self, matrix: Matrix) -> Floats:
        """`predict_raw` of rows that are prepared already."""
        total = self.members[0].weight * self.members[0].predict(matrix)
        for member in self.members[1:]:
            total = total + member.weight * member.predict(matrix)
        return self.decisions.probabilities(total) if self.task == "classification" else total[:, None]

    def predict_proba(self, table: pd.DataFrame) -> Floats:
        """(n, classes): calibrated probabilities; each row sums to 1."""
        if self.task != "classification":
            raise StudyError(f"a model for {self.task} has no probabilities; use predict")
        return self.predict_raw(table)

    def predict(self, table: pd.DataFrame) -> np.ndarray[Any, Any]:
        """(n,): labels, decided as the costs ask; or values in the target's unit."""
        raw = self.predict_raw(table)
        return self.target.labels(self.decisions.decide(raw)) if self.task == "classification" else raw[:, 0]

    def predict_interval(self, table: pd.DataFrame, level: float = 0.90) -> tuple[Floats, Floats]:
        """(n,), (n,): between which the target will lie in ``level`` of all cases. Regression only."""
        if self.task != "regression":
            raise StudyError(f"a model for {self.task} has no intervals; use predict_proba")
        return self.decisions.bounds(self.predict_raw(table)[:, 0], level)

    def score(self, table: pd.DataFrame, metric: str | None = None) -> float | None:
        """A metric of `models.automl.options.METRICS` on rows that carry the target; higher is better."""
        _require_frame(table)
        name = metric or self.quality.metric
        if name not in METRICS[self.task]:
            raise StudyError(f"metric {name!r} is unknown; {nearest(name, METRICS[self.task])}")
        if self.target.name not in table.columns:
            raise StudyError(f"the table has no column {self.target.name!r} to score against; add the target")
        truth = self.target.codes(table[self.target.name])
        known = np.isfinite(truth)
        raw = self.predict_raw(table[known])
        said = self.decisions.judged(name, raw) if self.task == "classification" else raw[:, 0]
        return metrics.measure(name, truth[known], said)

    def explain(self, table: pd.DataFrame, *, method: GlobalMethod = "permutation_importance") -> Attention:
        """What the model attends to over the rows of a table, per column of the user; see `models.automl.explain`.

        ``permutation_importance`` needs the target in the table: it is the loss of `quality`'s metric without a column.
        """
        _require_frame(table)
        score = None
        if method == "permutation_importance":
            if self.target.name not in table.columns:
                raise StudyError(f"permutation importance needs the target; add column {self.target.name!r}")
            table = table[table[self.target.name].notna()]
            truth = self.target.codes(table[self.target.name])

            def score(rows: Ints, predicted: Floats) -> float | None:
                said = predicted if self.task == "classification" else predicted[:, 0]
                return metrics.measure(self.quality.metric, truth[rows], said)

        return global_(self, table, method=method, score=score)

    def explain_rows(
        self, table: pd.DataFrame, *, method: RowMethod = "shap", background: pd.DataFrame | None = None
    ) -> Explanation:
        """Why each row is predicted as it is: values per column of the user that add up to the prediction.

        ``background``: rows to compare with, such as good production; without one, a sample of training.
        """
        _require_frame(table)
        if background is not None:
            return rows(self, table, background, method=method, known=self.known)
        matrix = self.preparation.transform(table)
        found = explain_matrix(self, matrix, self.background, method=method)
        return replace(found, row_notes=tuple(tuple(notes) for notes in self.known.rows(matrix, table)))

    def describe(self) -> dict[str, Any]:
        """What the model is, from what it learnt, how good it is, and what it found suspicious. JSON-able."""
        return {
            "task": self.task,
            "target": self.target.name,
            "classes": list(self.target.classes),
            "columns": list(self.columns),
            "left_out": [asdict(entry) for entry in self.preparation.left_out],
            "members": [
                {"algorithm": member.algorithm, "weight": member.weight, "config": dict(member.config)}
                for member in self.members
            ],
            "quality": asdict(self.quality),
            "leaks": self.leaks.to_dict(),
            "decisions": self.decisions.to_dict(),
            **self.facts,
        }

    # -- text and back ----------------------------------------------------------------------------------------------

    def to_text(self) -> str:
        """The whole model as JSON: the same model gives the same bytes. Never a pickle."""
        content = {
            "format": FORMAT,
            "target": self.target.to_dict(),
            "preparation": self.preparation.to_dict(),
            "members": [
                {
                    "algorithm": member.algorithm,
                    "config": dict(member.config),
                    "weight": member.weight,
                    "fitted": [fitted.to_dict() for fitted in member.fitted],
                }
                for member in self.members
            ],
            "decisions": self.decisions.to_dict(),
            "quality": asdict(self.quality),
            "leaks": self.leaks.to_dict(),
            "known": self.known.to_dict(),
            "background": [
                [None if gap else value for value, gap in zip(row, np.isnan(row), strict=True)]
                for row in self.background.values.tolist()
            ],
            "facts": self.facts,
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True, allow_nan=False)

    @classmethod
    def from_text(cls, text: str) -> "Model":
        """The model that `to_text` wrote, today or in an earlier release.

        Raises `StudyError` for anything else, before any of it is run.
        """
        from models.automl import earlier

        try:
            content = json.loads(text)
            if content["format"] == earlier.RELEASE_1:
                return earlier.from_release_1(content)
            if content["format"] != FORMAT:
                raise StudyError(f"model format {content['format']!r} is not {FORMAT!r}; train it again")
            target = Target.from_dict(content["target"])
            preparation = Preparation.from_dict(content["preparation"])
            return Model(
                target,
                preparation,
                tuple(_member(entry, target.task) for entry in content["members"]),
                Decisions.from_dict(content["decisions"]),
                Quality(**content["quality"]),
                LeakReport.from_dict(content["leaks"]),
                Known.from_dict(content["known"]),
                preparation.matrix(np.array(content["background"], dtype=np.float64)),
                content["facts"],
            )
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            raise StudyError(f"not a model of ours ({type(error).__name__}: {error}); train it again") from None

    def save(self, path: Path | str) -> None:
        """Write the model as a text file."""
        Path(path).write_text(self.to_text(), encoding="utf-8")


def load(path: Path | str) -> Model:
    """Read what `Model.save` wrote. Raises `StudyError` for any other file."""
    try:
        return Model.from_text(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"model file {str(path)!r}: {error.strerror}; name a file that Model.save wrote") from None
    except UnicodeDecodeError:
        raise StudyError(f"model file {str(path)!r} is not text; name a file that Model.save wrote") from None


def _member(entry: Mapping[str, Any], task: Task) -> Member:
    algorithm = by_name(entry["algorithm"], task)
    fitted = tuple(load_fitted(algorithm, content) for content in entry["fitted"])
    return Member(entry["algorithm"], entry["config"], float(entry["weight"]), fitted)


def _require_frame(table: object) -> None:
    if not isinstance(table, pd.DataFrame):
        raise StudyError(
            f"the table is a {type(table).__name__}, not a pandas DataFrame; pandas.DataFrame(…) makes one"
        )
