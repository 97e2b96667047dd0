"""A lease is held by one, renewed while the work lasts, and lost in time."""

import time

from sqlalchemy import update

from ingest.store import jobs
from ingest.store.engine import Store
from ingest.store.schema import lease as table
from models.lease import Lease
from tests.waiting import until


def test_two_leases_of_one_process_exclude_each_other(sqlite_store: Store) -> None:
    with Lease(sqlite_store, "work", 30) as one, Lease(sqlite_store, "work", 30) as two:
        assert not one.held
        assert one.acquire()
        assert not two.acquire()
        assert one.held
        assert not two.held
        assert ":" in two.leader()
        assert two.leader().endswith("UTC")
    with Lease(sqlite_store, "work", 30) as three:
        assert three.leader() == "nobody"
        assert three.acquire()


def test_a_lease_that_was_never_taken_takes_nothing_with_it(sqlite_store: Store) -> None:
    with Lease(sqlite_store, "work", 30) as one:
        one.acquire()
        with Lease(sqlite_store, "work", 30) as two:
            two.acquire()
        assert jobs.leader(sqlite_store, "work") is not None


def test_it_is_renewed_for_as_long_as_it_is_needed(sqlite_store: Store) -> None:
    with Lease(sqlite_store, "work", 0.3) as lease:
        assert lease.acquire()
        ends = time.monotonic() + 0.7
        until(lambda: time.monotonic() > ends or not lease.held, 5, "twice the lease's time is over")
        assert lease.held
        assert not jobs.acquire(sqlite_store, "work", "somebody", 30)


def test_it_is_lost_when_somebody_else_has_it(sqlite_store: Store) -> None:
    with Lease(sqlite_store, "work", 0.3) as lease:
        assert lease.acquire()
        with sqlite_store.begin() as connection:
            connection.execute(update(table).values(holder="somebody"))
        until(lambda: not lease.held, 5, "the loss is noticed")
    # And leaving does not take it away from them.
    with sqlite_store.connect() as connection:
        assert connection.execute(table.select()).one().holder == "somebody"


def test_it_is_lost_when_the_database_stays_away_and_ours_again_when_it_comes_back(sqlite_store: Store) -> None:
    with Lease(sqlite_store, "work", 0.3) as lease:
        assert lease.acquire()
        with sqlite_store.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE lease RENAME TO away")
        try:
            until(lambda: not lease.held, 5, "the lease has run out")
        finally:
            with sqlite_store.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE away RENAME TO lease")
        until(lambda: lease.held, 5, "the lease is renewed")


def test_a_database_that_is_away_at_the_end_spoils_nothing(sqlite_store: Store) -> None:
    try:
        with Lease(sqlite_store, "work", 30) as lease:
            assert lease.acquire()
            with sqlite_store.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE lease RENAME TO away")
    finally:
        with sqlite_store.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO lease")
