"""A ridge-penalised linear or logistic model whose penalties are learnt from the data, and its group bootstrap.

Model: ``eta = Phi beta``; regression ``E y = eta``, classification ``P(y = 1) = 1 / (1 + exp(-eta))``. The columns of
``Phi`` fall into blocks; block j has the prior ``beta_j ~ N(0, 1/lambda_j)``. The penalties maximise the marginal
likelihood by the fixed-point rule ``lambda_j <- gamma_j phi / |beta_j|^2`` with the effective degrees of freedom
``gamma_j = m_j - lambda_j tr(V_jj)`` (MacKay 1992; Wood and Fasiolo 2017 for the generalised case), so a block that
does not matter is shrunk away and one that matters is left nearly alone. ``phi`` is the dispersion between groups:
units of one lot share their luck, and count as less than independent ones.

Refits with other weights per group (bootstrap, halves) start at ``beta`` and take one Newton step from gradients and
Hessians summed per group: exact for regression at given penalties, second-order accurate for classification.

Limits: the penalties are not learnt again in a refit; more than `MOST_CELLS` groups are merged into that many.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_CELLS", "Fit", "Solution", "fit", "merge_groups", "sigmoid", "solve"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_CELLS = 200
"""Resampling units at most; merging more groups than this leaves the variance of a mean as it is."""
WEAK = 1e-3
"""Prior precision of unpenalised columns (they are scaled to unit variance): keeps separable data finite."""
ROUNDS = 25
GONE = 1e4
"""A block with this penalty is shrunk away; how far beyond it goes does not matter."""
START = 10.0
MOST_ETA = 30.0
LEAST_SCALE = 1e-6
"""Noise variance at least: a regression's target has unit variance, and nothing is foretold without error."""


def sigmoid(eta: Floats) -> Floats:
    """The logistic function, safe for large arguments."""
    return 1.0 / (1.0 + np.exp(-np.clip(eta, -MOST_ETA, MOST_ETA)))


def merge_groups(groups: Ints, n_groups: int) -> tuple[Ints, int]:
    """Resampling cells: the groups, or runs of neighbouring groups where there are more than `MOST_CELLS`.

    Neighbours go together because they are alike: what one lot hands on to the next stays inside a cell.
    """
    if n_groups <= MOST_CELLS:
        return groups, n_groups
    return groups * MOST_CELLS // n_groups, MOST_CELLS


@dataclass(frozen=True)
class Fit:
    """A fitted model and what its refits need.

    ``beta``: shape (p,). ``penalty``: shape (p,). ``gradients``: (cells, p), scores of each cell at ``beta``.
    ``hessians``: (cells, p, p), expected information of each cell at ``beta``.
    """

    beta: Floats
    lam: Floats
    penalty: Floats
    gradients: Floats
    hessians: Floats
    logistic: bool
    cover: Floats
    """(p, p) inverse of the penalised information."""

    def mean(self, eta: Floats) -> Floats:
        """Expected loss at a linear predictor."""
        return sigmoid(eta) if self.logistic else eta

    def refit(self, weights: Floats) -> Floats:
        """Coefficients under other weights per cell. ``weights``: (draws, cells) → (draws, p)."""
        p = len(self.beta)
        flat = self.hessians.reshape(len(self.hessians), p * p)
        out = np.empty((len(weights), p))
        start = self.penalty * self.beta
        for first in range(0, len(weights), 32):
            part = weights[first : first + 32]
            hessian = (part @ flat).reshape(-1, p, p)
            hessian[:, np.arange(p), np.arange(p)] += self.penalty
            step = np.linalg.solve(hessian, (part @ self.gradients - start)[:, :, None])[:, :, 0]
            out[first : first + 32] = self.beta + step
        return out

    def without(self, columns: NDArray[np.bool_]) -> Floats:
        """Coefficients if some columns had not been there, to second order. ``columns``: (p,)."""
        own = self.cover[np.ix_(columns, columns)]
        return np.asarray(self.beta - self.cover[:, columns] @ np.linalg.solve(own, self.beta[columns]))

    def flipped(self, columns: NDArray[np.bool_], signs: Floats) -> Floats:
        """Coefficients of some columns if they did nothing: what the cells say of them, with random signs.

        ``signs``: (draws, cells) → (draws, columns).
        """
        return np.asarray(signs @ (self.gradients @ self.cover[:, columns]))


def _dispersion(residual: Floats, variance: Floats, cells: Ints, n_cells: int) -> float:
    """Variance of the cells' summed residuals over what independent units would give; at least 1."""
    spread = np.bincount(cells, residual, minlength=n_cells)
    expected = np.bincount(cells, variance, minlength=n_cells)
    return float(max(1.0, (spread**2).sum() / max(expected.sum(), 1e-12)))


@dataclass(frozen=True)
class Solution:
    """Coefficients at learnt penalties. ``cover``: (p, p) inverse of the penalised information. ``mu``: (n,).

    ``lam``: (blocks,) the penalties.
    """

    beta: Floats
    lam: Floats
    penalty: Floats
    cover: Floats
    mu: Floats
    scale: float


def fit(phi: Floats, y: Floats, blocks: Ints, cells: Ints, n_cells: int, *, logistic: bool) -> Fit:
    """Fit coefficients and penalties, and keep what refits need. Arguments as for `solve`."""
    return _finish(phi, y, solve(phi, y, blocks, cells, n_cells, logistic=logistic), cells, n_cells, logistic)


def solve(
    phi: Floats,
    y: Floats,
    blocks: Ints,
    cells: Ints,
    n_cells: int,
    *,
    logistic: bool,
    start: tuple[Floats, Floats] | None = None,
) -> Solution:
    """Coefficients and penalties. ``start``: coefficients and penalties of a model like this one, nearly right.

    ``phi``: (n, p) with the intercept first. ``y``: (n,), 0/1 if ``logistic``. ``blocks``: (p,), -1 for columns that
    are not penalised, else 0, 1, …. ``cells``: (n,) resampling unit of each row, 0 … n_cells-1.
    """
    p = phi.shape[1]
    if start is None:
        lam, beta = np.full(int(blocks.max()) + 1, START), np.zeros(p)
        beta[0] = np.log((y.mean() + 1e-9) / (1 - y.mean() + 1e-9)) if logistic else y.mean()
    else:
        beta, lam = start
    penalty = _spread_penalties(lam, blocks)
    scale = 1.0
    gram = None if logistic else phi.T @ phi
    cover: Floats = np.eye(p)
    for _ in range(ROUNDS):
        mu = sigmoid(phi @ beta) if logistic else phi @ beta
        variance = mu * (1 - mu) + 1e-9 if logistic else np.full(len(y), scale)
        information = _gram(phi, variance) if gram is None else gram / scale
        gradient = phi.T @ (y - mu) / (1.0 if logistic else scale) - penalty * beta
        cover = np.asarray(np.linalg.inv(information + np.diag(penalty)))
        step = cover @ gradient
        if logistic:
            step = _damped(phi, y, beta, penalty, step)
        beta = beta + step
        if not logistic:
            scale = max(float(np.mean((y - phi @ beta) ** 2)), LEAST_SCALE)
        before = lam
        lam = _penalties(beta, cover, blocks, lam, _dispersion(y - mu, variance, cells, n_cells))
        penalty = _spread_penalties(lam, blocks)
        moved = np.abs(np.log(lam / before))[lam < GONE].max(initial=0.0)
        if moved < 0.1 and np.abs(step).max() < 1e-3 * (np.abs(beta).max() + 1):
            break
    mu = sigmoid(phi @ beta) if logistic else phi @ beta
    return Solution(beta, lam, penalty, cover, mu, scale)


def _gram(phi: Floats, weights: Floats) -> Floats:
    """Weighted cross products. One matrix with its own transpose: half of the work, for the product is symmetric."""
    weighted = phi * np.sqrt(weights)[:, None]
    return np.asarray(weighted.T @ weighted)


def _spread_penalties(lam: Floats, blocks: Ints) -> Floats:
    penalty = np.append(lam, WEAK)[blocks]
    penalty[0] = 0.0
    return penalty


def _damped(phi: Floats, y: Floats, beta: Floats, penalty: Floats, step: Floats) -> Floats:
    """The Newton step, halved until the penalised likelihood does not fall."""

    def height(at: Floats) -> float:
        eta = np.clip(phi @ at, -MOST_ETA, MOST_ETA)
        return float((y * eta - np.logaddexp(0.0, eta)).sum() - 0.5 * (penalty * at * at).sum())

    here = height(beta)
    for _ in range(8):
        if height(beta + step) >= here - 1e-9 * abs(here):
            return step
        step = step / 2
    return step * 0.0


def _penalties(beta: Floats, cover: Floats, blocks: Ints, lam: Floats, spread: float) -> Floats:
    diagonal = np.diag(cover)
    new = lam.copy()
    for block in range(len(lam)):
        own = blocks == block
        size = int(own.sum())
        free = min(max(size - lam[block] * float(diagonal[own].sum()), 1e-3), size)
        # The prior variance is the mean square of the coefficients beyond what the overdispersed noise explains.
        target = free * spread / max(float((beta[own] ** 2).sum()), 1e-12)
        new[block] = np.clip(target, lam[block] / 30, lam[block] * 30).clip(1e-4, 1e6)
    return new


def _finish(phi: Floats, y: Floats, found: Solution, cells: Ints, n_cells: int, logistic: bool) -> Fit:
    mu, scale = found.mu, found.scale
    root = np.sqrt(mu * (1 - mu) + 1e-9) if logistic else np.full(len(y), scale**-0.5)
    p = phi.shape[1]
    gradients, hessians = np.zeros((n_cells, p)), np.zeros((n_cells, p, p))
    order = np.argsort(cells, kind="stable")
    edges = np.searchsorted(cells[order], np.arange(n_cells + 1))
    residual = (y - mu) / (1.0 if logistic else scale)
    for cell in range(n_cells):
        rows = order[edges[cell] : edges[cell + 1]]
        part = phi[rows]
        gradients[cell] = residual[rows] @ part
        weighted = part * root[rows, None]
        hessians[cell] = weighted.T @ weighted
    return Fit(found.beta, found.lam, found.penalty, gradients, hessians, logistic, found.cover)
