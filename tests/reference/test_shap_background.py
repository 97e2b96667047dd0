"""Values against a background, compared with shap's TreeExplainer and with the definition itself."""

import math
import warnings
from itertools import combinations
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from models.automl.explain import background
from models.automl.explain.background import background_values
from models.automl.forest import Forest
from models.automl.matrix import Floats

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import shap


def interventional(model: Any, rows: Floats, against: Floats) -> Floats:
    explainer = shap.TreeExplainer(model, data=against, feature_perturbation="interventional")
    return np.asarray(explainer.shap_values(rows)).reshape(len(rows), rows.shape[1], -1)


def definition(forest: Forest, row: Floats, against: Floats, owner: list[int]) -> Floats:
    """Shapley values by all coalitions: (players, outputs)."""
    players = sorted(set(owner))
    worth = {}
    for size in range(len(players) + 1):
        for some in combinations(players, size):
            mixed = np.where(np.isin(owner, some), row, against)
            worth[frozenset(some)] = forest.raw(mixed).mean(axis=0)
    d = len(players)
    out = np.zeros((d, forest.outputs))
    for coalition, value in worth.items():
        for player in players:
            if player not in coalition:
                weight = math.factorial(len(coalition)) * math.factorial(d - len(coalition) - 1) / math.factorial(d)
                out[player] += weight * (worth[coalition | {player}] - value)
    return out


def grown(seed: int = 0, **params: Any) -> tuple[lgb.Booster, Floats]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(400, 6))
    x[:, 2] = rng.integers(0, 30, 400)
    x[rng.random(x.shape) < 0.1] = np.nan
    known = np.nan_to_num(x)
    y = known[:, 0] * known[:, 1] + (known[:, 2] % 3) + np.abs(known[:, 3]) + 0.1 * rng.normal(size=400)
    full = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 3, "num_leaves": 15, "min_data_per_group": 5, **params}
    target = np.digitize(y, [0, 2]) if "num_class" in params else y
    return lgb.train(full, lgb.Dataset(x, target, params=full, categorical_feature=[2]), 15), x


@pytest.mark.parametrize("method", ["tables", "directly"])
@pytest.mark.parametrize("owner", [[0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 3]], ids=["features", "columns"])
@pytest.mark.parametrize("params", [{}, {"objective": "multiclass", "num_class": 3}], ids=["one", "three"])
def test_the_values_are_those_of_the_definition(
    params: dict[str, Any], owner: list[int], method: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(background, "_PAIR", 0 if method == "directly" else 1e9)
    booster, x = grown(**params)
    forest = Forest.from_lightgbm(booster)
    got = background_values(forest, x[:4], x[100:130], player=owner)
    for row in range(4):
        np.testing.assert_allclose(got[row], definition(forest, x[row], x[100:130], owner), atol=1e-12)


def test_numbers_against_shap():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 12))
    y = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + x[:, 3:8].sum(axis=1)
    booster = lgb.train({"verbose": -1, "num_threads": 1, "num_leaves": 31}, lgb.Dataset(x, y), 40)
    got = background_values(Forest.from_lightgbm(booster), x[:80], x[100:200])
    np.testing.assert_allclose(got, interventional(booster, x[:80], x[100:200]), atol=1e-6)


def test_long_paths_against_shap():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(1500, 20))
    y = np.cumprod(x > -1, axis=1) @ (1.2 ** np.arange(20))  # each column counts where all before it passed
    params = {"verbose": -1, "num_threads": 1, "num_leaves": 40, "min_data_in_leaf": 1, "learning_rate": 0.3}
    booster = lgb.train(params, lgb.Dataset(x, y), 10)
    forest = Forest.from_lightgbm(booster)
    read = background._read(forest, np.arange(25), range(forest.trees))
    assert read.count.max() > background.TABLED
    got = background_values(forest, x[:50], x[100:140])
    np.testing.assert_allclose(got, interventional(booster, x[:50], x[100:140]), atol=1e-6 * np.ptp(y))
    np.testing.assert_allclose(got.sum(axis=1) + forest.raw(x[100:140]).mean(axis=0), forest.raw(x[:50]), atol=1e-10)


def test_a_random_forest_against_shap():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 8))
    model = RandomForestClassifier(12, random_state=0).fit(x, np.digitize(x[:, 0] + x[:, 1] * x[:, 2], [-0.5, 0.5]))
    got = background_values(Forest.from_sklearn(model), x[:30], x[50:90])
    np.testing.assert_allclose(got, interventional(model, x[:30], x[50:90]), atol=1e-6)


def test_many_rows_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch):
    booster, x = grown()
    forest = Forest.from_lightgbm(booster)
    whole = background_values(forest, x, x[:40])
    monkeypatch.setattr(background, "_ROWS", 16)
    monkeypatch.setattr(background, "_BLOCK", 64)
    monkeypatch.setattr(background, "_NODES", 60)
    monkeypatch.setattr(background, "_NUMBERS", 500)
    one, two = (background_values(forest, x, x[:40], threads=threads) for threads in (1, 2))
    np.testing.assert_allclose(one, whole, atol=1e-12)
    np.testing.assert_allclose(two, whole, atol=1e-12)
    np.testing.assert_array_equal(two, background_values(forest, x, x[:40], threads=2))
    assert background_values(forest, x[:0], x[:40]).shape == (0, 6, 1)


def test_trees_that_never_split_give_nobody_anything():
    booster = lgb.train({"verbose": -1, "num_threads": 1}, lgb.Dataset(np.zeros((50, 2)), np.arange(50.0)), 2)
    forest = Forest.from_lightgbm(booster)
    for rows in (0, 1, 300):
        assert background_values(forest, np.ones((rows, 2)), np.zeros((5, 2))).tolist() == [[[0.0], [0.0]]] * rows


def test_stumps_and_columns_that_no_tree_reads():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 5))
    params = {"verbose": -1, "num_threads": 1, "num_leaves": 2}
    booster = lgb.train(params, lgb.Dataset(x, (x[:, 1] > 0) + 2.0 * (x[:, 3] > 1)), 10)
    got = background_values(Forest.from_lightgbm(booster), x[:300], x[100:])
    np.testing.assert_allclose(got, interventional(booster, x, x[100:]), atol=1e-6)
    assert not got[:, [0, 2, 4]].any()
