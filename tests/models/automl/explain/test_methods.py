"""The explainers of predictions on functions whose answers are known."""

import doctest
import importlib

import numpy as np
import pandas as pd
import pytest

from models.automl.explain.dependence import accumulated_effects, partial_dependence
from models.automl.explain.game import frame_game, matrix_game, whole
from models.automl.explain.importance import permutation_importance
from models.automl.explain.permutation import permutation_values
from models.automl.matrix import Matrix


@pytest.mark.parametrize(
    "name", ["background", "dependence", "game", "importance", "path", "permutation", "rows", "words"]
)
def test_examples_run(name: str):
    module = importlib.import_module(f"models.automl.explain.{name}")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_permutation_values_add_up_and_are_exact_for_pairs():
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(60, 4))

    def game(at):
        a, b, c, d = (cells[at[:, place], place] for place in range(4))
        return np.stack([a * b + 3 * c, np.sin(d)], axis=1)

    rows, background = np.arange(8), np.arange(10, 60)
    base, values = permutation_values(game, rows, background, 4, seed=1)
    np.testing.assert_allclose(base + values.sum(axis=1), game(whole(rows, 4)), atol=1e-12)
    mean = cells[background].mean(axis=0)
    both = (cells[background, 0] * cells[background, 1]).mean()
    for row in rows:
        a, b, c, _ = cells[row]
        expected = [(a * b - both + a * mean[1] - b * mean[0]) / 2, (a * b - both - a * mean[1] + b * mean[0]) / 2]
        np.testing.assert_allclose(values[row, :, 0], [*expected, 3 * (c - mean[2]), 0], atol=1e-12)
        np.testing.assert_allclose(values[row, :3, 1], 0, atol=1e-12)
    alone = permutation_values(game, rows[3:4], background, 4, seed=1)[1]
    np.testing.assert_array_equal(alone[0], values[3])  # neighbours do not matter


def test_permutation_values_of_one_column():
    base, values = permutation_values(lambda at: at.astype(float), np.array([5]), np.array([1, 3]), 1)
    assert (base.tolist(), values.tolist()) == ([2.0], [[[3.0]]])


def test_both_games_move_the_same_cells():
    table = pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [4.0, 5.0, 6.0]})
    values = np.array([[1.0, 10.0, 4.0], [np.nan, 20.0, 5.0], [3.0, 30.0, 6.0]])  # "a" became two features
    matrix = Matrix(values, ("a", "a2", "b"), ("a", "b"), (0, 0, 1), (0, 0, 0))
    at = np.array([[0, 2], [1, 0]])
    np.testing.assert_array_equal(frame_game(lambda rows: rows.to_numpy(), table)(at), [[1, 6], [np.nan, 4]])
    expected = [[1, 10, 6], [np.nan, 20, 4]]
    np.testing.assert_array_equal(matrix_game(lambda cells: cells.values, matrix)(at), expected)


def test_importance_names_what_is_used_and_what_is_not():
    rng = np.random.default_rng(1)
    cells = rng.normal(size=(400, 3))
    truth = 3 * cells[:, 0] + cells[:, 1]

    def score(places, predicted):
        return -float(np.square(truth[places] - predicted[:, 0]).mean())

    def game(at):
        return (3 * cells[at[:, 0], 0] + cells[at[:, 1], 1])[:, None]

    strong, weak, none = permutation_importance(game, np.arange(400), ["strong", "weak", "none"], score)
    assert strong.low > 12
    assert strong.estimate == pytest.approx(18, rel=0.2)
    assert 0 < weak.low < 2 < weak.high
    assert (none.estimate, none.low, none.high) == (0, 0, 0)
    again = permutation_importance(game, np.arange(400), ["strong", "weak", "none"], score)
    assert again[0] == strong


def test_importance_of_an_undefined_score_is_none():
    found = permutation_importance(lambda at: at * 1.0, np.arange(5), ["a"], lambda places, predicted: None)
    assert (found[0].estimate, found[0].low, found[0].high) == (None, None, None)


def test_dependence_of_numbers_with_gaps():
    rng = np.random.default_rng(2)
    x = pd.Series(rng.uniform(-2, 2, 500), name="x")
    other = x.to_numpy() + 0.05 * rng.normal(size=500)
    x[::10] = np.nan

    def game(at):
        own = x.to_numpy()[at[:, 0]]
        return np.stack([np.where(np.isnan(own), 7.0, own**2 + other[at[:, 1]]), at[:, 1] * 0.0], axis=1)

    rows = np.arange(500)
    curve = partial_dependence(game, x, rows, 0, 2)
    at = np.array(curve.cells)
    assert len(at) == 20
    assert (np.diff(at) > 0).all()
    np.testing.assert_allclose(curve.effect[:, 0], at**2 + other.mean(), atol=1e-9)
    assert curve.missing is not None
    assert curve.missing.tolist() == [7.0, 0.0]
    assert curve.share.sum() == pytest.approx(0.9)
    local = accumulated_effects(game, x, rows, 0, 2)
    shape = local.effect[:, 0] - at**2
    np.testing.assert_allclose(shape, shape[0], atol=1e-9)  # what the other column does is not credited to this one
    assert abs(local.share @ local.effect[:, 0]) < 1e-9
    assert not local.effect[:, 1].any()


def test_dependence_of_dates():
    when = pd.Series(pd.date_range("2026-01-01", periods=50, freq="D"), name="when")
    for method in (partial_dependence, accumulated_effects):
        curve = method(lambda at: at[:, :1] * 2.0, when, np.arange(50), 0, 1, points=5)
        assert curve.cells[0] == pd.Timestamp("2026-01-01")
        assert curve.cells[-1] == pd.Timestamp("2026-02-19")
        np.testing.assert_allclose(np.ptp(curve.effect[:, 0]), 98)


def test_levels_are_ordered_by_likeness():
    rng = np.random.default_rng(3)
    level = rng.integers(0, 3, 600)
    heat = np.array([5.0, 0.0, 2.5])[level] + rng.normal(size=600)  # b, c, a is the natural order
    cells = pd.Series(np.array(["a", "b", "c"])[level], name="level")
    effect = np.array([10.0, 20.0, 40.0])

    def game(at):
        return (effect[level[at[:, 0]]] + heat[at[:, 1]])[:, None]

    curve = accumulated_effects(game, cells, np.arange(600), 0, 2, others=np.stack([heat, np.ones(600)], axis=1))
    assert curve.cells in [("b", "c", "a"), ("a", "c", "b")]
    found = dict(zip(curve.cells, curve.effect[:, 0], strict=True))
    assert [round(found[name] - found["a"]) for name in "abc"] == [0, 10, 30]
    assert abs(curve.share @ curve.effect[:, 0]) < 1e-9
    held = partial_dependence(game, cells, np.arange(600), 0, 2)
    np.testing.assert_allclose(held.effect[:, 0], effect + heat.mean())
