"""How far each cell is from what the unit's other columns lead one to expect.

For each number column, in robust units u = (x - median) / (interquartile range / 1.349):

1. a ridge line on the other columns' normal scores, their squares, and levels (`models.why.cells`), robust to outliers
   by two rounds of Huber weights;
2. boosted trees on what the line leaves, from the line's own value and the `NEAREST` columns most correlated with this
   one; cross-fitted over halves of the groups, so that no unit explains itself;
3. divided by its usual size here: a small tree foretells |r| (some products, some loads are noisier), and by
   sqrt(1 + leverage), which is what a rare level costs: its own mean is known badly, and rarity alone is not unusual.

A unit whose every column is ordinary by itself is far out if their combination is not. Limits: number columns only; a
column that others repeat exactly leaves noughts; a wrong cell also disturbs what is expected of its neighbours, so the
column that is farthest out is named first. Context (weather, product) is what others are judged by, and not judged.
"""

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from models.automl.algorithms.threads import threads_for
from models.why.cells import Cells

__all__ = ["Residuals", "residuals"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RIDGE = 0.5
"""Units' worth of pull towards nought on every slope."""
HUBER = 3.0
"""Standard deviations from which a unit counts less, and at which trees see it cut off."""
ROUNDS = 2
NEAREST = 12
TREES = 60
LEARNT = 3_000
"""Units that the trees of a half learn from; twice as many for the tree of sizes."""
FEWEST = 20
NOISES = 12
"""Leaves of the tree of sizes, each with a thirtieth of the units or `FEWEST_NOISE`."""
FEWEST_NOISE = 30
BOOSTED = {
    "objective": "l2", "num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": FEWEST, "max_bin": 63,
    "deterministic": True, "force_row_wise": True, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Residuals:
    """``columns``: places of the judged columns. ``expected``: (n, judged) in the column's unit. ``size``: (n, judged)
    its usual distance from that, one standard deviation, in the column's unit. ``far``: (n, judged) distance over size;
    0 where the cell is missing."""

    columns: tuple[int, ...]
    expected: Floats
    size: Floats
    far: Floats


def residuals(cells: Cells, numbers: Floats, columns: tuple[int, ...], groups: Ints, seed: int) -> Residuals:
    """Of ``columns`` of ``numbers`` (n, all columns). ``groups``: (n,) units that share their luck."""
    scores = cells.scores(numbers)
    is_number = np.array([not cells.levels[place] for place in cells.owner])
    design = np.column_stack([np.ones(len(numbers)), scores, scores[:, is_number] ** 2])
    owner = np.concatenate([[-1], cells.owner, cells.owner[is_number]])
    gram = design.T @ design
    half = np.random.default_rng(seed).integers(0, 2, int(groups.max()) + 1)[groups]
    near = np.abs(np.corrcoef(scores, rowvar=False)) if scores.shape[1] > 1 else np.ones((1, 1))
    parts = []
    for place in columns:
        mine = cells.owner == place
        closeness = np.nan_to_num(near[mine][0])
        closeness[mine] = -1.0
        others = np.argsort(-closeness, kind="stable")[:NEAREST]
        others = others[closeness[others] >= 0]
        known = np.isfinite(numbers[:, place])
        parts.append(_column(numbers[:, place], known, design, owner != place, gram, scores[:, others], half))
    expected, size, far = (np.stack(part, axis=1) for part in zip(*parts, strict=True))
    return Residuals(columns, expected, size, far)


def _column(
    values: Floats, known: NDArray[np.bool_], design: Floats, other: NDArray[np.bool_], gram: Floats, close: Floats,
    half: Ints,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Expectation, usual distance and distance of one column."""
    middle, unit = _robust(values[known])
    scaled = np.where(known, (values - middle) / unit, 0.0)
    system = gram[np.ix_(other, other)] if known.all() else design[known][:, other].T @ design[known][:, other]
    line, leverage = _line(scaled, known, design[:, other], system)
    left = scaled - line
    spread = max(1.4826 * float(np.median(np.abs(left[known]))), 1e-9)
    line = line + _trees(np.clip(left, -HUBER * spread, HUBER * spread), known, np.column_stack([line, close]), half)
    left = np.where(known, scaled - line, 0.0)
    size = _size(np.abs(left), known, np.column_stack([line, close])) * np.sqrt(1 + leverage)
    return middle + unit * line, unit * size, left / size


def _robust(values: Floats) -> tuple[float, float]:
    """Median and a robust standard deviation; the plain one for a column that mostly stands still."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    unit = float(high - low) / 1.349
    return float(middle), unit if unit > 0 else max(float(values.std()), 1e-12)


def _line(scaled: Floats, known: NDArray[np.bool_], design: Floats, gram: Floats) -> tuple[Floats, Floats]:
    """A Huber ridge line (n,), and each unit's leverage."""
    penalised = gram + RIDGE * np.eye(len(gram))
    inverse = np.linalg.inv(penalised)
    leverage = np.asarray((design @ inverse * design).sum(axis=1))
    weight = known.astype(np.float64)
    line = design @ (inverse @ (design.T @ (weight * scaled)))
    for _ in range(ROUNDS):
        left = np.abs(scaled - line)
        spread = max(1.4826 * float(np.median(left[known])), 1e-9)
        weight = np.where(known, 1 / np.maximum(1.0, left / (HUBER * spread)), 0.0)
        # The Gram matrix is kept: a pseudo-value with the same weights moves the line as far.
        line = design @ (inverse @ (design.T @ np.where(known, line + weight * (scaled - line), 0.0)))
    return line, leverage


def _trees(left: Floats, known: NDArray[np.bool_], features: Floats, half: Ints) -> Floats:
    """What trees make of the line's leftovers (n,), each half by those that learnt from the other."""
    out = np.zeros(len(left))
    for side in (0, 1):
        rows = np.flatnonzero(known & (half != side))
        asked = half == side
        if len(rows) < 4 * FEWEST or not asked.any():
            continue
        rows = rows[:: max(1, -(-len(rows) // LEARNT))]
        options: dict[str, Any] = BOOSTED | {"num_threads": threads_for(len(rows) * features.shape[1])}
        booster = lightgbm.train(options, lightgbm.Dataset(features[rows], left[rows]), TREES)
        out[asked] = booster.predict(features[asked], num_threads=threads_for(features.size))
    return out


def _size(left: Floats, known: NDArray[np.bool_], features: Floats) -> Floats:
    """The usual size of a leftover (n,), as a standard deviation."""
    limit = float(np.quantile(left[known], 0.99))
    rows = np.flatnonzero(known)
    rows = rows[:: max(1, -(-len(rows) // (2 * LEARNT)))]
    fewest = max(FEWEST_NOISE, len(rows) // 30)
    tree = DecisionTreeRegressor(max_leaf_nodes=NOISES, min_samples_leaf=fewest, random_state=0)
    tree.fit(features[rows], np.minimum(left[rows], limit))
    # The mean absolute deviation of a normal value is sqrt(2 / pi) of its standard deviation.
    floor = 1e-6 + 0.05 * float(np.minimum(left[known], limit).mean())
    return np.asarray(np.maximum(tree.predict(features), floor) * np.sqrt(np.pi / 2))
