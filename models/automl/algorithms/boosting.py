"""LightGBM: boosted trees, boosted extremely random trees, and its random forest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from models.automl.algorithms.base import Config, Fitted, Problem, Task, Workbench
from models.automl.algorithms.boosted import DOUBT, Boosted, Link, load_boosted, outputs_of, trees_of
from models.automl.algorithms.encoding import FEWEST, Encoding, encoded
from models.automl.algorithms.gaps import fill
from models.automl.algorithms.space import Space, Span, near
from models.automl.algorithms.threads import threads_for
from models.automl.matrix import Floats, Ints

__all__ = ["LightGBM"]

KIND = "lightgbm"
DATASET: dict[str, Any] = {"verbosity": -1, "max_bin": 255, "min_data_in_bin": 3, "feature_pre_filter": False}
"""What belongs to the binned table and is therefore the same in every trial."""
FIXED: dict[str, Any] = {
    "verbosity": -1, "deterministic": True, "force_col_wise": True, "bagging_freq": 1, "min_data_per_group": 10,
}  # fmt: skip
SPACE: Space = {
    "learning_rate": Span(0.01, 0.2, log=True),
    "num_leaves": Span(3, 255, log=True, whole=True),
    "min_data_in_leaf": Span(2, 200, log=True, whole=True),
    "lambda_l2": Span(0.01, 100.0, log=True),
    "lambda_l1": Span(0.001, 10.0, log=True),
    "feature_fraction": Span(0.2, 1.0),
    "bagging_fraction": Span(0.5, 1.0),
    "path_smooth": Span(0.1, 50.0, log=True),
    "cat_smooth": Span(1.0, 100.0, log=True),
}


@dataclass(frozen=True)
class LightGBM:
    """`Algorithm`. ``fixed``: what makes the variant (``extra_trees``, ``boosting``)."""

    seeded = True

    name: str
    task: Task
    fixed: tuple[tuple[str, str | bool], ...] = ()

    @property
    def forest(self) -> bool:
        """LightGBM's random forest: trees side by side, no early stopping.

        Classes are learnt as the values 0 and 1: with their own objective each tree would take a Newton step from the
        overall share, far too long a one for a rare class.
        """
        return dict(self.fixed).get("boosting") == "rf"

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Constraints that LightGBM does not keep."""
        problem = bench.problem
        if self.forest and problem.classes > 2:
            return "tells two classes apart, not more"
        if any(problem.monotone) and problem.classes > 2:
            return "keeps monotone constraints for two classes only"
        if any(problem.monotone[place] for place in bench.matrix.categorical() if problem.monotone):
            return "keeps monotone constraints on numbers only"
        return "has no feature to split" if not bench.matrix.p else None

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """From strongly regularised to large."""
        return PORTFOLIOS[self.name.removesuffix("Classifier").removesuffix("Regressor")](bench, rows)

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
        problem = bench.problem
        rows = np.sort(rows)
        offset, scale = _standard(bench) if problem.task == "regression" else (0.0, 1.0)
        label = (bench.target - offset) / scale
        encoding, train, held = self._datasets(bench, rows, None if self.forest else valid, label, config, seed)
        features = bench.matrix.p + (encoding.width if encoding else 0)
        parameters = self._parameters(bench, config, features, seed)
        booster, rounds = _boosted(parameters, train, held, int(config["num_iterations"]), stop)
        link: Link = "logit" if problem.classes and not self.forest else "identity"
        if self.forest:
            # A raw score is the sum of the trees, also of a forest.
            scale /= booster.current_iteration()
        if self.forest and problem.classes:
            offset, scale = DOUBT * float(np.average(label[rows], weights=bench.weight[rows])), (1 - DOUBT) * scale
        return Boosted(
            lightgbm.Booster(model_str=trees_of(str(booster.model_to_string(num_iteration=rounds)))),
            problem.classes,
            features,
            link,
            None if self.forest else rounds,
            np.full(outputs_of(problem.classes), offset),
            scale,
            fill=fill(bench),
            encoding=encoding,
        )

    def _parameters(self, bench: Workbench, config: Config, features: int, seed: int) -> dict[str, Any]:
        problem = bench.problem
        given = {key: value for key, value in config.items() if key not in ("num_iterations", "target_encoding")}
        objective = config.get("objective", "regression")
        if problem.task == "classification" and not self.forest:
            objective = "binary" if problem.classes == 2 else "multiclass"
            given["num_class"] = 1 if problem.classes == 2 else problem.classes
        metrics = {"binary": "binary_logloss", "multiclass": "multi_logloss"}
        drawn = np.random.default_rng(seed).integers(2**31 - 1, size=3)
        seeds = dict(zip(("bagging_seed", "feature_fraction_seed", "extra_seed"), map(int, drawn), strict=True))
        if any(problem.monotone):
            constraints = [*problem.monotone, *[0] * (features - len(problem.monotone))]
            given["monotone_constraints"] = ",".join(map(str, constraints))
        chosen = {"objective": objective, "metric": metrics.get(str(objective), "l2")}
        threads = threads_for(bench.matrix.values.size, bench.problem.threads)
        return DATASET | FIXED | dict(self.fixed) | given | chosen | seeds | {"num_threads": threads}

    def _datasets(
        self, bench: Workbench, rows: Ints, valid: Ints | None, label: Floats, config: Config, seed: int
    ) -> tuple[Encoding | None, lightgbm.Dataset, lightgbm.Dataset | None]:
        matrix, weight = bench.matrix, bench.weight
        if config.get("target_encoding"):
            plain, rng = Problem(bench.problem.task, bench.problem.classes), np.random.default_rng(seed)
            found = encoded(matrix.take(rows), label[rows], weight[rows], plain, rng)
            if found is not None:
                encoding, columns = found
                values = np.concatenate([matrix.values[rows], columns], axis=1)
                train = _binned(values, matrix.categorical(), label[rows], weight[rows])
                if valid is None:
                    return encoding, train, None
                values = np.concatenate([matrix.values[valid], encoding.columns(matrix.take(valid))], axis=1)
                held = train.create_valid(values, label[valid], weight[valid])
                return encoding, train, held
        whole = bench.once(KIND, lambda: _binned(matrix.values, matrix.categorical()).construct())
        train = _part(whole, rows, label, weight)
        return None, train, None if valid is None else _part(whole, np.sort(valid), label, weight)

    def final(self, config: Config, rounds: Sequence[int]) -> Config:
        """As many rounds as the folds needed on average."""
        return config if self.forest or not rounds else {**config, "num_iterations": max(1, round(np.mean(rounds)))}

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Audited before LightGBM sees it."""
        return load_boosted(content, self.task)


def _standard(bench: Workbench) -> tuple[float, float]:
    """LightGBM's targets have 24 bits: without the shift a small change on a large base would be lost."""
    offset = float(np.average(bench.target, weights=bench.weight))
    return offset, float(np.std(bench.target)) or 1.0


def _binned(
    values: Floats, categorical: Sequence[int], label: Floats | None = None, weight: Floats | None = None
) -> lightgbm.Dataset:
    # Names like "f0": LightGBM refuses JSON characters in names, and ours may hold anything.
    return lightgbm.Dataset(
        values,
        np.zeros(len(values)) if label is None else label,
        weight=weight,
        feature_name=[f"f{place}" for place in range(values.shape[1])],
        categorical_feature=list(categorical),
        # Binning, too: a count of threads is LightGBM's own for the whole process, and must not change under a fit.
        params=DATASET | {"num_threads": threads_for(values.size)},
    )


def _part(whole: lightgbm.Dataset, rows: Ints, label: Floats, weight: Floats) -> lightgbm.Dataset:
    """Some rows of the binned table with the labels of now: the shared table knows no target."""
    part = whole.subset([])
    # ``subset`` would sort them in a list of Python numbers.
    part.used_indices = rows.astype(np.int32)  # type: ignore[assignment]
    part.construct()
    part.set_label(label[rows])
    return part.set_weight(weight[rows])


def _boosted(
    parameters: dict[str, Any],
    train: lightgbm.Dataset,
    held: lightgbm.Dataset | None,
    rounds: int,
    stop: Callable[[], bool] | None,
) -> tuple[lightgbm.Booster, int]:
    """The booster and the number of its rounds that are worth keeping."""
    booster = lightgbm.Booster(parameters, train)
    if held is not None:
        booster.add_valid(held, "held")
    patience = 20 + round(1.0 / float(parameters.get("learning_rate", 0.1)))
    best, least = 0, np.inf
    done = 0
    while done < rounds and not (done and stop is not None and stop()):
        booster.update()
        done += 1
        if held is not None:
            loss = float(booster.eval_valid()[0][2])
            if loss < least:
                best, least = done, loss
            elif done - best >= patience:
                break
    return booster, best or done


def _boosting(bench: Workbench, rows: int) -> list[Config]:
    """Few leaves and much smoothing where rows are few: on noisy tables of some thousand rows they beat the rest."""
    base: dict[str, float | int] = {
        "num_iterations": 1500, "learning_rate": 0.05, "lambda_l2": 3.0, "bagging_fraction": 0.8, "path_smooth": 1.0,
        "cat_smooth": 10.0,
    }  # fmt: skip
    leaf = int(np.clip(rows // 150, 3, 20))
    small: Config = {**base, "num_leaves": 6, "min_data_in_leaf": leaf, "feature_fraction": 0.6}
    middle: Config = {**base, "num_leaves": 16, "min_data_in_leaf": leaf, "feature_fraction": 0.5}
    usual: Config = {**base, "num_leaves": 31, "min_data_in_leaf": 20, "feature_fraction": 0.8, "lambda_l2": 1.0}
    large: Config = {**usual, "num_leaves": 127, "feature_fraction": 0.5}
    if rows < 2_000:
        found = [small, middle]
    elif rows < 20_000:
        found = [{**usual, "feature_fraction": 0.4}, small, usual]
    else:
        found = [usual, large]
    if bench.problem.task == "regression" and rows < 20_000:
        # One target far from all others counts for no more than a near one.
        found.append({**small, "objective": "huber", "alpha": 1.0})
    if max(bench.matrix.levels, default=0) >= FEWEST:
        found.append({**found[0], "target_encoding": True})
    return found


def _extra(bench: Workbench, rows: int) -> list[Config]:
    base = _boosting(bench, rows)[0]
    few: Config = {**base, "num_leaves": 16, "min_data_in_leaf": 5, "feature_fraction": 0.6, "lambda_l2": 3.0}
    many: Config = {**base, "num_leaves": 63, "min_data_in_leaf": 10, "feature_fraction": 0.8, "lambda_l2": 1.0}
    return [few, many] if rows < 20_000 else [many]


def _forest(bench: Workbench, rows: int) -> list[Config]:
    fraction = float(np.clip(np.sqrt(bench.matrix.p) / bench.matrix.p, 0.3, 1.0))
    return [{
        "num_iterations": 100, "num_leaves": int(np.clip(rows // 3, 8, 255)), "min_data_in_leaf": 3,
        "feature_fraction": 1.0, "feature_fraction_bynode": fraction, "bagging_fraction": 0.632,
    }]  # fmt: skip


PORTFOLIOS: Mapping[str, Callable[[Workbench, int], list[Config]]] = {
    "LGBM": _boosting,
    "LGBMExtraTrees": _extra,
    "LGBMRandomForest": _forest,
}
