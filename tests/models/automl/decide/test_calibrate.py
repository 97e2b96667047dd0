"""Calibration undoes what was done to honest probabilities, and leaves honest ones alone."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit, softmax

from ingest.errors import StudyError
from models.automl.decide.calibrate import Calibration, fit
from models.automl.metrics import measure


def _binary(bend, n: int = 4000, seed: int = 0):
    """Classes drawn from honest probabilities, and the probabilities bent."""
    rng = np.random.default_rng(seed)
    honest = expit(rng.normal(size=n) * 2 - 1)
    truth = (rng.random(n) < honest).astype(np.int64)
    bent = bend(honest)
    return truth, np.column_stack([1 - bent, bent]), np.column_stack([1 - honest, honest]), rng


@pytest.mark.parametrize(
    "bend",
    [
        lambda p: expit(3 * logit(p)),
        lambda p: expit(0.4 * logit(p) + 1),
        lambda p: p**3,
        lambda p: np.where(p > 0.3, 0.6 + 0.4 * p, 0.1 * p),
    ],
    ids=["too sure", "too timid", "one end", "a step"],
)
def test_bent_probabilities_are_straightened(bend):
    truth, raw, _, rng = _binary(bend)
    found = fit(truth, raw, np.arange(4000), rng)
    assert found.kind != "identity"
    fresh, bent, right, _ = _binary(bend, seed=1)
    best = measure("neg_log_loss", fresh, right)
    assert measure("neg_log_loss", fresh, found.apply(bent)) > best - 0.01
    assert measure("neg_log_loss", fresh, bent) < best - 0.03
    assert measure("roc_auc", fresh, found.apply(bent)) == pytest.approx(measure("roc_auc", fresh, bent), abs=1e-12)
    assert found.apply(bent).sum(1) == pytest.approx(1)


def test_honest_probabilities_are_mostly_left_alone_and_never_harmed():
    kinds = []
    for seed in range(10):
        truth, raw, _, rng = _binary(lambda p: p, 600, seed)
        found = fit(truth, raw, np.arange(600), rng)
        kinds.append(found.kind)
        fresh, same, _, _ = _binary(lambda p: p, 4000, seed + 100)
        assert measure("neg_log_loss", fresh, found.apply(same)) > measure("neg_log_loss", fresh, same) - 0.01
    assert kinds.count("identity") >= 7


def test_many_classes_are_cooled_and_shifted():
    rng = np.random.default_rng(0)
    score = rng.normal(size=(3000, 4)) * 2
    honest = softmax(score, axis=1)
    truth = (honest.cumsum(1) < rng.random((3000, 1))).sum(1)
    cold = softmax(2.5 * score, axis=1)
    found = fit(truth, cold, np.arange(3000), rng)
    assert found.kind == "temperature"
    assert found.numbers[0] == pytest.approx(0.4, abs=0.05)
    assert (found.apply(cold).argmax(1) == cold.argmax(1)).all()
    shifted = fit(truth, softmax(score + np.array([0, 2, 0, -2]), axis=1), np.arange(3000), rng)
    assert shifted.kind == "vector"


def test_too_little_to_learn_from_changes_nothing():
    rng = np.random.default_rng(0)
    raw = np.tile([0.2, 0.8], (100, 1))
    assert fit(np.zeros(100, dtype=np.int64), raw, np.arange(100), rng).kind == "identity"
    assert fit(np.arange(100) % 2, raw, np.arange(100) % 3, rng).kind == "identity"


def test_equal_probabilities_become_the_share():
    rng = np.random.default_rng(0)
    truth = (rng.random(2000) < 0.1).astype(np.int64)
    raw = np.full((2000, 2), 0.5)
    found = fit(truth, raw, np.arange(2000), rng)
    assert found.apply(raw)[0, 1] == pytest.approx(truth.mean(), abs=0.01)


def test_certainty_that_is_wrong_is_survived():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2000)
    sure = np.where(rng.random(2000) < 0.9, truth, 1 - truth).astype(float)
    found = fit(truth, np.column_stack([1 - sure, sure]), np.arange(2000), rng)
    assert found.apply(np.array([[0.0, 1.0]]))[0, 1] == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    "calibration",
    [
        Calibration(),
        Calibration("platt", (2.0, 0.1)),
        Calibration("beta", (1.0, 0.5, 0.1)),
        Calibration("isotonic", (0.1, 0.5, 0.9, 0.0, 0.4, 1.0)),
        Calibration("vector", (0.5, 0.1, -0.1)),
    ],
)
def test_json_and_back_and_never_beyond_one(calibration: Calibration):
    back = Calibration.from_dict(json.loads(json.dumps(calibration.to_dict())))
    raw = np.array([[1.0, 0.0], [0.3, 0.7], [0.0, 1.0]])
    assert (back.apply(raw) == calibration.apply(raw)).all()
    assert (calibration.apply(raw) >= 0).all()
    assert (np.diff(calibration.apply(raw)[:, 1]) > 0).all()


def test_foreign_files_are_refused():
    with pytest.raises(StudyError, match="'magic' is not one of"):
        Calibration.from_dict({"kind": "magic", "numbers": []})
    with pytest.raises(StudyError, match="not finite"):
        Calibration.from_dict({"kind": "platt", "numbers": [float("nan"), 1.0]})
