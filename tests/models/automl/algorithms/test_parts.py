"""The dense view, target encoding, steps in the neighbourhood."""

import numpy as np
import pytest

from models.automl.algorithms.base import Problem, Workbench
from models.automl.algorithms.basis import expanded
from models.automl.algorithms.encoding import encoded
from models.automl.algorithms.scaled import Scaled, view
from models.automl.algorithms.space import Span, near
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Matrix


def bench(values: Floats, levels: tuple[int, ...]) -> Workbench:
    names = tuple(f"c{place}" for place in range(values.shape[1]))
    matrix = Matrix(values, names, names, tuple(range(values.shape[1])), levels)
    return Workbench(matrix, np.zeros(len(values)), np.ones(len(values)), Problem("regression", 0))


@pytest.mark.parametrize("shape", ["linear", "curves", "squares"])
def test_no_rows_are_as_wide_as_many(shape: str) -> None:
    """Where whole groups are held back in folds, no newest rows are: what is foretold of them is empty."""
    basis, many = expanded(bench(np.random.default_rng(0).normal(size=(50, 3)), (0, 0, 0)), shape)
    assert basis.expand(many[:0, :3]).shape == (0, basis.width) == (0, many.shape[1])


def test_the_view_of_each_kind_of_column() -> None:
    rng = np.random.default_rng(0)
    plain, skewed, rare = rng.normal(50, 10, 400), np.exp(2 * rng.normal(size=400)), np.zeros(400)
    rare[:8] = 1000.0
    category = np.repeat([0.0, 1.0, 2.0, np.nan], [390, 5, 2, 3])
    gaps = np.where(rng.random(400) < 0.3, np.nan, plain)
    constant = np.full(400, 7.0)
    scaled, table = view(bench(np.stack([plain, skewed, rare, category, gaps, constant], axis=1), (0, 0, 0, 4, 0, 0)))
    assert table.shape == (400, scaled.width) == (400, 9)
    assert table[:, :2].std(axis=0) == pytest.approx([1, 1], abs=0.05)
    assert np.unique(table[:, 2]).tolist() == [0.0, 1.0]
    assert (table[np.isnan(gaps), 4] == 1).all()
    assert np.unique(table[np.isnan(gaps), 3]).size == 1
    # two frequent levels, the rest, the missing
    assert table[[0, 391, 396, 399], 5:].tolist() == np.eye(4).tolist()
    far = scaled.apply(bench(np.full((1, 6), 1e300), (0, 0, 0, 4, 0, 0)).matrix)
    assert np.abs(far).max() < 6
    read = Scaled.load(Written.of(scaled.to_dict(), "scaled"))
    assert read.to_dict() == scaled.to_dict()


def test_target_encoding_does_not_see_a_row_s_own_target() -> None:
    """Levels that mean nothing, forty of them with three rows each: in their own means the target would be seen."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(40.0), 3)
    target = rng.normal(size=120)
    table = bench(np.stack([codes, rng.normal(size=120)], axis=1), (40, 0))
    found = encoded(table.matrix, target, table.weight, table.problem, rng)
    assert found is not None
    encoding, columns = found
    assert columns.shape == (120, 1)
    assert abs(np.corrcoef(columns[:, 0], target)[0, 1]) < 0.3
    assert np.corrcoef(encoding.columns(table.matrix)[:, 0], target)[0, 1] > 0.4
    unseen = encoding.columns(bench(np.array([[np.nan, 0.0]]), (40, 0)).matrix)
    assert unseen[0, 0] == pytest.approx(target.mean())


def test_a_neighbour_stays_inside() -> None:
    rng = np.random.default_rng(0)
    space = {"rate": Span(0.01, 1.0, log=True), "leaves": Span(2, 64, log=True, whole=True), "kind": ("a", "b")}
    config = {"rate": 0.1, "leaves": 8, "kind": "a", "rounds": 100}
    seen = [near(config, space, rng) for _ in range(200)]
    assert {each["rounds"] for each in seen} == {100}
    assert all(0.01 <= float(each["rate"]) <= 1 and each["leaves"] in range(2, 65) for each in seen)
    assert len({str(each) for each in seen}) > 100
    assert {each["kind"] for each in seen} == {"a", "b"}
    assert near({"rounds": 3}, space, rng) == {"rounds": 3}
