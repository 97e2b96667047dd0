"""Ordinary least squares with standard errors that survive autocorrelation (Newey and West 1987).

b = (X'X)⁻¹ X'y; V = (X'X)⁻¹ [Γ₀ + Σ_{l=1..L} (1 − l/(L+1)) (Γ_l + Γ_l')] (X'X)⁻¹, Γ_l = Σ_t u_t u_{t−l}
x_t x_{t−l}'. Shapes: X (n, p), y (n,). Residuals of energy repeat themselves from hour to hour and from day to day;
the plain formula would take 700 hours for 700 independent facts. Valid for n well above L; L = 0 is White's formula.
Rows count as neighbours although a gap may lie between them, which makes V a little too small or too large, never
absurd.

>>> fit = least_squares(np.column_stack([np.ones(4), [0.0, 1.0, 2.0, 3.0]]), np.array([1.0, 3.0, 5.0, 7.0]), lags=1)
>>> np.round(fit.coef, 6).tolist()
[1.0, 2.0]
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["Fit", "independent", "inflation", "least_squares", "rule_of_thumb"]

Floats = NDArray[np.float64]

DEPENDENT = 1e-8
"""A column whose part orthogonal to the earlier ones is smaller than this share of it says nothing new."""


@dataclass(frozen=True)
class Fit:
    """``coef`` (p,), ``cov`` (p, p), ``residual`` (n,)."""

    coef: Floats
    cov: Floats
    residual: Floats

    def p_values(self, freedom: float) -> Floats:
        """Two-sided, of each coefficient against zero, by Student's t."""
        error = np.sqrt(np.maximum(np.diag(self.cov), 1e-300))
        return np.asarray(2 * stats.t.sf(np.abs(self.coef) / error, max(freedom, 1.0)))


def least_squares(x: Floats, y: Floats, lags: int, held: int = 0) -> Fit:
    """Fit ``y`` on the columns of ``x``, which must be independent. The last ``held`` coefficients are kept at zero.

    Held columns are directions in which the model was already moved to its best place (a change-point): they have an
    error, and make that of the others larger, but no estimate of their own.
    """
    p = x.shape[1]
    bread = np.linalg.inv(x.T @ x)
    free = x[:, : p - held]
    coef = np.concatenate([np.linalg.solve(free.T @ free, free.T @ y), np.zeros(held)])
    residual = y - x @ coef
    score = x * residual[:, None]
    meat = score.T @ score
    for lag in range(1, min(lags, len(y) - 1) + 1):
        gamma = score[lag:].T @ score[:-lag]
        meat += (1 - lag / (lags + 1)) * (gamma + gamma.T)
    cov = bread @ meat @ bread
    return Fit(coef, cov, residual)


def independent(x: Floats) -> list[int]:
    """Places of the columns that are no combination of earlier ones (Gram-Schmidt)."""
    kept: list[int] = []
    basis: list[Floats] = []
    for place in range(x.shape[1]):
        column = x[:, place].astype(np.float64)
        size = float(np.linalg.norm(column))
        for _ in range(2):  # once more, for what rounding left
            for known in basis:
                column = column - known * (known @ column)
        rest = float(np.linalg.norm(column))
        if size > 0 and rest > np.sqrt(DEPENDENT) * size:
            kept.append(place)
            basis.append(column / rest)
    return kept


def rule_of_thumb(n: int) -> int:
    """Lags for n rows, 4 (n/100)^(2/9) (Newey and West 1994).

    >>> rule_of_thumb(100)
    4
    """
    return int(4 * (n / 100) ** (2 / 9))


def inflation(residual: Floats, most: int) -> float:
    """By how much autocorrelation makes the variance of a sum larger: n / n_effective = 1 + 2 Σ ρ_k.

    The sum ends where two neighbouring ρ add up to less than nothing (Geyer 1992), at lag ``most`` at the latest; never
    below 1, for residuals that only seem to alternate shall promise nothing.

    >>> inflation(np.array([1.0, -1.0, 1.0, -1.0]), 2)
    1.0
    """
    centred = residual - residual.mean()
    power = float(centred @ centred)
    if power <= 0:
        return 1.0
    rho = [float(centred[lag:] @ centred[:-lag]) / power for lag in range(1, min(most, len(centred) - 2) + 1)]
    total = 0.0
    for first in range(0, len(rho) - 1, 2):
        pair = rho[first] + rho[first + 1]
        if pair <= 0:
            break
        total += pair
    return max(1.0, 1 + 2 * total)
