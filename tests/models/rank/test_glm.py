"""The penalised model against scikit-learn and against refits from scratch."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from models.rank.glm import fit, merge_groups, sigmoid, solve

RNG = np.random.default_rng(0)
N = 2000
PHI = np.column_stack([np.ones(N), RNG.normal(size=(N, 6))])
BLOCKS = np.array([-1, -1, 0, 0, 1, 1, 1])
CELLS = np.arange(N) // 20
ETA = PHI @ np.array([-1.0, 1.0, 0.5, -0.5, 0, 0, 0])


def test_regression_equals_ridge_at_the_learnt_penalties():
    y = ETA + RNG.normal(size=N)
    found = fit(PHI, y, BLOCKS, CELLS, 100, logistic=False)
    noise = np.mean((y - PHI @ found.beta) ** 2)
    scaled = PHI[:, 1:] / np.sqrt(found.penalty[1:])
    ridge = Ridge(alpha=noise).fit(scaled, y)
    np.testing.assert_allclose(found.beta[1:], ridge.coef_ / np.sqrt(found.penalty[1:]), atol=2e-3)
    assert found.penalty[4] > 10 * found.penalty[2]


def test_classification_equals_penalised_logistic_regression():
    y = (RNG.uniform(size=N) < sigmoid(ETA)).astype(float)
    found = fit(PHI, y, BLOCKS, CELLS, 100, logistic=True)
    scaled = PHI[:, 1:] / np.sqrt(found.penalty[1:])
    other = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(scaled, y)
    np.testing.assert_allclose(found.beta[1:], other.coef_[0] / np.sqrt(found.penalty[1:]), atol=5e-3)


@pytest.mark.parametrize("logistic", [False, True])
def test_a_refit_is_what_fitting_again_gives(logistic: bool):
    y = (RNG.uniform(size=N) < sigmoid(ETA)).astype(float) if logistic else ETA + RNG.normal(size=N)
    found = fit(PHI, y, BLOCKS, CELLS, 100, logistic=logistic)
    weights = RNG.multinomial(100, np.full(100, 0.01)).astype(float)
    quick = found.refit(weights[None, :])[0]
    rows = weights[CELLS]
    slow = found.beta.copy()
    scale = 1.0 if logistic else np.mean((y - PHI @ found.beta) ** 2)
    for _ in range(20):
        mu = sigmoid(PHI @ slow) if logistic else PHI @ slow
        variance = mu * (1 - mu) if logistic else np.ones(N)
        hessian = PHI.T @ (PHI * (rows * variance)[:, None]) / scale + np.diag(found.penalty)
        slow = slow + np.linalg.solve(hessian, PHI.T @ (rows * (y - mu)) / scale - found.penalty * slow)
    spread = np.abs(slow - found.beta).max()
    assert np.abs(quick - slow).max() < 0.15 * spread


def test_separable_data_stay_finite():
    y = (PHI[:, 1] > 0).astype(float)
    found = fit(PHI, y, BLOCKS, CELLS, 100, logistic=True)
    assert np.isfinite(found.beta).all()


def test_groups_are_merged_whole():
    groups = np.arange(5000) // 5
    cells, count = merge_groups(groups, 1000)
    assert count == 200
    assert all(len(set(cells[groups == group])) == 1 for group in range(0, 1000, 97))
    assert np.bincount(cells).min() == np.bincount(cells).max() == 25
    assert (np.diff(cells) >= 0).all()


def test_a_start_nearby_ends_in_the_same_place():
    y = ETA + RNG.normal(size=N)
    cold = solve(PHI, y, BLOCKS, CELLS, 100, logistic=False)
    warm = solve(PHI, y, BLOCKS, CELLS, 100, logistic=False, start=(cold.beta, cold.lam))
    np.testing.assert_allclose(warm.beta, cold.beta, atol=2e-3)


def test_without_a_column_the_others_take_over_as_in_a_fit_without_it():
    y = ETA + RNG.normal(size=N)
    phi = PHI.copy()
    phi[:, 2] = 0.8 * phi[:, 1] + 0.6 * phi[:, 2]
    found = fit(phi, y, np.full(7, -1), CELLS, 100, logistic=False)
    gone = np.arange(7) == 1
    left = phi[:, ~gone]
    np.testing.assert_allclose(found.without(gone)[~gone], np.linalg.lstsq(left, y, rcond=None)[0], atol=5e-3)
    assert found.without(gone)[1] == pytest.approx(0, abs=1e-12)
