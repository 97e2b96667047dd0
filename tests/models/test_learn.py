"""Models come back from text, do the same twice, and take columns of any name and level."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from ingest.errors import StudyError
from models.learn import Model, _measure, fit, score
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec

ODD = ['{"a": [1]}', "a b", "A B", "温度", "f0"]


@pytest.fixture(scope="module")
def data() -> StudyData:
    rng = np.random.default_rng(0)
    n = 800
    frame = pd.DataFrame(rng.normal(size=(n, len(ODD))), columns=ODD)
    frame["die"] = rng.choice(["A", "B", "C"], n)
    eta = 2 * frame["温度"] + (frame["die"] == "B") * 2 - 2
    frame["v"] = np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-eta)), "NG", "OK")
    spec = StudySpec.parse({"name": "s", "task": "classification", "target": "v", "bad": "NG"})
    prepared = prepare(frame, spec)
    assert isinstance(prepared, StudyData)
    return prepared


def test_text_and_back_predicts_the_same(data: StudyData):
    model = fit(data, rounds=30)
    text = model.to_text()
    again = Model.from_text(text)
    np.testing.assert_array_equal(again.predict(data.features), model.predict(data.features))
    assert again.to_text() == text
    assert text == fit(data, rounds=30).to_text()


def test_codes_do_not_change_with_the_table_and_new_levels_are_missing(data: StudyData):
    model = fit(data, rounds=30)
    few = data.features.iloc[:50].copy()
    alone = few[few["die"] == "B"].astype({"die": "object"})
    whole = model.predict(few)[(few["die"] == "B").to_numpy()]
    np.testing.assert_array_equal(model.predict(alone), whole)
    unseen = few.astype({"die": "object"}).assign(die="Z")
    missing = few.astype({"die": "object"}).assign(die=None)
    np.testing.assert_array_equal(model.predict(unseen), model.predict(missing))


def test_a_missing_column_and_a_strange_text_are_named(data: StudyData):
    model = fit(data, rounds=5)
    with pytest.raises(StudyError, match="the model needs column '温度'"):
        model.predict(data.features.drop(columns="温度"))
    for text in ("", "{}", '{"format": "genba-model-9"}', "[1]"):
        with pytest.raises(StudyError, match="train it again"):
            Model.from_text(text)


def test_scores_lie_in_their_interval_and_repeat(data: StudyData):
    quality = score(data, seed=3, rounds=40)
    assert quality == score(data, seed=3, rounds=40)
    assert quality.forward is not None
    assert quality.forward_low is not None
    assert quality.forward_high is not None
    assert 0.75 < quality.forward_low <= quality.forward <= quality.forward_high <= 1
    assert quality.random is not None
    assert quality.optimism == pytest.approx(quality.random - quality.forward)
    assert set(quality.more) == {"pr_auc", "brier"}


def test_no_feature_at_all_is_a_constant_model(data: StudyData):
    model = fit(data, columns=[], rounds=5)
    assert np.ptp(model.predict(data.features)) == 0


def test_weighted_measures_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, predicted = (rng.uniform(size=200) < 0.3).astype(float), rng.normal(size=200).round(1)
    weight = rng.integers(0, 4, 200).astype(float)
    assert _measure("roc_auc", truth, predicted, weight) == pytest.approx(
        roc_auc_score(truth, predicted, sample_weight=weight)
    )
    assert _measure("r2", predicted, truth, weight) == pytest.approx(r2_score(predicted, truth, sample_weight=weight))
    assert _measure("roc_auc", np.ones(5), np.arange(5.0)) is None
