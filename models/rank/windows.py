"""Admissible windows: inside the limits, supported by the units, at least two steps wide, on the setting's grid."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.study.spec import Factor

__all__ = ["Grid", "direction_of", "grid_of", "levels_of", "nice_step"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_EDGES = 41
"""Edges tried at most; a finer setting is searched in multiples of its step."""
FEWEST_STEPS = 2
ONE_SIDED = 0.15
"""A window is one-sided when at most this share of the moved units lies on the other side."""


def nice_step(rough: float) -> float:
    """The round number (1, 2, 2.5 or 5 times a power of ten) nearest below or at ``rough``.

    >>> nice_step(0.37), nice_step(12.0)
    (0.25, 10.0)
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return max(factor * power for factor in (1.0, 2.0, 2.5, 5.0) if factor * power <= rough * (1 + 1e-9))


@dataclass(frozen=True)
class Grid:
    """Edges of a setting's windows, ascending, and which pairs are admissible.

    ``edges``: (k,). ``admissible``: (k, k), row: lower edge, column: upper edge. ``support``: (k, k), share of units
    inside.
    """

    edges: Floats
    admissible: Bools
    support: Floats


def grid_of(values: Floats, factor: Factor, min_support: float) -> Grid | None:
    """The admissible windows of a numeric setting, or None if there is none.

    ``values``: (n,) finite, of all units. Limits that are not declared are the observed 1 % and 99 % points; the grid
    never leaves what was observed by more than one step, for nothing is known out there.
    """
    seen_low, seen_high = (float(edge) for edge in np.quantile(values, [0.01, 0.99]))
    low = seen_low if factor.min is None else factor.min
    high = seen_high if factor.max is None else factor.max
    if not high > low:
        return None
    if factor.step is not None:
        step = factor.step
    else:
        width = min(high, seen_high) - max(low, seen_low)
        if width <= 0:
            return None
        step = nice_step(width / 20)
    edges = _edges(low, high, step, factor.min, float(values.min()), float(values.max()))
    if len(edges) <= FEWEST_STEPS:
        return None
    ordered = np.sort(values)
    below = np.searchsorted(ordered, edges - 1e-9 * step, side="left")
    upto = np.searchsorted(ordered, edges + 1e-9 * step, side="right")
    support = (upto[None, :] - below[:, None]) / len(values)
    wide = edges[None, :] - edges[:, None] >= FEWEST_STEPS * step * (1 - 1e-9)
    admissible = wide & (support >= min_support)
    return Grid(edges, admissible, support) if admissible.any() else None


def _edges(low: float, high: float, step: float, anchor: float | None, seen_low: float, seen_high: float) -> Floats:
    """Multiples of the step from the anchor, inside the limits and (within one step) inside what was seen."""
    origin = 0.0 if anchor is None else anchor
    first = math.ceil((max(low, seen_low - step) - origin) / step - 1e-9)
    last = math.floor((min(high, seen_high + step) - origin) / step + 1e-9)
    if last < first:
        return np.zeros(0)
    stride = max(1, math.ceil((last - first) / (MOST_EDGES - 1)))
    counts = np.unique(np.append(np.arange(first, last + 1, stride), last))
    digits = max(0, 12 - math.ceil(math.log10(max(abs(low), abs(high), step))))
    return np.round(origin + counts * step, digits)


def levels_of(values: NDArray[np.object_], factor: Factor, min_support: float, words: tuple[str, ...]) -> list[str]:
    """Admissible levels of a categorical setting: allowed, and run by enough units."""
    n = max(len(values), 1)
    allowed = words if factor.levels else tuple(dict.fromkeys(str(value) for value in values))
    return [level for level in sorted(set(allowed)) if float((values == level).sum()) / n >= min_support]


def direction_of(values: Floats, window: tuple[float, float]) -> str:
    """``lower``, ``higher`` or ``inside``: where the units outside the window have to move."""
    raised = float((values < window[0]).sum())
    lowered = float((values > window[1]).sum())
    moved = raised + lowered
    if raised <= ONE_SIDED * moved:
        return "lower"
    return "higher" if lowered <= ONE_SIDED * moved else "inside"
