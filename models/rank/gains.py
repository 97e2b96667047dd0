"""Gains of windows under many refits: choose on one half, value on the other, draw whole groups again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rank.effects import Effect
from models.rank.windows import Grid

__all__ = ["Advice", "Search", "search"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALVINGS = 12
FLOOR_DRAWS, FLOOR_ROWS = 20, 1000
MOST_TIED = 20.0
"""Beyond this a setting is decided by the column, and nothing can be said of a twin of it."""
NEARLY = 0.995
"""Among windows this close to the best, the one with the most units inside is advised: least to change."""


@dataclass(frozen=True)
class Advice:
    """What is advised, as places in the grid (numeric) or in the list of levels (categorical: twice the same)."""

    low: int
    high: int


@dataclass(frozen=True)
class Search:
    """``estimate``: gain of the advice without the winner's curse. ``draws``: (draws,) gains under resampled groups,
    centred at the estimate. ``plain``: what the search itself promised. ``floor``: what it would have promised for a
    setting that does nothing, in 19 of 20 cases. ``unseen``: how far the gain would move if there were something
    unrecorded that matters as much as one of the columns that are adjusted for, for each of them."""

    advice: Advice
    estimate: float
    draws: Floats
    plain: float
    floor: float
    unseen: dict[str, float]


@dataclass(frozen=True)
class _Task:
    effect: Effect
    values: Floats | None
    """The setting of every row; None for categories."""
    options: pd.Series | Floats
    grid: Grid | None
    cells: Ints

    def table(self, beta: Floats, rows: Ints) -> Floats:
        """Gain of every pair of edges (k, k), or of every level on the diagonal, as a mean over the rows."""
        now = self.effect.now(beta, rows)
        saved = now[:, None] - self.effect.at(beta, self.options, rows)
        if self.values is None or self.grid is None:
            return np.asarray(np.diag(saved.mean(axis=0)))
        own = self.values[rows][:, None]
        below = np.where(own < self.grid.edges[None, :], saved, 0.0).sum(axis=0)
        above = np.where(own > self.grid.edges[None, :], saved, 0.0).sum(axis=0)
        return np.asarray((below[:, None] + above[None, :]) / len(rows))

    def choose(self, table: Floats) -> Advice:
        if self.grid is None:
            best = int(np.argmax(np.diag(table)))
            return Advice(best, best)
        gains = np.where(self.grid.admissible, table, -np.inf)
        top = gains.max()
        near = gains >= (top * NEARLY if top > 0 else top)
        low, high = np.unravel_index(int(np.argmax(np.where(near, self.grid.support, -1.0))), gains.shape)
        return Advice(int(low), int(high))

    def drawn(self, betas: Floats, draws: Floats, advice: Advice) -> Floats:
        """Gain of one piece of advice over all rows, for each draw of cells and its refit. (draws,)"""
        total = np.zeros(len(betas))
        for place, moved in self._moves(advice):
            if len(moved):
                saved = self.effect.saved(betas, self.options[place : place + 1], moved)
                total += np.einsum("ib,bi->b", saved, draws[:, self.cells[moved]])
        return total / (draws @ np.bincount(self.cells, minlength=draws.shape[1]))

    def _moves(self, advice: Advice) -> list[tuple[int, Ints]]:
        """Which rows move, and to which of the options."""
        if self.values is None or self.grid is None:
            return [(advice.low, np.arange(len(self.cells)))]
        low, high = self.grid.edges[advice.low], self.grid.edges[advice.high]
        return [
            (advice.low, np.flatnonzero(self.values < low)),
            (advice.high, np.flatnonzero(self.values > high)),
        ]


def few_cells(n_cells: int, z: float = 1.645) -> float:
    """How much wider Student's t with ``n_cells - 1`` degrees of freedom is than the normal (Cornish-Fisher)."""
    return 1.0 + (z * z + 1.0) / (4.0 * max(n_cells - 1, 1))


def chosen_too(honest: Sequence[float], drawn: Floats) -> float:
    """How much wider the interval has to be because the window was chosen, too.

    Half against whole varies as much as whole against truth, and it knows of the choice; but a choice by half of the
    data is a worse one. In between lies what covers: their geometric mean (docs/benchmark.md).
    """
    return float(np.sqrt(max(1.0, float(np.std(honest)) / max(float(drawn.std()), 1e-12))))


def search(
    effect: Effect,
    values: Floats | None,
    options: pd.Series | Floats,
    grid: Grid | None,
    cells: Ints,
    draws: Floats,
    rng: np.random.Generator,
) -> Search:
    """The best admissible window or level, and what it is worth.

    ``draws``: (draws, cells), how often each cell is drawn. ``options``: edges of the grid, or the levels.
    """
    n, n_cells = len(cells), draws.shape[1]
    task = _Task(effect, values, options, grid, cells)
    full = task.table(effect.model.beta, np.arange(n))
    advice = task.choose(full)
    plain = float(full[advice.low, advice.high])
    honest = []
    for _ in range(HALVINGS):
        half = rng.permutation(n_cells) < n_cells // 2
        # Weight 2: as many units as in the whole, so that the penalties weigh as much.
        betas = effect.model.refit(np.vstack([2.0 * half, 2.0 * ~half]))
        inside = half[cells]
        rows = (np.flatnonzero(inside), np.flatnonzero(~inside))
        tables = [task.table(betas[side], rows[side]) for side in (0, 1)]
        for chooser, judge in ((0, 1), (1, 0)):
            found = task.choose(tables[chooser])
            honest.append(tables[judge][found.low, found.high])
    estimate = float(np.mean(honest))
    gains = task.drawn(effect.model.refit(draws), draws, advice)
    widen = chosen_too(honest, gains) * few_cells(n_cells)
    unseen = _unseen(task, advice, plain)
    return Search(advice, estimate, (gains - gains.mean()) * widen + estimate, plain, _floor(task, rng), unseen)


def _unseen(task: _Task, advice: Advice, plain: float) -> dict[str, float]:
    """The gain's move when a column is left out, for a twin of that column that comes on top of everything else.

    A cause on top of the others meets less of the setting's own variance than the column itself does when it is left
    out, and bends the effect by as much more: ``var(x | the others) / var(x | all)`` (Cinelli and Hazlett 2020).
    """
    effect = task.effect
    names = list(dict.fromkeys(name for name in effect.owners if name))
    if not names:
        return {}
    owners = np.array(effect.owners)
    betas = np.array([effect.model.without(owners == name) for name in names])
    ones = np.ones((len(names), len(effect.model.gradients)))
    moved = task.drawn(betas, ones, advice) - plain
    beside = np.column_stack([effect.phi[:, effect.n_z], effect.simple])
    precision = np.linalg.pinv(np.cov(beside, rowvar=False), hermitian=True)
    own = owners[len(owners) - effect.simple.shape[1] :]
    out = {}
    for name, shift in zip(names, moved.tolist(), strict=True):
        place = 1 + np.flatnonzero(own == name)
        cross = precision[0, place]
        taken = float(cross @ np.linalg.pinv(precision[np.ix_(place, place)], hermitian=True) @ cross)
        out[name] = float(shift) * float(min(precision[0, 0] / max(precision[0, 0] - taken, 1e-12), MOST_TIED))
    return out


def _floor(task: _Task, rng: np.random.Generator) -> float:
    """The best gain over all windows when the cells speak of the setting with random signs."""
    effect, cells = task.effect, len(task.effect.model.gradients)
    own = np.array([not name for name in effect.owners])
    own[: effect.n_z] = False
    rows = np.sort(rng.permutation(len(task.cells))[:FLOOR_ROWS])
    moved = effect.model.flipped(own, rng.choice(np.array([-1.0, 1.0]), size=(FLOOR_DRAWS, cells)))
    best = []
    for drawn in moved:
        beta = effect.model.beta.copy()
        beta[effect.n_z :] = 0.0
        beta[own] = drawn
        table = task.table(beta, rows)
        found = task.choose(table)
        best.append(table[found.low, found.high])
    return max(0.0, float(np.quantile(best, 0.95)))
