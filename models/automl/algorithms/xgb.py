"""XGBoost, where it is installed; its trees are kept, reloaded and predicted as `Boosted`, without it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import lightgbm
import numpy as np

from models.automl.algorithms.base import Config, Fitted, Task, Workbench
from models.automl.algorithms.boosted import Boosted, load_boosted, narrow, outputs_of
from models.automl.algorithms.gaps import fill
from models.automl.algorithms.plain import all_classes
from models.automl.algorithms.space import Span, near
from models.automl.algorithms.threads import threads_for
from models.automl.algorithms.treetext import tree_text
from models.automl.forest import Forest
from models.automl.matrix import Floats, Ints

__all__ = ["Xgb"]

SPACE = {
    "learning_rate": Span(0.02, 0.3, log=True),
    "max_depth": Span(2, 10, whole=True),
    "min_child_weight": Span(0.5, 50.0, log=True),
    "reg_lambda": Span(0.01, 100.0, log=True),
    "colsample_bytree": Span(0.2, 1.0),
    "subsample": Span(0.5, 1.0),
}


@dataclass(frozen=True)
class Xgb:
    """`Algorithm`. Categories are taken by their codes."""

    seeded = True

    name: str
    task: Task

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Not installed, or constraints."""
        if find_spec("xgboost") is None:
            return "is not installed; install genba[xgboost]"
        if any(bench.problem.monotone) and bench.problem.classes > 2:
            return "keeps monotone constraints for two classes only"
        return "has no feature to split" if not bench.matrix.p else None

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """Shallow for few rows."""
        depth = 3 if rows < 2_000 else 6
        return [{
            "num_boost_round": 600, "learning_rate": 0.06, "max_depth": depth, "min_child_weight": 2.0,
            "reg_lambda": 2.0, "colsample_bytree": 0.7, "subsample": 0.8,
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
        """Boost; stop early on ``valid``."""
        import xgboost

        rows = np.sort(rows)
        problem, matrix = bench.problem, bench.matrix
        offset, scale = 0.0, 1.0
        if self.task == "regression":
            offset = float(np.average(bench.target[rows], weights=bench.weight[rows]))
            scale = float(np.std(bench.target[rows])) or 1.0

        def data(chosen: Ints) -> Any:
            wanted = (bench.target[chosen] - offset) / scale
            found = all_classes(matrix.values[chosen], wanted, bench.weight[chosen], problem.classes)
            threads = threads_for(len(chosen) * matrix.p, problem.threads)
            return xgboost.DMatrix(narrow(found[0]), found[1], weight=found[2], nthread=threads or -1)

        train = data(rows)
        booster = xgboost.Booster(self._parameters(bench, config, seed), [train])
        held = None if valid is None else data(valid)
        kept = _grown(booster, train, held, int(config["num_boost_round"]), float(config["learning_rate"]), stop)
        booster = booster[:kept]
        forest = Forest.from_xgboost(booster)
        text = tree_text(forest, range(outputs_of(problem.classes)), _cover(booster))
        base = offset + scale * np.asarray(forest.bias, dtype=np.float64)
        return Boosted(
            lightgbm.Booster(model_str=text),
            problem.classes,
            forest.features,
            "logit" if problem.classes else "identity",
            kept,
            base,
            scale,
            single=True,
            fill=fill(bench),
        )

    def _parameters(self, bench: Workbench, config: Config, seed: int) -> dict[str, Any]:
        problem = bench.problem
        given: dict[str, Any] = {key: value for key, value in config.items() if key != "num_boost_round"}
        if problem.classes > 2:
            given |= {"objective": "multi:softprob", "num_class": problem.classes, "eval_metric": "mlogloss"}
        elif problem.classes:
            given |= {"objective": "binary:logistic", "eval_metric": "logloss"}
        else:
            given |= {"objective": "reg:squarederror", "eval_metric": "rmse", "base_score": 0.0}
        if any(problem.monotone):
            given["monotone_constraints"] = "(" + ",".join(map(str, problem.monotone)) + ")"
        threads = threads_for(bench.matrix.values.size, problem.threads)
        return given | {"tree_method": "hist", "seed": seed, "nthread": threads or -1, "verbosity": 0}

    def final(self, config: Config, rounds: Sequence[int]) -> Config:
        """As many rounds as the folds needed on average."""
        return {**config, "num_boost_round": max(1, round(np.mean(rounds)))} if rounds else config

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Audited."""
        return load_boosted(content, self.task)


def _grown(booster: Any, train: Any, held: Any, rounds: int, rate: float, stop: Callable[[], bool] | None) -> int:
    """Boost; how many rounds are worth keeping."""
    patience = 20 + round(1.0 / rate)
    best, least, done = 0, np.inf, 0
    while done < rounds and not (done and stop is not None and stop()):
        booster.update(train, done)
        done += 1
        if held is not None:
            loss = float(booster.eval(held).rpartition(":")[2])
            if loss < least:
                best, least = done, loss
            elif done - best >= patience:
                break
    return best or done


def _cover(booster: Any) -> Ints:
    """Per node of all trees the rows, rounded, that came through."""
    model: Any = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]["model"]
    cover: Floats = np.concatenate([tree["sum_hessian"] for tree in model["trees"]])
    return np.maximum(np.rint(cover), 1).astype(np.int64)
