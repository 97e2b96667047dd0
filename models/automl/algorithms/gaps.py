"""Missing values in columns that had none in training."""

from collections.abc import Mapping

import numpy as np

from models.automl.algorithms.base import Workbench
from models.automl.matrix import Floats

__all__ = ["fill", "filled"]


def fill(bench: Workbench) -> Mapping[int, float]:
    """Place → what a missing value becomes, in columns without one: the median; in categories, a new level."""

    def find() -> dict[int, float]:
        values, levels = bench.matrix.values, bench.matrix.levels
        whole = [place for place in range(bench.matrix.p) if not np.isnan(values[:, place]).any()]
        return {place: float(levels[place] or np.median(values[:, place])) for place in whole if len(values)}

    found: dict[int, float] = bench.once("gaps", find)
    return found


def filled(values: Floats, fill: Mapping[int, float]) -> Floats:
    """The table with those gaps filled; the same array where there are none."""
    gaps = [place for place in fill if np.isnan(values[:, place]).any()]
    if not gaps:
        return values
    values = values.copy()
    for place in gaps:
        values[np.isnan(values[:, place]), place] = fill[place]
    return values
