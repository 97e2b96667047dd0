"""Job runs and leases, on every engine."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from ingest.store import jobs
from ingest.store.engine import Store
from ingest.store.schema import lease
from tests.waiting import until

DUE = datetime(2026, 11, 9, 20, 0, 0, 123456, tzinfo=UTC)


def test_a_run_is_running_then_done_with_counts(store: Store) -> None:
    run = jobs.start(store, "caps", "build", DUE)
    (row,) = jobs.recent(store, "caps")
    assert (row.run_id, row.job, row.due_at, row.status, row.finished_at) == (run, "build", DUE, "running", None)
    jobs.finish(store, run, {"rows": 3, "files": ["a"]})
    (row,) = jobs.recent(store, "caps")
    assert (row.status, row.counts, row.error) == ("done", {"rows": 3, "files": ["a"]}, None)
    assert row.finished_at is not None
    assert row.started_at <= row.finished_at


def test_a_failed_run_says_why_in_any_language(store: Store) -> None:
    jobs.finish(store, jobs.start(store, "caps", "build", DUE), {}, "圧力 'x' は列ではありません")
    (row,) = jobs.recent(store, "caps")
    assert (row.status, row.error) == ("failed", "圧力 'x' は列ではありません")


def test_recent_is_the_newest_first_and_of_one_study(store: Store) -> None:
    runs = [jobs.start(store, "caps", job, DUE) for job in ("build", "train", "score")]
    jobs.start(store, "power", "build", DUE)
    assert [row.run_id for row in jobs.recent(store, "caps", 2)] == runs[:0:-1]


def test_last_due_is_the_newest_begun(store: Store) -> None:
    assert jobs.last_due(store, "caps") is None
    jobs.start(store, "caps", "build", DUE)
    jobs.start(store, "caps", "build", DUE - timedelta(days=1))
    assert jobs.last_due(store, "caps") == DUE


def test_orphans_are_closed_with_words_and_only_they(store: Store) -> None:
    done = jobs.start(store, "caps", "build", DUE)
    jobs.finish(store, done, {"rows": 1})
    jobs.start(store, "caps", "train", DUE)
    jobs.start(store, "power", "build", DUE)
    assert jobs.fail_orphans(store, "caps", "the process ended") == 1
    assert [(row.status, row.error) for row in jobs.recent(store, "caps")] == [
        ("failed", "the process ended"),
        ("done", None),
    ]
    assert jobs.recent(store, "power")[0].status == "running"


def test_failing_a_run_leaves_other_runs_of_the_study_alone(store: Store) -> None:
    by_hand = DUE + timedelta(microseconds=1)
    jobs.finish(store, jobs.start(store, "caps", "build", DUE), {})
    jobs.start(store, "caps", "train", DUE)
    jobs.start(store, "caps", "build", by_hand)
    jobs.fail_run(store, "caps", "build", DUE, "stopped")
    found = [(row.job, row.due_at, row.status) for row in jobs.recent(store, "caps")]
    assert found == [("build", by_hand, "running"), ("train", DUE, "failed"), ("build", DUE, "done")]


def test_a_run_that_never_began_gets_a_row_too(store: Store) -> None:
    jobs.fail_run(store, "caps", "build", DUE, "no plant file")
    jobs.fail_run(store, "caps", "build", DUE, "said twice")
    (row,) = jobs.recent(store, "caps")
    assert (row.job, row.status, row.error, row.due_at) == ("build", "failed", "no plant file", DUE)


def test_one_holder_at_a_time(store: Store) -> None:
    assert jobs.acquire(store, "work", "a", 30)
    assert not jobs.acquire(store, "work", "b", 30)
    assert jobs.acquire(store, "other", "b", 30)
    found = jobs.leader(store, "work")
    assert found is not None
    assert found[0] == "a"
    assert timedelta(seconds=20) < found[1] - datetime.now(UTC) <= timedelta(seconds=31)


def test_the_holder_renews(store: Store) -> None:
    jobs.acquire(store, "work", "a", 30)
    before = jobs.leader(store, "work")
    assert jobs.acquire(store, "work", "a", 60)
    after = jobs.leader(store, "work")
    assert before is not None
    assert after is not None
    assert after[1] > before[1]


def test_only_the_holder_gives_back(store: Store) -> None:
    jobs.acquire(store, "work", "a", 30)
    jobs.release(store, "work", "b")
    assert not jobs.acquire(store, "work", "b", 30)
    jobs.release(store, "work", "a")
    assert jobs.leader(store, "work") is None
    assert jobs.acquire(store, "work", "b", 30)


def test_a_lease_that_ran_out_is_anybodys(store: Store) -> None:
    jobs.acquire(store, "work", "a", 30)
    with store.begin() as connection:
        connection.execute(update(lease).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert jobs.leader(store, "work") is None
    assert jobs.acquire(store, "work", "b", 30)
    assert not jobs.acquire(store, "work", "a", 30)


def test_a_lease_runs_out_by_itself(store: Store) -> None:
    jobs.acquire(store, "work", "a", 0.2)
    until(lambda: jobs.acquire(store, "work", "b", 30), 5, "the lease has run out")


def test_of_many_at_once_one_wins(store: Store) -> None:
    with ThreadPoolExecutor(4) as executor:
        won = list(executor.map(lambda holder: jobs.acquire(store, "work", holder, 30), "abcdefgh"))
    assert won.count(True) == 1
