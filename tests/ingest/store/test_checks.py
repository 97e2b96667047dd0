"""The same facts from every engine; a try leaves no trace."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.store import checks, read
from ingest.store.engine import Store

SERVERS = [pytest.param("mariadb", marks=pytest.mark.mariadb), pytest.param("mysql", marks=pytest.mark.mysql)]


def test_values_come_back_and_leave_no_trace(store: Store) -> None:
    assert checks.round_trip(store, "現場 🏭", 0.1 + 0.2) == ("現場 🏭", 0.1 + 0.2)
    assert read.signals(store) == []


def test_the_version_is_numbers(store: Store) -> None:
    assert checks.version(store) >= (3, 35)


@pytest.mark.parametrize("store", SERVERS, indirect=True)
def test_what_a_server_says(store: Store) -> None:
    session = checks.session(store)
    assert "STRICT_ALL_TABLES" in session.sql_mode.split(",")
    assert (session.time_zone, session.character_set) == ("+00:00", "utf8mb4")
    assert checks.flushing(store) == "2"  # as the test servers are started
    assert abs(datetime.now(UTC) - checks.clock(store)) < timedelta(seconds=5)
