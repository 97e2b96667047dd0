"""What had happened before: settings that follow earlier results, and disturbances that last.

A setting that is turned because of the last bad parts goes along with whatever made those parts bad, and takes the
blame; a setting that drifts meets disturbances that drift, and seems to matter by coincidence. If the loss is
``y_t = f(x_t, z_t) + d_t`` with a disturbance ``d`` that lasts, ``E[d_t | everything before t]`` blocks both: it
depends on the past only through the residuals ``e_s = y_s - f(x_s, z_s)``, *s* < *t*. Their exponentially weighted
means over several spans stand for it, and what is then left has no memory, so that units count as what they are.

The residuals come from a smooth additive model of all columns, states too (earlier units' states lie upstream of a
later setting). For a setting that is chosen once for a whole group, the past ends before the group. Valid where the
order of the rows is the order in which the units were made; a reaction to something never written down is not seen.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from models.rank.basis import term
from models.rank.glm import sigmoid, solve
from models.study.data import StudyData
from models.study.numbers import codes_of

__all__ = ["SPANS", "History", "set_once"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPANS = (1.0, 6.0, 30.0, 150.0)
"""Units over which results are remembered: the last part, the last box, the last hours, the last shift."""
FEWEST = 200
"""Units below which nothing is said of memory."""
MOST_FITTED = 20_000
MOST_COLUMNS = 150
AGAIN = 2
MEMORY = 0.01
"""p-value below which the loss has a memory."""
CONSTANT = 0.02
"""Share of a setting's variance within its groups below which it is set once per group."""


@dataclass(frozen=True)
class History:
    """``past``: (n, spans) earlier results of each unit, standardised; None where the loss has no memory.

    ``first``: (n,) position of the first unit of each unit's group.
    """

    past: Floats | None
    first: Ints

    @classmethod
    def of(cls, data: StudyData, cells: Ints, n_cells: int) -> "History":
        """``data``: audited. ``cells``: (n,) pieces that are resampled."""
        first = np.full(data.n_groups, data.n, dtype=np.int64)
        np.minimum.at(first, data.groups, np.arange(data.n))
        nothing = cls(None, first[data.groups])
        if data.time is None or data.n < FEWEST or n_cells < 2 * len(SPANS) or data.features.shape[1] == 0:
            return nothing
        design, blocks = _design(data)
        past = _means(_residual(data, design, blocks, None, cells, n_cells))
        # Once more, with the past beside the columns: a setting that follows results has taken some of it for its own.
        for _ in range(AGAIN):
            residual = _residual(data, design, blocks, past, cells, n_cells)
            past = _means(residual)
        return cls(past, nothing.first) if _memory(residual, past, cells, n_cells) < MEMORY else nothing

    def before(self, values: pd.Series, groups: Ints) -> Floats | None:
        """Results before each unit, as the one who chose the setting could know them. (n, spans)"""
        if self.past is None:
            return None
        return self.past[self.first] if set_once(values, groups) else self.past


def _design(data: StudyData) -> tuple[Floats, Ints]:
    """A smooth term of every column, and the penalty that each column of the design shares."""
    knots = int(np.clip(MOST_COLUMNS // data.features.shape[1], 4, 7))
    terms = [term(data.features[column], knots) for column in data.features.columns]
    free = np.hstack([np.ones((data.n, 1)), *(one.free for one in terms)])
    shrunk = [one.shrunk for one in terms if one.shrunk.shape[1]]
    owned = np.repeat(np.arange(len(shrunk)), [part.shape[1] for part in shrunk])
    return np.hstack([free, *shrunk]), np.concatenate([np.full(free.shape[1], -1), owned]).astype(np.int64)


def _residual(data: StudyData, design: Floats, blocks: Ints, past: Floats | None, cells: Ints, n_cells: int) -> Floats:
    """What the columns leave of the loss; the past is fitted beside them, and stays in what is left. (n,)"""
    logistic = data.spec.task == "classification"
    scale, shift = (1.0, 0.0) if logistic else (float(data.loss.std()), float(data.loss.mean()))
    y = (data.loss - shift) / scale
    own = design.shape[1]
    phi = design if past is None else np.hstack([design, past])
    owned = blocks if past is None else np.concatenate([blocks, np.full(past.shape[1], -1)])
    some = slice(None, None, max(1, -(-data.n // MOST_FITTED)))
    beta = solve(phi[some], y[some], owned, cells[some], n_cells, logistic=logistic).beta[:own]
    left = y - (sigmoid(design @ beta) if logistic else design @ beta)
    return np.asarray((left - left.mean()) / (left.std() or 1.0))


def _means(residual: Floats) -> Floats:
    """Exponentially weighted means up to the unit before. (n, spans)"""
    columns = []
    for span in SPANS:
        keep = np.exp(-1.0 / span) if span > 1 else 0.0
        mean = lfilter([1.0 - keep], [1.0, -keep], residual)
        columns.append(np.concatenate([[0.0], mean[:-1]]))
    seen = np.column_stack(columns)
    return np.asarray(seen / np.maximum(seen.std(axis=0), 1e-9), dtype=np.float64)


def _memory(residual: Floats, past: Floats, cells: Ints, n_cells: int) -> float:
    """p-value that the residual does not go along with its own past. Sums over cells are the independent pieces."""
    from scipy.stats import f as fisher  # where it is needed: importing it takes half a second

    product = (past - past.mean(axis=0)) * (residual - residual.mean())[:, None]
    scores = np.column_stack([np.bincount(cells, column, minlength=n_cells) for column in product.T])
    total, d = scores.sum(axis=0), past.shape[1]
    wald = float(total @ np.linalg.pinv(scores.T @ scores, hermitian=True) @ total)
    # The spread was measured on the sums themselves: Hotelling's correction.
    statistic = wald / max(1.0 - wald / n_cells, 1e-9) * (n_cells - d) / (n_cells * d)
    return float(fisher.sf(statistic, d, n_cells - d))


def set_once(values: pd.Series, groups: Ints) -> bool:
    """Is a setting chosen once per group?"""
    numbers = codes_of(values)
    counts = np.bincount(groups)
    if len(counts) * 3 > len(numbers):
        return False
    means = np.bincount(groups, numbers) / np.maximum(counts, 1)
    total = float(numbers.var())
    return total > 0 and float(((numbers - means[groups]) ** 2).mean()) < CONSTANT * total
