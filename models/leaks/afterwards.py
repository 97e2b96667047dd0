"""Columns written because of the verdict, told by what the other columns know of them.

Let *m* be the loss as foretold by all other columns. A cause *x* of the loss goes along with *m* only where something
else ties them together, and then also among units of the same verdict. A column written after the verdict goes along
with *m* because the verdict does, and for no other reason: among units of the same verdict, nothing is left. So *x* is
regressed (linearly, with context and time beside it) on *m*, and on *m* and the verdict together; it was written
afterwards if *m* clearly matters in the first and not in the second.

The foretelling (a ridge regression on columns and squares, plus boosted trees) is fitted on one half of the groups and
used on the other. Columns that resemble *x* (probes, consequences) take no part in it. Errors are summed over groups.
Last, the other columns together must not know anything of *x* that the verdict does not. Limits: where the
other columns foretell next to nothing, or *x* also follows the context more than linearly, nothing is found; an honest
cause is accused only where its ties to *m* cancel within each verdict by coincidence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.study.data import StudyData
from models.study.numbers import numbers_of

__all__ = ["Afterwards", "written_after"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SCREENED = 5.0
"""Standard errors of the loss on *x* alone from which a column is asked: what was written after it tells much of it."""
TIED = 3.3
"""Standard errors from which *m* matters without the verdict."""
LEFT = 0.55
"""Share of that which must be ruled out (one-sided, 95 %) once the verdict is known."""
KNOWN = 3.0
"""Standard errors from which the other columns say something of *x* that the verdict does not."""
ALIKE = 0.4
"""Correlation from which another column is a probe or a consequence of *x*."""
STILL, STRONGEST = 2.5, 3
"""Standard errors of *m* that must remain without any one of so many columns that tell most of the loss."""
FEWEST, FEWEST_GROUPS = 200, 8
RIDGE = 1e-3
ROUNDS = 60
PARAMS = {
    "verbosity": -1, "num_threads": 1, "num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 20,
    "deterministic": True, "force_row_wise": True, "seed": 0, "max_bin": 63,
}  # fmt: skip


@dataclass(frozen=True)
class Afterwards:
    """``tied``: standard errors of *m* without the verdict; ``left``: share of its slope that the verdict leaves."""

    column: str
    tied: float
    left: float


@dataclass
class _Table:
    """What the columns are compared on. ``design``: (n, p) columns and squares, ``owner``: (p,) whose they are.

    ``use``: (p,) those that may take part in a foretelling; ``given``: (n, k) context and time; ``timed``: time alone;
    ``half``: (n,) which units one half of the groups made.
    """

    names: list[str]
    owner: Ints
    design: Floats
    use: Bools
    given: Floats
    timed: Floats
    by_context: Floats
    loss: Floats
    half: Bools
    cells: Ints
    n_cells: int
    logistic: bool

    @classmethod
    def of(cls, data: StudyData) -> "_Table":
        names = [str(column) for column in data.features.columns]
        context = [column for column in names if data.spec.factor(column).role == "context"]
        owner, design = _design(data)
        known, place = numbers_of(data.features, context), np.linspace(-1.0, 1.0, data.n)
        timed = np.column_stack([np.ones(data.n), place, place**2, place**3])
        half = data.groups % 2 == 0
        before = np.isin(owner, [names.index(column) for column in context])
        by_context = _foretold(design[:, before], data.loss, half)
        return cls(
            names, owner, design, np.ones(len(owner), dtype=np.bool_), np.column_stack([timed, known, known**2]), timed,
            by_context, data.loss, half, data.groups, data.n_groups, data.spec.task == "classification",
        )  # fmt: skip

    def slope(self, y: Floats, *columns: Floats) -> tuple[float, float]:
        """Slope of the first column and its error, with sums over groups as the independent pieces."""
        beside = np.column_stack(columns)
        inverse = np.linalg.pinv(beside.T @ beside, hermitian=True)
        beta = inverse @ (beside.T @ y)
        influence = (beside @ inverse[0]) * (y - beside @ beta)
        sums = np.bincount(self.cells, influence, minlength=self.n_cells)
        return float(beta[0]), float(np.sqrt((sums**2).sum() * self.n_cells / max(self.n_cells - 1, 1)))

    def alone(self, x: Floats) -> float:
        """Standard errors of the loss on *x* alone."""
        slope, error = self.slope(x, self.loss, self.given)
        return abs(slope) / max(error, 1e-12)

    def judged(self, column: str, x: Floats) -> Afterwards | None:
        """Was *x* written afterwards?"""
        # Nothing of this column may be in the foretelling, not even through a column that is nearly its copy.
        unlike = np.abs(self.design.T @ x) / len(x) < ALIKE
        use = self.use & unlike & (self.owner != self.names.index(column))
        if not use.any() or not (self._tied_without_one(x, use) or self._follows_context(x)):
            return None
        others = self.design[:, use]
        foretold = _foretold(others, self.loss, self.half) + _boosted(others, self.loss, self.half, self.logistic)
        slope, error = self.slope(x, foretold, self.given)
        rest, unsure = self.slope(x, foretold, self.loss, self.given)
        if abs(slope) < TIED * error or abs(rest) + 1.645 * unsure >= LEFT * abs(slope):
            return None
        told = np.column_stack([self.loss, self.given])
        clean = x - told @ np.linalg.lstsq(told, x, rcond=1e-9)[0]
        other, doubt = self.slope(clean, _foretold(others, clean, self.half), told)
        return Afterwards(column, abs(slope) / error, abs(rest / slope)) if other < KNOWN * doubt else None

    def _follows_context(self, x: Floats) -> bool:
        """Does *x* go along with what context foretells of the loss, and only through the loss?

        A cause that context decides goes along with it also among units of one verdict; one that it does not decide,
        not at all.
        """
        if self.by_context.std() < 1e-9:
            return False
        slope, error = self.slope(x, self.by_context, self.timed)
        rest, unsure = self.slope(x, self.by_context, self.loss, self.timed)
        return abs(slope) >= TIED * error and abs(rest) + 1.645 * unsure < LEFT * abs(slope)

    def _tied_without_one(self, x: Floats, use: Bools) -> bool:
        """Do the others foretell *x* also without the one column that tells most of the loss, whichever of three?

        A cause and a column written after the verdict look alike to one another: each is tied to the other through the
        verdict alone. Only a second cause tells them apart.
        """
        told = np.abs(self.design.T @ (self.loss - self.loss.mean()))
        left = use.copy()
        for _ in range(STRONGEST):
            if not left.any():
                return False
            strongest = int(np.argmax(np.where(left, told, -1.0)))
            alike = np.abs(self.design.T @ self.design[:, strongest]) / len(x) >= ALIKE
            gone = alike | (self.owner == self.owner[strongest])
            some = use & ~gone
            if not some.any():
                return False
            slope, error = self.slope(x, _foretold(self.design[:, some], self.loss, self.half), self.given)
            if abs(slope) < STILL * error:
                return False
            left &= ~gone
        return True


def written_after(data: StudyData) -> Iterator[Afterwards]:
    """Settings and states that follow the verdict. ``data``: without clearer leaks.

    The column that goes along most with the loss is asked first; once it is named, it takes no part in what is said of
    the others: through it a cause would look as if the verdict stood between it and everything else.
    """
    asked = {
        column: numbers_of(data.features, [column])[:, 0]
        for column in data.features.columns
        if data.spec.factor(column).role != "context" and data.features[column].dtype == "float64"
    }
    if data.n < FEWEST or data.n_groups < FEWEST_GROUPS or not asked:
        return
    table = _Table.of(data)
    columns = {column: (x - x.mean()) / (x.std() or 1.0) for column, x in asked.items()}
    strength = {column: table.alone(x) for column, x in columns.items()}
    for column in sorted(columns, key=lambda name: -strength[name]):
        if strength[column] < SCREENED:
            return
        found = table.judged(column, columns[column])
        if found is not None:
            table.use &= table.owner != table.names.index(column)
            yield found


def _design(data: StudyData) -> tuple[Ints, Floats]:
    """Columns and their squares, standardised, and which column each belongs to."""
    owners, parts = [], []
    for place, column in enumerate(data.features.columns):
        numbers = numbers_of(data.features, [column])
        if data.features[column].dtype == "float64":
            line = (numbers - numbers.mean()) / (numbers.std() or 1.0)
            numbers = np.column_stack([line, np.clip(line, -3, 3) ** 2])
        parts.append(numbers)
        owners.append(np.full(numbers.shape[1], place))
    design = np.hstack(parts)
    spread = design.std(axis=0)
    design = (design - design.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.concatenate(owners), design


def _foretold(design: Floats, loss: Floats, half: Bools) -> Floats:
    """The loss, foretold for each half by a ridge regression on the other."""
    out = np.zeros(len(loss))
    for test in (half, ~half):
        known = design[~test]
        gram = known.T @ known + RIDGE * len(known) * np.eye(design.shape[1])
        out[test] = design[test] @ np.linalg.solve(gram, known.T @ (loss[~test] - loss[~test].mean()))
    return out


def _boosted(design: Floats, loss: Floats, half: Bools, logistic: bool) -> Floats:
    """The same by boosted trees."""
    out = np.zeros(len(loss))
    params = PARAMS | {"objective": "binary" if logistic else "regression"}
    for test in (half, ~half):
        known = lightgbm.Dataset(design[~test], loss[~test])
        out[test] = lightgbm.train(params, known, ROUNDS).predict(design[test])
    return np.asarray(out - out.mean())
