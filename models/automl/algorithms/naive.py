"""What can be said without looking at a single feature: what every other model must beat."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.automl.algorithms.base import Config, Fitted, Task, Workbench
from models.automl.algorithms.plain import Plain
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Naive"]

KIND = "naive"


@dataclass(frozen=True)
class NaiveFitted:
    """``said``: (classes,) shares, or (1,) the mean."""

    said: Floats
    task: Task
    rounds: int | None = None

    def predict(self, matrix: Matrix) -> Floats:
        """The same for every row."""
        said = np.tile(self.said, (matrix.n, 1))
        return said[:, 0] if self.task == "regression" else said

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"kind": KIND, "task": self.task, "said": self.said.tolist()}


@dataclass(frozen=True)
class Naive(Plain):
    """`Algorithm`."""

    seeded = False

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Never."""
        return None

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """Nothing to choose."""
        return [{}]

    def fit(
        self,
        bench: Workbench,
        rows: Ints,
        config: Config,
        *,
        valid: Ints | None = None,
        seed: int = 0,
        stop: Callable[[], bool] | None = None,
    ) -> Fitted:
        """Weighted mean, or class shares with one row's worth spread over all classes, so that none is impossible."""
        rows = np.sort(rows)
        target, weight = bench.target[rows], bench.weight[rows]
        if self.task == "regression":
            return NaiveFitted(np.array([np.average(target, weights=weight)]), self.task)
        classes = bench.problem.classes
        total = np.bincount(target.astype(np.int64), weight, classes) + 1 / classes
        return NaiveFitted(total / total.sum(), self.task)

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Checked."""
        written = Written.of(content, KIND)
        written.text("task", (self.task,))
        said = written.numbers("said", 1 if self.task == "regression" else -1)
        if self.task == "classification" and (not len(said) or (said < 0).any() or abs(said.sum() - 1) > 1e-9):
            raise written.wrong("said", "is not shares")
        return NaiveFitted(said, self.task)
