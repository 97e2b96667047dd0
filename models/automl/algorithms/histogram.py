"""scikit-learn's histogram boosting; kept, reloaded and predicted as `Boosted`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss

from models.automl.algorithms.base import Config, Fitted, Task, Workbench
from models.automl.algorithms.boosted import Boosted, load_boosted, outputs_of
from models.automl.algorithms.gaps import fill
from models.automl.algorithms.plain import all_classes
from models.automl.algorithms.space import Span, near
from models.automl.algorithms.threads import openmp
from models.automl.algorithms.treetext import tree_text
from models.automl.forest import Forest
from models.automl.matrix import Floats, Ints

__all__ = ["Histogram"]

STRIDE = 20
"""Rounds between two looks at the held-out rows and at ``stop``."""
ROWS = 200_000
BINS = 250
SPACE = {
    "learning_rate": Span(0.02, 0.3, log=True),
    "max_leaf_nodes": Span(4, 127, log=True, whole=True),
    "min_samples_leaf": Span(2, 100, log=True, whole=True),
    "l2_regularization": Span(0.01, 100.0, log=True),
    "max_features": Span(0.2, 1.0),
}


@dataclass(frozen=True)
class Histogram:
    """`Algorithm`. Categories are taken by their codes: what is new in it against LightGBM, which looks for sets."""

    seeded = True

    name: str
    task: Task

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Constraints and size."""
        if any(bench.problem.monotone) and bench.problem.classes > 2:
            return "keeps monotone constraints for two classes only"
        if rows > ROWS:
            return f"is LightGBM's slower brother beyond {ROWS:,} rows"
        return "has no feature to split" if not bench.matrix.p else None

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """One: LightGBM has the others."""
        leaf = int(np.clip(rows // 100, 3, 20))
        leaves = 8 if rows < 2_000 else 31
        return [{
            "max_iter": 400, "learning_rate": 0.06, "max_leaf_nodes": leaves, "min_samples_leaf": leaf,
            "l2_regularization": 1.0, "max_features": 0.5,
        }]  # fmt: skip

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
        """Boost a few rounds at a time."""
        rows = np.sort(rows)
        problem = bench.problem
        offset, scale = 0.0, 1.0
        if self.task == "regression":
            offset = float(np.average(bench.target[rows], weights=bench.weight[rows]))
            scale = float(np.std(bench.target[rows])) or 1.0
        wanted = (bench.target[rows] - offset) / scale
        values: Floats = bench.once("histogram", lambda: _rounded(bench.matrix.values))
        values = values[rows]
        # The library stumbles over columns without a single value.
        values[:, np.isnan(values).all(axis=0)] = 0.0
        data = all_classes(values, wanted, bench.weight[rows], problem.classes)
        build = HistGradientBoostingClassifier if self.task == "classification" else HistGradientBoostingRegressor
        most = int(config["max_iter"])
        given: dict[str, Any] = {key: value for key, value in config.items() if key != "max_iter"}
        if any(problem.monotone):
            given["monotonic_cst"] = list(problem.monotone)
        made = build(max_iter=1, early_stopping=False, warm_start=True, random_state=seed, **given)

        def loss() -> float:
            assert valid is not None
            weight = bench.weight[valid]
            if self.task == "regression":
                error = made.predict(bench.matrix.values[valid]) * scale + offset - bench.target[valid]
                return float(np.average(error**2, weights=weight))
            said = made.predict_proba(bench.matrix.values[valid])
            return float(log_loss(bench.target[valid], said, sample_weight=weight, labels=made.classes_))

        with openmp(data[0].size, problem.threads):
            rounds = _grown(made, data, most, None if valid is None else loss, stop)
        return self._kept(bench, made, rounds, offset, scale)

    def _kept(self, bench: Workbench, made: Any, rounds: int, offset: float, scale: float) -> Boosted:
        classes = bench.problem.classes
        grown = made._predictors = made._predictors[:rounds]  # noqa: SLF001 - the only place where the trees are
        count = np.concatenate([tree.nodes["count"] for one in grown for tree in one]).astype(np.int64)
        forest = Forest.from_sklearn(made)
        booster = lightgbm.Booster(model_str=tree_text(forest, range(outputs_of(classes)), count))
        base = offset + scale * forest.bias
        link = "logit" if classes else "identity"
        return Boosted(booster, classes, forest.features, link, rounds, base, scale, fill=fill(bench))  # type: ignore[arg-type]

    def final(self, config: Config, rounds: Sequence[int]) -> Config:
        """As many rounds as the folds needed on average."""
        return {**config, "max_iter": max(1, round(np.mean(rounds)))} if rounds else config

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Audited."""
        return load_boosted(content, self.task)


def _rounded(values: Floats) -> Floats:
    """Each column to the nearest of its quantiles above, of which there are no more than the library has bins.

    It would look for weighted quantiles itself, at every call of fit, and take longer for that than for the boosting.
    """
    out = values.copy()
    for column in out.T:
        present = ~np.isnan(column)
        if present.any():
            marks = np.unique(np.quantile(column[present], np.linspace(0, 1, BINS), method="higher"))
            column[present] = marks[np.searchsorted(marks, column[present])]
    return out


def _grown(
    made: Any,
    data: tuple[Floats, Floats, Floats],
    most: int,
    loss: Callable[[], float] | None,
    stop: Callable[[], bool] | None,
) -> int:
    """Grow ``made``; how many of its rounds are worth keeping."""
    values, target, weight = data
    # Without anything to look at there is no reason to stop on the way.
    stride = most if loss is None and stop is None else STRIDE
    best, least, done = 0, np.inf, 0
    while done < most and not (done and stop is not None and stop()):
        done = min(most, done + stride)
        made.max_iter = done
        made.fit(values, target, sample_weight=weight)
        if loss is None:
            best = done
            continue
        now = loss()
        if now < least:
            best, least = done, now
        elif done - best >= 2 * STRIDE:
            break
    return best or done
