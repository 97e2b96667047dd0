"""Path-dependent SHAP values of tree members: LightGBM's own, in all its threads.

v(S) = the prediction when columns outside S are averaged over the way the training rows went (the node counts), so no
background is needed. Values and base are in the member's raw score: log-odds for boosted classifiers, the target's unit
for regression, the probability for forests. base + sum_i phi_i = the raw score.

Limits: follows the correlations of the training rows, so a column that the trees never test can get nothing even if
another stands for it; values of derived features are added up, which is not quite the value of their column (for that
see `background`). Memory: n * (features + 1) * outputs numbers. Source: Lundberg et al. 2020.
"""

import numpy as np

from models.automl.algorithms.threads import threads_for
from models.automl.explain.trees import TreeView
from models.automl.matrix import Floats, Matrix

__all__ = ["path_values"]


def path_values(view: TreeView, matrix: Matrix) -> tuple[Floats, Floats]:
    """The base (outputs,) and the values (n, columns of the user, outputs).

    >>> import lightgbm
    >>> from models.automl.algorithms.boosted import Boosted
    >>> from models.automl.explain.trees import tree_view
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> booster = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(x, x[:, 0]), 5)
    >>> matrix = Matrix(x, ("a", "b"), ("a", "b"), (0, 1), (0, 0))
    >>> view = tree_view(Boosted(booster, classes=0, features=2, link="identity"), matrix)
    >>> base, values = path_values(view, matrix)
    >>> bool(np.allclose(base + values.sum(axis=1), view.trees.raw(matrix)))
    True
    """
    inputs = view.trees.inputs(matrix)
    asked = inputs if len(inputs) else np.zeros((1, inputs.shape[1]))  # the base of no rows is the base of any
    found = view.trees.booster.predict(asked, pred_contrib=True, num_threads=threads_for(asked.size))
    parts = np.asarray(found, dtype=np.float64).reshape(len(asked), len(view.trees.offset), -1)
    columns = np.zeros((len(asked), len(matrix.columns), parts.shape[1]))
    for feature, owner in enumerate(view.owner):
        columns[:, owner] += parts[:, :, feature]
    return view.trees.offset + view.trees.scale * parts[0, :, -1], columns[: len(inputs)] * view.trees.scale
