"""What holding a setting in a window truly gives, and the best window of every setting.

For a window [a, b] each unit's loss is that at a (units below), as it was (inside) or that at b (above). So the gains
of all windows of a setting come exactly from one intervention per point of its grid, and from running sums over the
units in order of the setting. `tests/models/rank/test_benchmark_plants.py` compares them with one intervention each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tests.benchmarks.ranking.line import LOSS, Floats, Line, Windows

__all__ = ["MIN_SUPPORT", "Best", "Setting", "Truth", "best_on_grid"]

MIN_SUPPORT = 0.10
"""The contract's default share of units inside an advised window."""
STEPS = 2
"""The contract's least width of a window."""
ON_GRID = 0.01
"""Steps that an edge may be off the grid: rounding in a document is no fault."""


@dataclass(frozen=True)
class Setting:
    """What the study declares of a setting."""

    name: str
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    levels: tuple[str, ...] = ()

    @property
    def grid(self) -> Floats:
        """Multiples of the step from ``low``, within the limits."""
        count = int(np.floor((self.high - self.low) / self.step + 1e-9))
        return np.round(self.low + self.step * np.arange(count + 1), 10)


@dataclass(frozen=True)
class Best:
    """The best admissible window of a setting. No admissible window, or none that helps: an empty one, gain 0."""

    window: tuple[Any, ...]
    gain: float


def best_on_grid(x: Floats, now: Floats, grid: Floats, at: Floats) -> Best:
    """The admissible window with the lowest mean loss.

    ``x``, ``now``: shape (n,), the setting and the loss of every unit; ``at``: shape (len(grid), n) or (len(grid), 1),
    the loss of every unit with the setting at each point of the grid.
    """
    order = np.argsort(x, kind="stable")
    x, now, at = x[order], now[order], np.broadcast_to(at, (len(grid), len(x)))[:, order]
    n, left, right = len(x), np.searchsorted(x, grid, "left"), np.searchsorted(x, grid, "right")
    inside = np.concatenate([[0.0], np.cumsum(now)])
    below = np.array([row[:k].sum() for row, k in zip(at, left, strict=True)])
    above = np.array([row[k:].sum() for row, k in zip(at, right, strict=True)])
    gains = (inside[-1] - below[:, None] - above[None, :] - (inside[right][None, :] - inside[left][:, None])) / n
    support = (right[None, :] - left[:, None]) / n
    width = np.arange(len(grid))[None, :] - np.arange(len(grid))[:, None]
    gains = np.where((support >= MIN_SUPPORT) & (width >= STEPS), gains, -np.inf)
    place = int(np.argmax(gains))
    if gains.size == 0 or not gains.flat[place] > 0:
        return Best((), 0.0)
    low, high = divmod(place, len(grid))
    return Best((float(grid[low]), float(grid[high])), float(gains[low, high]))


class Truth:
    """Answers about one plant, exactly, for the units of its table."""

    def __init__(self, line: Line, settings: list[Setting]) -> None:
        self.line = line
        self.settings = {setting.name: setting for setting in settings}
        self.now = line.values[LOSS]

    def acts(self, column: str) -> bool:
        """Does the loss depend on a column at all?"""
        return column in self.line.causes

    def gain(self, windows: Windows) -> float:
        """Mean loss now minus mean loss with every setting held in its window."""
        if not any(self.acts(column) for column in windows):
            return 0.0
        return float((self.now - self.line.loss_if(windows)).mean())

    def inside(self, windows: Windows) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which units lie inside already."""
        held = np.ones(self.line.n, dtype=np.bool_)
        for column, window in windows.items():
            values = self.line.values[column]
            held &= self.line.nodes[column].held(values, window) == values
        return held

    def admissible(self, column: str, window: Sequence[Any]) -> bool:
        """Is a window of a setting one that may be advised?"""
        setting, support = self.settings[column], float(self.inside({column: window}).mean())
        if setting.levels:
            return len(window) == 1 and str(window[0]) in setting.levels and support >= MIN_SUPPORT
        low, high = (float(edge) for edge in window)
        edges = [(edge - setting.low) / setting.step for edge in (low, high)]
        on_grid = all(abs(edge - round(edge)) < ON_GRID for edge in edges)
        within = round(edges[0]) >= 0 and round(edges[1]) < len(setting.grid)
        return on_grid and within and round(edges[1] - edges[0]) >= STEPS and support >= MIN_SUPPORT

    def _best(self, setting: Setting) -> Best:
        if not self.acts(setting.name):
            return Best((), 0.0)
        x = self.line.values[setting.name]
        if setting.levels:
            share = {level: float((x == place).mean()) for place, level in enumerate(setting.levels)}
            found = [
                Best((level,), self.gain({setting.name: [level]})) for level in share if share[level] >= MIN_SUPPORT
            ]
            best = max(found, key=lambda one: one.gain, default=Best((), 0.0))
            return best if best.gain > 0 else Best((), 0.0)
        grid = setting.grid
        at = np.stack([self.line.loss_if({setting.name: (point, point)}) for point in grid])
        return best_on_grid(x, self.now, grid, at)

    @cached_property
    def best(self) -> dict[str, Best]:
        """The best admissible window of every setting."""
        return {name: self._best(setting) for name, setting in self.settings.items()}

    @property
    def best_gain(self) -> float:
        """The most that one setting can give."""
        return max((best.gain for best in self.best.values()), default=0.0)

    @property
    def leading(self) -> str | None:
        """The setting that gives most; None where none gives anything."""
        name = max(self.best, key=lambda one: self.best[one].gain)
        return name if self.best[name].gain > 0 else None
