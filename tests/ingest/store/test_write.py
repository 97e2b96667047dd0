"""One contract on every engine: written once, counted once, whatever arrives twice, late or broken."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.plant import Plant
from ingest.records import Entry, Message, Outcome, Reading, UnitRecord, VerdictRecord, Visit
from ingest.store import read
from ingest.store.engine import Store
from ingest.store.write import Catalogue, Counts, Tally, write_batch

T0 = datetime(2026, 11, 2, 6, 0, 0, 123456, tzinfo=UTC)
PLANT = Plant.parse(
    {
        "site": {"id": "osaka", "name": "Osaka"},
        "lines": {
            "filling": {
                "machines": {
                    "filler": {
                        "signals": {
                            "pressure": {"unit": "bar"},
                            "recipe": {"kind": "category", "levels": ["tea", "cola"]},
                        }
                    }
                }
            }
        },
    }
)
PRESSURE = "osaka/main/filling/filler/pressure"
RECIPE = "osaka/main/filling/filler/recipe"


def entry(*outcomes: Outcome, source: str = "plant", payload: bytes = b"{}", at: datetime = T0) -> Entry:
    return Entry(source, Message("osaka/filling", payload, at), outcomes)


def reading(n: int, value: float | str = 1.0, address: str = PRESSURE) -> Reading:
    return Reading(address, T0 + timedelta(seconds=n), value)


def bottle(serial: str, **more: object) -> UnitRecord:
    visit = Visit("filler", T0, T0 + timedelta(seconds=2))
    return UnitRecord("filling", serial, T0, T0 + timedelta(seconds=9), "tea", "L1", visits=(visit,), **more)


def write(store: Store, *entries: Entry) -> Counts:
    return write_batch(store, entries, Catalogue(store, PLANT))


def tally(counts: Tally) -> tuple[int, int, int, int]:
    return counts.received, counts.committed, counts.duplicate, counts.quarantined


def test_written_twice_is_stored_once(store: Store) -> None:
    batch = (
        entry(*[reading(n, n / 3) for n in range(50)]),
        entry(bottle("B1"), VerdictRecord("filling", "B1", T0, "OK")),
    )
    assert tally(write(store, *batch)) == (52, 52, 0, 0)
    first = read.counts(store)
    assert tally(write(store, *batch)) == (52, 0, 52, 0)
    assert read.counts(store) == first
    number = read.signals(store)[0].signal_id
    columns = read.readings(store, [number], T0, T0 + timedelta(hours=1))
    assert columns.value == [n / 3 for n in range(50)]
    assert columns.ts_us[0] == int(T0.timestamp()) * 1_000_000 + 123456


@pytest.mark.parametrize("known", [0, 5])
def test_duplicates_are_counted_by_source(store: Store, known: int) -> None:
    write(store, entry(*[reading(n) for n in range(known)]))
    counts = write(
        store,
        entry(*[reading(n) for n in range(8)], reading(7, 9.0), source="a"),
        entry(reading(7, 8.0), reading(8), source="b"),
    )
    assert tally(counts.by_source["a"]) == (9, 8 - known, known + 1, 0)
    assert tally(counts.by_source["b"]) == (2, 1, 1, 0)
    assert tally(counts) == (11, 9 - known, known + 2, 0)
    assert read.signals(store)[0].last_value == 1.0
