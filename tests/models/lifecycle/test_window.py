"""Which units are new to a champion, and how they are shared between learning and judging."""

from dataclasses import replace

import numpy as np
import pandas as pd

from models.fingerprint import instant
from models.lifecycle.window import fresh, newest, shortage, subset, trial
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec

N, LOT = 400, 10


def study(timed: bool = True, bad: float = 0.3) -> StudyData:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "at": pd.date_range("2026-01-05", periods=N, freq="30min", tz="UTC"),
            "lot": np.arange(N) // LOT,
            "temp": rng.normal(size=N),
            "verdict": np.where(rng.random(N) < bad, "NG", "OK"),
        }
    )
    words = {"name": "caps", "task": "classification", "target": "verdict", "bad": "NG", "group": "lot"}
    data = prepare(frame, StudySpec.parse(words | ({"time": "at"} if timed else {})))
    assert isinstance(data, StudyData)
    return data


def test_only_groups_that_began_later_are_new() -> None:
    data = study()
    assert data.time is not None
    found = fresh(data, instant(data.time.iloc[204]), 205)
    # The lot of unit 204 was under way: all of it stays outside.
    assert found.tolist() == list(range(210, N))
    assert fresh(data, instant(data.time.iloc[-1]), N).tolist() == []
    assert fresh(study(timed=False), None, 205).tolist() == list(range(210, N))
    # The study's time was a number when the champion was trained.
    assert fresh(data, 12.0, 205).tolist() == []


def test_the_newer_half_judges_and_the_older_half_is_learnt_too() -> None:
    data = study()
    split = trial(data, np.arange(200, N))
    assert split.judge.tolist() == list(range(300, N))
    assert split.learn.tolist() == list(range(300))
    assert not set(data.groups[split.learn]) & set(data.groups[split.judge])
    assert len(trial(data, np.arange(0)).judge) == 0


def test_old_news_does_not_hide_new() -> None:
    data = study()
    assert newest(data, np.arange(100, N)).tolist() == list(range(300, N))
    # Too few among the newest to judge by: then all that is new.
    assert newest(study(bad=0.06), np.arange(100, N)).tolist() == list(range(100, N))


def test_what_is_missing_is_named() -> None:
    data = study()
    assert shortage(data, np.arange(100)) is None
    for rows, what in ((np.arange(20), "units"), (np.arange(40), "groups")):
        found = shortage(data, rows)
        assert found is not None
        assert found.what == what
        assert found.have < found.need
    rare = shortage(study(bad=0.05), np.arange(100))
    assert rare is not None
    assert rare.what == "rare"


def test_a_subset_is_a_study_of_its_own() -> None:
    data = study()
    part = subset(data, np.arange(50, 100))
    assert (part.n, part.n_groups) == (50, 5)
    assert part.groups.tolist() == (np.arange(50) // LOT).tolist()
    assert part.features["temp"].tolist() == data.features["temp"].iloc[50:100].tolist()
    assert part.time is not None
    assert data.time is not None
    assert part.time.iloc[0] == data.time.iloc[50]
    assert subset(replace(data, time=None), np.arange(5)).time is None
