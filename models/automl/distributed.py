"""One study too large for one machine: LightGBM on the workers of a Dask cluster, each with a share of the rows.

The rows never come together: every worker reads its own parts of the table, LightGBM's processes exchange histograms
over TCP, and one of them hands back the model, which equals one grown in one place but for the binning of numbers.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Protocol, Self, TypeVar, Unpack

import dask.array
import lightgbm
import numpy as np
import pandas as pd
from dask.delayed import delayed
from distributed import Client, KilledWorker
from lightgbm.dask import DaskLGBMRegressor
from numpy.typing import NDArray

from ingest.errors import EnvironmentFailure, StudyError
from models.automl.algorithms.base import Config, Task
from models.automl.algorithms.blanked import Blanked
from models.automl.algorithms.boosted import Boosted, outputs_of, trees_of
from models.automl.engine import fit
from models.automl.matrix import Floats, Matrix
from models.automl.model import Member, Model
from models.automl.options import OptionWords
from models.automl.target import Target
from models.study.load import load_table

__all__ = ["USUAL", "Prepares", "fit_distributed", "grow"]

USUAL: Config = {
    "num_iterations": 300, "learning_rate": 0.1, "num_leaves": 63, "min_data_in_leaf": 20, "lambda_l2": 1.0,
    "feature_fraction": 0.8, "bagging_fraction": 0.8, "bagging_freq": 1,
}  # fmt: skip
"""Where the sample was too small to choose."""
SAMPLE_ROWS = 200_000
UNKNOWN = {"model_list", "exclude_model_list", "class_weight", "monotone"}
PATIENCE_MINUTES = 2
"""For how long LightGBM's processes wait for one another."""
Result = TypeVar("Result")


class Prepares(Protocol):
    """What turns a table into numbers, learnt from a sample of the rows; see `models.automl.columns.Preparation`."""

    def transform(self, table: pd.DataFrame) -> Matrix:
        """Any rows of the table as features, the same ones each time."""
        ...


def fit_distributed(client: Client, parts: Sequence[str], target: str, **options: Unpack[OptionWords]) -> Model:
    """Train on a table that no machine can hold, as `models.automl.fit` does on one that fits.

    ``parts``: CSV or Parquet files by paths that hold on every worker. ``options``: those of `models.automl.fit`. A
    sample of the rows decides here on columns, leaks, parameters and decisions, and the scores are those of its own
    model; then the strongest booster is grown again on every row, by all workers.

    Raises `StudyError` as `models.automl.fit` does, `EnvironmentFailure` where workers are lost.
    """
    for name in UNKNOWN & options.keys():
        raise StudyError(f"option {name!r} is not known to training on a cluster; leave it out")
    task: Task = options.get("task", "classification")
    seed = int(options.get("seed", 0))
    sample, rows = _sample(client, parts, seed)
    name = "LGBMClassifier" if task == "classification" else "LGBMRegressor"
    boosted: OptionWords = {**options, "model_list": [name]}
    model = fit(sample, target, **boosted)
    boosters = [member for member in model.members if member.algorithm == name]
    chosen = max(boosters, key=lambda member: member.weight, default=Member(name, USUAL, 1.0, ()))
    blank = next((each.places for each in chosen.fitted if isinstance(each, Blanked)), ())
    grown = grow(client, parts, model.target, model.preparation, chosen.config, blank=blank, seed=seed)
    member = replace(chosen, weight=1.0, fitted=(Blanked(grown, blank) if blank else grown,))
    facts = {**model.facts, "rows": rows, "rows_used": rows, "rows_of_scores": len(sample), "parts": len(parts)}
    return replace(model, members=(member,), facts=facts)


def _sample(client: Client, parts: Sequence[str], seed: int) -> tuple[pd.DataFrame, int]:
    """The same share of every part, in a frame of its own; and how many rows there are."""
    most = max(1, 4 * SAMPLE_ROWS // max(len(parts), 1))
    cluster = _untyped(client)
    drawn: list[tuple[int, pd.DataFrame]] = _watched(
        lambda: cluster.gather(
            [client.submit(_drawn, part, most, seed + place, pure=False) for place, part in enumerate(parts)]
        )
    )
    rows = sum(count for count, _ in drawn)
    share = min([1.0, SAMPLE_ROWS / max(rows, 1), *(len(some) / count for count, some in drawn if count)])
    return pd.concat([some.iloc[: round(share * count)] for count, some in drawn], ignore_index=True), rows


def _watched(call: Callable[[], Result]) -> Result:
    try:
        return call()
    except (lightgbm.basic.LightGBMError, KilledWorker) as error:
        raise EnvironmentFailure(f"the cluster failed: {str(error).splitlines()[0]}; see its workers' logs") from None


def _drawn(part: str, most: int, seed: int) -> tuple[int, pd.DataFrame]:
    """On a worker: how many rows a part has, and at most so many of them, in random order."""
    table = load_table(part)
    rows = np.random.default_rng(seed).permutation(len(table))[:most]
    return len(table), table.iloc[rows]


def grow(
    client: Client,
    parts: Sequence[str],
    target: Target,
    preparation: Prepares,
    config: Config,
    *,
    blank: Sequence[int] = (),
    seed: int = 0,
) -> Boosted:
    """Grow trees on all parts of a table at once.

    Each worker keeps its share of the ``parts`` in memory as float64. ``target`` and ``preparation`` come from a
    sample: a class or level that it did not have is missing. ``blank``: features that are not to be learnt from.
    Workers must reach one another on free TCP ports, as Dask's own do. Raises as `fit_distributed`.
    """
    # Its announcements would go to standard output, which may be somebody's JSON.
    lightgbm.register_logger(logging.getLogger("lightgbm"))
    workers = sorted(client.scheduler_info(n_workers=-1)["workers"])
    if not workers:
        raise EnvironmentFailure("the Dask cluster has no worker; start one with `dask worker`")
    placed = [(part, workers[place % len(workers)]) for place, part in enumerate(parts)]
    booster, facts = _watched(lambda: _grown(client, placed, target, _Blind(preparation, tuple(blank)), config, seed))
    classes = len(target.classes)
    offset, scale = facts.standard(target)
    return Boosted(
        lightgbm.Booster(model_str=trees_of(str(booster.model_to_string()))),
        classes,
        len(facts.levels),
        "logit" if classes else "identity",
        int(booster.current_iteration()),
        np.full(outputs_of(classes), offset),
        scale,
        fill=facts.fill(),
    )


def _grown(
    client: Client, placed: Sequence[tuple[str, str]], target: Target, preparation: Prepares, config: Config, seed: int
) -> tuple[lightgbm.Booster, "_Facts"]:
    cluster, arrays = _untyped(client), _untyped(dask.array)
    read = [client.submit(_part, part, target, preparation, workers=[worker], pure=False) for part, worker in placed]
    found: list[_Facts] = cluster.gather([client.submit(_Facts.of, part, pure=False) for part in read])
    facts = reduce(_Facts.joined, found)
    if not facts.rows:
        raise StudyError(f"no part of the table has a row with target {target.name!r}; is it the right column?")
    kept = [client.submit(_standardised, part, *facts.standard(target), pure=False) for part in read]
    blocks = [delayed(part) for part in kept]
    shape = (np.nan, len(facts.levels))
    features = arrays.concatenate([arrays.from_delayed(block[0], shape, np.float64) for block in blocks])
    labels = arrays.concatenate([arrays.from_delayed(block[1], shape[:1], np.float64) for block in blocks])
    model = DaskLGBMRegressor(**_parameters(target, config, seed), client=client)
    with client.as_current():
        model.fit(features, labels, categorical_feature=facts.categorical())
    return model.booster_, facts


@dataclass(frozen=True)
class _Blind:
    """A preparation without some features."""

    preparation: Prepares
    places: tuple[int, ...]

    def transform(self, table: pd.DataFrame) -> Matrix:
        matrix = self.preparation.transform(table)
        return matrix.blank(self.places) if self.places else matrix


def _untyped(library: Any) -> Any:
    """Dask's functions carry no types."""
    return library


def _parameters(target: Target, config: Config, seed: int) -> dict[str, Any]:
    chosen: dict[str, Any] = {"objective": config.get("objective", "regression")}
    if target.task == "classification":
        # A classifier would number the classes anew on each worker, by those that it happens to have.
        two = len(target.classes) == 2
        chosen = {"objective": "binary"} if two else {"objective": "multiclass", "num_class": len(target.classes)}
    given = {key: value for key, value in config.items() if key not in ("num_iterations", "target_encoding")}
    fixed = {"verbosity": -1, "time_out": PATIENCE_MINUTES, "tree_learner": "data", "random_state": seed}
    return {**given, **chosen, **fixed, "n_estimators": int(config["num_iterations"])}


def _part(part: str, target: Target, preparation: Prepares) -> tuple[Matrix, Floats]:
    """On a worker: the rows of a part that have a target, as numbers, and their targets."""
    table = load_table(part)
    if target.name not in table.columns:
        raise StudyError(f"{part}: no column {target.name!r}; every part needs the target")
    codes = target.codes(table[target.name])
    known = np.isfinite(codes)
    matrix = preparation.transform(table)
    return (matrix, codes) if known.all() else (matrix.take(np.flatnonzero(known)), codes[known])


def _standardised(part: tuple[Matrix, Floats], offset: float, scale: float) -> tuple[Floats, Floats]:
    return part[0].values, (part[1] - offset) / scale


@dataclass(frozen=True)
class _Facts:
    """What all workers must know of all parts. ``gaps``, ``middles``: (p,), is a value missing, and the median."""

    rows: int
    mean: float
    squares: float
    """Sum of squared distances from the mean."""
    gaps: NDArray[np.bool_]
    middles: Floats
    levels: tuple[int, ...]

    @classmethod
    def of(cls, part: tuple[Matrix, Floats]) -> Self:
        matrix, codes = part
        mean = float(codes.mean()) if len(codes) else 0.0
        gaps = np.asarray(np.isnan(matrix.values).any(axis=0), dtype=np.bool_)
        # Of a column with a gap the median is NaN, and not asked for.
        middles = np.median(matrix.values, axis=0) if matrix.n else np.zeros(matrix.p)
        return cls(len(codes), mean, float(((codes - mean) ** 2).sum()), gaps, middles, matrix.levels)

    def joined(self, other: "_Facts") -> "_Facts":
        rows = self.rows + other.rows
        if not self.rows or not other.rows:
            return self if self.rows else other
        apart = other.mean - self.mean
        return _Facts(
            rows,
            self.mean + apart * other.rows / rows,
            self.squares + other.squares + apart**2 * self.rows * other.rows / rows,
            self.gaps | other.gaps,
            # Any value in the middle will do; the median of all would have to be sorted for.
            (self.middles * self.rows + other.middles * other.rows) / rows,
            self.levels,
        )

    def standard(self, target: Target) -> tuple[float, float]:
        """What to take off a target, and to divide it by: LightGBM's own numbers have 24 bits."""
        if target.task == "classification":
            return 0.0, 1.0
        return self.mean, float(np.sqrt(self.squares / self.rows)) or 1.0

    def fill(self) -> dict[int, float]:
        """What a missing value becomes in columns that had none, as in `models.automl.algorithms.gaps`."""
        whole = np.flatnonzero(~self.gaps)
        return {int(place): float(self.levels[place] or self.middles[place]) for place in whole}

    def categorical(self) -> list[int]:
        return [place for place, levels in enumerate(self.levels) if levels]
