"""Metrics agree with scikit-learn, weights included; intervals cover; a paired test knows chance from skill."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from ingest.errors import StudyError
from models.automl.metrics import check, interval, measure, paired, per_row_loss
from models.automl.options import METRICS


def _classified(k: int, n: int = 200, seed: int = 0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    raw = np.exp(rng.normal(size=(n, k)) + 1.5 * np.eye(k)[truth]).round(1) + 0.1
    return truth, raw / raw.sum(1, keepdims=True), rng.integers(0, 3, n).astype(float)


def _sklearn(metric: str, truth, predicted, weight):
    k, decided = predicted.shape[1], predicted.argmax(1)
    kind, _, way = metric.partition("_")
    if metric == "neg_log_loss":
        return -reference.log_loss(truth, predicted, sample_weight=weight, labels=range(k))
    if metric == "neg_brier_score":
        given = predicted[:, 1] if k == 2 else predicted
        return -reference.brier_score_loss(truth, given, sample_weight=weight, labels=range(k))
    if metric in ("roc_auc", "average_precision"):
        score = reference.roc_auc_score if metric == "roc_auc" else reference.average_precision_score
        chosen = [1] if k == 2 else range(k)
        return np.mean([score(truth == c, predicted[:, c], sample_weight=weight) for c in chosen])
    if metric == "accuracy" or way == "samples":
        return reference.accuracy_score(truth, decided, sample_weight=weight)
    if metric == "balanced_accuracy":
        return reference.balanced_accuracy_score(truth, decided, sample_weight=weight)
    score = {"f1": reference.f1_score, "precision": reference.precision_score, "recall": reference.recall_score}[kind]
    return score(truth, decided, average=way or "binary", sample_weight=weight)


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("metric", METRICS["classification"])
def test_classification_agrees_with_scikit_learn(metric: str, k: int):
    truth, predicted, weight = _classified(k)
    if metric in ("f1", "precision", "recall") and k > 2:
        with pytest.raises(StudyError, match=f"{metric}_macro"):
            measure(metric, truth, predicted)
        return
    assert measure(metric, truth, predicted, weight) == pytest.approx(_sklearn(metric, truth, predicted, weight))
    assert measure(metric, truth, predicted) == pytest.approx(_sklearn(metric, truth, predicted, None))


@pytest.mark.parametrize("metric", METRICS["regression"])
def test_regression_agrees_with_scikit_learn(metric: str):
    rng = np.random.default_rng(0)
    truth, weight = rng.gamma(2, 1, 101), rng.integers(1, 3, 101).astype(float)
    predicted = np.abs(truth + rng.normal(size=101))
    name = metric.removeprefix("neg_").removeprefix("root_")
    score = getattr(reference, "r2_score" if metric == "r2" else {
        "mean_squared_error": "mean_squared_error",
        "mean_absolute_error": "mean_absolute_error",
        "median_absolute_error": "median_absolute_error",
        "mean_squared_log_error": "mean_squared_log_error",
    }[name])  # fmt: skip
    wanted = score(truth, predicted, sample_weight=weight)
    wanted = -np.sqrt(wanted) if "root" in metric else wanted if metric == "r2" else -wanted
    assert measure(metric, truth, predicted, weight) == pytest.approx(wanted)


def test_a_weight_of_two_is_the_row_twice():
    truth, predicted, _ = _classified(2, 30)
    twice = np.concatenate([np.arange(30), np.arange(10)])
    weight = np.where(np.arange(30) < 10, 2.0, 1.0)
    for metric in METRICS["classification"]:
        assert measure(metric, truth, predicted, weight) == pytest.approx(
            measure(metric, truth[twice], predicted[twice])
        )


def test_what_cannot_be_told_is_none():
    sure = np.array([[0.9, 0.1], [0.6, 0.4]])
    assert measure("roc_auc", np.zeros(2), sure) is None
    assert measure("average_precision", np.zeros(2), sure) is None
    assert measure("recall", np.zeros(2), sure) is None
    assert measure("neg_log_loss", np.zeros(2), sure) == pytest.approx(np.log([0.9, 0.6]).mean())
    assert measure("r2", np.full(3, 7.3), np.arange(3.0)) is None
    assert measure("neg_mean_squared_log_error", np.array([-1.0, 2.0]), np.array([1.0, 2.0])) is None
    assert measure("accuracy", np.zeros(0), np.zeros((0, 2))) is None
    assert interval("roc_auc", np.zeros(2), sure, np.arange(2), np.random.default_rng(0)) == (None, None)
    assert interval("accuracy", np.zeros(2), sure, np.zeros(2, dtype=int), np.random.default_rng(0)) == (None, None)


def test_equal_predictions_are_worth_nothing():
    truth, equal = np.array([0, 1, 1, 0, 0]), np.full((5, 2), 0.5)
    assert measure("roc_auc", truth, equal) == 0.5
    assert measure("average_precision", truth, equal) == pytest.approx(0.4)


def test_refusals_name_what_is_wrong():
    with pytest.raises(StudyError, match="did you mean 'roc_auc'"):
        check("roc_acu", "classification", 2)
    with pytest.raises(StudyError, match="not for regression"):
        check("accuracy", "regression", 0)
    with pytest.raises(StudyError, match="NaN"):
        measure("r2", np.arange(3.0), np.array([1, np.nan, 2]))
    with pytest.raises(StudyError, match="2 true values but 3"):
        measure("r2", np.arange(2.0), np.arange(3.0))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([m for task in METRICS.values() for m in task]), st.integers(0, 1000))
def test_intervals_hold_the_value(metric: str, seed: int):
    rng = np.random.default_rng(seed)
    truth, predicted, _ = _classified(2, 60, seed)
    if metric in METRICS["regression"]:
        truth, predicted = rng.gamma(2, 1, 60), rng.gamma(2, 1, 60)
    low, high = interval(metric, truth, predicted, np.arange(60), rng)
    if low is not None:
        assert low <= measure(metric, truth, predicted) <= high


@pytest.mark.parametrize("groups", [6, 60])
def test_intervals_cover_as_often_as_they_say(groups: int):
    """Means over few groups: without the widening, 6 groups would cover 80 %."""
    rng, hits = np.random.default_rng(1), 0
    codes = np.repeat(np.arange(groups), 5)
    for _ in range(300):
        error = np.abs(rng.normal(size=groups)[codes] + rng.normal(size=len(codes)) + 5)
        low, high = interval("neg_mean_absolute_error", error, np.zeros(len(error)), codes, rng)
        hits += low <= -5 <= high
    assert 0.85 < hits / 300 < 0.96


def test_a_paired_test_is_right_as_often_as_it_says():
    rng, found = np.random.default_rng(2), []
    for _ in range(200):
        truth = rng.normal(size=80)
        found.append(
            paired("r2", truth, truth + rng.normal(size=80), truth + rng.normal(size=80), np.arange(80), rng).p
        )
    assert 0.04 < np.mean(np.array(found) < 0.1) < 0.17
    same = paired("r2", truth, truth + 1, truth + 1, np.arange(80), rng)
    assert (same.estimate, same.p) == (0.0, pytest.approx(1.0))


def test_pairing_sees_what_two_intervals_do_not():
    rng = np.random.default_rng(3)
    truth, predicted, _ = _classified(2, 2000)
    worse = 0.8 * predicted + 0.2 * rng.dirichlet([1, 1], 2000)
    found = paired("roc_auc", truth, predicted, worse, np.arange(2000), rng)
    low, _ = interval("roc_auc", truth, predicted, np.arange(2000), rng)
    assert found.low > 0
    assert low < measure("roc_auc", truth, worse)


def test_per_row_loss_is_the_default_metric():
    truth, predicted, _ = _classified(3)
    assert -per_row_loss("classification", truth, predicted).mean() == pytest.approx(
        measure("neg_log_loss", truth, predicted)
    )
    assert per_row_loss("regression", np.array([1.0, 2.0]), np.array([1.0, 4.0])).tolist() == [0.0, 4.0]


def test_every_metric_of_the_options_is_known():
    for task, names in METRICS.items():
        for name in names:
            check(name, task, 2)
