"""Every algorithm that grows trees is seen as the trees it is, and its exact values add up to what it says."""

import numpy as np
import pytest

from models.automl.algorithms.base import Problem, Task, Workbench
from models.automl.algorithms.registry import by_name
from models.automl.explain.trees import tree_view
from models.automl.matrix import Floats, Matrix

TREES = [
    "LGBM",
    "LGBMRandomForest",
    "LGBMExtraTrees",
    "ExtraTrees",
    "RandomForest",
    "DecisionTree",
    "HistGradientBoosting",
    "XGB",
]


def bench(task: Task, classes: int) -> Workbench:
    """Two numbers, one with gaps, and a category that is also encoded by the target; two features of one column."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(160, 4))
    values[:, 2] = rng.integers(0, 12, 160)
    target: Floats = values[:, 0] + (values[:, 2] % 3) + np.abs(values[:, 3])
    values[rng.random(160) < 0.2, 1] = np.nan
    if classes:
        target = np.digitize(target, np.quantile(target, np.arange(1, classes) / classes)).astype(np.float64)
    matrix = Matrix(values, ("a", "b", "c", "a'"), ("a", "b", "c"), (0, 1, 2, 0), (0, 0, 12, 0))
    return Workbench(matrix, target, np.ones(160), Problem(task, classes, threads=1))


@pytest.mark.parametrize(
    ("name", "classes"),
    [(name, classes) for name in TREES for classes in (0, 2, 3) if (name, classes) != ("LGBMRandomForest", 3)],
)
def test_exact_values_add_up(name: str, classes: int):
    task: Task = "classification" if classes else "regression"
    table = bench(task, classes)
    algorithm = by_name(f"{name}{'Classifier' if classes else 'Regressor'}", task)
    config = dict(algorithm.portfolio(table, 160)[0])
    few = {
        key: 8 for key in ("n_estimators", "max_iter", "num_iterations", "num_boost_round", "rounds") if key in config
    }
    fitted = algorithm.load(algorithm.fit(table, np.arange(120), config | few, seed=0).to_dict())
    view = tree_view(fitted, table.matrix)
    assert view is not None
    rows, background = table.matrix.take(slice(120, 126)), table.matrix.take(slice(0, 20))
    said = view.trees.raw(rows)
    np.testing.assert_allclose(view.forest.raw(view.trees.inputs(rows)), said, atol=1e-10)
    base, values = view.values(rows, background)
    assert values.shape == (6, 3, said.shape[1])
    np.testing.assert_allclose(base, view.trees.raw(background).mean(axis=0), atol=1e-10)
    np.testing.assert_allclose(base + values.sum(axis=1), said, atol=1e-10)
    if view.in_its_unit:
        np.testing.assert_allclose(said[:, 0], fitted.predict(rows), atol=1e-12)
