"""Leaks of a numeric target, each planted in a table of honest columns."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.leaks import LeakReport, audit_table
from tests.models.leaks.plants import plant

Planted = dict[str, np.ndarray | pd.Series]
N = 900


def audited(planted: Planted, **words: object) -> LeakReport:
    return audit_table(plant("numbers", N).assign(**planted), "y", "regression", **words)


@pytest.fixture
def y() -> np.ndarray:
    return plant("numbers", N)["y"].to_numpy()


def noise(size: float = 1.0, seed: int = 9) -> np.ndarray:
    return size * np.random.default_rng(seed).normal(size=N)


def wild(values: np.ndarray) -> np.ndarray:
    """Three of a hundred rows hold anything."""
    rows = np.random.default_rng(4).choice(N, 45, replace=False)
    return np.where(np.isin(np.arange(N), rows), 3000 * noise(seed=5), values)


def gaps(values: np.ndarray) -> np.ndarray:
    return np.where(np.random.default_rng(6).uniform(size=N) < 0.4, np.nan, values)


ALONE: dict[str, tuple[Callable[[np.ndarray], object], str]] = {
    "copy": (lambda y: y, "identity"),
    "scaled": (lambda y: (1.8 * y + 32).round(2), "identity"),
    "turned": (lambda y: -y, "identity"),
    "logarithm": (lambda y: np.log(y - y.min() + 5).round(4), "identity"),
    "square": (lambda y: (y - y.min() + 1) ** 2, "identity"),
    "rounded": (lambda y: y.round(0), "identity"),
    "tens": (lambda y: (y / 10).round() * 10, "identity"),
    "fifths": (lambda y: pd.qcut(y, 5, labels=list("qxbza")).astype(str), "identity"),
    "above": (lambda y: (y > np.median(y)).astype(int), "identity"),
    "wild": (wild, "identity"),
    "gaps": (gaps, "identity"),
    "little noise": (lambda y: y + noise(0.01 * y.std()), "identity"),
    "noise": (lambda y: y + noise(0.04 * y.std()), "too_good"),
    "where high": (lambda y: np.where(y > np.quantile(y, 0.85), noise(), np.nan), "after_the_fact"),
    "zero unless high": (lambda y: np.where(y > np.quantile(y, 0.8), np.abs(noise()) + 1, 0), "after_the_fact"),
    "sum so far": (np.cumsum, "after_the_fact"),
    "next row": (lambda y: np.append(y[1:], y.mean()), "after_the_fact"),
    "mean of five": (lambda y: pd.Series(y).rolling(5, min_periods=1).mean().to_numpy(), "after_the_fact"),
    "weighted mean": (lambda y: pd.Series(y).ewm(alpha=0.3).mean().to_numpy(), "after_the_fact"),
}


@pytest.mark.parametrize("name", ALONE)
def test_a_column_that_is_the_target(name: str, y: np.ndarray):
    make, kind = ALONE[name]
    report = audited({"leak": make(y)})
    assert [(one.columns, one.kind, one.action) for one in report.suspects] == [(("leak",), kind, "excluded")]
    assert report.excluded_columns == ("leak",)


a, b = (np.random.default_rng(seed).uniform(2, 10, N) for seed in (1, 2))
TOGETHER: dict[str, tuple[Callable[[np.ndarray], Planted], set[str]]] = {
    "product": (lambda y: {"a": a, "b": y / a}, {"a", "b"}),
    "ratio": (lambda y: {"a": a, "b": y * a}, {"a", "b"}),
    "rounded": (lambda y: {"a": a.round(2), "b": (y / a.round(2)).round(2)}, {"a", "b"}),
    "sum": (lambda y: {"a": 20 * a, "b": y - 20 * a}, {"a", "b"}),
    "difference": (lambda y: {"a": 20 * a, "b": y + 20 * a + noise(0.1)}, {"a", "b"}),
    "three": (lambda y: {"a": 10 * a, "b": 10 * b, "c": y - 10 * a - 10 * b}, {"a", "b", "c"}),
    "a·b/c": (lambda y: {"a": a, "b": b, "c": a * b / y}, {"a", "b", "c"}),
    "quadrature": (lambda y: {"a": y * np.cos(a), "b": np.abs(y * np.sin(a))}, {"a", "b"}),
    "a·b + c": (lambda y: {"a": a, "b": b, "c": y - a * b}, {"a", "b", "c"}),
    "(a - b)·c": (lambda y: {"a": b + y / a, "b": b, "c": a}, {"a", "b", "c"}),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_columns_that_give_the_target_only_together(name: str, y: np.ndarray):
    make, members = TOGETHER[name]
    report = audited(make(y))
    assert [(set(one.columns), one.kind) for one in report.suspects] == [(members, "combination")]
    assert report.excluded_columns
    assert set(report.excluded_columns) <= members


def test_the_power_triangle(y: np.ndarray):
    reactive = np.abs(noise()) * 50 + 5
    planted = {"reactive": reactive.round(2), "factor": (100 * y / np.hypot(y, reactive)).round(2)}
    assert {"reactive", "factor"} in [set(one.columns) for one in audited(planted).suspects]


@pytest.mark.parametrize("weight", [0, 10])
def test_means_of_the_target_are_no_feature(weight: int, y: np.ndarray):
    lots = pd.Series(y).groupby(np.arange(N) % 150)
    encoded = (lots.transform("sum") + weight * y.mean()) / (lots.transform("count") + weight)
    assert [one.evidence for one in audited({"leak": encoded.to_numpy()}).suspects] == ["identity_encoded"]


def test_means_of_the_others_give_the_row_away(y: np.ndarray):
    lots = pd.Series(y).groupby(np.arange(N) % 150)
    others = (lots.transform("sum") - y) / (lots.transform("count") - 1)
    planted = {"die": [f"d{place % 150}" for place in range(N)], "leak": others.to_numpy()}
    assert [(one.columns, one.evidence) for one in audited(planted).suspects] == [(("leak",), "identity_left_out")]


def test_settings_are_named_and_stay(y: np.ndarray):
    report = audited({"a": a, "b": y / a, "dial": 3 * y}, roles={"dial": "controllable", "a": "controllable"})
    assert [(one.columns, one.action) for one in report.suspects if "dial" in one.columns] == [(("dial",), "kept")]
    assert "a" not in report.excluded_columns
    report = audited({"a": a, "b": y / a}, roles={"a": "controllable"})
    assert report.excluded_columns == ("b",)


def test_earlier_outcomes_are_honest(y: np.ndarray):
    before = {"last": np.append(y.mean(), y[:-1]), "mean": np.append(y.mean(), pd.Series(y).rolling(4, 1).mean()[:-1])}
    assert audited(before).suspects == ()


def test_an_on_off_state_between_two_modes_is_honest():
    rng = np.random.default_rng(0)
    on = rng.uniform(size=N) < 0.6
    power = np.where(on, 30 + 3 * rng.normal(size=N), 0.1 * rng.normal(size=N))
    frame = plant("numbers", N).assign(y=power, on=on, spindle=np.where(on, 1500.0, 0.0))
    assert audit_table(frame, "y", "regression").suspected_columns == ()


def test_currents_and_voltages_of_the_same_place():
    rng = np.random.default_rng(0)
    current, voltage = rng.uniform(5, 20, N), rng.uniform(100, 120, N)
    power = current * voltage * rng.uniform(0.8, 0.95, N)
    planted = {"M1_Current": current, "M1_Voltage": voltage + 60 * current, "M2_Current": rng.uniform(size=N)}
    frame = plant("numbers", N).drop(columns="y").assign(**planted, M1_Power=power)
    report = audit_table(frame, "M1_Power", "regression")
    assert [one.columns for one in report.suspects] == [("M1_Current", "M1_Voltage")]
