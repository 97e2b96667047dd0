"""Target encoding: a category as the mean of the target in it, out of fold where the model learns from it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.automl.algorithms.base import Problem
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["FEWEST", "Encoding", "encoded"]

FOLDS = 5
SMOOTHING = 10.0
"""Rows' worth of the overall mean that each category starts with."""
FEWEST = 8
"""Levels below which a category is left to the trees."""
OUTPUTS = 10
"""Classes above which a column per class and category would be too many."""


@dataclass(frozen=True)
class Encoding:
    """``means[i]``: (levels, outputs) of the category at ``places[i]``; ``prior``: (outputs,), for unseen levels."""

    places: tuple[int, ...]
    means: tuple[Floats, ...]
    prior: Floats

    @property
    def width(self) -> int:
        """Columns that are added."""
        return len(self.places) * len(self.prior)

    def columns(self, matrix: Matrix) -> Floats:
        """(n, places * outputs)."""
        parts = [_looked_up(means, matrix.values[:, at], self.prior) for at, means in self._pairs()]
        return np.concatenate(parts, axis=1)

    def _pairs(self) -> list[tuple[int, Floats]]:
        return list(zip(self.places, self.means, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        means = [means.tolist() for means in self.means]
        return {"kind": "target-encoding", "places": list(self.places), "means": means, "prior": self.prior.tolist()}

    @classmethod
    def load(cls, written: Written, features: int) -> "Encoding":
        """What `to_dict` wrote."""
        prior = written.numbers("prior", -1)
        places = written.wholes("places", 0, features - 1, -1)
        tables = written.content.get("means")
        if not isinstance(tables, list) or len(tables) != len(places):
            raise written.wrong("means", "is not one table per category")
        means = tuple(Written({"means": table}, written.what).numbers("means", -1, len(prior)) for table in tables)
        return cls(tuple(int(place) for place in places), means, prior)


def _outputs(target: Floats, problem: Problem) -> Floats:
    """(n, outputs): what is averaged."""
    if problem.classes <= 2:
        return target[:, None]
    return np.asarray(target[:, None] == np.arange(problem.classes), dtype=np.float64)


def _codes(column: Floats, levels: int) -> Ints:
    """Missing and unseen levels get the place after the last."""
    known = np.isfinite(column) & (column >= 0) & (column < levels)
    return np.asarray(np.where(known, column, levels), dtype=np.int64)


def _means(column: Floats, levels: int, outputs: Floats, weight: Floats, prior: Floats) -> Floats:
    codes = _codes(column, levels)
    total = np.bincount(codes, weight, levels + 1)[:levels]
    summed = np.stack([np.bincount(codes, weight * out, levels + 1)[:levels] for out in outputs.T], axis=1)
    return np.asarray((summed + SMOOTHING * prior) / (total + SMOOTHING)[:, None], dtype=np.float64)


def _looked_up(means: Floats, column: Floats, prior: Floats) -> Floats:
    table: Floats = np.concatenate([means, prior[None, :]])
    found: Floats = table[_codes(column, len(means))]
    return found


def encoded(
    matrix: Matrix, target: Floats, weight: Floats, problem: Problem, rng: np.random.Generator
) -> tuple[Encoding, Floats] | None:
    """The encoding fitted on all these rows, and these rows encoded by the other folds' means.

    None if no category has enough levels. ``matrix``, ``target``, ``weight``: the rows that may be learnt from.
    """
    places = tuple(place for place in matrix.categorical() if matrix.levels[place] >= FEWEST)
    if not places or problem.classes > OUTPUTS:
        return None
    outputs = _outputs(target, problem)
    prior = np.average(outputs, axis=0, weights=weight)

    def fitted(rows: Ints | slice) -> Encoding:
        means = tuple(
            _means(matrix.values[rows, at], matrix.levels[at], outputs[rows], weight[rows], prior) for at in places
        )
        return Encoding(places, means, prior)

    fold = rng.permutation(matrix.n) % FOLDS
    out = np.zeros((matrix.n, len(places) * len(prior)))
    for number in range(FOLDS):
        out[fold == number] = fitted(np.flatnonzero(fold != number)).columns(
            matrix.take(np.flatnonzero(fold == number))
        )
    return fitted(slice(None)), out
