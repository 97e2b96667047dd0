"""Contributions add up to the prediction, and to their factors."""

import numpy as np
import pandas as pd

import models.explain
from models.explain import contributions, shares
from models.learn import fit
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec


def study() -> StudyData:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a", "a__std", "b"])
    frame["kwh"] = 3 * frame["a"] + frame["a__std"] + rng.normal(size=300)
    content = {"name": "s", "task": "regression", "target": "kwh", "factors": {"a__std": {"of": "a"}}}
    data = prepare(frame, StudySpec.parse(content))
    assert isinstance(data, StudyData)
    return data


def test_contributions_are_summed_per_factor_and_add_up(monkeypatch):
    data = study()
    model = fit(data, rounds=20)
    parts = contributions(model, data.features, data.factor_of)
    assert list(parts.columns) == ["a", "b"]
    raw = model.booster.predict(model.matrix(data.features), raw_score=True)
    base = raw - parts.sum(axis=1)
    np.testing.assert_allclose(base, base.iloc[0], atol=1e-9)
    monkeypatch.setattr(models.explain, "CHUNK", 37)
    pd.testing.assert_frame_equal(contributions(model, data.features, data.factor_of), parts)


def test_shares_sum_to_one():
    share = shares(pd.DataFrame({"a": [3.0, -3.0], "b": [1.0, 1.0]}))
    assert share == {"a": 0.75, "b": 0.25}
    assert shares(pd.DataFrame({"a": [0.0]})) == {"a": 0.0}
