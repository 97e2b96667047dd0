"""Which units make one point."""

import numpy as np
import pandas as pd
import pytest

from models.spc.subgroups import FEWEST, MOST, subgroups
from tests.models.spc.studies import hours

BLOCKS = "time_block"


def test_a_lot_is_a_point() -> None:
    found = subgroups(np.repeat(np.arange(30), 10), "lot", None, 5)
    assert (found.by, found.count, found.merged, set(found.sizes)) == ("lot", 30, False, {10})


def test_lots_are_numbered_in_order_of_time() -> None:
    found = subgroups(np.repeat(np.arange(30)[::-1], 10), "lot", None, 5)
    assert (np.diff(found.codes) >= 0).all()


def test_units_that_leave_the_line_out_of_order_stay_in_their_lot() -> None:
    codes = np.repeat(np.arange(30), 10)
    codes[[9, 10]] = codes[[10, 9]]
    found = subgroups(codes, "lot", None, 5)
    assert (found.by, found.count) == ("lot", 30)
    assert (found.codes[9], found.codes[10]) == (1, 0)


def test_machines_side_by_side_are_no_stretch_of_time() -> None:
    time = pd.Series(hours(24 * 30))
    assert subgroups(np.arange(24 * 30) % 25, "machine", time, 5).by == "day"


@pytest.mark.parametrize(
    ("days", "every", "by", "points"),
    [(400, 6, "week", 58), (60, 1, "day", 60), (10, 1, "8h", 30), (2, 0.1, "hour", 48)],
)
def test_the_calendar_gives_points_where_no_group_does(days: int, every: float, by: str, points: int) -> None:
    time = pd.Series(hours(int(days * 24 / every), every))
    found = subgroups(np.arange(len(time)) // 10, BLOCKS, time, 5)
    assert (found.by, found.count) == (by, pytest.approx(points, abs=1))


def test_equal_numbers_where_only_the_order_is_known() -> None:
    found = subgroups(np.arange(600), "unit", None, 5)
    assert (found.by, found.count, set(found.sizes)) == ("units", 60, {10})


def test_small_lots_are_put_together_until_they_hold_enough() -> None:
    found = subgroups(np.repeat(np.arange(200), 4), "lot", None, 20)
    assert found.merged
    assert found.sizes.min() >= 20


def test_very_many_lots_are_put_together_until_they_can_be_drawn() -> None:
    assert FEWEST <= subgroups(np.repeat(np.arange(5000), 4), "lot", None, 1).count <= MOST


def test_what_a_point_needs_gives_way_to_having_enough_points() -> None:
    assert subgroups(np.repeat(np.arange(24), 4), "lot", None, 50).count >= FEWEST


def test_a_short_last_lot_joins_its_neighbour() -> None:
    found = subgroups(np.append(np.repeat(np.arange(30), 10), 30), "lot", None, 8)
    assert (found.count, found.sizes[-1], found.merged) == (30, 11, False)


def test_sums_and_means() -> None:
    found = subgroups(np.repeat(np.arange(20), 2), "lot", None, 1)
    assert found.sums(np.arange(40.0))[:2].tolist() == [1, 5]
    assert found.means(np.arange(40.0))[:2].tolist() == [0.5, 2.5]


def test_no_subgroup_is_empty_where_every_group_is_needed():
    found = subgroups(np.repeat(np.arange(22), 3), "lot", None, 50)
    assert found.count == 22
    assert found.sizes.min() > 0
