"""One setting (or several that move as one) from its column to its gain, its curve and its window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rank.adjust import DETERMINED, adjustment, explained_by
from models.rank.document import CurvePoint, LevelPoint, PointLoss, Window
from models.rank.effects import Effect, fit_effect
from models.rank.gains import Search, search
from models.rank.history import SPANS, History, set_once
from models.rank.order import Order
from models.rank.windows import Grid, direction_of, grid_of, levels_of
from models.study.data import StudyData, word

__all__ = ["Candidate", "Estimate", "Sample", "adjusting", "candidate", "estimate"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CURVE_ROWS = 2000
CURVE_POINTS = 25
CURVE_DRAWS = 60
MOST_MISSING = 0.5
TIME, PAST = "(time)", "(results before)"
"""Columns that no table has, adjusted for beside the table's own."""


@dataclass(frozen=True)
class Candidate:
    """A setting that has admissible windows. ``members``: it and those that always move with it."""

    column: str
    members: tuple[str, ...]
    grid: Grid | None
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """The units that effects are estimated on, and how they are resampled.

    ``history`` and ``order``: of all units. ``rows``: positions, ascending. ``cells``: (rows,) resampling unit.
    ``draws``: (draws, cells) how often each.
    """

    history: History
    order: Order
    rows: Ints
    cells: Ints
    draws: Floats


@dataclass(frozen=True)
class Estimate:
    """What the document says of one candidate, before ranks and money. Losses are as measured."""

    candidate: Candidate
    search: Search
    window: Window
    windows: dict[str, Window]
    direction: str
    support: float
    curve: list[CurvePoint]
    level_curve: list[LevelPoint]
    determined_by: tuple[str, ...]
    adjusted_for: tuple[str, ...]
    scores: Floats
    """What the gate tests. (cells, d)"""
    error: float
    """Standard error of what one standard deviation of the setting does to the loss."""
    products: dict[str, float]
    """How much its product with each column it is adjusted for matters to the model (a Wald statistic)."""
    joint: bool = False
    """Two settings, each with a window of its own that needs the other's."""


@dataclass(frozen=True)
class _Point:
    at: float | str
    loss: PointLoss


def candidate(data: StudyData, members: Sequence[str]) -> Candidate | str:
    """The admissible windows of a setting, or the code of why there are none. The first member with one leads."""
    why = "no_admissible_window"
    for column in members:
        values, factor = data.features[column], data.spec.factor(column)
        known = values.dropna()
        if len(known) < (1 - MOST_MISSING) * len(values):
            why = "mostly_missing"
            continue
        share = len(known) / len(values)
        if _is_numeric(data, column):
            grid = grid_of(known.to_numpy(dtype=np.float64), factor, data.spec.min_support / share)
            if grid is not None:
                return Candidate(column, tuple(members), grid, ())
            continue
        words = tuple(word(level) for level in factor.levels)
        levels = levels_of(known.astype("object").to_numpy(), factor, data.spec.min_support / share, words)
        if levels:
            return Candidate(column, tuple(members), None, tuple(levels))
    return why


def _is_numeric(data: StudyData, column: str) -> bool:
    return bool(data.features[column].dtype == "float64")


def estimate(data: StudyData, chosen: Candidate, sample: Sample, rng: np.random.Generator) -> Estimate:
    """Fit, search, draw again. Units whose setting is missing are left out: their move is unknown."""
    column = chosen.column
    others = adjustment(data, chosen.members, sample.order)
    values = data.features[column].iloc[sample.rows]
    known = values.notna().to_numpy()
    rows, cells = sample.rows[known], sample.cells[known]
    values, adjust = values[known], data.features[others].iloc[rows]
    given = adjusting(data, sample, column, adjust, rows)
    effect = fit_effect(
        values, given, data.loss[rows], cells, sample.draws.shape[1], logistic=data.spec.task == "classification"
    )
    numbers = values.to_numpy(dtype=np.float64) if chosen.grid is not None else None
    options = chosen.grid.edges if chosen.grid is not None else pd.Series(list(chosen.levels), dtype="object")
    found = search(effect, numbers, options, chosen.grid, cells, sample.draws, rng)
    everybody = data.features[column].dropna()
    window, direction, support = _window(chosen, found, everybody)
    windows: dict[str, Window] = {column: window}
    for member in chosen.members:
        if member != column:
            windows[member] = _companion(data, column, window, member)
    determined = tuple(others) if others and explained_by(values, adjust) > DETERMINED else ()
    points = _points(data, effect, chosen, everybody, found, sample, rng)
    numeric = chosen.grid is not None
    return Estimate(
        chosen,
        found,
        window,
        windows,
        direction,
        support * len(everybody) / data.n,
        [{"x": float(one.at), **one.loss} for one in points] if numeric else [],
        [] if numeric else [{"level": str(one.at), **one.loss} for one in points],
        determined,
        tuple(others),
        effect.scores,
        effect.error * _lots_used(data, column, effect, sample.draws.shape[1]),
        effect.products(),
    )


def _lots_used(data: StudyData, column: str, effect: Effect, n_cells: int) -> float:
    """How much larger the error of a setting held for whole lots is, because what is adjusted for uses lots up, too."""
    if not set_once(data.features[column], data.groups):
        return 1.0
    used = 1 + effect.simple.shape[1]
    return float(np.sqrt(n_cells / max(n_cells - used - 1.0, 0.5)))


def adjusting(data: StudyData, sample: Sample, column: str, adjust: pd.DataFrame, rows: Ints) -> pd.DataFrame:
    """What a setting is adjusted for, with the time, and with the results before where the loss has a memory."""
    if data.time is None:
        return adjust
    out = adjust.assign(**{TIME: rows.astype(np.float64)})
    before = sample.history.before(data.features[column], data.groups)
    if before is None:
        return out
    return out.assign(**{f"{PAST} {span:g}": before[rows, k] for k, span in enumerate(SPANS)})


def _window(chosen: Candidate, found: Search, values: pd.Series) -> tuple[Window, str, float]:
    advice = found.advice
    if chosen.grid is None:
        level = chosen.levels[advice.low]
        return [level], "level", float((values == level).mean())
    low, high = float(chosen.grid.edges[advice.low]), float(chosen.grid.edges[advice.high])
    numbers = values.to_numpy(dtype=np.float64)
    return [low, high], direction_of(numbers, (low, high)), float(chosen.grid.support[advice.low, advice.high])


def _companion(data: StudyData, column: str, window: Window, member: str) -> Window:
    """Where a setting stood that always moves along, while the leading one was inside its window."""
    own, other = data.features[column], data.features[member]
    inside = own.isin(window) if own.dtype != "float64" else own.between(float(window[0]), float(window[1]))
    there = other[inside].dropna()
    if other.dtype != "float64":
        return [str(there.mode().iloc[0])]
    low, high = (float(edge) for edge in np.quantile(there.to_numpy(dtype=np.float64), [0.025, 0.975]))
    grid = grid_of(other.dropna().to_numpy(dtype=np.float64), data.spec.factor(member), data.spec.min_support / 2)
    if grid is None:
        return [low, high]
    # The admissible pair of edges nearest to where the companion was.
    distance = np.abs(grid.edges[:, None] - low) + np.abs(grid.edges[None, :] - high)
    a, b = np.unravel_index(int(np.argmin(np.where(grid.admissible, distance, np.inf))), distance.shape)
    return [float(grid.edges[a]), float(grid.edges[b])]


def _points(
    data: StudyData,
    effect: Effect,
    chosen: Candidate,
    values: pd.Series,
    found: Search,
    sample: Sample,
    rng: np.random.Generator,
) -> list[_Point]:
    """Adjusted mean loss if every unit ran at x, with its interval, over units drawn at random."""
    n = len(effect.phi)
    rows = np.sort(rng.permutation(n)[:CURVE_ROWS])
    options: Floats | pd.Series
    if chosen.grid is None:
        options = pd.Series(list(chosen.levels), dtype="object")
        near = np.array([float((values == level).mean()) for level in chosen.levels])
    else:
        seen = values.to_numpy(dtype=np.float64)
        low, high = np.quantile(seen, [0.005, 0.995])
        inside = chosen.grid.edges[(chosen.grid.edges >= low) & (chosen.grid.edges <= high)]
        inside = inside if len(inside) >= 2 else chosen.grid.edges
        options = inside[:: max(1, -(-len(inside) // CURVE_POINTS))]
        place = np.abs(seen[:, None] - options[None, :]).argmin(axis=1)
        near = np.bincount(place, minlength=len(options)) / len(seen)
    beta = effect.model.beta
    middle = effect.at(beta, options, rows).mean(axis=0)
    drawn = effect.model.refit(sample.draws[:CURVE_DRAWS])
    spread = np.array([effect.at(one, options, rows).mean(axis=0) for one in drawn])
    low_high = np.quantile(spread - spread.mean(axis=0) + middle, [0.05, 0.95], axis=0)
    sign = data.sign
    out: list[_Point] = []
    for k, x in enumerate(options):
        low_k, high_k = sorted((float(low_high[0, k] * sign), float(low_high[1, k] * sign)))
        loss = float(middle[k] * sign)
        point: PointLoss = {"loss": loss, "low": min(low_k, loss), "high": max(high_k, loss), "share": float(near[k])}
        out.append(_Point(x, point))
    return out
