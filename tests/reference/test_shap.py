"""Our contributions against shap's TreeExplainer."""

import warnings

import numpy as np
import pandas as pd

from models.explain import contributions
from models.learn import fit
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec


def test_contributions_equal_those_of_shap():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(400, 4)), columns=list("abcd"))
    frame["die"] = rng.choice(["A", "B", "C"], 400)
    frame["kwh"] = frame["a"] * frame["b"] + (frame["die"] == "B") + 0.1 * rng.normal(size=400)
    data = prepare(frame, StudySpec.parse({"name": "s", "task": "regression", "target": "kwh"}))
    assert isinstance(data, StudyData)
    model = fit(data, rounds=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = shap.TreeExplainer(model.booster).shap_values(model.matrix(data.features))
    np.testing.assert_allclose(contributions(model, data.features).to_numpy(), reference, atol=1e-6)
