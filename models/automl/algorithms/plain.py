"""What most algorithms answer alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.automl.algorithms.base import Config, Task, Workbench
from models.automl.algorithms.scaled import view, widest
from models.automl.algorithms.space import Space, near
from models.automl.matrix import Floats, Ints

__all__ = ["Plain", "all_classes", "dealt"]

CELLS = 60_000_000
"""Of the dense view, beyond which it would not be worth its memory."""


@dataclass(frozen=True)
class Plain:
    """Half of an `Algorithm`: one without monotone constraints, rounds, or anything to vary."""

    name: str
    task: Task

    @property
    def space(self) -> Space:
        """What `near` varies."""
        return {}

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Constraints, and a dense view that would be too large."""
        if any(bench.problem.monotone):
            return "keeps no monotone constraints"
        if bench.matrix.n * widest(bench.matrix) > CELLS:
            return f"wants a dense table, and this one could have more than {CELLS:,} cells"
        return None if view(bench)[0].width else "has no feature to learn from"

    def near(self, config: Config, rng: np.random.Generator) -> Config:
        """A neighbour."""
        return near(config, self.space, rng)

    def final(self, config: Config, rounds: Sequence[int]) -> Config:
        """The same."""
        return config


def all_classes(values: Floats, target: Floats, weight: Floats, classes: int) -> tuple[Floats, Floats, Floats]:
    """The rows, and a copy of the first one with next to no weight for each class that they lack.

    So every library knows every class, whatever a fold left out. Nothing is added for regression (``classes`` 0).
    """
    absent = np.setdiff1d(np.arange(classes), target)
    if not len(absent):
        return values, target, weight
    return (
        np.concatenate([values, np.repeat(values[:1], len(absent), axis=0)]),
        np.concatenate([target, absent]),
        np.concatenate([weight, np.full(len(absent), 1e-9)]),
    )


def dealt(target: Floats, folds: int, rng: np.random.Generator) -> Ints:
    """(n,) the fold of each row, classes spread evenly."""
    fold = np.empty(len(target), dtype=np.int64)
    fold[np.lexsort((rng.permutation(len(target)), target))] = np.arange(len(target)) % folds
    return fold
