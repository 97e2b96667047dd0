"""The smallest change of settings that would have made a unit good: fewest settings, then fewest steps.

Searched on the settings' own grids (`models.why.grid`): one setting on every point, two settings among `PAIRED` on
every pair of `THIN[2]` points, three among `THREES` of `THIN[3]` points; where a grid had to be thinned, the box
between the unit and what was found is searched again on the full grid. The trees are constant between thresholds, so
the first grid point behind a threshold is the smallest change. A candidate counts if

- the states downstream were moved along (`models.why.react`), not frozen;
- the mean of the cross-fitted models falls to ``goal`` (the risk at which the study calls a unit good; of a measured
  target what good production of like context reaches);
- it is near what was made (`models.why.support`), inside the limits, on the grid;
- the study's own model, which scores the units, agrees, if there is one. Where it agrees with none, the smallest one is
  given with ``confirmed`` false.

Limits: the first setting tried alone, then pairs; four settings at once are nobody's small change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

import numpy as np
from numpy.typing import NDArray

from models.why.grid import Setting, thinned
from models.why.mechanism import Mechanism
from models.why.react import Reaction
from models.why.support import Support

__all__ = ["Change", "Found", "Judge", "find"]

Floats = NDArray[np.float64]
Judge = Callable[[Floats], Floats]
"""(N, columns) numbers → (N,) risk or expected loss by the study's own model."""

THIN = {1: 200, 2: 20, 3: 8}
PAIRED, THREES = 8, 5
BOX = 5_000
"""Points of a box that is searched again."""
ASKED = 20
"""Candidates, the smallest first, that the study's own model is asked about."""


@dataclass(frozen=True)
class Change:
    """``settings`` with their new ``values``; ``unit``: (columns,) the whole unit as it would have been."""

    settings: tuple[Setting, ...]
    values: Floats
    unit: Floats
    steps: float
    confirmed: bool | None
    """Does the study's own model agree? None without one."""


@dataclass(frozen=True)
class Found:
    """The smallest change that suffices; where none does, ``best`` is what single settings can reach at most."""

    change: Change | None
    best: Change | None


@dataclass(frozen=True)
class _Search:
    unit: Floats
    settings: Sequence[Setting]
    mechanism: Mechanism
    reaction: Reaction
    support: Support
    goal: float

    def tried(self, some: tuple[Setting, ...], values: Floats) -> tuple[Floats, Floats, Floats]:
        """Units near what was made, for each row of ``values``: (values, units, mean risk)."""
        made = self.reaction.moved(self.unit, [setting.place for setting in some], values)
        near = self.support.near(made, self.unit)
        if not near.any():
            return values[near], made[near], np.zeros(0)
        return values[near], made[near], self.mechanism.spread(made[near]).mean(axis=0)

    def changes(self, some: tuple[Setting, ...], most: int) -> tuple[list[Change], tuple[float, Change] | None]:
        """Those that suffice, and the one with the least risk."""
        axes = [self._points(setting, most) for setting in some]
        if not all(len(axis) for axis in axes):
            return [], None
        good, best = self._grid(some, axes)
        if good and any(len(axis) < len(setting.points) - 1 for axis, setting in zip(axes, some, strict=True)):
            smallest = min(good, key=lambda change: change.steps)
            box = [self._between(setting, value) for setting, value in zip(some, smallest.values, strict=True)]
            if all(len(axis) for axis in box) and prod(map(len, box)) <= BOX:
                good = self._grid(some, box)[0] or good
        return good, best

    def _points(self, setting: Setting, most: int) -> Floats:
        now = self.unit[setting.place]
        points = thinned(setting.points, most, now)
        return points[setting.steps(now, points) > 1e-9]

    def _between(self, setting: Setting, value: float) -> Floats:
        """Every point between the unit and ``value``, and that itself."""
        now = self.unit[setting.place]
        if setting.is_level or not np.isfinite(now):
            return np.array([value])
        low, high = min(now, value), max(now, value)
        inside = (setting.points >= low - 1e-9) & (setting.points <= high + 1e-9)
        moved: Floats = setting.points[inside & (setting.steps(now, setting.points) > 1e-9)]
        return moved

    def _grid(
        self, some: tuple[Setting, ...], axes: Sequence[Floats]
    ) -> tuple[list[Change], tuple[float, Change] | None]:
        values, made, risk = self.tried(some, np.array(list(product(*axes))))
        if not len(risk):
            return [], None
        steps = sum(
            setting.steps(self.unit[setting.place], values[:, at]) for at, setting in enumerate(some)
        ) + np.zeros(len(values))

        def change(row: int) -> Change:
            return Change(some, values[row], made[row], float(steps[row]), None)

        good = np.flatnonzero(risk <= self.goal)
        good = good[np.lexsort((risk[good], steps[good]))][:ASKED]
        least = int(risk.argmin())
        return [change(int(row)) for row in good], (float(risk[least]), change(least))


def find(
    unit: Floats,
    settings: Sequence[Setting],
    mechanism: Mechanism,
    reaction: Reaction,
    support: Support,
    *,
    goal: float,
    judge: Judge | None = None,
    agreed: float | None = None,
) -> Found:
    """The smallest change for ``unit`` (columns,). ``agreed``: what ``judge`` must say at most (default: ``goal``)."""
    search = _Search(unit, settings, mechanism, reaction, support, goal)
    level = goal if agreed is None else agreed
    reached: list[tuple[float, Setting]] = []
    best: tuple[float, Change] | None = None
    doubtful: Change | None = None
    order = list(settings)
    for size in (1, 2, 3):
        good: list[Change] = []
        for some in combinations(order, size):
            here, least = search.changes(some, THIN[size])
            good += here
            if least is not None and (best is None or least[0] < best[0]):
                best = least
            if size == 1:
                reached.append((least[0] if least is not None else np.inf, some[0]))
        asked = sorted(good, key=lambda change: change.steps)[:ASKED]
        sure = _judged(asked, judge, level)
        if sure is not None:
            return Found(sure, None)
        doubtful = doubtful or (asked[0] if asked else None)
        ranked = [setting for _, setting in sorted(reached, key=lambda entry: entry[0])]
        order = ranked[: PAIRED if size == 1 else THREES]
    if doubtful is not None:
        return Found(_with_word(doubtful, confirmed=False), None)
    return Found(None, None if best is None else best[1])


def _judged(asked: Sequence[Change], judge: Judge | None, level: float) -> Change | None:
    """The smallest change that the study's own model agrees to."""
    if not asked:
        return None
    if judge is None:
        return asked[0]
    agrees = judge(np.stack([change.unit for change in asked])) <= level
    first = int(agrees.argmax())
    return _with_word(asked[first], confirmed=True) if agrees[first] else None


def _with_word(change: Change, *, confirmed: bool) -> Change:
    return Change(change.settings, change.values, change.unit, change.steps, confirmed)
