"""Every algorithm, every task, awkward tables: fit, predict, write down, read back, again."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ingest.errors import StudyError
from models.automl.algorithms.base import Algorithm, Config, Problem, Task, Workbench
from models.automl.algorithms.registry import algorithms, by_name, known
from models.automl.matrix import Floats, Matrix

BINARY, THREE, VALUES = ("classification", 2), ("classification", 3), ("regression", 0)
TASKS: list[tuple[Task, int]] = [BINARY, THREE, VALUES]


def matrix(values: Floats, levels: dict[int, int] | None = None) -> Matrix:
    names = tuple(f'c "{place}", [µ]' for place in range(values.shape[1]))
    counts = tuple((levels or {}).get(place, 0) for place in range(values.shape[1]))
    return Matrix(values, names, names, tuple(range(values.shape[1])), counts)


def bench(values: Floats, signal: Floats, classes: int, levels: dict[int, int] | None = None) -> Workbench:
    cuts = np.quantile(signal, np.arange(1, classes) / classes) if classes else []
    target = np.digitize(signal, cuts).astype(np.float64) if classes else 1e6 + 3 * signal
    weight = np.where(np.arange(len(values)) % 3 == 0, 2.0, 0.5)
    problem = Problem("classification" if classes else "regression", classes)
    return Workbench(matrix(values, levels), target, weight / weight.mean(), problem)


def mixed(classes: int) -> Workbench:
    """Numbers, a skewed one, gaps, few and many levels, a column that is constant in training, one all missing."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(120, 8))
    values[:, 1] = np.exp(3 * values[:, 1])
    values[rng.random(120) < 0.2, 2] = np.nan
    values[:, 3] = rng.integers(0, 3, 120)
    values[:, 4] = rng.integers(0, 40, 120)
    values[rng.random(120) < 0.1, 4] = np.nan
    values[:, 5] = np.arange(120) >= 90
    values[:, 6] = np.nan
    signal = values[:, 0] + (values[:, 3] == 1) + 0.3 * rng.normal(size=120)
    return bench(values, signal, classes, {3: 3, 4: 40})


def two_each(classes: int) -> Workbench:
    rng = np.random.default_rng(1)
    n = 2 * max(classes, 2)
    return bench(rng.normal(size=(n, 3)), np.repeat(np.arange(n // 2), 2) + 0.01 * rng.normal(size=n), classes)


def single(classes: int) -> Workbench:
    signal = np.random.default_rng(2).normal(size=60)
    return bench(signal[:, None] * 1e9, signal, classes)


def wide(classes: int) -> Workbench:
    values = np.random.default_rng(3).normal(size=(40, 90))
    return bench(values, values[:, 0], classes)


EVERY = [
    pytest.param(algorithm, classes, id=f"{algorithm.name}-{classes}")
    for task, classes in TASKS
    for algorithm in algorithms(task, mixed(classes))
]
TABLES = {"mixed": (mixed, np.arange(90)), "two_each": (two_each, None), "single": (single, None), "wide": (wide, None)}


def quick(algorithm: Algorithm, table: Workbench, rows: int, most: int = 8) -> Config:
    """The first configuration, with fewer rounds."""
    config = dict(algorithm.portfolio(table, rows)[0])
    for name in ("num_iterations", "max_iter", "num_boost_round", "n_estimators", "epochs"):
        if name in config:
            config[name] = min(int(config[name]), most)
    return config


def cases() -> Iterator[Any]:
    for case in EVERY:
        for name in TABLES:
            yield pytest.param(*case.values, name, id=f"{case.id}-{name}")


@pytest.mark.parametrize(("algorithm", "classes", "name"), list(cases()))
def test_fit_predict_write_and_read_back(algorithm: Algorithm, classes: int, name: str) -> None:
    build, rows = TABLES[name]
    table = build(classes)
    rows = np.arange(table.matrix.n) if rows is None else rows
    assert algorithm.unsuited(table, len(rows)) is None
    config = quick(algorithm, table, len(rows))
    fitted = algorithm.fit(table, rows, config, seed=5)
    unseen = table.matrix.values.copy()
    unseen[0] = np.nan
    unseen[1] = 1e300
    unseen[2] = -1e300
    unseen = replace(table.matrix, values=unseen)
    for asked in (table.matrix, unseen, table.matrix.take(np.array([], dtype=np.int64))):
        predicted = fitted.predict(asked)
        assert predicted.shape == ((asked.n, classes) if classes else (asked.n,))
        assert np.isfinite(predicted).all()
        if classes:
            assert (predicted >= 0).all()
            assert predicted.sum(axis=1) == pytest.approx(np.ones(asked.n), abs=1e-9)
    text = json.dumps(fitted.to_dict(), allow_nan=False)
    read = algorithm.load(json.loads(text))
    scale = 1 if classes else 1e6
    for asked in (table.matrix, unseen):
        assert read.predict(asked) == pytest.approx(fitted.predict(asked), abs=1e-12 * scale, rel=0)
    assert json.dumps(read.to_dict()) == text
    again = build(classes)
    assert json.dumps(algorithm.fit(again, rows, config, seed=5).to_dict()) == text
    assert json.dumps(dict(config)) == json.dumps(json.loads(json.dumps(dict(config))))


@pytest.mark.parametrize(("algorithm", "classes"), EVERY)
def test_a_class_that_the_rows_lack_stays_possible(algorithm: Algorithm, classes: int) -> None:
    table = mixed(classes)
    rows = np.flatnonzero(table.target[:90] < max(classes - 1, 1)) if classes else np.arange(4)
    fitted = algorithm.fit(table, rows, quick(algorithm, table, len(rows)), seed=0)
    assert np.isfinite(fitted.predict(table.matrix)).all()
    assert np.isfinite(algorithm.load(json.loads(json.dumps(fitted.to_dict()))).predict(table.matrix)).all()


@pytest.mark.parametrize(("algorithm", "classes"), EVERY)
def test_early_stopping_and_the_word_stop(algorithm: Algorithm, classes: int) -> None:
    table, rows, valid = mixed(classes), np.arange(60), np.arange(60, 90)
    config = algorithm.portfolio(table, 60)[0]
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    fitted = algorithm.fit(table, rows, config, valid=valid, stop=stop)
    assert len(asked) <= 5
    assert np.isfinite(fitted.predict(table.matrix)).all()
    assert fitted.rounds is None or 1 <= fitted.rounds <= 60
    told = [] if fitted.rounds is None else [fitted.rounds, fitted.rounds + 1]
    final = algorithm.final(config, told)
    assert json.loads(json.dumps(dict(final))) == dict(final)
    if told:
        assert algorithm.fit(table, rows, final).rounds is not None


@pytest.mark.parametrize(("algorithm", "classes"), EVERY)
def test_portfolio_and_neighbours(algorithm: Algorithm, classes: int) -> None:
    table = mixed(classes)
    rng = np.random.default_rng(0)
    for rows in (10, 90, 3_000, 30_000):
        configs = algorithm.portfolio(table, rows)
        assert configs
        assert len({json.dumps(dict(config), sort_keys=True) for config in configs}) == len(configs)
        for config in configs:
            near = algorithm.near(config, rng)
            assert near.keys() == config.keys()
            assert json.loads(json.dumps(dict(near))) == dict(near)
    assert algorithm.name.endswith(("Classifier", "SVC", "NB", "LogisticRegression") if classes else ("r", "SVR", "n"))


@pytest.mark.parametrize(("algorithm", "classes"), EVERY)
def test_it_learns(algorithm: Algorithm, classes: int) -> None:
    """Better than the naive one on rows it has not seen, and the weights are heard."""
    rng = np.random.default_rng(11)
    values = rng.normal(size=(400, 3))
    table = bench(values, values[:, 0] - values[:, 1] + 0.5 * rng.normal(size=400), classes)
    rows, rest = np.arange(300), np.arange(300, 400)
    config = quick(algorithm, table, 300, 40)

    def loss(fitted: Any) -> float:
        predicted, truth = fitted.predict(table.matrix.take(rest)), table.target[rest]
        if classes:
            return float(-np.log(predicted[np.arange(100), truth.astype(int)] + 1e-9).mean())
        return float(((predicted - truth) ** 2).mean())

    naive = known(algorithm.task)[0]
    least = loss(naive.fit(table, rows, {}))
    if algorithm.name != naive.name:
        assert loss(algorithm.fit(table, rows, config, valid=rest)) < 0.85 * least
    asked = table.matrix.take(rest)
    if "min_samples_leaf" in config:
        config = {**config, "min_samples_leaf": 40}  # fully grown leaves hold one row, whatever its weight
    heavy = replace(table, weight=np.where(table.target > np.median(table.target), 1.9, 0.1), shared={})
    up, even = (algorithm.fit(one, rows, config).predict(asked) for one in (heavy, table))
    if classes != 3:
        assert (up[:, -1] if classes else up).mean() > (even[:, -1] if classes else even).mean()


@pytest.mark.parametrize(("algorithm", "classes"), EVERY)
def test_monotone_is_kept_or_refused(algorithm: Algorithm, classes: int) -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(200, 2))
    table = bench(values, np.sin(2 * values[:, 0]) + values[:, 1] + 0.3 * rng.normal(size=200), classes)
    table = replace(table, problem=replace(table.problem, monotone=(1, -1)))
    why = algorithm.unsuited(table, 200)
    if why is not None:
        assert "monotone" in why
        return
    fitted = algorithm.fit(table, np.arange(200), quick(algorithm, table, 200))
    grid = np.linspace(-3, 3, 41)
    for place, way in ((0, 1), (1, -1)):
        asked = np.zeros((41, 2))
        asked[:, place] = grid
        predicted = fitted.predict(matrix(asked))
        steps = np.diff(predicted[:, -1] if classes else predicted)
        assert (way * steps >= -1e-12).all()


def broken(content: Any) -> Iterator[Any]:
    """The content with one thing wrong, for each thing in it."""
    for key, value in content.items():
        without = copy.deepcopy(content)
        del without[key]
        if key not in ("rounds", "encoding"):
            yield without
        yield {**content, key: {"no": "such thing"}}
        if isinstance(value, list) and value:
            yield {**content, key: [*value[:-1], None]}
        if isinstance(value, float):
            yield {**content, key: float("nan")}


@pytest.mark.parametrize(("algorithm", "classes"), EVERY)
def test_a_poisoned_file_is_refused(algorithm: Algorithm, classes: int) -> None:
    table = mixed(classes)
    content = algorithm.fit(table, np.arange(60), quick(algorithm, table, 60)).to_dict()
    content = json.loads(json.dumps(content))
    for wrong in [None, [], "tree", {}, {"kind": "pickle"}, *broken(content)]:
        with pytest.raises(StudyError):
            algorithm.load(wrong)


def test_targets_far_from_nought_keep_their_small_changes() -> None:
    signal = np.random.default_rng(0).normal(size=300)
    table = bench(signal[:, None], signal, 0)
    table.target = 1e9 + signal
    for algorithm in known("regression")[1:]:
        fitted = algorithm.fit(table, np.arange(300), quick(algorithm, table, 300, 30))
        assert np.corrcoef(fitted.predict(table.matrix), signal)[0, 1] > 0.9, algorithm.name


def test_same_order_whatever_the_order_of_rows() -> None:
    table, rows = mixed(2), np.arange(90)
    shuffled = np.random.default_rng(0).permutation(rows)
    for algorithm in known("classification"):
        config = quick(algorithm, table, 90)
        one, other = (algorithm.fit(table, order, config, seed=1).to_dict() for order in (rows, shuffled))
        assert json.dumps(one) == json.dumps(other), algorithm.name


def test_unsuited_in_words() -> None:
    for task, classes in TASKS:
        table = mixed(classes)
        huge = replace(table.matrix, values=np.broadcast_to(np.zeros(8), (20_000_000, 8)))
        large = replace(table, matrix=huge)
        said = {each.name: each.unsuited(large, 20_000_000) for each in known(task)}
        assert said["SVC" if classes else "SVR"] is not None
        assert all("\n" not in why and why[0].islower() for why in said.values() if why)
        assert any(why is None for name, why in said.items() if "Naive" not in name)
        silent = np.stack([np.full(120, np.nan), np.ones(120)], axis=1)
        for values in (silent[:, :0], silent[:, :1], silent[:, 1:], silent):
            empty = replace(table, matrix=matrix(values), shared={})
            left = algorithms(task, empty)
            assert left[0].name.startswith("Naive")
            for each in left:
                fitted = each.fit(empty, np.arange(90), quick(each, empty, 90))
                assert np.isfinite(fitted.predict(empty.matrix)).all()
                assert np.isfinite(each.load(fitted.to_dict()).predict(empty.matrix)).all()


def test_names_and_lists() -> None:
    table = mixed(2)
    assert by_name("LGBMClassifier", "classification").task == "classification"
    with pytest.raises(StudyError, match="did you mean 'LGBMClassifier'"):
        by_name("LGBMClasifier", "classification")
    with pytest.raises(StudyError, match="unknown"):
        algorithms("classification", table, ["LGBMRegressor"])
    named = algorithms("classification", table, ["GaussianNB", "LGBMClassifier"])
    assert [each.name for each in named] == ["NaiveClassifier", "GaussianNB", "LGBMClassifier"]
    assert "LGBMClassifier" not in [each.name for each in algorithms("classification", table, (), ["LGBMClassifier"])]
    table.problem = replace(table.problem, monotone=(1, 0, 0, 0, 0, 0, 0, 0))
    with pytest.raises(StudyError, match=r"no algorithm is left.*GaussianNB keeps no monotone"):
        algorithms("classification", table, ["GaussianNB"])
    names = {each.name for task, _ in TASKS for each in known(task)}
    assert names >= {
        "LogisticRegression", "GaussianNB", "DecisionTreeClassifier", "RandomForestClassifier", "XGBClassifier",
        "LGBMClassifier", "SVC", "LinearSVC", "ExtraTreesClassifier", "LinearRegression", "DecisionTreeRegressor",
        "RandomForestRegressor", "XGBRegressor", "LGBMRegressor", "SVR", "LinearSVR", "ExtraTreesRegressor",
    }  # fmt: skip
