"""Who learns and who is tested: forward in time and at random, groups whole where it matters."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Split", "forward", "group_folds", "random_rows"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Row positions, ascending, without overlap."""

    train: Ints
    test: Ints


def forward(groups: Ints, share: float = 0.25) -> Split:
    """Train on the past, test on the newest units.

    ``groups``: (n,) in order of time. A group belongs to the side where it ended, so no group is on both. The test
    side holds about ``share`` of the units; one group alone leaves it empty.

    >>> forward(np.array([0, 0, 1, 1, 2, 2, 3, 3])).test
    array([6, 7])
    """
    n = len(groups)
    last = np.zeros(int(groups.max()) + 1, dtype=np.int64)
    np.maximum.at(last, groups, np.arange(n))
    order = np.argsort(last, kind="stable")
    sizes = np.bincount(groups, minlength=len(last))[order]
    after = n - np.cumsum(sizes)
    # The cut after the group that leaves nearest to the wanted share; the last group is always tested.
    cut = int(np.argmin(np.abs(after[:-1] - share * n))) if len(after) > 1 else 0
    tested = np.zeros(len(last), dtype=np.bool_)
    tested[order[cut + 1 :]] = True
    inside = tested[groups]
    return Split(np.flatnonzero(~inside), np.flatnonzero(inside))


def random_rows(n: int, rng: np.random.Generator, share: float = 0.25) -> Split:
    """The split of textbooks: it flatters where neighbours are alike, and the gap to `forward` says how much."""
    inside = np.zeros(n, dtype=np.bool_)
    inside[rng.permutation(n)[: max(1, round(share * n))]] = True
    return Split(np.flatnonzero(~inside), np.flatnonzero(inside))


def group_folds(groups: Ints, n_groups: int, folds: int, rng: np.random.Generator) -> Iterator[Split]:
    """``folds`` splits by whole groups; every unit is tested once."""
    fold = (rng.permutation(n_groups) % folds)[groups]
    for place in range(min(folds, n_groups)):
        inside = fold == place
        yield Split(np.flatnonzero(~inside), np.flatnonzero(inside))
