"""Where good production ran: what some columns of a unit would have been, given all its others.

To restore columns S of a unit is to give them values of good units whose other columns lead one to expect the same of
S. Expected is E[z_S | z_rest] by ridge regression in normal scores over good units (`models.why.cells`); the `MATCHED`
good units with the nearest expectation lend their own cells of S, all together (predictive mean matching, Little 1988).
So torque is restored to what good units run *at this speed*, not to the average torque; cells are only ever moved
between units, never invented.

Limits: the expectation is linear in scores, so a curved dependence is followed on average only; the cells lent are
real, but their combination with the unit's other cells need not have occurred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.study.data import StudyData
from models.why.cells import Cells

__all__ = ["MATCHED", "Good", "good_units"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MATCHED = 20
"""Good units that lend their cells: their mean risk is then known to a fifth of its spread between units."""
MOST = 2_000
"""Good units that are searched; more would not lie nearer to speak of, and cost in proportion."""
RIDGE = 0.02
"""Penalty as a share of the scores' unit variance: keeps repeated columns from cancelling one another."""
BETTER = 0.25
"""Regression: this share of the units, the best for their context, is good production."""


def good_units(data: StudyData, cells: Cells, numbers: Floats) -> Bools:
    """(n,) units with the good verdict; of a measured target the better quarter, given the context.

    What the context (product, weather, volume) explains by a straight line in scores and their squares is taken off.
    """
    if data.spec.task == "classification":
        return np.asarray(data.loss < 0.5)
    context = [place for place, name in enumerate(cells.columns) if data.spec.factor(name).role == "context"]
    scores = cells.scores(numbers)[:, np.isin(cells.owner, context)]
    design = np.column_stack([np.ones(data.n), scores, scores**2])
    gram = design.T @ design + RIDGE * np.eye(design.shape[1])
    left = data.loss - design @ np.linalg.solve(gram, design.T @ data.loss)
    return np.asarray(left <= np.quantile(left, BETTER))


@dataclass(frozen=True)
class Good:
    """Good production. ``numbers``: (m, columns) its units; ``players``: the columns of each factor."""

    cells: Cells
    numbers: Floats
    players: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, cells: Cells, numbers: Floats, players: Sequence[Sequence[int]], rng: np.random.Generator) -> "Good":
        """A sample of the good units' numbers (m, columns)."""
        if len(numbers) > MOST:
            numbers = numbers[np.sort(rng.choice(len(numbers), MOST, replace=False))]
        return cls(cells, numbers, tuple(tuple(columns) for columns in players))

    @cached_property
    def _scores(self) -> tuple[Floats, Floats, Floats]:
        """The good units' scores, centred; their mean; their covariance."""
        scores = self.cells.scores(self.numbers)
        mean = scores.mean(axis=0)
        scores = scores - mean
        return scores, mean, scores.T @ scores / max(len(scores), 1)

    def scores(self, numbers: Floats) -> Floats:
        """(N, scores) of units (N, columns), about the mean of good production."""
        return np.asarray(self.cells.scores(numbers) - self._scores[1])

    def lenders(self, scores: Floats, restored: Sequence[int]) -> Ints:
        """(N, K) the good units that lend the columns of the factors ``restored`` to units with ``scores``."""
        theirs, _, covariance = self._scores
        inside = np.zeros(theirs.shape[1], dtype=np.bool_)
        for player in restored:
            inside |= self._owned[player]
        count = min(MATCHED, len(theirs))
        if inside.all() or count == len(theirs):
            same = np.linspace(0, len(theirs) - 1, count).astype(np.int64)
            return np.broadcast_to(same, (len(scores), count))
        rest = ~inside
        system = covariance[np.ix_(rest, rest)]
        system[np.diag_indices_from(system)] += RIDGE
        slope = np.linalg.solve(system, covariance[np.ix_(rest, inside)])
        known, asked = theirs[:, rest] @ slope, scores[:, rest] @ slope
        far = (known**2).sum(axis=1)[None, :] - 2 * asked @ known.T
        return np.asarray(np.argpartition(far, count, axis=1)[:, :count], dtype=np.int64)

    def restore(self, numbers: Floats, restored: Sequence[int], scores: Floats | None = None) -> Floats:
        """(N, K, columns): the units with the factors ``restored`` lent by K good units each.

        ``scores``: of the units, if they are at hand.
        """
        columns = [column for player in restored for column in self.players[player]]
        lent = self.lenders(self.scores(numbers) if scores is None else scores, restored)
        out = np.repeat(numbers[:, None, :], lent.shape[1], axis=1)
        out[:, :, columns] = self.numbers[lent[:, :, None], columns]
        return out

    @cached_property
    def _owned(self) -> Bools:
        """(players, scores): which scores belong to each factor."""
        return np.stack([np.isin(self.cells.owner, columns) for columns in self.players])
