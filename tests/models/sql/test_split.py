"""Which rows are held back for testing."""

import numpy as np
import pandas as pd

from models.sql.jobs.split import sides


def test_classes_are_spread_evenly_and_small_ones_stay_in_training() -> None:
    frame = pd.DataFrame({"y": ["a"] * 200 + ["b"] * 50 + ["c"] * 6})
    test = sides(frame, "y", None, None, 0)
    assert frame["y"][test].value_counts().to_dict() == {"a": 40, "b": 10, "c": 1}


def test_the_last_fifth_in_time() -> None:
    times = np.random.default_rng(0).permutation(100)
    test = sides(pd.DataFrame({"t": times}), None, "t", None, 0)
    assert sorted(times[test]) == list(range(80, 100))


def test_whole_groups_are_on_one_side() -> None:
    lots = np.repeat(np.arange(40), 5)
    test = sides(pd.DataFrame({"lot": lots}), None, None, "lot", 1)
    assert test.sum() == 40
    assert not set(lots[test]) & set(lots[~test])


def test_the_same_seed_gives_the_same_rows() -> None:
    frame = pd.DataFrame({"y": np.arange(50.0)})
    assert (sides(frame, None, None, None, 3) == sides(frame, None, None, None, 3)).all()
    assert sides(frame, None, None, None, 3).sum() == 10
