"""Windows for two settings at once, where together they give more than one after the other.

Model: loss on what both are adjusted for, a smooth curve of each setting, and a penalised surface (products of their
lines and hinges). The gain of a pair of windows is the mean loss now minus the mean loss with both settings moved to
the nearer edge of their windows. Windows are searched in turn, each given the other, from several starts; chosen on one
half of the cells and valued on the other. A pair is worth saying only where its surface passes a test like the gate's
and its gain exceeds the sum of the two single ones: settings that merely add up are two advices.

Limits: numbers only; pairs whose product the single models already noticed; what lies between the stages of the two is
adjusted for by neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rank.basis import term
from models.rank.candidate import Estimate, Sample, adjusting
from models.rank.effects import Setting
from models.rank.gains import Advice, Search, chosen_too, few_cells
from models.rank.gate import effective_scores, gate
from models.rank.glm import Fit, fit, solve
from models.rank.windows import Grid, direction_of
from models.study.data import StudyData

__all__ = ["pairs"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Place = tuple[int, int]

MOST_PAIRS = 3
"""Pairs that are modelled, those whose product matters most to the single models."""
FALSE_ALARM, SIGNS = 0.01, 9999
"""Chance of naming any pair whose product does nothing, over all pairs that were looked through; from 100 pairs on it
grows, for so many signs tell no p-value below 1 in 10,000."""
FEWEST_RARE = 300
"""Bad (or good) units below which a surface of two settings is guesswork."""
MORE = 1.1
"""How much more than both single gains together the pair has to give."""
HALVINGS = 6
MOST_ROWS = 4000
KNOTS, KNOTS_BESIDE = 8, 6
TURNS = 3
SURFACE = (0.2, 0.5, 0.8)
"""Quantiles at which the surface bends."""


@dataclass(frozen=True)
class _Own:
    """One of the two: its curve, hinges for the surface, values and grid."""

    setting: Setting
    places: Floats
    values: Floats
    grid: Grid

    @classmethod
    def of(cls, values: pd.Series, grid: Grid) -> "_Own":
        numbers = values.to_numpy(dtype=np.float64)
        setting = Setting.of(values, KNOTS)
        assert setting.curve is not None
        return cls(setting, np.unique(np.quantile(setting.curve.line(numbers), SURFACE)), numbers, grid)

    def columns(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Line, bends of the curve, and what the surface is made of."""
        free, main, _ = self.setting.columns(values)
        hinges = [np.maximum(free[:, 0] - place, 0.0) for place in self.places]
        return free, main, np.column_stack([free[:, 0], *hinges])


@dataclass(frozen=True)
class _Pair:
    """A fitted surface. ``base``: (n, p_z) design of what is adjusted for."""

    one: _Own
    other: _Own
    base: Floats
    model: Fit
    cells: Ints
    scale: float
    shift: float

    def design(self, rows: Ints, one: Floats, other: Floats) -> Floats:
        """The design of some rows with the settings at these values."""
        return np.hstack([self.base[rows], _surface(self.one, self.other, one, other)])

    def mean(self, beta: Floats, rows: Ints, one: Floats, other: Floats) -> Floats:
        return self.model.mean(self.design(rows, one, other) @ beta) * self.scale + self.shift

    def gain(self, beta: Floats, rows: Ints, windows: tuple[Place, Place]) -> float:
        """Mean loss now minus mean loss with both inside their windows."""
        one, other = self._held(rows, windows)
        now = self.mean(beta, rows, self.one.values[rows], self.other.values[rows])
        return float((now - self.mean(beta, rows, one, other)).mean())

    def _held(self, rows: Ints, windows: tuple[Place, Place]) -> tuple[Floats, Floats]:
        (a, b), (c, d) = windows
        one, other = self.one.grid.edges, self.other.grid.edges
        return np.clip(self.one.values[rows], one[a], one[b]), np.clip(self.other.values[rows], other[c], other[d])

    def search(self, beta: Floats, rows: Ints, starts: Sequence[tuple[Place, Place]]) -> tuple[Place, Place]:
        """The best pair of windows that turns of the single searches reach."""
        best: tuple[float, tuple[Place, Place]] | None = None
        for start in starts:
            windows = start
            for _ in range(TURNS):
                first = self._best(beta, rows, windows, moving=0)
                second = self._best(beta, rows, (first, windows[1]), moving=1)
                if (first, second) == windows:
                    break
                windows = (first, second)
            found = self.gain(beta, rows, windows)
            if best is None or found > best[0]:
                best = (found, windows)
        assert best is not None
        return best[1]

    def _best(self, beta: Floats, rows: Ints, windows: tuple[Place, Place], moving: int) -> Place:
        """The best window of one setting, the other held inside its own."""
        own = self.one if moving == 0 else self.other
        held = self._held(rows, windows)[1 - moving]
        values = own.values[rows]

        def mean(at: Floats) -> Floats:
            return self.mean(beta, rows, *((at, held) if moving == 0 else (held, at)))

        free = mean(values)
        below, above = np.zeros(len(own.grid.edges)), np.zeros(len(own.grid.edges))
        for k, edge in enumerate(own.grid.edges):
            saved = free - mean(np.full(len(rows), edge))
            below[k], above[k] = saved[values < edge].sum(), saved[values > edge].sum()
        gains = np.where(own.grid.admissible, below[:, None] + above[None, :], -np.inf)
        low, high = np.unravel_index(int(np.argmax(gains)), gains.shape)
        return int(low), int(high)


def _surface(a: _Own, b: _Own, one: Floats, other: Floats) -> Floats:
    line, bends, hinges = a.columns(one)
    line_b, bends_b, hinges_b = b.columns(other)
    product = (hinges[:, :, None] * hinges_b[:, None, :]).reshape(len(one), -1)
    return np.hstack([line, line_b, bends, bends_b, product])


def pairs(data: StudyData, found: Sequence[Estimate], sample: Sample, rng: np.random.Generator) -> list[Estimate]:
    """Two-setting advice that clearly beats both single ones, one after the other."""
    numeric = [one for one in found if one.candidate.grid is not None and len(one.candidate.members) == 1]
    tied = [(_noticed(one, other), one, other) for one, other in combinations(numeric, 2)]
    tied = sorted((row for row in tied if row[0] > 0), key=lambda row: -row[0])[:MOST_PAIRS]
    out = []
    if data.spec.task == "classification" and min(data.loss.sum(), data.n - data.loss.sum()) < FEWEST_RARE:
        return []
    looked = max(1, len(numeric) * (len(numeric) - 1) // 2)
    for _, one, other in tied:
        joint = _joint(data, one, other, sample, rng, looked)
        if joint is not None:
            out.append(joint)
    return out


def _noticed(one: Estimate, other: Estimate) -> float:
    """How much the product of the two matters to the single models."""
    a, b = one.candidate.column, other.candidate.column
    return max(one.products.get(b, 0.0), other.products.get(a, 0.0))


def _joint(
    data: StudyData, one: Estimate, other: Estimate, sample: Sample, rng: np.random.Generator, looked: int
) -> Estimate | None:
    a, b = one.candidate.column, other.candidate.column
    known = data.features[[a, b]].iloc[sample.rows].notna().all(axis=1).to_numpy()
    rows, cells, n_cells = sample.rows[known], sample.cells[known], sample.draws.shape[1]
    common = [column for column in one.adjusted_for if column in other.adjusted_for and column not in (a, b)]
    adjust = adjusting(data, sample, a, data.features[common].iloc[rows], rows)
    pair, scores = _fitted(data, one, other, adjust, rows, cells, n_cells)
    if gate([scores], rng, SIGNS)[0] > max(FALSE_ALARM / looked, 1 / SIGNS):
        return None
    return _valued(data, pair, one, other, sample, scores, common, rng)


def _fitted(
    data: StudyData, one: Estimate, other: Estimate, adjust: pd.DataFrame, rows: Ints, cells: Ints, n_cells: int
) -> tuple[_Pair, Floats]:
    logistic = data.spec.task == "classification"
    loss = data.loss[rows]
    scale, shift = (1.0, 0.0) if logistic else (float(loss.std()), float(loss.mean()))
    assert one.candidate.grid is not None
    assert other.candidate.grid is not None
    own = _Own.of(data.features[one.candidate.column].iloc[rows], one.candidate.grid)
    own_b = _Own.of(data.features[other.candidate.column].iloc[rows], other.candidate.grid)
    terms = [term(adjust[column], KNOTS_BESIDE) for column in adjust.columns]
    straight = np.hstack([np.ones((len(rows), 1)), *(part.free for part in terms), *(part.simple for part in terms)])
    free = np.hstack([np.ones((len(rows), 1)), *(part.free for part in terms), _foretold(straight, own, own_b)])
    shrunk = [part.shrunk for part in terms if part.shrunk.shape[1]]
    base = np.hstack([free, *shrunk])
    surface = _surface(own, own_b, own.values, own_b.values)
    bends, bends_b = own.columns(own.values[:1])[1].shape[1], own_b.columns(own_b.values[:1])[1].shape[1]
    widths = [*(part.shape[1] for part in shrunk)]
    count = len(widths)
    last = surface.shape[1] - 2 - bends - bends_b
    blocks = np.concatenate(
        [
            np.full(free.shape[1], -1),
            np.repeat(np.arange(count), widths),
            [-1, -1],
            np.repeat([count, count + 1, count + 2], [bends, bends_b, last]),
        ]
    ).astype(np.int64)
    y = (loss - shift) / scale
    phi = np.hstack([base, surface])
    model = fit(phi, y, blocks, cells, n_cells, logistic=logistic)
    plain = phi[:, : phi.shape[1] - last]
    near = (model.beta[: plain.shape[1]], model.lam[:-1])
    null = solve(plain, y, blocks[: plain.shape[1]], cells, n_cells, logistic=logistic, start=near)
    tested = surface[:, -last:]
    few = max(1, min(last, n_cells // 12))
    spread = tested - tested.mean(axis=0)
    turned = spread @ np.linalg.svd(spread[:: max(1, len(spread) // 2000)], full_matrices=False)[2][:few].T
    scores, _ = effective_scores(null, plain, y, turned, cells, n_cells, logistic=logistic)
    return _Pair(own, own_b, base, model, cells, scale, shift), scores


def _foretold(straight: Floats, one: _Own, other: _Own) -> Floats:
    """Products of what the columns adjusted for foretell of the two settings.

    Where context decides both, their product is a product of context, too, and the loss may depend on that.
    """
    both = np.column_stack([one.values, other.values])
    both = (both - both.mean(axis=0)) / np.maximum(both.std(axis=0), 1e-12)
    told = straight @ np.linalg.lstsq(straight, both, rcond=1e-9)[0]
    out = np.column_stack([told[:, 0] * told[:, 1], told**2])
    return np.asarray((out - out.mean(axis=0)) / np.maximum(out.std(axis=0), 1e-9))


def _valued(
    data: StudyData,
    pair: _Pair,
    one: Estimate,
    other: Estimate,
    sample: Sample,
    scores: Floats,
    common: list[str],
    rng: np.random.Generator,
) -> Estimate | None:
    n, n_cells = len(pair.cells), sample.draws.shape[1]
    rows = np.sort(rng.permutation(n)[:MOST_ROWS])
    starts = _starts(one, other)
    windows = pair.search(pair.model.beta, rows, starts)
    honest, more = [], []
    for _ in range(HALVINGS):
        half = rng.permutation(n_cells) < n_cells // 2
        betas = pair.model.refit(np.vstack([2.0 * half, 2.0 * ~half]))
        sides = [rows[half[pair.cells[rows]]], rows[~half[pair.cells[rows]]]]
        if min(len(side) for side in sides) == 0:
            return None
        for chooser, judge in ((0, 1), (1, 0)):
            found = pair.search(betas[chooser], sides[chooser], [windows])
            honest.append(pair.gain(betas[judge], sides[judge], found))
            single = [_alone(pair, betas[judge], sides[judge], place, side) for side, place in enumerate(starts[0])]
            more.append(honest[-1] - MORE * max(sum(single), max(single)))
    estimate = float(np.mean(honest))
    if float(np.quantile(more, 0.1)) <= 0:
        return None
    drawn = np.array([pair.gain(beta, rows, windows) for beta in pair.model.refit(sample.draws)])
    widen = chosen_too(honest, drawn) * few_cells(n_cells)
    draws = (drawn - drawn.mean()) * widen + estimate
    search = Search(Advice(*windows[0]), estimate, draws, estimate, 0.0, {})
    return _estimate(data, pair, one, other, windows, search, scores, common)


def _starts(one: Estimate, other: Estimate) -> list[tuple[Place, Place]]:
    """The single advices first, then each from either end."""
    own = (one.search.advice.low, one.search.advice.high)
    theirs = (other.search.advice.low, other.search.advice.high)
    assert one.candidate.grid is not None
    assert other.candidate.grid is not None
    ends = [_ends(one.candidate.grid), _ends(other.candidate.grid)]
    return [(own, theirs), *((a, b) for a in ends[0] for b in ends[1])]


def _ends(grid: Grid) -> list[Place]:
    """The lowest and the highest admissible window."""
    low, high = np.nonzero(grid.admissible)
    return [(int(low[0]), int(high[0])), (int(low[-1]), int(high[-1]))]


def _alone(pair: _Pair, beta: Floats, rows: Ints, place: Place, side: int) -> float:
    """Gain of one of the two windows, the other setting left as it was."""
    values = [pair.one.values[rows], pair.other.values[rows]]
    own = (pair.one, pair.other)[side]
    held = list(values)
    held[side] = np.clip(values[side], own.grid.edges[place[0]], own.grid.edges[place[1]])
    return float((pair.mean(beta, rows, *values) - pair.mean(beta, rows, *held)).mean())


def _estimate(
    data: StudyData,
    pair: _Pair,
    one: Estimate,
    other: Estimate,
    windows: tuple[Place, Place],
    search: Search,
    scores: Floats,
    common: list[str],
) -> Estimate:
    """In the words of the stronger of the two."""
    lead = one if one.search.estimate >= other.search.estimate else other
    own = [
        [float(side.grid.edges[place[0]]), float(side.grid.edges[place[1]])]
        for side, place in zip((pair.one, pair.other), windows, strict=True)
    ]
    names = (one.candidate.column, other.candidate.column)
    by_name = dict(zip(names, own, strict=True))
    column = lead.candidate.column
    inside = [
        (side.values >= window[0]) & (side.values <= window[1])
        for side, window in zip((pair.one, pair.other), own, strict=True)
    ]
    values = data.features[column].dropna().to_numpy(dtype=np.float64)
    ordered = {column: by_name[column], **by_name}
    return replace(
        lead,
        candidate=replace(lead.candidate, members=tuple(ordered)),
        search=search,
        window=by_name[column],
        windows={name: list(window) for name, window in ordered.items()},
        direction=direction_of(values, (by_name[column][0], by_name[column][1])),
        support=float((inside[0] & inside[1]).mean()),
        scores=scores,
        adjusted_for=tuple(common),
        joint=True,
    )
