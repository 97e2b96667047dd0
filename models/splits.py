"""Who learns and who is tested: forward in time with groups whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Split", "blocks", "forward"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Row positions, ascending, without overlap."""

    train: Ints
    test: Ints


def blocks(groups: Ints, shares: Sequence[float]) -> Ints:
    """The block (0 is the oldest) that each row belongs to. (n,)

    ``groups``: (n,) codes 0 … without gaps, in order of time. A group belongs to the block where it ended, so no group
    is in two. ``shares`` of the rows, oldest block first, are met as nearly as whole groups allow; a block before the
    last is rather too large than too small. Fewer groups than blocks leave the newest blocks empty.

    >>> blocks(np.array([0, 0, 1, 1, 2, 2, 3, 3]), (0.5, 0.25, 0.25))
    array([0, 0, 0, 0, 1, 1, 2, 2])
    """
    n, count = len(groups), int(groups.max()) + 1
    last = np.zeros(count, dtype=np.int64)
    np.maximum.at(last, groups, np.arange(n))
    order = np.argsort(last, kind="stable")
    filled = np.cumsum(np.bincount(groups, minlength=count)[order])
    wanted = np.cumsum(shares[:-1]) / sum(shares) * n
    # How many groups are in the blocks up to each cut; every later block gets at least one.
    cuts = np.searchsorted(filled, wanted - 1e-9) + 1
    room = count - np.arange(len(cuts), 0, -1)
    for place in range(len(cuts)):
        before = int(cuts[place - 1]) if place else 0
        cuts[place] = max(before + 1, min(int(cuts[place]), int(room[place])))
    block = np.zeros(count, dtype=np.int64)
    block[order] = np.searchsorted(cuts, np.arange(count), side="right")
    return block[groups]


def forward(groups: Ints, share: float = 0.25) -> Split:
    """Train on the past, test on the newest units.

    ``groups``: (n,) in order of time, never on both sides. The test side holds about ``share`` of the units, and at
    least one group; one group alone leaves it empty.

    >>> forward(np.array([0, 0, 1, 1, 2, 2, 3, 3])).test
    array([6, 7])
    """
    inside = blocks(groups, (1 - share, share)) == 1
    return Split(np.flatnonzero(~inside), np.flatnonzero(inside))
