"""Which units make one point of a chart: rational subgroups, in order of time.

Units of a subgroup were made under the same conditions, so what differs between subgroups is what happened in
time. A declared group (lot, shift) is that. Without one it is a calendar day (UTC), so that the cycle of the
shifts is inside every point; a week where there are more than `MOST` days, for the same reason; with less than
`FEWEST` days eight hours, then one hour; without instants equal numbers of units. Neighbours are then merged
until a subgroup holds ``least`` units and there are at most about `MOST`; a small rest joins its neighbour.

**Shapes.** Units (n,) in order of time → `Subgroups` with codes (n,) from 0 to k - 1. **Limits of validity.**
Groups that are made at the same time (machines, teams) are no stretch of time: where a typical group is spread
over more than `SPREAD` times its own length, the calendar is used.

>>> found = subgroups(np.repeat(np.arange(25), 4), "lot", None, 2)
>>> found.by, found.count, found.codes[:5].tolist()
('lot', 25, [0, 0, 0, 0, 1])
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.spc.chart import Floats

__all__ = ["FEWEST", "MOST", "Subgroups", "subgroups"]

Ints = NDArray[np.int64]

FEWEST = 20
"""Points below which limits say little: the standards ask for 20 to 25 subgroups."""
MOST = 100
"""Points that can still be drawn and read."""
BLOCKS = 60
"""Points where nothing but the order is known."""
SPREAD = 2.0
JOINED = 0.9
"""Fewer subgroups than this share of the cells: neighbours were put together, not only a short end."""
CALENDAR = (("week", 168), ("day", 24), ("8h", 8), ("hour", 1))
"""Hours."""
MONDAY = pd.Timestamp("1970-01-05", tz="UTC")


@dataclass(frozen=True)
class Subgroups:
    """``by``: the group's column, ``week``, ``day``, ``8h``, ``hour`` or ``units``; ``merged``: neighbours together.

    ``codes`` (n,): the subgroup of each unit, ascending in time; ``sizes`` (k,).
    """

    by: str
    merged: bool
    codes: Ints
    sizes: Ints

    @property
    def count(self) -> int:
        return len(self.sizes)

    def sums(self, values: Floats) -> Floats:
        """Sum over the units of each subgroup. (n,) → (k,)"""
        return np.asarray(np.bincount(self.codes, weights=values, minlength=self.count), dtype=np.float64)

    def means(self, values: Floats) -> Floats:
        """Mean over the units of each subgroup. (n,) → (k,)"""
        return np.asarray(self.sums(values) / self.sizes)


def _in_time(groups: Ints) -> Ints | None:
    """Groups numbered in order of their middle unit; None where they are no stretches of time."""
    places = pd.Series(np.arange(len(groups))).groupby(groups)
    length = (places.max() - places.min() + 1) / places.size()
    if length.median() > SPREAD:
        return None
    rank = places.median().rank(method="first").astype("int64") - 1
    return np.asarray(pd.Series(groups).map(rank), dtype=np.int64)


def _cells(groups: Ints, group: str, time: pd.Series | None) -> tuple[str, Ints]:
    n = len(groups)
    if group not in ("time_block", "unit"):
        ranked = _in_time(groups)
        if ranked is not None and ranked.max() + 1 >= FEWEST:
            return group, ranked
    if time is not None and pd.api.types.is_datetime64_any_dtype(time.dtype):
        found = {name: _every(time, hours) for name, hours in CALENDAR}
        if found["day"].max() < MOST:
            del found["week"]
        for name, codes in found.items():
            if codes.max() + 1 >= FEWEST:
                return name, codes
    blocks = max(1, min(BLOCKS, n // 2))
    return "units", np.arange(n, dtype=np.int64) * blocks // n


def _every(time: pd.Series, hours: int) -> Ints:
    """Numbers of the stretches of so many hours that hold a unit."""
    return np.asarray(pd.factorize((time - MONDAY) // pd.Timedelta(hours=hours))[0], dtype=np.int64)


def _merge(sizes: Ints, need: float) -> Ints:
    """The subgroup of each cell: neighbours together until they hold ``need`` units."""
    codes, at, filled = np.zeros(len(sizes), dtype=np.int64), 0, 0
    for place, size in enumerate(sizes):
        if filled and filled >= need:
            at, filled = at + 1, 0
        codes[place] = at
        filled += int(size)
    if at and filled < need:
        codes[codes == at] = at - 1
    return codes


def subgroups(groups: Ints, group: str, time: pd.Series | None, least: float) -> Subgroups:
    """``groups``, ``group`` and ``time`` as in `models.study.data.StudyData`; ``least``: units a subgroup needs.

    ``least`` gives way where it would leave fewer than `FEWEST` subgroups.
    """
    by, cells = _cells(groups, group, time)
    sizes = np.bincount(cells)
    wanted = max(len(cells) / MOST, least)
    for need in (wanted, wanted / 2, wanted / 4, 0.0):
        # Where a typical cell is large enough, only those below half of it are joined to their neighbour.
        codes = _merge(sizes, need / 2 if np.median(sizes) >= need else need)
        if codes[-1] + 1 >= FEWEST:
            break
    merged = codes[cells]
    return Subgroups(by, int(codes[-1]) + 1 < JOINED * len(sizes), merged, np.bincount(merged))
