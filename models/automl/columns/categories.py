"""Categories: a code per level that later tables share, whatever their dtype; of many levels, rare ones share one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from models.automl.columns.cells import Cells, as_words, refused
from models.automl.matrix import Floats

__all__ = ["CategoryRecipe"]

MOST_LEVELS = 50
"""Up to here every level keeps its code."""
MOST_KEPT = 1000
"""Of more levels, so many of the most frequent keep theirs …"""
FEWEST = 5
"""… if they were seen so often; nothing can be learnt from fewer rows."""


@dataclass(frozen=True)
class CategoryRecipe:
    """A category as the code of its level in sorted order.

    Where there are many levels, those seen rarely, and those never seen in training, share the code after the last:
    what was learnt of rare levels is the best guess for a new one. A second feature says how frequent the level is.
    Where there are few levels, one that training had not seen is NaN, as a missing one is.

    ``levels``: kept, sorted. ``shares``: of all levels, the share of the filled rows; empty where there are few.
    """

    column: str
    levels: tuple[str, ...]
    shares: Mapping[str, float]

    kind = "category"

    @classmethod
    def fit(cls, column: str, content: Cells) -> Self:
        """Which levels keep a code."""
        words = as_words(content)
        counts = words.counts()
        if len(words.levels) <= MOST_LEVELS:
            return cls(column, words.levels, {})
        order = sorted(range(len(counts)), key=lambda at: (-counts[at], words.levels[at]))
        kept = sorted(words.levels[at] for at in order[:MOST_KEPT] if counts[at] >= FEWEST)
        total = int(counts.sum())
        shares = {level: count / total for level, count in zip(words.levels, counts.tolist(), strict=True)}
        return cls(column, tuple(kept), shares)

    @property
    def features(self) -> tuple[tuple[str, int], ...]:
        """Name and levels of each feature."""
        if not self.shares:
            return ((self.column, len(self.levels)),)
        share = (f"{self.column}:share", 0)
        return ((self.column, len(self.levels) + 1), share) if self.levels else (share,)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {level: code for code, level in enumerate(self.levels)}

    def fill(self, content: Cells, out: Floats) -> None:
        """Write (n, 1), or (n, 2) where there are many levels. Raises `StudyError` for instants."""
        if content.form in ("instant", "strange"):
            raise refused(self.column, content, "categories")
        words = as_words(content)
        other = float(len(self.levels)) if self.shares else np.nan
        codes = [float(self._codes.get(level, other)) for level in words.levels]
        if self.levels:
            out[:, 0] = np.array([*codes, np.nan])[words.codes]
        if self.shares:
            out[:, -1] = np.array([*(self.shares.get(level, 0.0) for level in words.levels), np.nan])[words.codes]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"kind": self.kind, "column": self.column, "levels": list(self.levels), "shares": dict(self.shares)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        levels = tuple(str(level) for level in content["levels"])
        if list(levels) != sorted(set(levels)):
            raise ValueError("levels are not sorted")
        return cls(str(content["column"]), levels, {str(key): float(share) for key, share in content["shares"].items()})
