"""Drift: silent where readings only follow one another, loud where they move; what it says and what it stores."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from models.automl.matrix import Floats
from models.lifecycle.drift import Drift, compare, summary

OLD, NEW, LOT = 3000, 600, 50


def autocorrelated(rng: np.random.Generator, n: int) -> Floats:
    """Neighbours alike (0.9), as readings of a plant are."""
    out, steps = np.zeros(n), rng.normal(size=n)
    for place in range(1, n):
        out[place] = 0.9 * out[place - 1] + steps[place]
    return out


def by_lot(rng: np.random.Generator, n: int) -> Floats:
    """Each lot has a setting of its own."""
    return np.repeat(rng.normal(size=n // LOT), LOT) + rng.normal(size=n)


def table(rng: np.random.Generator, make: Callable[[np.random.Generator, int], Floats], columns: int) -> pd.DataFrame:
    return pd.DataFrame({f"x{place}": make(rng, OLD + NEW) for place in range(columns)})


def compared(frame: pd.DataFrame) -> Drift:
    groups = np.arange(len(frame)) // LOT
    old = frame.iloc[:OLD]
    for column in old.columns:
        if old[column].dtype == "object":
            old = old.assign(**{column: old[column].astype(pd.CategoricalDtype(sorted(set(old[column].dropna()))))})
    reference = json.loads(json.dumps(summary(old, groups[:OLD])))
    return compare(reference, frame.iloc[OLD:], groups[OLD:])


@pytest.mark.parametrize("make", [autocorrelated, by_lot])
def test_a_plant_that_goes_on_as_ever_raises_no_alarm_where_ks_does(
    make: Callable[[np.random.Generator, int], Floats],
) -> None:
    rng = np.random.default_rng(0)
    mine = naive = 0
    for _ in range(25):
        frame = table(rng, make, 4)
        mine += compared(frame).code == "moved"
        naive += any(ks_2samp(frame[column][:OLD], frame[column][OLD:]).pvalue < 0.01 / 4 for column in frame)
    assert mine <= 2
    assert naive >= 20


@pytest.mark.parametrize("make", [autocorrelated, by_lot])
def test_a_column_that_moves_is_found_with_its_share(make: Callable[[np.random.Generator, int], Floats]) -> None:
    rng = np.random.default_rng(1)
    frame = table(rng, make, 5)
    frame.loc[OLD:, "x3"] += 4.0 * frame["x3"].std()
    found = compared(frame)
    assert [column.column for column in found.alarms] == ["x3"]
    assert found.columns[0].share > 0.8
    assert sum(column.share for column in found.columns) == pytest.approx(1.0)
    details = found.columns[0].details
    assert details["now"] - details["before"] > 2.0
    assert details["ks"] > 0.7
    assert details["wasserstein"] > 0.5


def test_sensors_that_fall_silent_new_levels_and_new_proportions() -> None:
    rng = np.random.default_rng(2)
    n = OLD + NEW
    frame = pd.DataFrame(
        {
            "steady": rng.normal(size=n),
            "silent": rng.normal(size=n),
            "die": rng.choice(["A", "B"], n, p=[0.8, 0.2]),
            "product": rng.choice(["X", "Y"], n),
        }
    ).astype({"die": "object", "product": "object"})
    late = frame.index >= OLD
    frame.loc[late & (rng.random(n) < 0.5), "silent"] = np.nan
    frame.loc[late & (rng.random(n) < 0.7), "die"] = "B"
    frame.loc[late & (rng.random(n) < 0.4), "product"] = "新品種"
    found = {column.column: column for column in compared(frame).columns}
    assert {name for name, column in found.items() if column.alarm} == {"silent", "die", "product"}
    assert found["silent"].details["missing_now"] == pytest.approx(0.5, abs=0.1)
    assert found["die"].details["level"] in ("A", "B")
    assert abs(found["die"].details["now"] - found["die"].details["before"]) > 0.4
    assert found["product"].details["unseen"] == pytest.approx(0.4, abs=0.1)


def test_a_column_that_is_gone_counts_as_missing_and_a_new_one_is_passed_over() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"kept": rng.normal(size=OLD + NEW), "gone": rng.normal(size=OLD + NEW)})
    groups = np.arange(OLD + NEW) // LOT
    reference = summary(frame.iloc[:OLD], groups[:OLD])
    newest = frame.iloc[OLD:].rename(columns={"gone": "new"})
    found = compare(reference, newest, groups[OLD:])
    assert [column.column for column in found.alarms] == ["gone"]
    assert found.alarms[0].details["missing_now"] == 1.0


def test_constants_infinities_and_empty_columns() -> None:
    n = OLD + NEW
    frame = pd.DataFrame(
        {"constant": np.ones(n), "empty": np.full(n, np.nan), "spiky": np.random.default_rng(4).normal(size=n)}
    )
    frame.loc[OLD:, "constant"] = 2.0
    frame.loc[OLD + 1, "spiky"] = np.inf
    found = compared(frame)
    assert [column.column for column in found.alarms] == ["constant"]
    assert all(np.isfinite([column.psi, column.share, column.p_value]).all() for column in found.columns)


def test_what_is_too_little_to_say() -> None:
    frame = pd.DataFrame({"x": np.random.default_rng(5).normal(size=OLD + NEW)})
    groups = np.arange(OLD + NEW) // LOT
    reference = summary(frame.iloc[:OLD], groups[:OLD])
    assert compare(reference, frame.iloc[OLD : OLD + 20], groups[OLD : OLD + 20]).code == "few_units"
    assert compare(reference, frame.iloc[:0], groups[:0]).code == "few_units"
    assert compare(summary(frame.iloc[:200], groups[:200]), frame.iloc[OLD:], groups[OLD:]).code == "few_groups"
    assert compare({}, frame, groups).code == "no_reference"


def test_the_reference_is_small() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.normal(size=(20_000, 50)))
    frame.columns = frame.columns.map(str)
    assert len(json.dumps(summary(frame, np.arange(20_000)))) < 200_000
