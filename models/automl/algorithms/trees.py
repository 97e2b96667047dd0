"""scikit-learn's decision tree, random forest, extra trees and HistGradientBoosting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from models.automl.algorithms.base import Config, Fitted, Problem, Task, Workbench
from models.automl.algorithms.boosted import DOUBT, Boosted, load_boosted, narrow
from models.automl.algorithms.gaps import fill, filled
from models.automl.algorithms.plain import all_classes
from models.automl.algorithms.space import Space, Span, near
from models.automl.algorithms.threads import threads_for
from models.automl.algorithms.treetext import tree_text
from models.automl.forest import Forest
from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Forests"]

BUILDERS: Mapping[str, Any] = {
    made.__name__: made
    for made in (
        DecisionTreeClassifier, DecisionTreeRegressor, RandomForestClassifier, RandomForestRegressor,
        ExtraTreesClassifier, ExtraTreesRegressor,
    )
}  # fmt: skip
ROWS = 100_000
"""Beyond which boosting is as good for a tenth of the time and of the memory."""
SPACE: Space = {
    "min_samples_leaf": Span(1, 50, log=True, whole=True),
    "max_features": Span(0.1, 1.0),
}


@dataclass(frozen=True)
class Grown:
    """Trained trees of scikit-learn; kept, reloaded and explained as `Boosted`."""

    estimator: Any
    problem: Problem
    prior: Floats
    fill: Mapping[int, float]
    rounds: int | None = None

    def predict(self, matrix: Matrix) -> Floats:
        """(n, classes) probabilities or (n,) values; scikit-learn's own way through the trees."""
        if not matrix.n:
            return self.boosted.predict(matrix)
        values = narrow(filled(matrix.values, self.fill))
        if self.problem.task == "regression":
            return np.asarray(self.prior[0] + self.estimator.predict(values), dtype=np.float64)
        said = self.estimator.predict_proba(values)
        return np.asarray((1 - DOUBT) * said + DOUBT * self.prior, dtype=np.float64)

    @cached_property
    def boosted(self) -> Boosted:
        """The same trees in LightGBM's form."""
        forest = Forest.from_sklearn(self.estimator)
        members = getattr(self.estimator, "estimators_", None)
        trees = [self.estimator] if members is None else list(np.ravel(members))
        count = np.concatenate([tree.tree_.n_node_samples for tree in trees])
        if self.problem.task == "regression":
            text, offset, scale = tree_text(forest, [0], count), self.prior, 1.0
        else:
            classes = self.problem.classes
            wanted = [classes - 1] if classes == 2 else list(range(classes))
            text = tree_text(forest, wanted, count)
            offset, scale = DOUBT * self.prior[wanted], 1 - DOUBT
        booster = lightgbm.Booster(model_str=text)
        classes = self.problem.classes
        return Boosted(booster, classes, forest.features, "identity", None, offset, scale, single=True, fill=self.fill)

    def to_dict(self) -> dict[str, Any]:
        """LightGBM's text inside JSON."""
        return self.boosted.to_dict()


@dataclass(frozen=True)
class Forests:
    """`Algorithm` under the name of scikit-learn's class."""

    seeded = True

    name: str
    task: Task

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Size and what trees cannot keep."""
        if rows > ROWS:
            return f"grows full trees, which beyond {ROWS:,} rows cost more than boosting and bring no more"
        if any(bench.problem.monotone) and bench.problem.classes > 2:
            return "keeps monotone constraints for two classes only"
        if any(bench.problem.monotone) and np.isnan(bench.matrix.values).any():
            return "keeps monotone constraints only where nothing is missing"
        return "has no feature to split" if not bench.matrix.p else None

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """Coarse leaves for many rows, where more of them are noise; for few rows fine ones, too."""
        if self.name.startswith("Decision"):
            return [{"min_samples_leaf": max(5, int(np.sqrt(rows) / 2)), "max_depth": 8}]
        coarse: Config = {"min_samples_leaf": 8, "max_features": 0.2}
        if rows >= 2_000:
            shapes: list[Config] = [coarse, {"min_samples_leaf": 3, "max_features": 0.5}]
        elif self.name.startswith("Extra"):
            shapes = [
                {"min_samples_leaf": 3, "max_features": 0.5},
                {"min_samples_leaf": 1, "max_features": 0.5},
                coarse,
            ]
        else:
            shapes = [{"min_samples_leaf": 3, "max_features": 0.2}, coarse]
        trees = 60 if rows > 5_000 or rows < 300 else 120
        return [{"n_estimators": trees, **shape} for shape in shapes]

    def near(self, config: Config, rng: np.random.Generator) -> Config:
        """A neighbour."""
        return near(config, SPACE, rng)

    def fit(
        self,
        bench: Workbench,
        rows: Ints,
        config: Config,
        *,
        valid: Ints | None = None,
        seed: int = 0,
        stop: Callable[[], bool] | None = None,
    ) -> Fitted:
        """Grow a few trees at a time, so that ``stop`` is heard."""
        rows = np.sort(rows)
        problem, target, weight = bench.problem, bench.target[rows], bench.weight[rows]
        values: Any = narrow(bench.matrix.values[rows])
        parameters: dict[str, Any] = dict(config) | {"random_state": seed}
        if any(problem.monotone):
            parameters["monotonic_cst"] = list(problem.monotone)
        middle = np.array([np.average(target, weights=weight)])
        if problem.task == "classification":
            classes = problem.classes
            middle = np.bincount(target.astype(np.int64), weight, classes) + 1 / classes
            middle /= middle.sum()
        else:
            target = target - middle
        threads = threads_for(values.size, problem.threads)
        data = all_classes(values, target, weight, problem.classes)
        estimator = _grown(BUILDERS[self.name], parameters, data, threads, stop)
        return Grown(estimator, Problem(problem.task, problem.classes), middle, fill(bench))

    def final(self, config: Config, rounds: Sequence[int]) -> Config:
        """The same."""
        return config

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Audited."""
        return load_boosted(content, self.task)


def _grown(
    build: Any,
    parameters: dict[str, Any],
    data: tuple[Any, Floats, Floats],
    threads: int,
    stop: Callable[[], bool] | None,
) -> Any:
    values, target, weight = data
    wanted = int(parameters.pop("n_estimators", 0))
    if not wanted:
        return build(**parameters).fit(values, target, sample_weight=weight)
    batch = wanted if stop is None else 20
    estimator = build(n_estimators=min(batch, wanted), warm_start=True, n_jobs=threads or -1, **parameters)
    estimator.fit(values, target, sample_weight=weight)
    while len(estimator.estimators_) < wanted and not (stop is not None and stop()):
        estimator.n_estimators = min(wanted, len(estimator.estimators_) + batch)
        estimator.fit(values, target, sample_weight=weight)
    return estimator
