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
FEWEST = 200
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


def written_after(data: StudyData) -> Iterator[Afterwards]:
    """Settings and states that follow the verdict. ``data``: without clearer leaks."""
    cells, n_cells = data.groups, data.n_groups
    asked = [column for column in data.features.columns if data.spec.factor(column).role != "context"]
    if data.n < FEWEST or n_cells < 8 or not asked:
        return
    context = [column for column in data.features.columns if data.spec.factor(column).role == "context"]
    owner, design = _design(data)
    known = numbers_of(data.features, context)
    place = np.linspace(-1.0, 1.0, data.n)
    given = np.column_stack([np.ones(data.n), known, known**2, place, place**2, place**3])
    half = cells % 2 == 0
    logistic = data.spec.task == "classification"
    told = np.abs(design.T @ (data.loss - data.loss.mean())) / len(data.loss)
    for column in asked:
        if data.features[column].dtype != "float64":
            continue
        x = numbers_of(data.features, [column])[:, 0]
        x = (x - x.mean()) / (x.std() or 1.0)
        alone, error = _slope(x, np.column_stack([data.loss, given]), cells, n_cells)
        if abs(alone) < SCREENED * error:
            continue
        # Nothing of this column may be in the foretelling, not even through a column that is nearly its copy.
        unlike = np.abs(design.T @ x) / len(x) < ALIKE
        use = unlike & (owner != data.features.columns.get_loc(column))
        if not use.any() or not _tied_without_one(x, design, owner, use, told, data.loss, half, given, cells, n_cells):
            continue
        others = design[:, use]
        foretold = _foretold(others, data.loss, half) + _boosted(others, data.loss, half, logistic)
        slope, error = _slope(x, np.column_stack([foretold, given]), cells, n_cells)
        if abs(slope) < TIED * error:
            continue
        rest, unsure = _slope(x, np.column_stack([foretold, data.loss, given]), cells, n_cells)
        if abs(rest) + 1.645 * unsure >= LEFT * abs(slope):
            continue
        with_loss = np.column_stack([data.loss, given])
        clean = x - with_loss @ np.linalg.lstsq(with_loss, x, rcond=1e-9)[0]
        other, error = _slope(clean, np.column_stack([_foretold(others, clean, half), with_loss]), cells, n_cells)
        if other < KNOWN * error:
            yield Afterwards(column, abs(slope) / error, abs(rest / slope))


def _tied_without_one(
    x: Floats, design: Floats, owner: Ints, use: Bools, told: Floats, loss: Floats, half: Bools, given: Floats,
    cells: Ints, n_cells: int,
) -> bool:  # fmt: skip
    """Do the others foretell *x* also without the one column that tells most of the loss, whichever of three it is?

    A cause and a column written after the verdict look alike to one another: each is tied to the other through the
    verdict alone. Only a second cause tells them apart.
    """
    left = use.copy()
    for _ in range(STRONGEST):
        if not left.any():
            return False
        strongest = int(np.argmax(np.where(left, told, -1.0)))
        alike = np.abs(design.T @ design[:, strongest]) / len(x) >= ALIKE
        gone = alike | (owner == owner[strongest])
        some = use & ~gone
        if not some.any():
            return False
        slope, error = _slope(x, np.column_stack([_foretold(design[:, some], loss, half), given]), cells, n_cells)
        if abs(slope) < STILL * error:
            return False
        left &= ~gone
    return True


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


def _slope(y: Floats, columns: Floats, cells: Ints, n_cells: int) -> tuple[float, float]:
    """Slope of the first column and its error, with sums over cells as the independent pieces."""
    inverse = np.linalg.pinv(columns.T @ columns, hermitian=True)
    beta = inverse @ (columns.T @ y)
    left = y - columns @ beta
    influence = (columns @ inverse[0]) * left
    sums = np.bincount(cells, influence, minlength=n_cells)
    return float(beta[0]), float(np.sqrt((sums**2).sum() * n_cells / max(n_cells - 1, 1)))
