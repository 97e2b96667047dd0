"""Leaks of a class, each planted in a table of honest columns."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.leaks import LeakReport, audit_table
from tests.models.leaks.plants import plant

N = 900


def audited(kind: str, planted: dict[str, object], **words: object) -> LeakReport:
    return audit_table(plant(kind, N).assign(**planted), "y", "classification", **words)


def codes(kind: str) -> np.ndarray:
    return pd.factorize(plant(kind, N)["y"], sort=True)[0]


def drawn(seed: int = 8) -> np.random.Generator:
    return np.random.default_rng(seed)


def numbers(c: np.ndarray, size: float) -> np.ndarray:
    return c + size * drawn().normal(size=N)


def flipped(c: np.ndarray) -> list[str]:
    """One row in a hundred is wrong."""
    other = np.where(drawn().uniform(size=N) < 0.01, drawn(3).permutation(c), c)
    return [f"grade {code}" for code in other]


ANY: dict[str, Callable[[np.ndarray], object]] = {
    "words": lambda c: np.array(["ok!", "bad", "so", "la"])[c],
    "codes": lambda c: 3 * c + 1,
    "finer codes": lambda c: 10 * c + drawn().integers(0, 4, N),
    "noise": lambda c: numbers(c, 0.01),
    "more noise": lambda c: numbers(c, 0.1),
    "flipped": flipped,
    "one class": lambda c: (c == 0).astype(int),
    "running count": lambda c: np.cumsum(c == 0),
    "means": lambda c: pd.Series((c == 0) * 1.0).groupby(drawn().integers(0, 150, N)).transform("mean").to_numpy(),
    "next row": lambda c: np.append(c[1:] == 0, False),
}


@pytest.mark.parametrize("kind", ["half", "grades"])
@pytest.mark.parametrize("name", ANY)
def test_a_column_that_is_the_class(name: str, kind: str):
    report = audited(kind, {"leak": ANY[name](codes(kind))})
    assert [one.columns for one in report.suspects] == [("leak",)]
    assert report.excluded_columns == ("leak",)


def dates(bad: np.ndarray) -> list[object]:
    return [f"2026-03-{1 + place % 28:02d} 10:00" if each else None for place, each in enumerate(bad)]


RARE: dict[str, Callable[[np.ndarray], object]] = {
    "a third flagged": lambda bad: (bad & (drawn().uniform(size=N) < 0.35)).astype(int),
    "yes and no": lambda bad: np.where(bad & (drawn().uniform(size=N) < 0.8), "yes", "no"),
    "repaired on": dates,
    "note": lambda bad: np.where(bad & (drawn().uniform(size=N) < 0.6), drawn().choice(["dent", "crack"], N), None),
    "rework minutes": lambda bad: np.where(bad, drawn().gamma(2, 5, N).round(1), 0.0),
    "not measured": lambda bad: np.where(bad, np.nan, drawn().normal(size=N)),
    "measured as 0": lambda bad: np.where(bad, 0.0, drawn().normal(5, 1, N)),
    "disposition": lambda bad: np.where(bad, drawn().choice(["scrap", "rework"], N), drawn().choice(["a", "b"], N)),
}


@pytest.mark.parametrize("name", RARE)
@pytest.mark.parametrize("kind", ["rare", "half"])
def test_what_is_there_only_for_bad_parts(name: str, kind: str):
    bad = plant(kind, N)["y"].eq("NG").to_numpy()
    report = audited(kind, {"leak": RARE[name](bad)})
    assert [one.columns for one in report.suspects] == [("leak",)]
    assert report.excluded_columns == ("leak",)


@pytest.mark.parametrize("kind", ["numbers", "half", "rare", "grades"])
@pytest.mark.parametrize("seed", range(3))
def test_honest_columns_are_left_alone(kind: str, seed: int):
    task = "regression" if kind == "numbers" else "classification"
    assert audit_table(plant(kind, N, seed), "y", task).suspected_columns == ()


def test_the_other_classes_of_a_one_hot_outcome():
    faults = np.array(["scratch", "dent", "stain", "bump", "none"])[drawn().choice(5, N, p=[0.1, 0.03, 0.07, 0.2, 0.6])]
    frame = plant("half", N).drop(columns="y").assign(**{name: (faults == name) * 1 for name in np.unique(faults)})
    frame["steel"] = np.where(faults == "dent", 0, drawn().integers(0, 2, N))
    report = audit_table(frame, "dent", "classification")
    assert set(report.excluded_columns) == {"scratch", "stain", "bump", "none"}


def test_pairs_that_decide_together():
    bad = plant("rare", N)["y"].eq("NG").to_numpy()
    total = drawn().integers(5, 30, N)
    report = audited("rare", {"inspected": total, "passed": total - bad * drawn().integers(1, 4, N)})
    assert [(one.columns, one.evidence) for one in report.suspects] == [(("inspected", "passed"), "compared")]
    key = drawn(2).integers(0, 2, N)
    report = audited("half", {"key": key, "lock": key ^ plant("half", N)["y"].eq("NG")})
    assert [(one.columns, one.evidence) for one in report.suspects] == [(("key", "lock"), "looked_up")]


def test_written_later_than_the_row():
    made = pd.Series(pd.date_range("2026-01-01", periods=N, freq="h"))
    done = (made + pd.to_timedelta(drawn().uniform(1, 90, N), unit="h")).where(drawn().uniform(size=N) < 0.5)
    cost = pd.Series(drawn().gamma(2, 5, N)).where(done.notna())
    planted = {"made": made, "closed_at": done, "cost": cost, "started": made - pd.Timedelta("2h")}
    report = audited("half", planted, time_column="made")
    assert {one.columns[0]: one.evidence for one in report.suspects} == {"closed_at": "later", "cost": "written_with"}


def test_batches_of_one_class_are_no_proof():
    """A recipe used in two of twenty runs, both bad: two observations, not two hundred."""
    run = np.arange(N) // 45
    bad = np.isin(run, [3, 4, 9, 12, 15])
    frame = plant("half", N).drop(columns="y").assign(y=np.where(bad, "NG", "OK"), recipe=np.isin(run, [3, 12]) * 1)
    assert "recipe" not in audit_table(frame, "y", "classification").suspected_columns
    report = audit_table(frame.assign(run=[f"r{each}" for each in run]), "y", "classification")
    assert [one.columns for one in report.suspects if one.kind == "group_twins"] == [("run",)]
    assert len(np.unique(report.twin_groups)) == 20
