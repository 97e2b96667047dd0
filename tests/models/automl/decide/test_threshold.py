"""Decisions are the cheapest ones, within capacity; without costs, the best for the metric."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import StudyError
from models.automl.decide.costs import Costs
from models.automl.decide.threshold import Rule, choose, economy
from models.automl.metrics import measure


def _honest(n: int = 5000, seed: int = 0, rare: float = 1.0):
    rng = np.random.default_rng(seed)
    sure = rng.beta(0.5 * rare, 2, n)
    return np.column_stack([1 - sure, sure]), (rng.random(n) < sure).astype(np.int64), rng


@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_the_threshold_is_the_analytic_one(missed: float, false_stop: float):
    costs = Costs.parse({"bad": 1, "missed": missed, "false_stop": false_stop}, (0, 1))
    p, truth, _ = _honest(50)
    rule = choose(p, truth, costs, "neg_log_loss")
    assert rule.threshold == pytest.approx(false_stop / (false_stop + missed))
    clear = np.abs(p[:, 1] - rule.threshold) > 1e-9
    assert (rule.decide(p)[clear] == (p[:, 1] > rule.threshold)[clear]).all()


def test_it_is_the_cheapest_of_all_thresholds():
    p, truth, _ = _honest(20_000)
    costs = Costs.parse({"bad": 1, "missed": 700, "false_stop": 90, "inspection": 15}, (0, 1))
    rule = choose(p, truth, costs, "roc_auc")
    assert rule.threshold == pytest.approx((90 + 15) / (90 + 700))
    paid = costs.table[truth, rule.decide(p)].mean()
    for threshold in np.linspace(0, 1, 41):
        assert paid < 1.02 * costs.table[truth, (p[:, 1] > threshold).astype(int)].mean()


def test_the_bad_class_may_come_first():
    p, truth, rng = _honest()
    costs = Costs.parse({"bad": "NG", "missed": 900, "false_stop": 100}, ("NG", "OK"))
    rule = choose(p[:, ::-1], 1 - truth, costs, "roc_auc")
    assert rule.threshold == pytest.approx(0.9)
    assert (rule.decide(p[:, ::-1]) == 0).mean() == (p[:, 1] > 0.1).mean()
    found = economy(p[:, ::-1], 1 - truth, rule, costs, np.arange(5000), rng)
    assert found.threshold == pytest.approx(0.1)
    assert found.with_rule.estimate < min(found.nothing.estimate, found.everything.estimate)
    assert found.saved.low > 0
    assert found.stopped == pytest.approx(1000 * (p[:, 1] > 0.1).mean())
    assert found.missed == pytest.approx(1000 * ((p[:, 1] <= 0.1) & (truth == 1)).mean())
    assert found.with_rule.estimate == pytest.approx(900 * found.missed + 100 * found.false_stops)
    assert found.nothing.estimate == pytest.approx(900 * 1000 * truth.mean())
    assert found.everything.estimate == pytest.approx(100 * 1000 * (1 - truth.mean()))


@pytest.mark.parametrize("capacity", [0.001, 0.05, 0.2])
def test_capacity_is_kept_and_used(capacity: float):
    p, truth, rng = _honest()
    costs = Costs.parse({"bad": 1, "missed": 100, "false_stop": 1, "capacity": capacity}, (0, 1))
    rule = choose(p, truth, costs, "roc_auc")
    assert (rule.decide(p) == 1).sum() == int(capacity * 5000)
    assert p[rule.decide(p) == 1, 1].min() >= p[rule.decide(p) == 0, 1].max()
    assert economy(p, truth, rule, costs, np.arange(5000), rng).everything is None


def test_equal_probabilities_never_exceed_capacity():
    p, truth = np.full((100, 2), 0.5), np.arange(100) % 2
    costs = Costs.parse({"bad": 1, "missed": 100, "capacity": 0.1}, (0, 1))
    assert (choose(p, truth, costs, "f1").decide(p) == 1).sum() == 0


def test_three_classes_with_one_to_catch_keep_the_other_two_apart():
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1, 0.3], 4000)
    truth = (p.cumsum(1) < rng.random((4000, 1))).sum(1)
    costs = Costs.parse({"bad": "z", "missed": 50, "false_stop": 10, "capacity": 0.15}, ("a", "b", "z"))
    rule = choose(p, truth, costs, "accuracy")
    decided = rule.decide(p)
    assert (decided == 2).mean() == pytest.approx(0.15, abs=0.001)
    assert rule.threshold is None
    free = decided < 2
    assert (decided[free] == p[free, :2].argmax(1)).all()
    assert economy(p, truth, rule, costs, np.arange(4000), rng).saved.estimate > 0


def test_without_costs_the_most_probable_class():
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1, 1], 50)
    assert (choose(p, np.arange(50) % 3, None, "neg_log_loss").decide(p) == p.argmax(1)).all()
    two, truth, _ = _honest(50)
    assert choose(two, truth, None, "accuracy").threshold == 0.5


@pytest.mark.parametrize("metric", ["f1", "f1_macro", "balanced_accuracy"])
def test_the_metric_sets_the_threshold(metric: str):
    p, truth, _ = _honest(20_000, rare=0.3)
    rule = choose(p, truth, None, metric)
    fresh, seen, _ = _honest(20_000, 1, rare=0.3)

    def value(threshold: float) -> float:
        decided = np.eye(2)[(fresh[:, 1] > threshold).astype(int)]
        return measure(metric, seen, decided)

    best = max(value(threshold) for threshold in np.linspace(0.01, 0.9, 60))
    assert value(rule.threshold) > best - 0.01
    assert value(rule.threshold) > value(0.5) + 0.01


def test_balanced_accuracy_of_many_classes_weighs_the_rare():
    p = np.array([[0.6, 0.3, 0.1]])
    rule = choose(np.tile(p, (10, 1)), np.array([0] * 7 + [1] * 2 + [2]), None, "balanced_accuracy")
    assert rule.decide(p).tolist() == [1]


def test_one_class_and_no_rows():
    one = np.ones((3, 1))
    assert choose(one, np.zeros(3), None, "f1").decide(one).tolist() == [0, 0, 0]
    p, truth, rng = _honest(20)
    costs = Costs.parse({"bad": 1, "missed": 5}, (0, 1))
    rule = choose(p[:0], truth[:0], costs, "f1")
    assert rule.threshold == 0.0
    assert economy(p[:0], truth[:0], rule, costs, np.arange(0), rng) is None
    calm = economy(p, np.zeros(20), rule, costs, np.arange(20), rng)
    assert calm.nothing.estimate == 0


def test_a_matrix_of_costs_is_compared_with_always_deciding_the_same():
    p, truth, rng = _honest()
    found = economy(
        p, truth, Rule(((0.0, 1.0), (5.0, 0.0))), Costs.parse([[0, 1], [5, 0]], (0, 1)), np.arange(5000), rng
    )
    assert found.stopped is None
    assert found.everything is None
    assert found.saved.low > 0


def test_json_and_back():
    rule = Rule(((0.0, 1.0), (5.0, 0.0)), 1, 0.25)
    assert Rule.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule
    for wrong in ({}, {**rule.to_dict(), "matrix": [[1.0, 2.0]]}, {**rule.to_dict(), "bad": 7}):
        with pytest.raises(StudyError, match="train the model again"):
            Rule.from_dict(wrong)
