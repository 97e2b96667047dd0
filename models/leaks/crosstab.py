"""Levels against classes: how often each level holds each class, and what that would be by chance."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.leaks.view import Ints

__all__ = ["Crosstab", "crosstab"]

RATIO = 0.1
"""Errors left, as a share of the errors without the column, below which levels count as standing for classes."""
LEAST_ERRORS = 10
COMMON = 0.7


@dataclass(frozen=True)
class Crosstab:
    """``counts``: (levels, classes)."""

    counts: Ints

    @cached_property
    def n(self) -> int:
        """Rows counted."""
        return int(self.counts.sum())

    @cached_property
    def impure(self) -> float:
        """Share of rows that are not of the most frequent class of their level."""
        return 1 - float(self.counts.max(axis=1).sum()) / max(self.n, 1)

    @cached_property
    def one_class(self) -> bool:
        """Is there one class only?"""
        return bool((self.counts.sum(axis=0) > 0).sum() < 2)

    @cached_property
    def all_classes(self) -> bool:
        """Is every class that occurs the most frequent one of some level?"""
        tops = set(self.counts.argmax(axis=1)[self.counts.sum(axis=1) > 0])
        return tops >= set(np.flatnonzero(self.counts.sum(axis=0)))

    @cached_property
    def surprising(self) -> bool:
        """Are far fewer rows impure than without the column, and more than a handful explained by each level?"""
        without = self.n - int(self.counts.sum(axis=0).max())
        levels = int((self.counts.sum(axis=1) > 0).sum())
        left = self.impure * self.n
        return without >= max(LEAST_ERRORS, 2 * levels) and left <= RATIO * without

    def best_pair(self) -> tuple[int, int, float]:
        """The level and class (none too common) that match best, and the share of their union that is both."""
        sizes = self.counts.sum(axis=0)
        both = self.counts.sum(axis=1)[:, None] + sizes[None, :] - self.counts
        # A class of nearly all rows is matched by anything that hardly varies.
        share = np.where(sizes <= COMMON * self.n, self.counts / np.maximum(both, 1), 0.0)
        level, label = np.unravel_index(int(share.argmax()), share.shape)
        return int(level), int(label), float(share[level, label])


def crosstab(codes: Ints, labels: Ints, levels: int, classes: int) -> Crosstab:
    """Counts of each level (0 … levels-1) and class (0 … classes-1); -1 in ``codes`` is not counted."""
    seen = codes >= 0
    flat = np.bincount(codes[seen] * classes + labels[seen], minlength=levels * classes)
    return Crosstab(flat.reshape(levels, classes).astype(np.int64))
