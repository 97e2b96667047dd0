"""The usual rankings of the same tables: mean |SHAP|, permutation, gain importance, and a univariate Pareto.

Each over all columns (``shap``) and over the controllable ones (``shap_set``). One LightGBM serves the model-based
ones: 200 trees, 15 leaves, one thread, trained on three quarters of the rows at random. None of them says where to
hold a setting or what that gives; so that regret can be told, each takes the best admissible window of its own curve,
the partial dependence of the model or the means of ten bins, and promises what that curve says.
"""

from collections.abc import Callable, Mapping
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from tests.benchmarks.ranking.files import frame_of
from tests.benchmarks.ranking.line import VERDICT, Floats
from tests.benchmarks.ranking.plants import Plant
from tests.benchmarks.ranking.truth import MIN_SUPPORT, Best, best_on_grid

__all__ = ["PEERS", "advice", "level_gain", "peers", "used_columns"]

PARAMETERS = {"num_leaves": 15, "num_threads": 1, "verbosity": -1, "deterministic": True, "seed": 0}
TREES = 200
REPEATS = 3
"""Shuffles of each column for the permutation importance."""
EXPLAINED_ROWS = 5_000
"""Rows that contributions are averaged over, and held-out rows at most."""
DEPENDENCE_ROWS = 500
"""Rows that a partial dependence is averaged over."""
BINS = 10
KINDS = ("shap", "permutation", "gain", "pareto")
PEERS = tuple(name for kind in KINDS for name in (kind, f"{kind}_set"))

Curve = Callable[[str, Floats], Floats]
"""A setting and points on it (places of levels) to the mean loss there."""


def used_columns(plant: Plant) -> list[str]:
    """What a careful analyst would train on: all but target, time, lot and declared outcomes."""
    factors = plant.study["factors"]
    special = {"finished_at", "lot", plant.study["target"]}
    return [
        column
        for column in plant.columns
        if column not in special and factors.get(column, {}).get("role", "state") != "outcome"
    ]


def recorded_loss(plant: Plant) -> Floats:
    """As the table has it, lower is better."""
    verdict = plant.line.values[VERDICT]
    return -verdict if plant.study.get("goal") == "higher" else verdict


def _table(plant: Plant, columns: list[str]) -> pd.DataFrame:
    frame = frame_of(plant)[columns]
    return frame.astype({column: "category" for column in columns if frame[column].dtype != "float64"})


def _train(plant: Plant, x: pd.DataFrame, y: Floats, rows: np.ndarray[Any, Any]) -> lgb.Booster:
    objective = "binary" if plant.config.task == "classification" else "regression"
    data = lgb.Dataset(x.iloc[rows], y[rows])
    return lgb.train({**PARAMETERS, "objective": objective}, data, num_boost_round=TREES)


def _badness(y: Floats, predicted: Floats, binary: bool) -> float:
    if not binary:
        return float(((y - predicted) ** 2).mean())
    p = np.clip(predicted, 1e-9, 1 - 1e-9)
    return float(-(y * np.log(p) + (1 - y) * np.log1p(-p)).mean())


def _predicted(model: lgb.Booster, x: pd.DataFrame) -> Floats:
    return np.asarray(model.predict(x), dtype=np.float64)


def _permutation(model: lgb.Booster, x: pd.DataFrame, y: Floats, binary: bool) -> dict[str, float]:
    """How much worse the model gets on held-out rows when a column is shuffled."""
    rng = np.random.default_rng(0)
    usual = _badness(y, _predicted(model, x), binary)
    worse = {}
    for column in x.columns:
        losses = []
        for _ in range(REPEATS):
            order = rng.permutation(len(x))
            shuffled = x.assign(**{column: x[column].iloc[order].set_axis(x.index)})
            losses.append(_badness(y, _predicted(model, shuffled), binary))
        worse[column] = float(np.mean(losses)) - usual
    return worse


def _bins(values: pd.Series) -> tuple[np.ndarray[Any, Any], Floats]:
    """Bin of every unit, and the inner edges."""
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, values.to_numpy(), side="right"), edges


def _means(codes: np.ndarray[Any, Any], y: Floats) -> tuple[Floats, Floats]:
    count = np.bincount(codes, minlength=int(codes.max()) + 1).astype(np.float64)
    total = np.bincount(codes, weights=y, minlength=len(count))
    return (total + y.mean()) / (count + 1.0), count


def _pareto(x: pd.DataFrame, y: Floats, binary: bool) -> dict[str, float]:
    """Loss of the worst over that of the best bin (regression: their difference); bins of 20 units or more."""
    found = {}
    for column in x.columns:
        codes = x[column].cat.codes.to_numpy() if x[column].dtype == "category" else _bins(x[column])[0]
        means, count = _means(codes, y)
        means = means[count >= 20]
        worst, best = (float(means.max()), float(means.min())) if len(means) else (1.0, 1.0)
        found[column] = worst / best if binary else worst - best
    return found


def _raw_curve(x: pd.DataFrame, y: Floats) -> Curve:
    def curve(column: str, points: Floats) -> Floats:
        if x[column].dtype == "category":
            return _means(x[column].cat.codes.to_numpy(), y)[0][points.astype(np.int64)]
        codes, edges = _bins(x[column])
        return _means(codes, y)[0][np.searchsorted(edges, points, side="right")]

    return curve


def _dependence(model: lgb.Booster, x: pd.DataFrame) -> Curve:
    some = x.iloc[np.sort(np.random.default_rng(1).permutation(len(x))[:DEPENDENCE_ROWS])]

    def curve(column: str, points: Floats) -> Floats:
        means = []
        for point in points:
            if x[column].dtype == "category":
                levels = x[column].cat.categories
                same: Any = pd.Categorical([levels[int(point)]] * len(some), categories=levels)
            else:
                same = float(point)
            means.append(float(_predicted(model, some.assign(**{column: same})).mean()))
        return np.array(means)

    return curve


def level_gain(now: float, levels: Mapping[str, float], share: Mapping[str, float]) -> Best:
    """The best admissible level."""
    able = [Best((level,), now - loss) for level, loss in levels.items() if share[level] >= MIN_SUPPORT]
    best = max(able, key=lambda one: one.gain, default=Best((), 0.0))
    return best if best.gain > 0 else Best((), 0.0)


def _window(plant: Plant, column: str, x: pd.DataFrame, curve: Curve) -> Best:
    """The best admissible window of a setting by a curve."""
    setting = plant.truth.settings[column]
    if setting.levels:
        levels = list(x[column].cat.categories)
        means = dict(zip(levels, curve(column, np.arange(len(levels), dtype=np.float64)).tolist(), strict=True))
        share = {level: float((x[column] == level).mean()) for level in levels}
        return level_gain(sum(means[level] * share[level] for level in levels), means, share)
    values, grid = x[column].to_numpy(), setting.grid
    at = curve(column, grid)
    return best_on_grid(values, np.interp(values, grid, at), grid, at[:, None])


def advice(factor: str | None, best: Best) -> dict[str, Any]:
    """What a ranking without intervals comes to, as a document of one entry."""
    windows = {factor: list(best.window)} if factor and best.window else {}
    entry = {"factor": factor or "", "group": [factor], "windows": windows, "gain": {"estimate": best.gain}}
    return {"verdict": "factors_found", "ranking": [entry | {"proven": False}]}


def peers(plant: Plant) -> dict[str, dict[str, Any]]:
    """The first advice of every peer."""
    columns = used_columns(plant)
    x, y, binary = _table(plant, columns), recorded_loss(plant), plant.config.task == "classification"
    rows = np.random.default_rng(plant.seed).permutation(len(x))
    cut = len(x) * 3 // 4
    model, held = _train(plant, x, y, rows[:cut]), rows[cut:][:EXPLAINED_ROWS]
    parts = np.asarray(model.predict(x.iloc[rows[:EXPLAINED_ROWS]], pred_contrib=True))[:, :-1]
    importances = {
        "shap": dict(zip(columns, np.abs(parts).mean(axis=0).tolist(), strict=True)),
        "permutation": _permutation(model, x.iloc[held], y[held], binary),
        "gain": dict(zip(columns, model.feature_importance("gain").tolist(), strict=True)),
        "pareto": _pareto(x, y, binary),
    }
    curves = {"pareto": _raw_curve(x, y)}
    modelled = _dependence(model, x)
    best: dict[tuple[str, bool], Best] = {}
    found = {}
    for kind, importance in importances.items():
        for name, among in ((kind, columns), (f"{kind}_set", [c for c in columns if c in plant.truth.settings])):
            factor = max(among, key=lambda column: importance[column])
            key = (factor, kind in curves)
            if key not in best:
                able = factor in plant.truth.settings
                best[key] = _window(plant, factor, x, curves.get(kind, modelled)) if able else Best((), 0.0)
            found[name] = advice(factor, best[key])
    return found
