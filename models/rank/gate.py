"""Does any of the settings matter, given context and everything upstream? A score test that flips the signs of lots.

For one setting, ``r_i`` is the loss that a model of everything it is adjusted for leaves unexplained, and ``s_i`` a
few shapes of the setting (line and hinges, or its levels) with their weighted regression on that model's columns
taken out. ``U_g`` sums ``r_i s_i`` over a cell *g* (a lot, a day); ``T = U' V^-1 U`` with ``U = sum U_g`` and
``V = sum U_g U_g'``.
If the setting does nothing, ``U_g`` is as likely to be ``-U_g`` (exactly so where residuals are symmetric, nearly so
for sums over lots), so the null distribution of T comes from random signs, one per cell: whole lots stay together, and
whatever context does is in neither ``r`` nor ``s``. A permutation of the whole table would test something else, namely
whether anything at all foretells the loss.

Settings are tested together: the same signs for all of them, and step-down minimum p-values (Westfall and Young 1993),
so that the chance of naming any setting that does nothing is at most the level.

>>> rng = np.random.default_rng(0)
>>> idle = rng.normal(size=(60, 2))
>>> gate([idle + 1.0, idle], rng)[0] < 0.01
True
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.rank.glm import Solution

__all__ = ["SIGNS", "effective_scores", "gate", "shapes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIGNS = 1999
"""Sign patterns drawn; the smallest p-value is 1 / (SIGNS + 1)."""
CELLS_PER_SHAPE = 6
"""Cells needed for each shape that is tested: with few lots only the line is."""
HINGES = (0.25, 0.5, 0.75)
"""Quantiles of the setting at which its shape may bend."""


def shapes(values: Floats, n_cells: int) -> Floats:
    """Line and hinges of a number, as many as the cells allow. (n, 1 … 4)"""
    spread = float(values.std()) or 1.0
    line = (values - values.mean()) / spread
    places = np.unique(np.quantile(line, HINGES))
    bends = [np.maximum(line - place, 0.0) for place in places if line.min() < place < line.max()]
    # The middle bend says most after the line; the outer ones come with more cells.
    bends.sort(key=lambda bend: abs(float((bend > 0).mean()) - 0.5))
    return np.column_stack([line, *bends])[:, : max(1, n_cells // CELLS_PER_SHAPE)]


def effective_scores(
    null: Solution, z: Floats, y: Floats, tested: Floats, cells: Ints, n_cells: int, *, logistic: bool
) -> tuple[Floats, float]:
    """Score of each cell for the tested columns, adjusted for the columns of the null model. (cells, d)

    And the standard error, over cells, of what the first tested column does to the mean loss. ``null``: fitted on ``z``
    (n, p). ``tested``: (n, d).
    """
    weight = null.mu * (1 - null.mu) + 1e-9 if logistic else np.full(len(y), 1.0 / null.scale)
    solved = null.cover @ (z.T @ (tested * weight[:, None]))
    clean = tested - z @ solved
    residual = (y - null.mu) / (1.0 if logistic else null.scale)
    product = clean * residual[:, None]
    scores: Floats = np.column_stack(
        [np.bincount(cells, column, minlength=n_cells).astype(np.float64) for column in product.T]
    )
    information = float((clean[:, 0] ** 2 * weight).sum())
    slope = float(np.sqrt((scores[:, 0] ** 2).sum())) / max(information, 1e-12)
    return scores, slope * float(weight.mean()) if logistic else slope


def gate(scores: Sequence[Floats], rng: np.random.Generator, draws: int = SIGNS) -> list[float]:
    """p-value of each setting, adjusted for having looked at all. ``scores``: (cells, d) of each, the same cells."""
    if not scores:
        return []
    signs = rng.choice(np.array([-1.0, 1.0]), size=(draws, len(scores[0])))
    own = np.empty(len(scores))
    drawn = np.empty((draws, len(scores)))
    for place, part in enumerate(scores):
        # The line alone sees a straight effect in fewer lots than all shapes together do; the better of both counts.
        tests = [_test(part[:, :1], signs)] + ([_test(part, signs)] if part.shape[1] > 1 else [])
        least = np.minimum.reduce([null for _, null in tests])
        ordered = np.sort(least)
        own[place] = _share(ordered, min(test[0] for test in tests))
        drawn[:, place] = _share(ordered, least)
    order = np.argsort(own, kind="stable")
    adjusted = np.empty(len(scores))
    worst = 0.0
    for step, place in enumerate(order):
        least = drawn[:, order[step:]].min(axis=1)
        worst = max(worst, float((1 + (least <= own[place] + 1e-12).sum()) / (draws + 1)))
        adjusted[place] = worst
    return [float(value) for value in adjusted]


def _test(part: Floats, signs: Floats) -> tuple[float, Floats]:
    """p-value of one set of scores under random signs, and what it is for each pattern of signs."""
    inverse = np.linalg.pinv(part.T @ part, hermitian=True)
    total, under = part.sum(axis=0), signs @ part
    now, null = float(total @ inverse @ total), np.einsum("bd,de,be->b", under, inverse, under)
    ordered = np.sort(-null)
    return float(_share(ordered, -now)), _share(ordered, -null)


def _share(ordered: Floats, value: Any) -> Any:
    """Share of the drawn values at or below a value, itself counted. ``ordered``: ascending."""
    return (1 + np.searchsorted(ordered, value + 1e-9, side="right")) / (len(ordered) + 1)
