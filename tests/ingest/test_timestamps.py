"""Every spelling of an instant, the two bad hours of the year, and what is not believed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.records import Reason, Rejected
from ingest.timestamps import Limits, TimeUnit, parse

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WALL = st.datetimes(datetime(1974, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - hypothesis wants them naive


def read(value: Any, unit: TimeUnit = "auto", zone: ZoneInfo = TOKYO, arrival: datetime = NOW) -> str:
    found = parse(value, unit, zone, arrival)
    assert isinstance(found, datetime), found
    assert found.tzinfo is UTC
    return found.isoformat()


@pytest.mark.parametrize(
    "value",
    [
        1795395600,
        1795395600.0,
        1795395600000,
        1795395600000000,
        1795395600000000000,
        "1795395600",
        " 1795395600000 ",
        "1795395600.0",
        "2026-11-23T01:00:00Z",
        "2026-11-23t01:00:00z",
        "2026-11-23T10:00:00+09:00",
        "20261123T010000Z",
        "2026-11-23 10:00:00",
        "2026-11-23T10:00",
    ],
)
def test_spellings_of_one_instant(value: Any) -> None:
    assert read(value) == "2026-11-23T01:00:00+00:00"


def test_a_named_unit_wins_over_magnitude() -> None:
    assert read(86_400, "ms") == "1970-01-01T00:01:26.400000+00:00"
    assert read("86400", "us") == "1970-01-01T00:00:00.086400+00:00"


def test_numbers_are_exact_to_the_microsecond() -> None:
    assert read(1795395600123456789) == "2026-11-23T01:00:00.123456+00:00"
    assert read(1795395600.123456) == "2026-11-23T01:00:00.123456+00:00"


@given(WALL, st.sampled_from(["s", "ms", "us", "ns"]))
def test_an_integer_of_any_unit_comes_back(naive: datetime, unit: TimeUnit) -> None:
    moment = naive.replace(tzinfo=UTC)
    micros = (moment - EPOCH) // timedelta(microseconds=1)
    value = {"s": micros // 1_000_000, "ms": micros // 1_000, "us": micros, "ns": micros * 1_000}[unit]
    step = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}[unit]
    expected = EPOCH + timedelta(microseconds=micros - micros % step)
    assert parse(value, unit, TOKYO, NOW) == expected
    assert parse(value, "auto", TOKYO, NOW) == expected


@given(WALL)
def test_iso_texts_come_back(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    assert parse(moment.isoformat(), "auto", BERLIN, NOW) == moment
    assert parse(naive.isoformat(), "auto", TOKYO, NOW) == naive.replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    "value",
    [True, None, [], {}, "", "yesterday", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T24:30:00", float("nan"),
     float("inf"), 10**40, -(10**40), "1e400", "9" * 5000, "nan", "0001-01-01T00:00:00+14:00", "23.11.2026 10:00"],
)  # fmt: skip
def test_what_is_no_instant(value: Any) -> None:
    found = parse(value, "auto", TOKYO, NOW)
    assert isinstance(found, Rejected)
    assert found.reason is Reason.BAD_TIME
    assert len(found.detail) < 200


@given(st.one_of(st.text(), st.integers(), st.floats(), st.binary(), st.none(), st.lists(st.integers())))
def test_nothing_raises(value: Any) -> None:
    assert isinstance(parse(value, "auto", BERLIN, NOW), datetime | Rejected)


class TestTheHourThatComesTwice:
    """In Berlin 02:30 on 25 October 2026 is 00:30Z and again 01:30Z."""

    @pytest.mark.parametrize("arrival", ["2026-10-25T00:30:05+00:00", "2026-10-25T01:30:05+00:00"])
    def test_a_live_stamp_is_decided_by_its_arrival(self, arrival: str) -> None:
        moment = datetime.fromisoformat(arrival)
        assert read("2026-10-25 02:30:00", zone=BERLIN, arrival=moment) == (moment - timedelta(seconds=5)).isoformat()

    @pytest.mark.parametrize("arrival", ["2026-10-25T01:00:00+00:00", "2026-10-25T09:00:00+00:00"])
    def test_a_late_one_is_refused(self, arrival: str) -> None:
        found = parse("2026-10-25 02:30:00", "auto", BERLIN, datetime.fromisoformat(arrival))
        assert isinstance(found, Rejected)
        assert "twice" in found.detail

    def test_an_offset_decides(self) -> None:
        assert read("2026-10-25T02:30:00+01:00", zone=BERLIN) == "2026-10-25T01:30:00+00:00"


def test_the_hour_that_does_not_exist() -> None:
    found = parse("2026-03-29 02:30:00", "auto", BERLIN, NOW)
    assert isinstance(found, Rejected)
    assert "jump over" in found.detail


def test_a_stamp_from_the_future_or_too_old_is_not_believed() -> None:
    limits = Limits(oldest=timedelta(days=10), ahead=timedelta(minutes=5))
    assert limits.refuse(NOW + timedelta(minutes=5), NOW) is None
    assert limits.refuse(NOW - timedelta(days=10), NOW) is None
    ahead = limits.refuse(NOW + timedelta(minutes=6), NOW)
    old = limits.refuse(NOW - timedelta(days=11), NOW)
    assert ahead is not None
    assert old is not None
    assert (ahead.reason, old.reason) == (Reason.CLOCK, Reason.CLOCK)
    assert "360 s ahead" in ahead.detail
    assert "11 days old" in old.detail
