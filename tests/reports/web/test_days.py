"""Daily figures against published values and edge cases."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.web.days import DAYS, day_bounds, defects, energy, just_begun, newcombe, wilson

DAY = date(2026, 11, 22)
GOOD, BAD = ("OK",), ("NG",)


def test_wilson_as_published() -> None:
    # Newcombe 1998, Stat. Med. 17, 857-872, table I, method 3.
    for bad, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(bad, n) == pytest.approx((low, high), abs=5e-5)


def test_newcombe_as_published() -> None:
    # Newcombe 1998, Stat. Med. 17, 873-890, table II, method 10.
    for a, m, b, n, low, high in (
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
    ):
        assert newcombe(a, m, b, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share(counts: tuple[int, int]) -> None:
    bad, n = counts
    low, high = wilson(bad, n)
    assert 0 <= low <= bad / n + 1e-12
    assert bad / n - 1e-12 <= high <= 1


def test_days_begin_at_midnight_of_the_plant_even_when_clocks_change() -> None:
    bounds = day_bounds(date(2026, 10, 25), ZoneInfo("Europe/Berlin"), count=2)
    assert bounds == [datetime(2026, 10, day, hour, tzinfo=UTC) for day, hour in ((23, 22), (24, 22), (25, 23))]
    assert [(end - start).total_seconds() / 3600 for start, end in pairwise(bounds)] == [24, 25]
    assert len(day_bounds(DAY, ZoneInfo("Asia/Tokyo"))) == DAYS + 1


@pytest.mark.parametrize(
    ("today", "change"),
    [({"OK": 995, "NG": 5}, "lower"), ({"OK": 900, "NG": 100}, "higher"), ({"OK": 19, "NG": 1}, "unclear")],
)
def test_a_change_is_named_only_beyond_chance(today: dict[str, int], change: str) -> None:
    found = defects(DAY, [{"OK": 950, "NG": 50}] * 7 + [today], GOOD, BAD)
    assert found is not None
    assert (found.change, found.before_rate, found.before_n) == (change, 0.05, 7000)
    assert found.difference == pytest.approx(found.rate - 0.05)
    assert found.days[0].day == date(2026, 11, 15)


def test_the_first_day_has_nothing_to_compare_with() -> None:
    found = defects(DAY, [{}] * 7 + [{"OK": 3}], GOOD, BAD)
    assert found is not None
    assert (found.change, found.rate, found.difference, found.days[0].rate) == ("no_comparison", 0.0, None, None)
    assert found.high > 0.5


def test_other_verdicts_are_neither_good_nor_bad() -> None:
    assert defects(DAY, [{"OK": 3}] * 7 + [{"REWORK": 4}], GOOD, BAD) is None


def test_energy_per_good_unit_is_the_ratio_of_the_sums() -> None:
    found = energy(DAY, [10.0, None, 20.0, 10.0, 12.0, None, 9.0, 14.0], [100, None, 100, 100, 100, 5, 0, 100])
    assert found is not None
    assert found.before == pytest.approx(52 / 400)
    assert found.per_good == 0.14
    assert found.change == "unclear"
    assert found.ratio == pytest.approx(0.14 / 0.13 - 1)


@pytest.mark.parametrize(
    ("used", "earlier", "change"),
    [(23.2, 7, "higher"), (6.8, 7, "lower"), (22.0, 7, "unclear"), (99.0, 2, "unclear"), (99.0, 0, "no_comparison")],
)
def test_energy_is_named_only_beyond_what_enough_earlier_days_let_expect(
    used: float, earlier: int, change: str
) -> None:
    known = [10.0, 20.0, 15.0, 15.0, 15.0, 15.0, 15.0][:earlier]
    found = energy(DAY, [None] * (7 - earlier) + known + [used], [100] * 8)
    assert found is not None
    assert found.change == change


def test_energy_without_good_units_or_without_a_meter() -> None:
    found = energy(DAY, [1.0] * 8, [5.0] * 7 + [0.0])
    assert found is not None
    assert (found.per_good, found.change) == (None, "no_comparison")
    assert energy(DAY, [1.0] * 7 + [None], [1.0] * 8) is None


def test_a_day_needs_a_tenth_of_the_busiest() -> None:
    assert just_begun([1440, 1440, 5])
    assert just_begun([1440, None])
    assert not just_begun([1440, 200])
    assert not just_begun([0, 0])
