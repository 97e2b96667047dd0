"""Scores, shares and intervals of the comparison."""

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.automl.protocol import (
    LEAST_SCALE,
    Truth,
    best_single,
    blocks,
    loss,
    mean_interval,
    naive_score,
    relative,
    score,
    standard_error,
)
from tests.benchmarks.automl.tables import MAX_TRAIN_ROWS, Table, divide


def truth(task: str, target: list[float], cluster: list[int] | None = None) -> Truth:
    values = np.asarray(target, dtype=float)
    rows = np.arange(len(values)) if cluster is None else np.asarray(cluster)
    return Truth(task, values, int(values.max()) + 1, 0.0, rows)  # type: ignore[arg-type]


def test_scores_are_area_share_and_r2() -> None:
    halves = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    assert score(truth("binary", [0, 1, 0, 1]), halves) == 1.0
    assert score(truth("multiclass", [0, 1, 1, 1]), halves) == 0.75
    assert score(truth("regression", [1, 2, 3, 4]), np.array([1.0, 2, 3, 4])) == 1.0


def test_area_counts_ties_half_and_rows_by_weight() -> None:
    tied = np.array([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]])
    assert score(truth("binary", [0, 1, 1]), tied) == 0.25
    assert score(truth("binary", [0, 1, 1]), tied, np.array([1.0, 3.0, 1.0])) == 0.375


def test_loss_is_log_loss_or_root_mean_square() -> None:
    assert loss(truth("binary", [0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]])) == pytest.approx(np.log(8) / 2)
    assert loss(truth("regression", [0, 0]), np.array([3.0, -3.0])) == 3.0


def test_naive_knows_only_the_rows_to_learn_from() -> None:
    learnt = np.array([0.0, 0, 1])
    assert naive_score("binary", learnt, np.array([1.0, 0])) == 0.5
    assert naive_score("multiclass", learnt, np.array([1.0, 1, 0, 1])) == 0.25
    assert naive_score("regression", np.array([0.0]), np.array([1.0, 3])) == pytest.approx(1 - 10 / 2)


def test_relative_counts_what_the_best_peer_gains() -> None:
    assert relative(0.9, 0.5, 0.8) == pytest.approx(4 / 3)
    assert relative(0.51, 0.5, 0.5) == pytest.approx(0.01 / LEAST_SCALE)
    assert (relative(-90.0, 0.0, 0.8), relative(9.0, 0.0, 0.8)) == (-1.0, 2.0)


def test_interval_holds_the_mean_and_widens_with_spread() -> None:
    calm, wild = mean_interval([0.1, 0.1, 0.1]), mean_interval([-1.0, 0.1, 1.2])
    assert calm.low == calm.mean == calm.high == pytest.approx(0.1)
    assert wild.low < wild.mean < wild.high
    assert wild.mean == pytest.approx(0.1)


def test_error_of_paired_rows() -> None:
    rng = np.random.default_rng(1)
    target = rng.normal(size=400)
    exact, noisy = target + rng.normal(0, 0.1, 400), target + rng.normal(0, 1.0, 400)
    rows = Truth("regression", target, 0, 0.0, np.arange(400))
    whole = Truth("regression", target, 0, 0.0, blocks(400) // 10)
    assert standard_error(rows, exact, exact) == 0.0
    assert 0.0 < standard_error(rows, noisy, exact) < 0.2
    assert len(np.unique(whole.cluster)) == 5
    assert standard_error(whole, noisy, exact) > 0.0


def test_best_single_peer() -> None:
    assert best_single({"a": [0.5, 0.9], "b": [0.8, 0.8], "c": [1.0, 0.0]}) == "b"


def test_division_goes_forward_in_time_and_windows_move() -> None:
    frame = pd.DataFrame({"at": range(100), "y": 1.0})
    table = Table("t", "", "y", "regression", 0.2, order="at")
    train, test = divide(frame, table, 0)
    assert (train["at"].max(), test["at"].min(), test["at"].max()) == (79, 80, 99)
    train, test = divide(frame, table, 1)
    assert (train["at"].max(), test["at"].min(), test["at"].max()) == (69, 70, 89)


def test_division_keeps_groups_whole_and_classes_in_proportion() -> None:
    frame = pd.DataFrame({"g": [at // 10 for at in range(100)], "y": [at % 5 == 0 for at in range(100)]})
    train, test = divide(frame, Table("t", "", "y", "binary", 0.3, group="g"), 0)
    assert not set(train["g"]) & set(test["g"])
    assert test["g"].nunique() == 3
    train, test = divide(frame, Table("t", "", "y", "binary", 0.25), 0)
    assert (int(train["y"].sum()), int(test["y"].sum()), len(test)) == (15, 5, 25)


def test_rows_to_learn_from_are_limited() -> None:
    frame = pd.DataFrame({"y": np.zeros(MAX_TRAIN_ROWS * 2)})
    train, _ = divide(frame, Table("t", "", "y", "regression"), 0)
    assert len(train) == MAX_TRAIN_ROWS
