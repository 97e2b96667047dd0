"""How the prediction follows one column: partial dependence and accumulated local effects.

Partial dependence at a cell z: PD(z) = the mean over rows of f(row with z in the column). Rows that never occur are
asked about where columns hang together.

Accumulated local effects (ALE), between neighbouring cells z_(k-1), z_k:
effect_k = the mean, over the rows whose own cell is one of them or between, of f(z_k) - f(z_(k-1)); ALE(z_k) = the sum
of the effects up to k, moved so that its mean over the rows is 0. Only small moves are asked about. Unordered levels
are put in an order first: neighbours are levels whose rows are alike in the other columns (first principal component
of the levels' means).

Cells are observed ones (the nearest to the quantiles), so this serves numbers, dates, words. Sources: Friedman 2001;
Apley & Zhu 2020, JRSS B 82:1059.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from models.automl.explain.game import Game, whole
from models.automl.matrix import Floats, Ints

__all__ = ["Curve", "accumulated_effects", "partial_dependence"]

_LEVELS = 30  # of an unordered column; rarer ones are left out


@dataclass(frozen=True)
class Curve:
    """``cells``: K of the user's own, in order. ``effect``: (K, outputs) in the prediction's unit (ALE: mean 0).
    ``share``: (K,) of the rows that are nearest to each. ``missing``: (outputs,) partial dependence of a missing cell,
    None without any, or for ALE."""

    column: str
    method: Literal["partial_dependence", "ale"]
    cells: tuple[Any, ...]
    effect: Floats
    share: Floats
    missing: Floats | None = None


@dataclass(frozen=True)
class _Grid:
    """``chosen``: (K,) positions whose cells are the grid; ``member``: (n,) the grid cell that each row belongs to, -1
    for missing and left out; ``gap``: a position with a missing cell. ``values``: (K,) and (n,) as numbers."""

    chosen: Ints
    member: Ints
    gap: int | None
    values: tuple[Floats, Floats] | None = None

    def beside(self, step: int) -> Ints:
        """Rows whose cell is that of ``step`` or of the one before, or lies between them."""
        if self.values is None:
            return np.flatnonzero((self.member == step) | (self.member == step - 1))
        grid, rows = self.values
        return np.flatnonzero((rows >= grid[step - 1]) & (rows <= grid[step]))


def partial_dependence(
    game: Game,
    cells: pd.Series,
    rows: Ints,
    place: int,
    columns: int,
    *,
    key: Floats | None = None,
    points: int = 20,
) -> Curve:
    """The curve of the column at ``place`` of the game's ``columns``.

    ``cells``: the column over all positions. ``rows``: (n,) positions over which is averaged. ``key``: the cells as
    numbers, where they have an order that their type does not tell.

    >>> cells = pd.Series([3.0, 1.0, 2.0], name="x")
    >>> partial_dependence(lambda at: cells.to_numpy()[at] ** 2, cells, np.arange(3), 0, 1).effect[:, 0]
    array([1., 4., 9.])
    """
    grid = _grid(cells, rows, key, points)
    asked = [*grid.chosen.tolist(), *([] if grid.gap is None else [grid.gap])]
    effect = _held(game, place, columns, [(rows, position) for position in asked])
    missing = None if grid.gap is None else effect[-1]
    return _curve(cells, "partial_dependence", grid, effect[: len(grid.chosen)], missing)


def accumulated_effects(
    game: Game,
    cells: pd.Series,
    rows: Ints,
    place: int,
    columns: int,
    *,
    key: Floats | None = None,
    points: int = 20,
    others: Floats | None = None,
) -> Curve:
    """As `partial_dependence`. ``others``: (positions, q) the other columns as numbers, which give levels an order.

    >>> cells = pd.Series([3.0, 1.0, 2.0], name="x")
    >>> accumulated_effects(lambda at: 2 * cells.to_numpy()[at], cells, np.arange(3), 0, 1).effect[:, 0].round(9)
    array([-2.,  0.,  2.])
    """
    grid = _grid(cells, rows, key, points)
    if grid.values is None and others is not None:
        grid = _by_likeness(grid, others[rows])
    steps = range(1, len(grid.chosen))
    near = [rows[grid.beside(step)] for step in steps]
    asked = [(near[step - 1], int(grid.chosen[end])) for step in steps for end in (step - 1, step)]
    ends = _held(game, place, columns, [(rows[:1], int(rows[0])), *asked])
    effect = np.zeros((len(grid.chosen), ends.shape[1]))
    effect[1:] = np.cumsum(ends[2::2] - ends[1::2], axis=0)
    weight = np.bincount(grid.member[grid.member >= 0], minlength=len(effect))
    if weight.sum():
        effect -= weight @ effect / weight.sum()
    return _curve(cells, "ale", grid, effect, None)


def _held(game: Game, place: int, columns: int, asked: list[tuple[Ints, int]]) -> Floats:
    """(asked, outputs): the mean prediction of some rows with one cell in all of them."""
    if not asked:
        return np.zeros((0, 1))
    positions = whole(np.concatenate([rows for rows, _ in asked]), columns)
    positions[:, place] = np.concatenate([np.full(len(rows), position) for rows, position in asked])
    starts = np.cumsum([0, *(len(rows) for rows, _ in asked[:-1])])
    sizes = np.array([len(rows) for rows, _ in asked])
    return np.asarray(np.add.reduceat(game(positions), starts, axis=0) / sizes[:, None])


def _curve(cells: pd.Series, method: Any, grid: _Grid, effect: Floats, missing: Floats | None) -> Curve:
    share = np.bincount(grid.member[grid.member >= 0], minlength=len(grid.chosen)) / max(1, len(grid.member))
    shown = tuple(cells.iloc[grid.chosen].tolist())
    return Curve(str(cells.name), method, shown, effect, share, missing)


def _grid(cells: pd.Series, rows: Ints, key: Floats | None, points: int) -> _Grid:
    mine = cells.iloc[rows]
    lost = mine.isna().to_numpy() if key is None else np.isnan(key[rows])
    gap = int(rows[np.flatnonzero(lost)[0]]) if lost.any() else None
    order = key[rows] if key is not None else _order(mine)
    known = np.flatnonzero(~lost)
    member = np.full(len(rows), -1, dtype=np.int64)
    if order is None:
        codes, levels = pd.factorize(mine.astype(str).iloc[known], sort=True)
        kept = np.sort(np.argsort(-np.bincount(codes, minlength=len(levels)), kind="stable")[:_LEVELS])
        new = np.full(len(levels), -1)
        new[kept] = np.arange(len(kept))
        member[known] = new[codes]
        chosen = [int(known[np.flatnonzero(codes == level)[0]]) for level in kept]
        return _Grid(rows[np.array(chosen, dtype=np.int64)], member, gap)
    ascending = known[np.argsort(order[known], kind="stable")]
    different = ascending[np.unique(order[ascending], return_index=True)[1]]
    if len(different) > points:
        taken = ascending[np.round(np.linspace(0, len(ascending) - 1, points)).astype(np.int64)]
        different = taken[np.unique(order[taken], return_index=True)[1]]
    middle = (order[different][1:] + order[different][:-1]) / 2
    member[known] = np.searchsorted(middle, order[known])
    return _Grid(rows[different], member, gap, (order[different], order))


def _order(cells: pd.Series) -> Floats | None:
    """The cells as numbers where their type has an order."""
    if pd.api.types.is_numeric_dtype(cells):
        return np.asarray(cells.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_datetime64_any_dtype(cells):
        seconds = (cells - cells.min()).dt.total_seconds()
        return np.asarray(seconds.to_numpy(dtype=np.float64, na_value=np.nan))
    return None


def _by_likeness(grid: _Grid, others: Floats) -> _Grid:
    """The levels in the order of the first principal component of their rows' means."""
    filled = np.nan_to_num(others - np.nanmean(others, axis=0, where=np.isfinite(others), keepdims=True))
    spread = filled.std(axis=0)
    filled = filled[:, spread > 0] / spread[spread > 0]
    means = np.array([filled[grid.member == level].mean(axis=0) for level in range(len(grid.chosen))])
    if len(means) < 3 or not means.shape[1]:
        return grid
    left, size, _ = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    first = left[:, 0] * size[0]
    order = np.argsort(first * np.sign(first[-1] - first[0] or 1.0), kind="stable")
    member = grid.member.copy()
    member[grid.member >= 0] = np.argsort(order)[grid.member[grid.member >= 0]]
    return _Grid(grid.chosen[order], member, grid.gap)
