"""The reliability report sees what is there."""

import numpy as np
import pytest

from models.automl.decide.reliability import report


def _report(said, truth, groups=None):
    n = len(said)
    groups = np.arange(n) if groups is None else groups
    return report(truth.astype(np.int64), np.column_stack([1 - said, said]), groups, np.random.default_rng(0))


def test_honest_probabilities_err_no_more_than_chance():
    rng = np.random.default_rng(0)
    said = rng.random(4000)
    found = _report(said, rng.random(4000) < said)
    assert found.honest
    assert sum(entry.n for entry in found.bins) == 4000
    inside = [entry.low <= entry.said <= entry.high for entry in found.bins]
    assert sum(inside) >= 8


def test_too_sure_is_seen():
    rng = np.random.default_rng(0)
    truth = rng.random(4000) < 0.7
    said = np.full(4000, 0.9)
    found = _report(said, truth)
    assert found.error == pytest.approx(0.2, abs=0.03)
    assert found.low <= found.error <= found.high
    assert found.low > 0.15
    assert not found.honest
    assert len(found.bins) == 1


def test_brier_is_the_sum_of_its_parts():
    rng = np.random.default_rng(0)
    said = rng.random(1000).round(1)
    truth = rng.random(1000) < said**2
    found = _report(said, truth)
    parts = found.parts
    assert found.brier == pytest.approx(np.square(said - truth).mean())
    assert parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within"] == pytest.approx(
        found.brier
    )
    assert parts["resolution"] > 0


def test_many_classes_are_judged_by_the_one_they_name():
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1, 1], 3000)
    truth = (p.cumsum(1) < rng.random((3000, 1))).sum(1)
    found = report(truth, p, np.arange(3000), rng)
    assert found.error < 2 * found.by_chance


def test_no_rows_and_one_row():
    assert _report(np.zeros(0), np.zeros(0)) is None
    assert len(_report(np.array([0.3]), np.array([1])).bins) == 1
