"""Weeks of readings: added ahead of time, cut out of the last partition, no reading lost on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from ingest.settings import Database
from ingest.store import read
from ingest.store.engine import Store, connect
from ingest.store.migrate import upgrade
from ingest.store.partitions import WEEK, ensure_partitions, partition_status, wanted_weeks
from ingest.store.schema import reading
from tests.conftest import ENGINES

MOMENTS = st.integers(0, 3650 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


@given(MOMENTS, MOMENTS, MOMENTS)
def test_weeks_follow_each_other(first: datetime, second: datetime, third: datetime) -> None:
    start, end = sorted((first, second))
    weeks = wanted_weeks([], start, end)
    assert weeks[0] <= start.date() < weeks[0] + WEEK
    assert weeks[-1] <= end.date() < weeks[-1] + WEEK
    ends = [week + WEEK for week in weeks]
    more = wanted_weeks(ends, start, third)
    assert wanted_weeks([*ends, *(week + WEEK for week in more)], start, max(end, third)) == []
    assert all(week.weekday() == 0 and week >= ends[-1] for week in more)
    everything = [*weeks, *more]
    assert all(later - earlier == WEEK for earlier, later in pairwise(everything))


def test_sqlite_has_none(sqlite_store: Store) -> None:
    now = datetime.now(UTC)
    assert ensure_partitions(sqlite_store, now, now + timedelta(days=99)) == 0
    assert partition_status(sqlite_store) == []


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_weeks_are_cut_out_of_the_last(engine: str, new_database: Callable[[str], Database]) -> None:
    store = connect(new_database(engine), create=True)
    upgrade(store)
    now = datetime.now(UTC).replace(microsecond=0)
    before = partition_status(store)
    assert before[-1].until is None
    assert [part.until for part in before[:-1]] == [before[0].until + WEEK * n for n in range(len(before) - 1)]  # type: ignore[operator]
    moments = [now + timedelta(weeks=n) for n in (-500, -8, 0, 4, 7, 9, 500)]
    with store.begin() as connection:
        connection.execute(insert(reading), [{"signal_id": 1, "ts": ts, "value": 1.0} for ts in moments])
    with ThreadPoolExecutor(3) as pool:
        added = list(pool.map(lambda _: ensure_partitions(store, now, now + timedelta(weeks=9)), range(3)))
    assert sorted(added)[:2] == [0, 0]
    assert max(added) == 5
    after = partition_status(store)
    assert len(after) == len(before) + 5
    last = after[-2].until
    assert isinstance(last, date)
    assert now.date() + timedelta(weeks=9) < last <= now.date() + timedelta(weeks=10)
    assert read.counts(store)["reading"] == len(moments)
    assert read.reading_span(store, [1, 2]) == (moments[0], moments[-1])
    store.close()
