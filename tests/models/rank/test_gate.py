"""The gate: as many false alarms as promised, also with few lots and skewed losses; and it opens."""

import numpy as np
import pytest

from models.rank.gate import effective_scores, gate, shapes
from models.rank.glm import solve


def scores(rng: np.random.Generator, lots: int, size: int, effect: float, settings: int = 5) -> list[np.ndarray]:
    """Settings held for whole lots, lots that differ, a context that decides both, a rare defect."""
    cells = np.repeat(np.arange(lots), size)
    n = len(cells)
    context = rng.normal(size=lots)[cells]
    eta = -2.5 + 0.8 * context + 0.5 * rng.normal(size=lots)[cells]
    columns = [0.6 * context + rng.normal(size=lots)[cells] for _ in range(settings)]
    bad = (rng.uniform(size=n) < 1 / (1 + np.exp(-eta - effect * columns[0]))).astype(float)
    z = np.column_stack([np.ones(n), context])
    null = solve(z, bad, np.full(2, -1), cells, lots, logistic=True)
    return [effective_scores(null, z, bad, shapes(column, lots), cells, lots, logistic=True)[0] for column in columns]


@pytest.mark.parametrize(("lots", "size"), [(16, 60), (80, 20)])
def test_false_alarms_are_as_rare_as_promised(lots: int, size: int):
    rng = np.random.default_rng(lots)
    alarms = sum(min(gate(scores(rng, lots, size, 0.0), rng)) <= 0.05 for _ in range(120))
    assert alarms <= 13  # 5 % of 120 is 6; more than 13 has a chance of 0.4 %


def test_a_setting_that_matters_opens_it_and_no_other():
    rng = np.random.default_rng(1)
    chances = np.array([gate(scores(rng, 80, 20, 1.0), rng) for _ in range(20)])
    assert (chances[:, 0] <= 0.05).mean() >= 0.9
    assert (chances[:, 1:].min(axis=1) <= 0.05).mean() <= 0.2


def test_adjusted_chances_never_fall_below_the_plain_one_and_keep_its_order():
    rng = np.random.default_rng(2)
    parts = scores(rng, 80, 20, 0.6)
    together = gate(parts, np.random.default_rng(0))
    alone = [gate([part], np.random.default_rng(0))[0] for part in parts]
    assert all(many >= one - 0.02 for many, one in zip(together, alone, strict=True))
    assert np.argmin(together) == np.argmin(alone)


def test_few_lots_allow_few_shapes_and_a_lone_value_none_that_bends():
    values = np.random.default_rng(0).normal(size=300)
    assert shapes(values, 200).shape == (300, 4)
    assert shapes(values, 10).shape == (300, 1)
    assert np.isfinite(shapes(np.repeat([1.0, 2.0], 150), 200)).all()
