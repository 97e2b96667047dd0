"""What a model attends to is told in time, however many columns there are."""

import numpy as np
import pandas as pd

from models.automl import fit
from tests.models.automl.tables import parts


def test_many_columns_are_told_by_the_trees() -> None:
    table = parts(200)
    noise = np.random.default_rng(0).normal(size=(200, 150))
    wide = pd.concat([table, pd.DataFrame(noise, columns=[f"n{place}" for place in range(150)])], axis=1)
    model = fit(wide, "verdict", trials=2, model_list=["LGBMClassifier"], leaks="off")
    told = model.facts["importance"]
    assert len(told) == len(model.columns)
    assert told[0]["column"] == "temperature"
    assert abs(sum(entry["share"] for entry in told) - 1) < 1e-9
