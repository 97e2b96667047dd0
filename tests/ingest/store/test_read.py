"""Every question gets exactly the rows it asks for, in order."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ingest.records import Entry, Message, Outcome, Reading, Reason, Rejected, UnitRecord, VerdictRecord, Visit
from ingest.store import read
from ingest.store.engine import Store
from ingest.store.schema import metadata
from ingest.store.write import Catalogue, write_batch
from tests.ingest.store.test_write import EMPTY_PLANT

T0 = datetime(2026, 11, 2, tzinfo=UTC)
MICRO = timedelta(microseconds=1)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def put(store: Store, *outcomes: Outcome) -> None:
    write_batch(store, [Entry("s", Message("t", b"{}", T0), outcomes)], Catalogue(store, EMPTY_PLANT))


@pytest.fixture
def line(store: Store) -> Store:
    """Two signals, six bottles in two machines, verdicts for half of them."""
    put(store, *[Reading(f"a/{name}", at(n), n + len(name)) for name in ("x", "yy") for n in range(5)])
    bottles = [
        UnitRecord(
            name, f"B{n}", at(n), at(n + 10), "tea", None if n else "L0",
            visits=(Visit("capper", at(n + 5), at(n + 6)), Visit("filler", at(n), at(n + 4))),
        )
        for name in ("one", "two")
        for n in (3, 1, 2)
    ]  # fmt: skip
    put(store, *bottles)
    put(store, *[VerdictRecord("one", f"B{n}", at(100 + n), "OK") for n in (1, 3)])
    put(store, VerdictRecord("one", "B1", at(200), "NG"), VerdictRecord("one", "", at(300), "NG", made_at=at(12)))
    return store


def ids(store: Store) -> dict[str, int]:
    return {row.address: row.signal_id for row in read.signals(store)}


def test_readings_start_inclusive_end_exclusive_in_order(line: Store) -> None:
    x, y = ids(line)["a/x"], ids(line)["a/yy"]
    columns = read.readings(line, [y, x, y, 99], at(1), at(3))
    assert columns.signal_id == sorted([x, x, y, y])
    assert columns.ts_us == [int(at(n).timestamp() * 1e6) for n in (1, 2, 1, 2)]
    assert columns.value == ([2.0, 3.0, 3.0, 4.0] if x < y else [3.0, 4.0, 2.0, 3.0])
    assert len(columns) == 4
    assert len(read.readings(line, [x], at(4) + MICRO, at(9))) == 0
    assert len(read.readings(line, [], at(0), at(9))) == 0


def test_instants_before_1970_and_after_2038(store: Store) -> None:
    moments = [datetime(1969, 12, 31, 23, 59, 59, 999999, UTC), datetime(2040, 2, 29, 1, 2, 3, 4, UTC)]
    put(store, *[Reading("a", moment, 1.0) for moment in moments])
    columns = read.readings(
        store, [ids(store)["a"]], datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    )
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert columns.ts_us == [(moment - epoch) // MICRO for moment in moments]


def test_newest_before(line: Store) -> None:
    x, y = ids(line)["a/x"], ids(line)["a/yy"]
    columns = read.newest_before(line, [x, y, 99], at(3))
    assert dict(zip(columns.signal_id, columns.value, strict=True)) == {x: 3.0, y: 4.0}
    assert len(read.newest_before(line, [x], at(0))) == 0


def test_reading_span(line: Store) -> None:
    assert read.reading_span(line, list(ids(line).values())) == (at(0), at(4))
    assert read.reading_span(line, [99]) is None
    assert read.reading_span(line, []) is None


def test_units(line: Store) -> None:
    every = read.units_after(line, "one", 0)
    assert sorted(row.serial for row in every) == ["B1", "B2", "B3"]
    assert [row.seq for row in every] == sorted(row.seq for row in every)
    assert read.units_after(line, "one", every[0].seq) == every[1:]
    assert [row.serial for row in read.units_finished(line, "one", at(11), at(13))] == ["B1", "B2"]
    (found,) = read.units_by_serial(line, "two", ["B3", "nobody"])
    assert (found.line, found.product, found.lot, found.started, found.finished) == ("two", "tea", None, at(3), at(13))


def test_visits(line: Store) -> None:
    found = read.visits(line, "one", ["B2", "B1"])
    assert [(row.serial, row.machine) for row in found] == [
        ("B1", "filler"), ("B1", "capper"), ("B2", "filler"), ("B2", "capper"),
    ]  # fmt: skip
    assert (found[1].entered, found[1].left) == (at(6), at(7))


def test_verdicts(line: Store) -> None:
    every = read.verdicts_after(line, "one", 0)
    assert len(every) == 4
    assert read.verdicts_after(line, "one", every[1].seq) == every[2:]
    assert read.verdicts_after(line, "two", 0) == []
    found = read.verdicts_for(line, "one", ["B1", "B3"])
    assert [(row.serial, row.verdict, row.made_at) for row in found] == [
        ("B1", "OK", at(101)), ("B1", "NG", at(200)), ("B3", "OK", at(103)),
    ]  # fmt: skip


def test_twenty_thousand_serials(line: Store) -> None:
    serials = [f"B{n}" for n in range(20_000)]
    assert len(read.units_by_serial(line, "one", serials)) == 3
    assert len(read.visits(line, "one", serials)) == 6
    assert len(read.verdicts_for(line, "one", serials)) == 3


def test_levels_ledger_quarantine_counts(line: Store) -> None:
    put(line, Reading("a/mode", at(0), "auto"), Rejected(Reason.NOT_JSON, "no"))
    assert read.levels(line) == {ids(line)["a/mode"]: {0: "auto"}}
    assert read.ledger(line) == [read.LedgerRow("s", date(2026, 11, 2), 22, 21, 0, 1)]
    (row,) = read.quarantine(line, 5)
    assert (row.source, row.topic, row.payload, row.detail) == ("s", "t", b"{}", "no")
    assert read.quarantine(line, 0) == []
    counts = read.counts(line)
    assert set(counts) == set(metadata.tables)
    assert (counts["reading"], counts["unit"], counts["unit_visit"], counts["verdict"]) == (11, 6, 12, 4)
