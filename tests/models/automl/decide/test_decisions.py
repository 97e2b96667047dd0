"""The bundle that a model carries."""

import json

import numpy as np
import pytest

from ingest.errors import StudyError
from models.automl.decide import Costs, Decisions
from models.automl.metrics import measure


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _binary(n: int = 2000):
    rng = _rng()
    sure = rng.random(n)
    return (rng.random(n) < sure).astype(float), np.column_stack([1 - sure**2, sure**2]), sure


def test_a_classifier_is_calibrated_and_decides_by_cost():
    truth, raw, sure = _binary()
    costs = Costs.parse({"bad": 1, "missed": 9, "false_stop": 1}, (0, 1))
    found = Decisions.fit("classification", truth, raw, np.arange(2000), "roc_auc", _rng(), costs=costs)
    p = found.probabilities(raw)
    assert np.abs(p[:, 1] - sure).mean() < 0.05
    assert (found.decide(p) == 1).mean() == pytest.approx(0.9, abs=0.05)
    back = Decisions.from_dict(json.loads(json.dumps(found.to_dict())))
    assert (back.decide(back.probabilities(raw)) == found.decide(p)).all()


def test_metrics_of_decisions_judge_what_is_decided():
    truth, raw, _ = _binary()
    costs = Costs.parse({"bad": 1, "missed": 9, "false_stop": 1}, (0, 1))
    found = Decisions.fit("classification", truth, raw, np.arange(2000), "roc_auc", _rng(), costs=costs)
    p = found.probabilities(raw)
    assert found.judged("roc_auc", p) is p
    assert measure("recall", truth, found.judged("recall", p)) > 0.98 > measure("recall", truth, p)


def test_weights_are_taken_out_again():
    truth, _, sure = _binary()
    weights = np.array([0.2, 1.8])
    tilted = np.column_stack([(1 - sure) * 0.2, sure * 1.8])
    tilted /= tilted.sum(1, keepdims=True)
    found = Decisions.fit("classification", truth, tilted, np.arange(2000), "neg_log_loss", _rng(), weights=weights)
    assert found.calibration.kind == "identity"
    assert found.probabilities(tilted)[:, 1] == pytest.approx(sure)


def test_a_regression_gets_bounds():
    rng = _rng()
    found = Decisions.fit("regression", rng.normal(size=500), np.zeros(500), np.arange(500), "r2", rng)
    low, high = found.bounds(np.zeros(3), 0.8)
    assert low == pytest.approx(-1.28, abs=0.2)
    assert high == pytest.approx(1.28, abs=0.2)
    assert Decisions.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_nothing_tested_changes_nothing():
    none = Decisions.fit("classification", np.zeros(0), np.zeros((0, 2)), np.arange(0), "f1", _rng())
    raw = np.array([[0.4, 0.6]])
    assert (none.probabilities(raw) == raw).all()
    assert none.decide(raw).tolist() == [1]
    assert Decisions() == none
    with pytest.raises(StudyError, match="no prediction intervals"):
        none.bounds(np.zeros(1))


def test_what_is_refused():
    with pytest.raises(StudyError, match="NaN"):
        Decisions.fit("regression", np.zeros(2), np.array([0.0, np.nan]), np.arange(2), "r2", _rng())
    with pytest.raises(StudyError, match="cannot be read"):
        Decisions.from_dict({})
    with pytest.raises(StudyError, match="positive"):
        Decisions.from_dict({**Decisions().to_dict(), "class_weights": [1.0, 0.0]})


def test_one_class_only():
    raw = np.tile([0.3, 0.7], (50, 1))
    found = Decisions.fit("classification", np.ones(50), raw, np.arange(50), "f1", _rng())
    assert found.decide(found.probabilities(raw)).tolist() == [1] * 50
