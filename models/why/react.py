"""How states downstream follow a setting: one straight line per state, given what lies upstream of the setting.

A setting that is moved takes the states after it along: less cooling makes a warmer bottle. For a setting c and a
state s that can lie after it,

    s = a + b_sc c + (context, the other settings up to s, states before c) + error        (ridge, units of the table)

and moving c by d moves s by b_sc d; moves of several settings add up. States between c and s are left out on purpose:
b_sc is the whole effect, also what passes through them. A state whose stage is unknown (or a setting's) may lie
anywhere, so it is taken as downstream; where it does not follow, its slope is near nought. Slopes within `NOISE`
standard errors of nought count as nought.

Limits: a straight line; the unit keeps its own deviation from it; what moves both c and s and is not in the table is
taken for a reaction. Categories as settings move nothing along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.study.spec import StudySpec
from models.why.cells import Cells

__all__ = ["Reaction", "downstream", "reaction"]

Floats = NDArray[np.float64]

NOISE = 3.0
RIDGE = 1e-6
MOST = 5_000
"""Units that a slope is estimated from: its error is then far below what a step of a setting matters."""


@dataclass(frozen=True)
class Reaction:
    """``slopes``: for each setting's place, the places of states that follow and by how much per unit of it."""

    slopes: Mapping[int, tuple[tuple[int, float], ...]]

    def moved(self, numbers: Floats, settings: Sequence[int], values: Floats) -> Floats:
        """(N, columns): one unit (columns,) with ``settings`` put to each row of ``values`` (N, settings), and the
        states downstream taken along."""
        out = np.repeat(numbers[None, :], len(values), axis=0)
        for at, setting in enumerate(settings):
            for state, slope in self.slopes.get(setting, ()):
                out[:, state] += slope * (values[:, at] - numbers[setting])
        out[:, list(settings)] = values
        return out


def downstream(spec: StudySpec, setting: str, column: str) -> bool:
    """Can this column follow the setting? States and what is derived from it, unless known to lie before it."""
    factor, mine = spec.factor(column), spec.factor(setting)
    if column == setting or factor.role == "context" or (factor.role == "controllable" and factor.of is None):
        return False
    if factor.of == setting:
        return True
    return factor.stage is None or mine.stage is None or factor.stage > mine.stage


def reaction(spec: StudySpec, cells: Cells, numbers: Floats, settings: Sequence[int]) -> Reaction:
    """Learn the slopes from all units (n, columns)."""
    rows = numbers[np.linspace(0, len(numbers) - 1, min(MOST, len(numbers))).astype(np.int64)]
    slopes = {}
    for setting in settings:
        if cells.levels[setting]:
            continue
        followers = [
            place
            for place, column in enumerate(cells.columns)
            if not cells.levels[place] and downstream(spec, cells.columns[setting], column)
        ]
        found = [(state, _slope(spec, cells, rows, setting, state, settings)) for state in followers]
        slopes[setting] = tuple((state, slope) for state, slope in found if slope != 0.0)
    return Reaction(slopes)


def _slope(spec: StudySpec, cells: Cells, rows: Floats, setting: int, state: int, settings: Sequence[int]) -> float:
    """b_sc, or 0 where it cannot be told from nought."""
    known = np.isfinite(rows[:, setting]) & np.isfinite(rows[:, state])
    given = [place for place in range(len(cells.columns)) if _given(spec, cells, place, setting, state, settings)]
    x = rows[known, setting]
    if len(x) < 3 * (len(given) + 2) or x.std() == 0:
        return 0.0
    design = np.column_stack([np.ones(len(x)), _others(cells, rows[known], given)])
    both = np.column_stack([x, rows[known, state]])
    gram = design.T @ design / len(x) + RIDGE * np.eye(design.shape[1])
    left = both - design @ np.linalg.solve(gram, design.T @ both / len(x))
    inner = float(left[:, 0] @ left[:, 0])
    if inner <= 1e-9 * len(x) * float(x.var()):
        return 0.0  # the setting never moved on its own
    slope = float(left[:, 0] @ left[:, 1]) / inner
    error = left[:, 1] - slope * left[:, 0]
    noise = np.sqrt(float(error @ error) / max(len(x) - design.shape[1] - 1, 1) / inner)
    return slope if abs(slope) > NOISE * noise else 0.0


def _given(spec: StudySpec, cells: Cells, place: int, setting: int, state: int, settings: Sequence[int]) -> bool:
    """Is this column held fixed: context, other settings not after the state, states before the setting?"""
    factor = spec.factor(cells.columns[place])
    stage = factor.stage
    before, after = (spec.factor(cells.columns[at]).stage for at in (setting, state))
    if place in (setting, state):
        return False
    if factor.role == "context":
        return True
    if place in settings:
        return stage is None or after is None or stage <= after
    return stage is not None and before is not None and stage < before


def _others(cells: Cells, rows: Floats, given: Sequence[int]) -> Floats:
    """Numbers standardised, levels as noughts and ones; missing in the middle."""
    parts = []
    for place in given:
        cell = rows[:, place]
        if cells.levels[place]:
            parts.append((cell[:, None] == np.arange(1, len(cells.levels[place]))).astype(np.float64))
            continue
        known = np.isfinite(cell)
        if known.any() and (spread := float(cell[known].std())) > 0:
            parts.append(np.where(known, (cell - cell[known].mean()) / spread, 0.0)[:, None])
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(rows), 0))
