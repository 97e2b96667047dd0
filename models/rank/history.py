"""What the operators had seen: settings that follow earlier results, and slow changes of the whole process.

A setting that is turned because of the last bad parts goes along with whatever made those parts bad, and takes the
blame. If the loss is ``y_t = f(x_t, z_t) + d_t`` with a disturbance ``d`` that lasts, and the operator chooses ``x_t``
from results before *t*, then ``E[d_t | everything before t]`` blocks that path: it depends on the past only through the
residuals ``e_s = y_s - f(x_s, z_s)``, *s* < *t*. Their exponentially weighted means over several spans stand for it.

The residuals come from a model that has not seen the unit's own group, so they are no echo of ``y_t``. For a setting
that stays for a whole group, the past ends before the group. Valid where the order of the rows is the order in which
the units were made; a reaction to something never written down is not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from models.study.data import StudyData

__all__ = ["PAST", "TIME", "History", "follows"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPANS = (1.0, 5.0, 25.0, 125.0)
"""Units over which results are remembered: the last part, the last box, the last shift."""
FOLDS = 4
ROUNDS = 80
FEWEST = 200
"""Units below which nothing is said of habits."""
FOLLOWS = 0.01
"""p-value below which a setting counts as following the results."""
CONSTANT = 0.02
"""Share of a setting's variance within its groups below which it is set once per group."""
TIME = "(time)"
PAST = "(results before)"
PARAMS = {
    "verbosity": -1, "num_threads": 1, "num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 20,
    "deterministic": True, "force_row_wise": True, "seed": 0, "max_bin": 63,
}  # fmt: skip


@dataclass(frozen=True)
class History:
    """``residual``: (n,) loss left unexplained by a model that did not see the unit's group, standardised.

    ``place``: (n,) position in time, 0 … 1.
    """

    residual: Floats | None
    place: Floats
    first: Ints
    """(n,) position of the first unit of each unit's group."""

    @classmethod
    def of(cls, data: StudyData) -> "History":
        """``data``: audited."""
        place = np.linspace(0.0, 1.0, data.n)
        first = np.full(data.n_groups, data.n, dtype=np.int64)
        np.minimum.at(first, data.groups, np.arange(data.n))
        enough = data.n >= FEWEST and data.n_groups >= 2 * FOLDS and data.features.shape[1] > 0
        return cls(_residual(data) if enough else None, place, first[data.groups])

    def past(self, values: pd.Series, groups: Ints) -> Floats | None:
        """Results before each unit, as the one who chose the setting could know them. (n, spans)"""
        if self.residual is None:
            return None
        columns = []
        for span in SPANS:
            keep = np.exp(-1.0 / span) if span > 1 else 0.0
            mean = lfilter([1.0 - keep], [1.0, -keep], self.residual)
            columns.append(np.concatenate([[0.0], mean[:-1]]))
        seen = np.column_stack(columns)
        if _set_once(values, groups):
            seen = seen[self.first]
        return np.asarray(seen / np.maximum(seen.std(axis=0), 1e-9))


def _residual(data: StudyData) -> Floats:
    table, loss = data.features, data.loss
    logistic = data.spec.task == "classification"
    fold = np.zeros(data.n_groups, dtype=np.int64)
    fold[np.random.default_rng(0).permutation(data.n_groups)] = np.arange(data.n_groups) % FOLDS
    own = fold[data.groups]
    numbers = np.column_stack(
        [
            table[column].to_numpy(dtype=np.float64)
            if table[column].dtype == "float64"
            else table[column].cat.codes.to_numpy(dtype=np.float64)
            for column in table.columns
        ]
    )
    out = np.zeros(data.n)
    params = PARAMS | {"objective": "binary" if logistic else "regression"}
    for k in range(FOLDS):
        test = own == k
        known = lightgbm.Dataset(numbers[~test], loss[~test])
        said = lightgbm.train(params, known, ROUNDS).predict(numbers[test])
        left = loss[test] - said
        # A bad part among good ones weighs as much as its surprise.
        out[test] = left / np.sqrt(np.maximum(said * (1 - said), 1e-4)) if logistic else left
    cut = np.quantile(np.abs(out), 0.999)
    return np.asarray(np.clip(out, -cut, cut) / (out.std() or 1.0))


def _codes(values: pd.Series) -> Floats:
    if values.dtype == "float64":
        numbers = values.to_numpy(dtype=np.float64)
        return np.nan_to_num(numbers, nan=float(np.nanmean(numbers)))
    return values.cat.codes.to_numpy(dtype=np.float64)


def _set_once(values: pd.Series, groups: Ints) -> bool:
    """Is a setting chosen once per group?"""
    numbers = _codes(values)
    counts = np.bincount(groups)
    if len(counts) * 3 > len(numbers):
        return False
    means = np.bincount(groups, numbers) / np.maximum(counts, 1)
    total = float(numbers.var())
    return total > 0 and float(((numbers - means[groups]) ** 2).mean()) < CONSTANT * total


def follows(values: pd.Series, past: Floats, given: Floats, cells: Ints, n_cells: int) -> float:
    """p-value that a setting does not follow the results before, beyond its own last value and what is given.

    ``values``: (n,). ``past``: (n, spans). ``given``: (n, k) numbers. Sums over cells are the independent pieces; F with
    as many degrees of freedom as there are cells.
    """
    from scipy.stats import f as fisher  # where it is needed: importing it takes half a second

    numbers = _codes(values)
    before = np.concatenate([numbers[:1], numbers[:-1]])
    z = np.column_stack([np.ones(len(numbers)), before, given])
    solved = np.linalg.lstsq(z, np.column_stack([numbers, past]), rcond=1e-9)[0]
    clean = np.column_stack([numbers, past]) - z @ solved
    product = clean[:, 1:] * clean[:, :1]
    scores = np.column_stack([np.bincount(cells, column, minlength=n_cells) for column in product.T])
    spread = scores.T @ scores
    total = scores.sum(axis=0)
    d, left = past.shape[1], n_cells - past.shape[1]
    if left <= 1:
        return 1.0
    wald = float(total @ np.linalg.pinv(spread, hermitian=True) @ total)
    # A sum of squares that was measured on itself: Hotelling's correction.
    statistic = wald / max(1.0 - wald / n_cells, 1e-9) * left / (n_cells * d)
    return float(fisher.sf(statistic, d, left))


def numbers_of(frame: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Columns as plain numbers, levels as 0/1. (n, k)"""
    parts = []
    for column in columns:
        if frame[column].dtype == "float64":
            parts.append(_codes(frame[column])[:, None])
        else:
            codes = frame[column].cat.codes.to_numpy()
            parts.append(
                np.column_stack([codes == k for k in range(1, len(frame[column].cat.categories))]).astype(float)
            )
    return np.hstack(parts) if parts else np.zeros((len(frame), 0))
