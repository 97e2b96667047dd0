"""How far a forecast may be off, from how far the rolling origins were off.

s(h)^2 = a + b h, a and b of 0 or more, fitted to the squared errors at each horizon h by non-negative least squares:
most errors grow with the horizon, and beyond the longest horizon tried they grow on. The half-width at level p is q(p)
s(h), q(p) the quantile of |error| / s(h) with rank ceil((m+1) p) of m errors; beyond the largest, the largest or the
normal law's, whichever is wider. Nothing is assumed about the shape of the errors.

Limits: errors of one origin depend on each other, so the coverage holds for many horizons together, not for each one.
Source: split conformal prediction (Vovk, Gammerman and Shafer 2005) with a scale by horizon.

>>> horizon = np.tile(np.arange(1, 101), 3)
>>> errors = np.random.default_rng(0).normal(size=300) * np.sqrt(horizon)
>>> Spread.of(errors, horizon).half(np.array([1, 100]), 0.95).round(0)
array([ 2., 20.])
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.optimize import nnls
from scipy.special import ndtri

from models.automl.matrix import Floats, Ints
from models.tasks.arrays import packed, unpacked

__all__ = ["Spread"]

KEPT = 1000
"""Sorted errors that are kept, evenly drawn from all."""


@dataclass(frozen=True)
class Spread:
    """``constant``: a; ``growth``: b; ``scaled``: sorted |error| / s(h)."""

    constant: float
    growth: float
    scaled: Floats

    @classmethod
    def of(cls, errors: Floats, horizon: Ints) -> Self:
        """From errors (m,) and how many steps ahead each was."""
        squares = np.square(errors)
        design = np.column_stack([np.ones(len(errors)), horizon])
        # Large errors are noisier, so that small horizons are not drowned each row counts by one over its horizon.
        weight = 1.0 / np.sqrt(horizon)
        (constant, growth), _ = nnls(design * weight[:, None], squares * weight)
        scale = np.sqrt(np.maximum(constant + growth * horizon, 1e-300))
        scaled = np.sort(np.abs(errors) / scale).astype(np.float32).astype(np.float64)
        if len(scaled) > KEPT:
            scaled = scaled[np.linspace(0, len(scaled) - 1, KEPT).astype(int)]
        return cls(float(constant), float(growth), scaled)

    def half(self, ahead: Ints, level: float) -> Floats:
        """Half the width of the interval at each horizon, (m,)."""
        m = len(self.scaled)
        rank = int(np.ceil((m + 1) * level))
        if rank <= m:
            quantile = float(self.scaled[rank - 1])
        else:
            quantile = max(float(self.scaled[-1]), float(ndtri((1 + level) / 2)))
        return np.asarray(quantile * np.sqrt(self.constant + self.growth * ahead))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"constant": self.constant, "growth": self.growth, "scaled": packed(self.scaled, "<f4")}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(float(content["constant"]), float(content["growth"]), unpacked(content["scaled"]))
