"""What a setting may be: its limits, its step, its levels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.study.data import word
from models.study.spec import StudySpec
from models.why.cells import Cells

__all__ = ["Setting", "settings_of", "thinned"]

Floats = NDArray[np.float64]

EDGE = 0.01
"""Without limits in the study, settings stay between these quantiles of what was run."""
STEPS = 40
"""Without a step, the range is cut into about so many round ones."""
MOST_POINTS = 200
"""Values of one setting that are tried; of a finer grid every second, third … is left out."""


@dataclass(frozen=True)
class Setting:
    """``points``: (m,) what it may be, ascending; for levels their numbers. ``step``: 1 between levels: one change."""

    place: int
    name: str
    points: Floats
    step: float
    is_level: bool

    def steps(self, now: float, values: Floats) -> Floats:
        """How many steps from where it stands; from a missing or another level one change."""
        if self.is_level or not np.isfinite(now):
            return np.asarray(values != now, dtype=np.float64)
        return np.abs(values - now) / self.step


def settings_of(spec: StudySpec, cells: Cells, numbers: Floats, names: list[str]) -> list[Setting]:
    """The settings of a study; those that cannot be moved are left out."""
    found = [_setting(spec, cells, numbers, cells.columns.index(name)) for name in names]
    return [setting for setting in found if len(setting.points) > 1]


def thinned(points: Floats, most: int, now: float) -> Floats:
    """At most ``most`` of the points, evenly, the ends and the point next to ``now`` among them.

    >>> thinned(np.arange(11.0), 4, 9.2)
    array([ 0.,  3.,  7.,  9., 10.])
    """
    if len(points) <= most:
        return points
    chosen = set(np.round(np.linspace(0, len(points) - 1, most)).astype(int).tolist())
    if np.isfinite(now):
        chosen.add(int(np.abs(points - now).argmin()))
    return points[sorted(chosen)]


def _setting(spec: StudySpec, cells: Cells, numbers: Floats, place: int) -> Setting:
    name, values = cells.columns[place], numbers[:, place]
    factor = spec.factor(name)
    values = values[np.isfinite(values)]
    if cells.levels[place]:
        allowed = {word(level) for level in factor.levels} or set(cells.levels[place])
        codes = [float(code) for code, level in enumerate(cells.levels[place]) if level in allowed]
        return Setting(place, name, np.array(codes), 1.0, is_level=True)
    low, high = np.quantile(values, [EDGE, 1 - EDGE])
    low = factor.min if factor.min is not None else float(low)
    high = factor.max if factor.max is not None else float(high)
    step = factor.step or _round_step((high - low) / STEPS)
    if step <= 0 or high <= low:
        return Setting(place, name, np.zeros(0), 1.0, is_level=False)
    # Steps count from the declared minimum, as windows do; without one, round numbers.
    origin = factor.min if factor.min is not None else np.ceil(low / step - 1e-9) * step
    count = int(np.floor((high - origin) / step + 1e-9)) + 1
    stride = max(1, -(-count // MOST_POINTS))
    points = np.round(origin + step * np.arange(0, max(count, 0), stride), 10)
    return Setting(place, name, points, float(step), is_level=False)


def _round_step(width: float) -> float:
    """1, 2 or 5 times a power of ten, not above ``width``."""
    if width <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(width))
    return float(max(factor * power for factor in (1, 2, 5) if factor * power <= width * (1 + 1e-9)))
