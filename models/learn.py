"""LightGBM behind one class: codes of categories fixed at training, text in and out, the same answer for a seed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss

from ingest.errors import StudyError, nearest
from models.splits import Split, forward, random_rows
from models.study.data import StudyData

__all__ = ["Learned", "Model", "Quality", "fit", "learn", "score", "threads_for"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Task = Literal["classification", "regression"]

FORMAT = "genba-model-1"
REDRAWS = 200
PARAMETERS: dict[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 15,
    "bagging_freq": 1,
    "bagging_fraction": 0.8,
    "feature_fraction": 0.8,
    "lambda_l2": 1.0,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}
ROUNDS = 200
SMALL = 1_000_000


@dataclass(frozen=True)
class Model:
    """A trained classifier (probability of a bad unit) or regressor (loss; lower is better).

    ``levels``: the text levels of each categorical column, in the order of their codes.
    """

    booster: lightgbm.Booster
    task: Task
    columns: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]

    def matrix(self, features: pd.DataFrame) -> Floats:
        """Features as numbers, (n, columns). A level never seen in training is a missing value.

        Raises `StudyError` naming a column that the model needs and the table does not have.
        """
        return _matrix(features, self.columns, self.levels)

    def predict(self, features: pd.DataFrame) -> Floats:
        """Probability of a bad unit, or expected loss. (n,)"""
        threads = threads_for(features.size)
        return np.asarray(self.booster.predict(self.matrix(features), num_threads=threads), dtype=np.float64)

    def to_text(self) -> str:
        """The whole model as JSON with LightGBM's own text inside; never a pickle."""
        return json.dumps(
            {
                "format": FORMAT,
                "task": self.task,
                "columns": self.columns,
                "levels": self.levels,
                "booster": self.booster.model_to_string(),
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote. Raises `StudyError` for anything else."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise StudyError(f"model format {content['format']!r} is not {FORMAT!r}; train it again")
            return cls(
                lightgbm.Booster(model_str=content["booster"]),
                content["task"],
                tuple(content["columns"]),
                {column: tuple(levels) for column, levels in content["levels"].items()},
            )
        except (ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
            raise StudyError(f"not a model of ours ({type(error).__name__}); train it again") from None


def _matrix(features: pd.DataFrame, columns: Sequence[str], levels: Mapping[str, Sequence[str]]) -> Floats:
    out = np.zeros((len(features), max(len(columns), 1)))
    for place, column in enumerate(columns):
        if column not in features.columns:
            raise StudyError(f"the model needs column {column!r}; {nearest(column, map(str, features.columns))}")
        if column in levels:
            codes = {level: float(code) for code, level in enumerate(levels[column])}
            out[:, place] = [codes.get(value, np.nan) for value in features[column].astype("object")]
        else:
            out[:, place] = pd.to_numeric(features[column], errors="coerce")
    return out


def threads_for(cells: int) -> int:
    """Threads for a table of so many cells: one for small ones, 0 (all) for large ones.

    Threads that wait for one another spin: on a box whose cores are busy, two of them were measured 15 times slower
    than one on 20,000 rows, where on an idle box they save a tenth of a second.
    """
    return 1 if cells < SMALL else 0


def fit(
    data: StudyData,
    rows: Ints | None = None,
    columns: Sequence[str] | None = None,
    seed: int = 0,
    *,
    rounds: int = ROUNDS,
) -> Model:
    """Train on some rows (default: all) and columns (default: every feature)."""
    chosen = tuple(columns if columns is not None else data.features.columns)
    table = data.features if rows is None else data.features.iloc[rows]
    loss = data.loss if rows is None else data.loss[rows]
    levels = {
        column: tuple(str(level) for level in table[column].cat.categories)
        for column in chosen
        if table[column].dtype != "float64"
    }
    leaf = int(np.clip(len(loss) // 100, 5, 50))
    # Names like "f0": LightGBM refuses JSON characters in names, and ours may hold anything.
    names = [f"f{place}" for place in range(len(chosen))]
    dataset = lightgbm.Dataset(
        _matrix(table, chosen, levels),
        loss,
        feature_name=names or ["f0"],
        categorical_feature=[f"f{place}" for place, column in enumerate(chosen) if column in levels],
        params={"verbosity": -1, "max_bin": 127, "min_data_in_bin": 3, "feature_pre_filter": False},
    )
    parameters = PARAMETERS | {
        "objective": "binary" if data.spec.task == "classification" else "regression",
        "min_data_in_leaf": leaf,
        "seed": seed,
        "num_threads": threads_for(table.size),
    }
    return Model(lightgbm.train(parameters, dataset, rounds), data.spec.task, chosen, levels)


@dataclass(frozen=True)
class Quality:
    """How well the future is foretold. ``forward`` with its 90 % interval over groups; None where it cannot be told."""

    metric: Literal["roc_auc", "r2"]
    forward: float | None
    forward_low: float | None
    forward_high: float | None
    random: float | None
    optimism: float | None
    baseline: float
    n_test: int
    more: dict[str, float]
    """Further figures of the forward split: ``pr_auc`` and ``brier``, or ``rmse`` and ``mae``."""


def score(data: StudyData, seed: int = 0, *, rounds: int = ROUNDS) -> Quality:
    """Score twice: on the newest whole groups, and on random rows. The difference is the optimism of the latter."""
    rng = np.random.default_rng(seed)
    ahead, shuffled = forward(data.groups), random_rows(data.n, rng)
    metric: Literal["roc_auc", "r2"] = "roc_auc" if data.spec.task == "classification" else "r2"
    truth, predicted = _test(data, ahead, seed, rounds)
    value = _measure(metric, truth, predicted)
    low, high = _interval(metric, truth, predicted, data.groups[ahead.test], rng) if value is not None else (None, None)
    at_random = _measure(metric, *_test(data, shuffled, seed, rounds))
    gap = None if value is None or at_random is None else at_random - value
    baseline = 0.5 if metric == "roc_auc" else 0.0
    return Quality(
        metric, value, low, high, at_random, gap, baseline, len(truth), _more(metric, truth, predicted, value)
    )


@dataclass(frozen=True)
class Learned:
    """A model of all units, and how well models like it foretell units they have not seen."""

    model: Model
    quality: Quality


def learn(data: StudyData, seed: int = 0, *, rounds: int = ROUNDS) -> Learned:
    """Score on honest splits, then train on everything."""
    quality = score(data, seed, rounds=rounds)
    return Learned(fit(data, seed=seed, rounds=rounds), quality)


def _test(data: StudyData, split: Split, seed: int, rounds: int) -> tuple[Floats, Floats]:
    if not len(split.train) or not len(split.test):
        return np.zeros(0), np.zeros(0)
    model = fit(data, split.train, seed=seed, rounds=rounds)
    return data.loss[split.test], model.predict(data.features.iloc[split.test])


def _measure(metric: str, truth: Floats, predicted: Floats, weight: Floats | None = None) -> float | None:
    """Weighted ROC-AUC or R²; None where one class, or no variance, makes it meaningless."""
    weight = np.ones(len(truth)) if weight is None else weight
    seen = truth[weight > 0]
    if len(seen) < 2 or np.ptp(seen) == 0:
        return None
    if metric == "r2":
        mean = np.average(truth, weights=weight)
        return float(1 - (weight * (truth - predicted) ** 2).sum() / (weight * (truth - mean) ** 2).sum())
    # The chance that a bad unit is ranked above a good one, ties counted half.
    order = np.argsort(predicted, kind="stable")
    truth, predicted, weight = truth[order], predicted[order], weight[order]
    place = np.concatenate([[0], np.cumsum(np.diff(predicted) > 0)])
    bad = np.bincount(place, weight * truth)
    good = np.bincount(place, weight * (1 - truth))
    below = np.cumsum(good) - good / 2
    return float((bad * below).sum() / (bad.sum() * good.sum()))


def _interval(
    metric: str, truth: Floats, predicted: Floats, groups: Ints, rng: np.random.Generator
) -> tuple[float | None, float | None]:
    """5 % and 95 % points over resampled groups."""
    _, codes = np.unique(groups, return_inverse=True)
    count = int(codes.max()) + 1
    # Sorted once; the redraws only weigh.
    order = np.argsort(predicted, kind="stable")
    truth, predicted, codes = truth[order], predicted[order], codes[order]
    found = []
    for _ in range(REDRAWS):
        drawn = rng.multinomial(count, np.full(count, 1 / count)).astype(np.float64)
        value = _measure(metric, truth, predicted, drawn[codes])
        if value is not None:
            found.append(value)
    if len(found) < REDRAWS // 2:
        return None, None
    return float(np.quantile(found, 0.05)), float(np.quantile(found, 0.95))


def _more(metric: str, truth: Floats, predicted: Floats, value: float | None) -> dict[str, float]:
    if value is None:
        return {}
    if metric == "roc_auc":
        return {
            "pr_auc": float(average_precision_score(truth, predicted)),
            "brier": float(brier_score_loss(truth, predicted)),
        }
    error = truth - predicted
    return {"rmse": float(np.sqrt((error**2).mean())), "mae": float(np.abs(error).mean())}
