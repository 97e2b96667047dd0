"""What linear models see of the dense view: the view itself, curves of its numbers, or their products."""

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from models.automl.algorithms.base import Workbench
from models.automl.algorithms.scaled import Scaled, view
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Matrix

__all__ = ["Basis", "expanded"]

WIDEST = 600
"""Columns beyond which an expansion costs more than it brings."""
BENDS = 6
"""Corners of a curve."""


@dataclass(frozen=True)
class Basis:
    """``shape``: linear, curves or squares. ``bends``: (numbers, corners) of the curve of each number."""

    shape: str
    scaled: Scaled
    bends: Floats

    @staticmethod
    def richer(bench: Workbench, rows: int) -> list[str]:
        """The expansions that are worth a trial on so many rows."""
        width, numbers = view(bench)[0].width, len(view(bench)[0].numbers)
        found = []
        if 0 < numbers * BENDS <= WIDEST and rows >= 50:
            found.append("curves")
        if numbers > 1 and width + numbers * (numbers + 1) // 2 <= min(WIDEST, rows):
            found.append("squares")
        return found

    @property
    def width(self) -> int:
        """Columns."""
        numbers = len(self.scaled.numbers)
        more = {"linear": 0, "curves": self.bends.size, "squares": numbers * (numbers + 1) // 2}
        return self.scaled.width + more[self.shape]

    def apply(self, matrix: Matrix) -> Floats:
        """(n, width)."""
        return self.expand(self.scaled.apply(matrix))

    def expand(self, table: Floats) -> Floats:
        """(n, width) from the view."""
        numbers = len(self.scaled.numbers)
        if self.shape == "curves":
            bent = np.maximum(table[:, :numbers, None] - self.bends, 0.0)
            return np.concatenate([table, bent.reshape(len(table), self.bends.size)], axis=1)
        if self.shape == "squares":
            products = [table[:, a] * table[:, b] for a, b in combinations_with_replacement(range(numbers), 2)]
            return np.concatenate([table, np.stack(products, axis=1)], axis=1) if products else table
        return table

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "kind": "basis",
            "shape": self.shape,
            "scaled": self.scaled.to_dict(),
            "bends": self.bends.tolist(),
        }

    @classmethod
    def load(cls, written: Written) -> "Basis":
        """What `to_dict` wrote."""
        shape = written.text("shape", ("linear", "curves", "squares"))
        scaled = Scaled.load(written.part("scaled", "scaled"))
        return cls(shape, scaled, written.numbers("bends", len(scaled.numbers) if shape == "curves" else 0, -1))


def expanded(bench: Workbench, shape: str) -> tuple[Basis, Floats]:
    """The basis, and all rows of the bench in it. Made once."""

    def make() -> tuple[Basis, Floats]:
        scaled, table = view(bench)
        bends = np.zeros((0, 0))
        if shape == "curves":
            shares = (np.arange(BENDS) + 0.5) / BENDS
            bends = np.quantile(table[:, : len(scaled.numbers)], shares, axis=0).T
        basis = Basis(shape, scaled, bends)
        return basis, basis.expand(table)

    made: tuple[Basis, Floats] = bench.once(f"basis:{shape}", make)
    return made
