"""Every setting estimated, one after the other, in the time there is; then what shows only together, and pairs."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.rank.adjust import inseparable, order_notices, order_of
from models.rank.candidate import Candidate, Estimate, Sample, candidate, estimate
from models.rank.conclude import chances, passes
from models.rank.glm import merge_groups
from models.rank.history import History, set_once
from models.rank.order import Order
from models.rank.pairs import pairs
from models.study.data import Notice, StudyData

__all__ = ["Pace", "Progress", "candidates_of", "estimates"]

Progress = Callable[[float, str], None]

DRAWS = 200
FEWEST_DRAWS = 60
MOST_ROWS = 30_000
FEW_CELLS = 24
"""Groups below which random signs have too few patterns to tell 1 %."""


class Pace:
    """Seconds left of the budget; without a budget the work depends on the table alone."""

    def __init__(self, budget: float | None) -> None:
        self.end = None if budget is None else time.monotonic() + budget

    @property
    def left(self) -> float:
        return float("inf") if self.end is None else max(self.end - time.monotonic(), 0.0)


def candidates_of(data: StudyData) -> tuple[list[Candidate], list[Notice]]:
    found, notices = [], []
    for members in inseparable(data, data.controllable()):
        chosen = candidate(data, members)
        if isinstance(chosen, str):
            notices += [Notice("controllable_left_out", {"column": member, "why": chosen}) for member in members]
            continue
        found.append(chosen)
        if len(members) > 1:
            notices.append(Notice("inseparable", {"factors": ", ".join(members)}))
    return found, notices


def estimates(
    data: StudyData, candidates: Sequence[Candidate], rng: np.random.Generator, pace: Pace, tell: Progress
) -> tuple[list[Estimate], list[Notice]]:
    notices: list[Notice] = []
    draws = DRAWS if pace.left > 5 * max(len(candidates), 1) else FEWEST_DRAWS
    if draws < DRAWS and candidates:
        notices.append(Notice("budget", {"draws": draws}))
    state = rng.integers(2**32)
    most = MOST_ROWS
    found: list[Estimate] = []
    history, order = History.of(data, *_cells(data, np.arange(data.n))), order_of(data)
    for place, chosen in enumerate(candidates):
        tell(0.35 + 0.5 * place / len(candidates), chosen.column)
        began = time.monotonic()
        # The same draws for every setting: their ranks are compared draw by draw.
        sample = _sample(data, history, order, np.random.default_rng(state), most, draws)
        found.append(estimate(data, chosen, sample, np.random.default_rng([int(state), place])))
        ahead = (time.monotonic() - began) * (len(candidates) - place - 1)
        if ahead > pace.left:
            most = max(2000, int(len(sample.rows) * pace.left / ahead))
    if found and pace.left > 0:
        sample = _sample(data, history, order, np.random.default_rng(state), most, draws)
        found += _together(data, found, sample, int(state))
        found += pairs(data, found, sample, rng)
    notices += order_notices(data, order)
    if candidates and data.n > MOST_ROWS:
        notices.append(Notice("sampled", {"count": MOST_ROWS, "n": data.n}))
    return found, notices


def _together(data: StudyData, found: Sequence[Estimate], sample: Sample, state: int) -> list[Estimate]:
    """Settings that were mostly changed together and show nothing alone, asked as one.

    Each is adjusted for the others, so that the data leave little to any of them; what they do together is not lost,
    only whose it is.
    """
    silent = [
        one
        for one, chance in zip(found, chances(found, state), strict=True)
        if one.candidate.grid is not None and len(one.candidate.members) == 1 and not passes(one, chance)
    ]
    out: list[Estimate] = []
    left = [one.candidate.column for one in silent]
    while left:
        lead, *others = left
        group = [lead, *(other for other in others if sample.order.close(lead, other))]
        left = [column for column in left if column not in group]
        if len(group) < 2:
            continue
        chosen = candidate(data, group)
        if isinstance(chosen, Candidate):
            out.append(estimate(data, chosen, sample, np.random.default_rng([state, len(found) + len(out)])))
    return out


def _sample(
    data: StudyData, history: History, order: Order, rng: np.random.Generator, most_rows: int, draws: int
) -> Sample:
    rows = np.sort(rng.permutation(data.n)[:most_rows])
    cells, n_cells = _cells(data, rows)
    drawn = rng.multinomial(n_cells, np.full(n_cells, 1 / n_cells), size=draws).astype(np.float64)
    return Sample(history, order, rows, cells, drawn)


def _cells(data: StudyData, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """What is resampled: groups in the order of their first unit, neighbours together where there are very many.

    A handful of groups says nothing by itself. Where every setting varies inside them, each is cut into stretches of
    time; what lasts from one to the next is adjusted for (`models.rank.history`).
    """
    groups = data.groups[rows]
    _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
    cells = np.argsort(np.argsort(first))[codes].astype(np.int64)
    count = len(first)
    settings = data.features[data.controllable()].iloc[rows]
    if count >= FEW_CELLS or any(set_once(settings[column], cells) for column in settings.columns):
        return merge_groups(cells, count)
    pieces = -(-FEW_CELLS // count)
    order = np.argsort(cells, kind="stable")
    sizes = np.bincount(cells)
    place = np.empty(len(cells), dtype=np.int64)
    place[order] = np.arange(len(cells)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    _, fine = np.unique(cells * pieces + place * pieces // sizes[cells], return_inverse=True)
    return fine.astype(np.int64), int(fine.max()) + 1
