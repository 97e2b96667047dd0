"""Rows that betray: twins, order, neighbours; and the report as a value."""

import json

import numpy as np
import pandas as pd
import pytest

from ingest.errors import StudyError
from models.leaks import LeakReport, audit_table
from models.rank.words import WORDS, say
from tests.models.leaks.plants import plant


def kinds(report: LeakReport) -> dict[str, str]:
    return {one.kind: one.evidence for one in report.suspects}


def test_twin_rows_stay_together():
    frame = plant("half", 600)
    twice = pd.concat([frame, frame.iloc[:40]], ignore_index=True).sample(frac=1, random_state=0)
    report = audit_table(twice, "y", "classification")
    assert kinds(report) == {"twin_rows": "twin_rows"}
    assert report.suspects[0].values["n"] == 80
    groups = pd.Series(report.twin_groups, index=twice.index)
    assert all(groups[place] == groups[600 + place] for place in range(40))
    assert groups.nunique() == 600


def test_rows_copied_with_jitter():
    frame = plant("half", 600)
    copies = frame.iloc[:60].copy()
    for column in ("s0", "s1", "s2", "s3", "pressure", "probe"):
        copies[column] += 1e-3 * frame[column].std() * np.random.default_rng(1).normal(size=60)
    report = audit_table(pd.concat([frame, copies], ignore_index=True), "y", "classification")
    assert kinds(report) == {"twin_rows": "near_twins"}
    assert (report.twin_groups[:60] == report.twin_groups[600:]).mean() > 0.9


def test_coarse_tables_have_twins_by_nature():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(0, 3, 500) for name in "abcd"}).assign(y=rng.choice(["x", "z"], 500))
    report = audit_table(frame, "y", "classification")
    assert report.suspects == ()
    assert report.twin_groups is None


@pytest.mark.parametrize("kind", ["half", "numbers"])
def test_rows_sorted_by_the_target(kind: str):
    task = "regression" if kind == "numbers" else "classification"
    report = audit_table(plant(kind, 600).sort_values("y"), "y", task)
    assert list(kinds(report)) == ["row_order"]


def test_an_identifier_in_the_order_of_the_classes():
    frame = plant("half", 600).sort_values("y").assign(part=np.arange(600)).sample(frac=1, random_state=0)
    assert audit_table(frame, "y", "classification").excluded_columns == ("part",)


def test_neighbours_in_time():
    rng = np.random.default_rng(0)
    frame = plant("numbers", 600).assign(y=np.cumsum(rng.normal(size=600)), at=pd.date_range("2026-01-01", periods=600))
    report = audit_table(frame.sample(frac=1, random_state=0), "y", "regression", time_column="at")
    assert list(kinds(report)) == ["neighbours"]


def test_copies_of_columns():
    frame = plant("half", 600)
    frame = frame.assign(again=frame["s1"], fahrenheit=frame["s2"] * 1.8 + 32)
    report = audit_table(frame, "y", "classification")
    assert {one.columns[0]: (one.evidence, one.action) for one in report.suspects} == {
        "again": ("duplicate", "excluded"), "fahrenheit": ("rescaled", "kept"),
    }  # fmt: skip
    report = audit_table(frame, "y", "classification", roles={"again": "controllable"})
    assert report.excluded_columns == ("s1",)


def test_the_report_goes_through_json():
    frame = plant("numbers", 600)
    frame = frame.assign(copy=3 * frame["y"], ratio=frame["y"] / frame["s0"], number=np.arange(600))
    report = audit_table(frame, "y", "regression").scored("r2", 0.8, 1.0)
    assert LeakReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report
    for suspect in report.suspects:
        assert say(suspect.evidence, suspect.values)["ja"]


def test_everything_named_has_words():
    """Both languages fill the same blanks."""
    for english, japanese in WORDS.values():
        assert english
        assert japanese


@pytest.mark.parametrize("n", [0, 5, 19])
def test_too_few_rows_say_nothing(n: int):
    if n == 0:
        with pytest.raises(StudyError, match="no rows"):
            audit_table(plant("half", 40).head(0), "y", "classification")
        return
    assert audit_table(plant("half", n), "y", "classification").suspects == ()


def test_odd_columns_are_survived():
    frame = plant("half", 300).assign(
        empty=np.nan, constant=1, infinite=np.inf, lists=[[1]] * 300, day=pd.NaT, wide=[f"w{i}" for i in range(300)]
    )
    frame.loc[::7, "y"] = None
    audit_table(frame, "y", "classification")
    with pytest.raises(StudyError, match="'nope'"):
        audit_table(frame, "y", "classification", time_column="nope")


def test_columns_in_another_order_and_under_other_names():
    frame = plant("numbers", 800).assign(leak=lambda table: table["y"] / table["s0"])
    first = audit_table(frame, "y", "regression").excluded_columns
    turned = frame[frame.columns[::-1]].rename(columns=lambda name: f"x {name}")
    assert {f"x {name}" for name in first} == set(audit_table(turned, "x y", "regression").excluded_columns)
