"""Weights have mean 1, and what they do to probabilities is undone."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ingest.errors import StudyError
from models.automl.decide.weights import class_weights, row_weights, true_mix


def test_balanced_weights():
    truth = np.repeat([0, 1, 2], [80, 15, 5])
    rows = row_weights(truth, ("a", "b", "c"), "balanced")
    assert rows.mean() == pytest.approx(1)
    assert np.bincount(truth, rows) == pytest.approx(100 / 3)


def test_weights_by_name():
    truth = np.repeat([0, 1], [90, 10])
    weight = class_weights(truth, (False, True), {True: 5})
    assert weight[1] / weight[0] == pytest.approx(5)
    assert weight[truth].mean() == pytest.approx(1)
    assert (row_weights(truth, ("a", "b"), None) == 1).all()
    assert (row_weights(np.arange(3.0), (), None) == 1).all()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("ballanced", "class_weight 'ballanced' is unknown; write 'balanced'"),
        ({"OKK": 1}, "'OKK' is not a class of the target; did you mean 'OK'"),
        ({"OK": 0}, "class_weight of 'OK' is 0; a weight is a number above 0"),
        ({"OK": "2"}, "a weight is a number above 0"),
        ([1, 2], "write 'balanced' or"),
    ],
)
def test_nonsense_is_refused(option, message: str):
    with pytest.raises(StudyError) as error:
        class_weights(np.array([0, 1]), ("NG", "OK"), option)
    assert message in str(error.value)
    with pytest.raises(StudyError, match="for classification"):
        row_weights(np.arange(3.0), (), "balanced")


def test_the_true_mix_comes_back():
    """A logistic model of weighted rows, put right, says what one without weights says."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 1))
    truth = (rng.random(20_000) < 1 / (1 + np.exp(3 - 1.5 * x[:, 0]))).astype(int)
    weight = class_weights(truth, (0, 1), "balanced")
    weighted = LogisticRegression(C=1e6).fit(x, truth, sample_weight=weight[truth])
    plain = LogisticRegression(C=1e6).fit(x, truth)
    assert weighted.predict_proba(x)[:, 1].mean() > 2 * truth.mean()
    assert true_mix(weighted.predict_proba(x), weight) == pytest.approx(plain.predict_proba(x), abs=0.02)
