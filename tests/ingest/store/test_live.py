"""What the dashboard reads, on every engine."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert

from ingest.store import live, schema
from ingest.store.engine import Store

DAY = datetime(2026, 11, 20, tzinfo=UTC)
BOUNDS = [DAY + timedelta(days=i) for i in range(3)]


def put(store: Store, table: Any, *rows: dict[str, Any]) -> None:
    with store.begin() as connection:
        connection.execute(insert(table), list(rows))


def count_up(store: Store, *values: tuple[float, float]) -> None:
    """Readings of counter 1: hours after the first bound, value."""
    put(
        store,
        schema.reading,
        *({"signal_id": 1, "ts": DAY + timedelta(hours=h), "value": value} for h, value in values),
    )


def judged(serial: str, hours: float, verdict: str, made: float | None = None) -> dict[str, Any]:
    at = DAY + timedelta(hours=hours)
    made_at = at if made is None else DAY + timedelta(hours=made)
    return {"line": "a", "serial": serial, "judged_at": at, "made_at": made_at, "verdict": verdict}


def test_a_signal_comes_with_its_newest_value_and_the_word_for_a_level(store: Store) -> None:
    common = {"unit": "", "declared": True, "first_seen": DAY, "last_seen": DAY}
    put(
        store,
        schema.signal,
        {"signal_id": 1, "address": "s/b", "kind": "gauge", "last_value": 1.5, **common},
        {"signal_id": 2, "address": "s/a", "kind": "category", "last_value": 1.0, **common},
    )
    put(store, schema.signal_level, {"signal_id": 2, "code": 1, "label": "金型A"})
    found = live.signals_now(store)
    assert [(row.address, row.last_value, row.last_level) for row in found] == [
        ("s/a", 1.0, "金型A"),
        ("s/b", 1.5, None),
    ]
    assert found[0].last_seen == DAY


def test_a_declared_signal_that_never_sent_has_no_value(store: Store) -> None:
    put(store, schema.signal, {"signal_id": 1, "address": "s/a", "unit": "", "kind": "gauge", "declared": True})
    assert [(row.last_seen, row.last_value, row.last_level) for row in live.signals_now(store)] == [(None, None, None)]


def test_marks_grow_with_what_arrives(store: Store) -> None:
    assert live.marks(store) == live.Marks(0, 0, 0)
    put(store, schema.verdict, judged("1", 1, "OK"))
    before = live.marks(store)
    assert before.verdict > 0
    put(store, schema.ranking, {"study": "s", "created_at": DAY, "document": "{}"})
    assert live.marks(store) != before


def test_verdicts_count_on_the_day_the_part_was_finished(store: Store) -> None:
    put(
        store,
        schema.unit,
        {"line": "a", "serial": "1", "started": DAY, "finished": DAY + timedelta(hours=23)},
        {"line": "b", "serial": "2", "started": DAY, "finished": DAY},
    )
    put(
        store,
        schema.verdict,
        judged("1", 27, "NG"),  # made on the first day, judged on the second
        judged("2", 30, "OK"),  # another line's unit has this serial number
        judged("", 31, "OK", made=2),  # no serial number: the verdict says when
        judged("3", 48, "OK"),  # on the last bound: outside
        judged("4", -1, "OK"),
    )
    assert live.verdict_counts(store, "a", BOUNDS) == [{"NG": 1, "OK": 1}, {"OK": 1}]
    assert live.verdict_counts(store, "a", BOUNDS[:2]) == [{"NG": 1, "OK": 1}]
    assert live.verdict_counts(store, "b", BOUNDS) == [{}, {}]


def test_the_newest_part_is_not_the_one_judged_last(store: Store) -> None:
    assert live.last_made(store, "a") is None
    put(store, schema.verdict, judged("1", 20, "OK", made=10), judged("2", 19, "OK", made=12))
    assert live.last_made(store, "a") == DAY + timedelta(hours=12)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], [None, None]),
        ([(1, 5.0)], [None, None]),
        ([(1, 5.0), (2, 7.0), (26, 8.5)], [2.0, 1.5]),
        ([(-1, 5.0), (1, 6.0)], [1.0, None]),  # the reading before the first span counts
        ([(-30, 5.0), (1, 6.0)], [None, None]),  # but not one from days ago
        ([(23, 5.0), (24, 7.0), (25, 8.0)], [2.0, 1.0]),  # midnight closes the day that ends
        ([(1, 90.0), (2, 95.0), (3, 1.0), (4, 4.0)], [8.0, None]),  # set back to zero at three
        ([(1, 5.0), (2, 5.0)], [0.0, None]),
    ],
)
def test_a_counter_grows_by_its_positive_steps(
    store: Store, values: list[tuple[float, float]], expected: list[float | None]
) -> None:
    if values:
        count_up(store, *values)
    put(store, schema.reading, {"signal_id": 2, "ts": DAY + timedelta(hours=1), "value": 1e6})
    found = [live.counter_increase(store, 1, start, end) for start, end in pairwise(BOUNDS)]
    assert found == expected


def test_the_ledger_is_summed_over_days(store: Store) -> None:
    row = {"source": "x", "received": 5, "committed": 3, "duplicate": 1, "quarantined": 1}
    put(store, schema.ledger, {**row, "day": DAY.date()}, {**row, "day": BOUNDS[1].date()})
    assert live.ledger_totals(store) == [live.LedgerTotals("x", 10, 6, 2, 2)]


def test_quarantine_by_reason_and_the_newest_with_the_beginning_of_their_payload(store: Store) -> None:
    def row(digest: str, reason: str, hours: float, times: int) -> dict[str, Any]:
        seen = DAY + timedelta(hours=hours)
        told = {"source": "x", "topic": "t", "detail": "d", "payload": b"\xff" + b"a" * 999}
        return {"digest": digest, "reason": reason, "first_seen": DAY, "last_seen": seen, "times": times, **told}

    put(store, schema.quarantine, row("1", "clock", 1, 2), row("2", "not_json", 3, 1), row("3", "not_json", 2, 4))
    assert live.quarantine_reasons(store) == [
        live.ReasonRow("not_json", 2, 5, DAY + timedelta(hours=3)),
        live.ReasonRow("clock", 1, 2, DAY + timedelta(hours=1)),
    ]
    newest = live.quarantine_newest(store, limit=2, payload_bytes=4)
    assert [(found.digest, found.payload) for found in newest] == [("2", b"\xffaaa"), ("3", b"\xffaaa")]
