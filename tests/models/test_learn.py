"""A study's units meet the engine: losses, contributions per factor, declared directions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.learn import contributions, explained, glance, learn, losses, shares
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec

ODD = ['{"a": [1]}', "a b", "A B", "温度", "loss"]


@pytest.fixture(scope="module")
def data() -> StudyData:
    rng = np.random.default_rng(0)
    n = 800
    frame = pd.DataFrame(rng.normal(size=(n, len(ODD))), columns=ODD)
    frame["die"] = rng.choice(["A", "B", "C"], n)
    eta = 2 * frame["温度"] + (frame["die"] == "B") * 2 - 2
    frame["v"] = np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-eta)), "NG", "OK")
    frame["at"] = pd.date_range("2026-01-05", periods=n, freq="min")
    content = {
        "name": "s",
        "task": "classification",
        "target": "v",
        "bad": "NG",
        "time": "at",
        "factors": {"温度": {"role": "controllable", "monotone": "rising"}},
    }
    prepared = prepare(frame, StudySpec.parse(content))
    assert isinstance(prepared, StudyData)
    return prepared


def test_a_glance_is_quick_repeatable_and_honest(data: StudyData):
    learned = glance(data, seed=3)
    again = glance(data, seed=3)
    assert learned is not None
    assert again is not None
    assert learned.model.to_text() == again.model.to_text()
    quality = learned.quality
    assert quality.metric == "roc_auc"
    assert quality.split == "forward"
    assert quality.forward is not None
    assert quality.forward > 0.75
    bad = losses(learned.model, data.features)
    assert ((bad >= 0) & (bad <= 1)).all()
    assert np.corrcoef(bad, data.loss)[0, 1] > 0.5


def test_a_declared_direction_is_kept(data: StudyData):
    learned = glance(data)
    assert learned is not None
    row = pd.concat([data.features.head(1)] * 40, ignore_index=True)
    bad = losses(learned.model, row.assign(温度=np.linspace(-3, 3, 40)))
    assert (np.diff(bad) >= -1e-12).all()


def test_contributions_name_the_causes(data: StudyData):
    learned = glance(data)
    assert learned is not None
    share = shares(contributions(learned.model, data.features))
    assert max(share, key=lambda name: share[name]) == "温度"
    assert sum(share.values()) == pytest.approx(1.0)
    summed = contributions(learned.model, data.features, {"die": "温度"})
    assert list(summed.columns) == [*ODD]
    parts = contributions(learned.model, data.features)
    np.testing.assert_allclose(summed["温度"], parts["温度"] + parts["die"])


def test_a_model_without_trees_is_explained_too(data: StudyData):
    plain = replace(data, spec=StudySpec.parse({"name": "s", "task": "classification", "target": "v", "bad": "NG"}))
    learned = learn(plain, trials=2, model_list=["LogisticRegression"])
    share = shares(explained(learned, plain, np.arange(40)))
    assert max(share, key=lambda name: share[name]) == "温度"


def test_nothing_to_learn_from_is_no_model(data: StudyData):
    bare = replace(data, features=data.features[[]])
    assert glance(bare) is None
    assert explained(None, data, np.arange(5)).shape == (5, len(data.factors))
