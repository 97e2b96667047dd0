"""A Forest says what the library says, over every kind of split."""

import warnings
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
import xgboost as xgb
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ingest.errors import StudyError
from models.automl.forest import Forest
from models.automl.matrix import Floats

CODES = 2  # the categorical column


def table(seed: int = 0, n: int = 400) -> tuple[Floats, Floats]:
    """Numbers, zeros, missing values and a categorical column; a target that needs them all."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5))
    x[rng.random((n, 5)) < 0.15] = 0.0
    x[:, CODES] = rng.integers(0, 40, n)
    x[rng.random((n, 5)) < 0.1] = np.nan
    known = np.nan_to_num(x, nan=2.0)
    y = known[:, 0] * known[:, 1] + (known[:, CODES] % 3 == 1) + 2 * np.isnan(x[:, 3]) + 0.1 * rng.normal(size=n)
    return x, y


def strange(x: Floats) -> Floats:
    """Values that training did not hold: other categories, tiny and huge numbers, missing ones everywhere."""
    rng = np.random.default_rng(9)
    out = x.copy()
    for value in (np.nan, 0.0, 1e-36, -1e-36, 2e-35, 1e30, -1e30):
        out[rng.random(out.shape) < 0.03] = value
    out[:, CODES] = np.where(rng.random(len(out)) < 0.2, rng.choice([77, -3, 2.5, 1e6], len(out)), x[:, CODES])
    return out


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"zero_as_missing": True},
        {"use_missing": False},
        {"codes": []},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
        {"boosting": "dart"},
        {"extra_trees": True, "objective": "multiclass", "num_class": 3},
    ],
    ids=lambda params: ",".join(f"{key}={value}" for key, value in params.items()) or "plain",
)
def test_lightgbm(params: dict[str, Any]):
    x, y = table()
    target = np.digitize(y, [0, 1]) if "num_class" in params else y
    full = {
        "objective": "regression", "verbose": -1, "num_leaves": 15, "min_data_in_leaf": 5, "min_data_per_group": 5,
        "cat_smooth": 1, "num_threads": 1, **params,
    }  # fmt: skip
    codes = full.pop("codes", [CODES])
    booster = lgb.train(full, lgb.Dataset(x, target, params=full, categorical_feature=codes), 12)
    rows = strange(x)
    expected = booster.predict(rows, raw_score=True).reshape(len(x), -1)
    forest = Forest.from_lightgbm(booster)
    np.testing.assert_allclose(forest.raw(rows), expected, rtol=1e-12, atol=1e-12)
    assert bool(len(forest.listing)) == bool(codes)


def test_lightgbm_stops_at_the_best_round():
    x, y = table()
    train, valid = lgb.Dataset(x[:200], y[:200]), lgb.Dataset(x[200:], y[200:])
    params = {"verbose": -1, "num_threads": 1, "learning_rate": 0.5}
    booster = lgb.train(params, train, 60, [valid], callbacks=[lgb.early_stopping(5, verbose=False)])
    forest = Forest.from_lightgbm(booster)
    assert forest.trees == booster.best_iteration < 60
    np.testing.assert_allclose(forest.raw(x)[:, 0], booster.predict(x), rtol=1e-12)


def test_a_tree_that_never_split():
    booster = lgb.train({"verbose": -1, "num_threads": 1}, lgb.Dataset(np.zeros((50, 2)), np.arange(50.0)), 2)
    assert Forest.from_lightgbm(booster).raw(np.zeros((1, 2)))[0, 0] == pytest.approx(24.5)


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeRegressor(min_samples_leaf=3, random_state=0),
        DecisionTreeClassifier(min_samples_leaf=3, random_state=0),
        RandomForestRegressor(8, min_samples_leaf=2, random_state=0),
        RandomForestClassifier(8, min_samples_leaf=2, random_state=0),
        ExtraTreesRegressor(8, min_samples_leaf=2, random_state=0),
        ExtraTreesClassifier(8, min_samples_leaf=2, random_state=0),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_sklearn(estimator: Any):
    x, y = table()
    classifies = hasattr(estimator, "predict_proba")
    estimator.fit(x, np.digitize(y, [0, 1]) if classifies else y)
    rows = strange(x)
    # A float64 between the two float32 neighbours of a threshold must go where the library sends it.
    forest = Forest.from_sklearn(estimator)
    first = forest.threshold[forest.feature == 0]
    rows[:200, 0] = np.resize(np.nextafter(first[np.abs(first) < 1e9], np.inf), 200)
    expected = estimator.predict_proba(rows) if classifies else estimator.predict(rows)[:, None]
    np.testing.assert_allclose(forest.raw(rows), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("categorical", [None, [CODES], [0, CODES]])
def test_histogram_boosting(categorical: list[int] | None):
    x, y = table()
    if categorical and 0 in categorical:
        x[:, 0] = np.round(np.abs(x[:, 0]) * 3)
    rows = strange(x)
    for column in categorical or []:
        rows[:, column] = np.floor(np.abs(rows[:, column]))  # it takes 2.5 for unseen, where the others take it for 2
    value = HistGradientBoostingRegressor(max_iter=10, categorical_features=categorical, min_samples_leaf=5).fit(x, y)
    expected = value.predict(rows)
    np.testing.assert_allclose(Forest.from_sklearn(value).raw(rows)[:, 0], expected, rtol=1e-12, atol=1e-12)
    classes = HistGradientBoostingClassifier(max_iter=5, categorical_features=categorical, min_samples_leaf=5)
    classes.fit(x, np.digitize(y, [0, 1]))
    expected = classes.decision_function(rows)
    np.testing.assert_allclose(Forest.from_sklearn(classes).raw(rows), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"objective": "binary:logistic"},
        {"objective": "multi:softprob", "num_class": 3},
        {"booster": "dart", "rate_drop": 0.3},
        {"tree_method": "exact"},
    ],
    ids=lambda params: ",".join(f"{key}={value}" for key, value in params.items()) or "plain",
)
def test_xgboost(params: dict[str, Any]):
    x, y = table()
    target = {"multi:softprob": np.digitize(y, [0, 1]), "binary:logistic": y > 0.5}.get(params.get("objective"), y)
    kinds = ["q"] * 5 if "tree_method" in params else ["q", "q", "c", "q", "q"]
    data = xgb.DMatrix(x, target, feature_types=kinds, enable_categorical=True)
    booster = xgb.train({"max_depth": 5, "nthread": 1, "max_cat_to_onehot": 2, **params}, data, 12)
    rows = strange(x)
    rows[:, CODES] = np.where(rows[:, CODES] < 0, 77, rows[:, CODES])  # it refuses a negative code
    given = xgb.DMatrix(rows, feature_types=kinds, enable_categorical=True)
    expected = booster.predict(given, output_margin=True).reshape(len(x), -1)
    # XGBoost adds in float32: what one rounding of the sum allows, no more.
    np.testing.assert_allclose(Forest.from_xgboost(booster).raw(rows), expected, rtol=2e-6, atol=2e-6)


def test_what_is_no_additive_tree_model_is_refused():
    x, y = table()
    known = np.nan_to_num(x)
    with pytest.raises(StudyError, match="LinearRegression is no additive tree model"):
        Forest.from_sklearn(LinearRegression().fit(known, y))
    with pytest.raises(StudyError, match="is no additive tree model of one target"):
        Forest.from_sklearn(DecisionTreeRegressor(max_depth=2).fit(known, np.stack([y, y], axis=1)))
    linear = lgb.train({"verbose": -1, "linear_tree": True, "num_threads": 1}, lgb.Dataset(known, y), 3)
    with pytest.raises(StudyError, match="train without linear_tree"):
        Forest.from_lightgbm(linear)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        straight = xgb.train({"booster": "gblinear", "nthread": 1}, xgb.DMatrix(known, y), 2)
    with pytest.raises(StudyError, match="gblinear holds no trees"):
        Forest.from_xgboost(straight)
