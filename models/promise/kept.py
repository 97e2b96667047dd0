"""Was it done? The share of units made inside the declared window, before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.study.spec import StudySpec

__all__ = ["FOLLOWED", "Kept", "held", "inside", "kept"]

Window = Sequence[float] | Sequence[str]

SLACK = 0.01
"""Of the window's width: what a set-point shows beside its edge is the sensor, not the setting."""
WAY = 0.5
"""Followed: at least half of the units that ran outside before run inside now. Below that nothing was changed that
could have been measured."""
FOLLOWED = 0.8
"""Share inside from which the whole promise is due; the rest is what start-ups and tests take."""


@dataclass(frozen=True)
class Kept:
    """Shares of the units inside the window, and whether that is what was declared."""

    before: float
    after: float

    @property
    def followed(self) -> bool:
        """Did the setting in fact move into the window?"""
        if self.after >= FOLLOWED:
            return True
        return self.after - self.before >= WAY * (1.0 - self.before)

    @property
    def whole(self) -> bool:
        """Is it held well enough for the promise to be due in full?"""
        return self.after >= FOLLOWED


def inside(column: pd.Series, window: Window, step: float | None = None) -> NDArray[np.bool_]:
    """Units inside a window; half a step beside an edge still shows as the edge. Missing values are outside. (n,)

    >>> inside(pd.Series([3.9, 4.0, 5.2, None]), (4.0, 5.0), step=0.5).tolist()
    [True, True, True, False]
    """
    if column.dtype != "float64":
        return np.asarray(column.astype("object").isin([str(level) for level in window]), dtype=np.bool_)
    low, high = (float(edge) for edge in window)
    slack = step / 2 if step is not None else SLACK * (high - low)
    numbers = column.to_numpy(dtype=np.float64)
    return np.asarray((numbers >= low - slack) & (numbers <= high + slack))


def held(features: pd.DataFrame, windows: Mapping[str, Window], spec: StudySpec) -> NDArray[np.bool_]:
    """Units inside every window; a factor that the table has lost is held nowhere. (n,)"""
    found = np.ones(len(features), dtype=np.bool_)
    for factor, window in windows.items():
        if factor not in features.columns:
            return np.zeros(len(features), dtype=np.bool_)
        found &= inside(features[factor], window, spec.factor(factor).step)
    return found


def kept(before: float, features: pd.DataFrame, windows: Mapping[str, Window], spec: StudySpec) -> Kept:
    """``before``: the share then; ``features``: the units since."""
    return Kept(before, float(held(features, windows, spec).mean()) if len(features) else 0.0)
