"""One contract on every engine: written once, counted once, whatever arrives twice, late or broken."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ingest.plant import Plant
from ingest.records import Entry, Message, Outcome, Reading, Reason, Rejected, UnitRecord, VerdictRecord, Visit
from ingest.retry import classify, retrying
from ingest.settings import Database
from ingest.store import read
from ingest.store.engine import Store, connect
from ingest.store.migrate import upgrade
from ingest.store.write import Catalogue, Counts, Tally, write_batch
from simulators.servers import Server
from tests.conftest import ENGINES, QUICK

SERVERS = ENGINES[1:]

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
EMPTY_PLANT = Plant.parse({"site": {"id": "osaka", "name": "Osaka"}})
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


def test_poison_is_found_and_the_rest_kept(store: Store) -> None:
    """A serial that is no Unicode text: every driver refuses it, and with it the whole statement."""
    poison = entry(bottle("\ud800"), payload=b"poison")
    batch = [*(entry(bottle(f"B{n}")) for n in range(20)), poison, *(entry(reading(n)) for n in range(5))]
    assert tally(write(store, *batch)) == (26, 25, 0, 1)
    assert [row.serial for row in read.units_after(store, "filling", 0)] == sorted(f"B{n}" for n in range(20))
    assert len(read.visits(store, "filling", [f"B{n}" for n in range(20)])) == 20
    (kept,) = read.quarantine(store, 10)
    assert (kept.reason, kept.payload, kept.topic) == (Reason.REFUSED_BY_DATABASE, b"poison", "osaka/filling")


@pytest.mark.parametrize("engine", SERVERS)
def test_value_too_long_is_refused_not_cut(engine: str, request: pytest.FixtureRequest) -> None:
    store: Store = request.getfixturevalue(f"{engine}_store")
    counts = write(store, entry(bottle("B1")), entry(bottle("x" * 121)), entry(bottle("B2")))
    assert tally(counts) == (3, 2, 0, 1)
    assert "too long" in read.quarantine(store, 1)[0].detail


def test_rejected_messages_are_kept_whole_and_counted(store: Store) -> None:
    bad = Rejected(Reason.NOT_JSON, "no JSON at byte 0 🙈" * 100)
    payload = bytes(range(256))
    later = T0 + timedelta(hours=1)
    assert tally(write(store, entry(bad, payload=payload), entry(bad, payload=payload, at=later))) == (2, 0, 0, 2)
    write(store, entry(bad, payload=payload, at=later))
    (row,) = read.quarantine(store, 10)
    assert (row.payload, row.times, row.first_seen, row.last_seen) == (payload, 3, T0, later)
    assert row.detail == bad.detail[:512]


@pytest.mark.mariadb
def test_huge_payload_is_kept_in_part(mariadb_store: Store) -> None:
    payload = b"x" * 20_000_000
    write(mariadb_store, entry(Rejected(Reason.NOT_JSON, "not JSON"), payload=payload))
    (row,) = read.quarantine(mariadb_store, 1)
    assert len(row.payload) == 4 * 1024 * 1024
    assert row.detail == "payload of 20000000 bytes, first 4194304 kept; not JSON"


def test_ledger_adds_up(store: Store) -> None:
    bad = Rejected(Reason.BAD_TIME, "no time")
    next_day = T0 + timedelta(days=1)
    for _ in range(2):
        write(
            store,
            entry(reading(1), reading(1), reading(2), bad, source="a"),
            entry(bottle("B1"), VerdictRecord("filling", "B1", T0, "OK"), reading(3), source="a", at=next_day),
            entry(reading(4, float("nan")), reading(5, "open"), source="b"),
        )
    rows = {(row.source, row.day.isoformat()): row for row in read.ledger(store)}
    assert set(rows) == {("a", "2026-11-02"), ("a", "2026-11-03"), ("b", "2026-11-02")}
    for row in rows.values():
        assert row.received == row.committed + row.duplicate + row.quarantined
    first = rows["a", "2026-11-02"]
    assert (first.received, first.committed, first.duplicate, first.quarantined) == (8, 2, 4, 2)
    assert rows["b", "2026-11-02"].quarantined == 4
    assert sum(row.times for row in read.quarantine(store, 100)) == sum(row.quarantined for row in rows.values())
    counts = read.counts(store)
    assert sum(row.committed for row in rows.values()) == counts["reading"] + counts["unit"] + counts["verdict"]


def test_newest_reading_only_moves_forward(store: Store) -> None:
    write(store, entry(reading(5, 5.0)))
    write(store, entry(reading(3, 3.0), reading(4, 4.0)))
    (row,) = read.signals(store)
    assert (row.last_seen, row.last_value) == (T0 + timedelta(seconds=5), 5.0)
    write(store, entry(reading(6, 6.0)))
    (row,) = read.signals(store)
    assert (row.first_seen, row.last_seen, row.last_value) == (
        T0 + timedelta(seconds=5),
        T0 + timedelta(seconds=6),
        6.0,
    )


def test_numbers_come_back_exactly(store: Store) -> None:
    values = [0.1, -0.0, 1 / 3, 5e-324, 1.7976931348623157e308, 123456789012345680000.0, -1e-7, 42]
    write(store, entry(*[reading(n, value) for n, value in enumerate(values)]))
    number = read.signals(store)[0].signal_id
    assert read.readings(store, [number], T0, T0 + timedelta(days=1)).value == values


def test_instants_are_utc_to_the_microsecond(store: Store) -> None:
    tokyo = datetime(2026, 11, 2, 8, 59, 59, 999999, tzinfo=ZoneInfo("Asia/Tokyo"))
    write(store, entry(Reading(PRESSURE, tokyo, 1.0), VerdictRecord("filling", "B1", tokyo, "OK")))
    (row,) = read.signals(store)
    assert row.last_seen == tokyo
    assert row.last_seen is not None
    assert row.last_seen.isoformat() == "2026-11-01T23:59:59.999999+00:00"
    (judged,) = read.verdicts_after(store, "filling", 0)
    assert judged.judged_at == judged.made_at == tokyo
    assert read.readings(store, [row.signal_id], tokyo, tokyo + timedelta(microseconds=1)).ts_us == [1793577599999999]


def test_names_keep_case_and_every_character(store: Store) -> None:
    names = ["osaka/温度", "osaka/𠮷野", "osaka/Temp", "osaka/temp", "osaka/50%/%s", "osaka/o'clock\\"]
    write(store, entry(*[reading(0, 1.0, name) for name in names], bottle("𠮷"), bottle("a"), bottle("A")))
    assert {row.address for row in read.signals(store)} == set(names)
    assert {row.serial for row in read.units_after(store, "filling", 0)} == {"𠮷", "a", "A"}


def test_blanks_at_the_end_of_a_name_do_not_count(store: Store) -> None:
    batch = [entry(reading(0, 1.0), reading(1, 1.0, PRESSURE + " "), bottle("B1"), bottle("B1  "))]
    assert tally(write(store, *batch)) == (4, 3, 1, 0)
    assert tally(write(store, *batch)) == (4, 0, 4, 0)
    assert [row.address for row in read.signals(store)] == [PRESSURE]


def test_declared_and_discovered_signals(store: Store) -> None:
    write(store, entry(reading(0), reading(0, "cola", RECIPE), reading(0, 3.0, "osaka/x"), reading(0, "on", "osaka/y")))
    found = {row.address: (row.unit, row.kind, row.declared) for row in read.signals(store)}
    assert found == {
        PRESSURE: ("bar", "gauge", True),
        RECIPE: ("", "category", True),
        "osaka/x": ("", "gauge", False),
        "osaka/y": ("", "category", False),
    }


def test_levels_have_codes(store: Store) -> None:
    write(store, entry(reading(0, "cola", RECIPE), reading(1, 7.0, RECIPE), reading(2, 7.5, RECIPE)))
    write(store, entry(reading(3, "milk", RECIPE), reading(4, "tea", RECIPE)))
    (row,) = read.signals(store)
    labels = read.levels(store)[row.signal_id]
    assert (labels[0], labels[1]) == ("tea", "cola")
    values = read.readings(store, [row.signal_id], T0, T0 + timedelta(days=1)).value
    assert [labels[int(code)] for code in values] == ["cola", "7", "7.5", "milk", "tea"]
    assert row.last_value == 0.0


@pytest.mark.parametrize(
    ("outcome", "reason", "detail"),
    [
        (Reading(PRESSURE, T0, "open"), Reason.NOT_A_NUMBER, f"{PRESSURE} is a gauge, got the text 'open'"),
        (Reading(PRESSURE, T0, float("inf")), Reason.NOT_A_NUMBER, f"{PRESSURE} is inf"),
        (Reading("a" * 256, T0, 1.0), Reason.TOO_LONG, "address of 256 characters"),
        (Reading("\ud800", T0, 1.0), Reason.TOO_LONG, "address of 1 characters"),
        (Reading(RECIPE, T0, "m" * 192), Reason.TOO_LONG, f"of {RECIPE}: 191 fit"),
    ],
)
def test_reading_that_has_no_place(sqlite_store: Store, outcome: Reading, reason: Reason, detail: str) -> None:
    assert tally(write(sqlite_store, entry(outcome, reading(9)))) == (2, 1, 0, 1)
    (row,) = read.quarantine(sqlite_store, 10)
    assert row.reason == reason
    assert detail in row.detail


def test_catalogue_follows_the_plant_file(store: Store) -> None:
    write_batch(store, [entry(reading(0), reading(0, "tea", RECIPE))], Catalogue(store, EMPTY_PLANT))
    assert {row.declared for row in read.signals(store)} == {False}
    Catalogue(store, PLANT)
    found = {row.address: (row.unit, row.kind, row.declared) for row in read.signals(store)}
    assert found == {PRESSURE: ("bar", "gauge", True), RECIPE: ("", "category", True)}


def test_concurrent_writers_lose_and_repeat_nothing(store: Store) -> None:
    """Four writers, every batch sent by two of them, new signals and levels included."""
    batches = [
        entry(
            *[reading(n, float(n), f"osaka/s{n % 7}") for n in range(k * 40, k * 40 + 60)],
            *[reading(n, f"level {n % 11}", "osaka/mode") for n in range(k * 40, k * 40 + 60)],
            bottle(f"B{k}"),
        )
        for k in range(12)
    ]

    def work(worker: int) -> Counts:
        catalogue = Catalogue(store, EMPTY_PLANT)
        total = Counts()
        for batch in batches[worker % 2 :: 2] + batches[worker % 2 :: 2]:
            total.add(retrying(partial(write_batch, store, [batch], catalogue), stop=Event(), first=0.01))
        return total

    with ThreadPoolExecutor(4) as pool:
        totals = list(pool.map(work, range(4)))
    counts = read.counts(store)
    assert counts["signal"] == 8
    assert counts["reading"] == 2 * 500
    assert counts["unit"] == 12
    assert sum(total.committed for total in totals) == 1012
    assert sum(total.received for total in totals) == 4 * 12 * 121
    rows = read.ledger(store)
    assert sum(row.received for row in rows) == sum(row.committed + row.duplicate for row in rows) == 4 * 12 * 121
    labels = {row.signal_id: read.levels(store).get(row.signal_id, {}) for row in read.signals(store)}
    assert sorted(next(filter(None, labels.values())).values()) == sorted(f"level {n}" for n in range(11))


@pytest.mark.parametrize("engine", SERVERS)
def test_a_batch_is_a_few_statements(engine: str, request: pytest.FixtureRequest) -> None:
    """Drivers fall back to one statement per row in silence; the server's own counter does not."""
    store: Store = request.getfixturevalue(f"{engine}_store")
    catalogue = Catalogue(store, PLANT)
    write_batch(store, [entry(reading(-1))], catalogue)

    def inserts() -> int:
        with store.connect() as connection:
            return int(connection.execute(text("SHOW GLOBAL STATUS LIKE 'Com_insert'")).one()[1])

    before = inserts()
    write_batch(store, [entry(*[reading(n) for n in range(1000)])], catalogue)
    assert inserts() - before == 2  # readings, ledger
    units = [entry(bottle(f"B{n}"), VerdictRecord("filling", f"B{n}", T0, "OK")) for n in range(500)]
    before = inserts()
    write_batch(store, units, catalogue)
    assert inserts() - before == 4  # units, visits, verdicts, ledger


@pytest.mark.parametrize("engine", SERVERS)
def test_lock_is_the_callers_and_leaves_nothing(engine: str, request: pytest.FixtureRequest) -> None:
    store: Store = request.getfixturevalue(f"{engine}_store")
    catalogue = Catalogue(store, PLANT)
    write_batch(store, [entry(reading(0))], catalogue)
    with store.begin() as other:
        other.execute(text("UPDATE reading SET value = 2"))
        with store.begin() as waiting:
            waiting.execute(text("SET GLOBAL innodb_lock_wait_timeout = 1"))
        impatient = connect(Database(url=store.engine.url.render_as_string(hide_password=False)))
        with pytest.raises(OperationalError) as caught:
            write_batch(impatient, [entry(reading(0), reading(1), bottle("B1"), source="late")], catalogue)
        impatient.close()
        other.execute(text("SET GLOBAL innodb_lock_wait_timeout = 50"))
    assert classify(caught.value) == "retry"
    counts = read.counts(store)
    assert (counts["reading"], counts["unit"], counts["ledger"]) == (1, 0, 1)


@pytest.mark.mariadb
def test_server_killed_between_batches(private: Callable[..., Server]) -> None:
    server = private("mariadb", options=QUICK["mariadb"])
    store = connect(Database(url=server.url))
    upgrade(store)
    catalogue = Catalogue(store, PLANT)
    heard: list[str] = []

    def heard_of(error: Exception, _wait: float) -> None:
        heard.append(classify(error))
        if len(heard) == 1:
            server.restart()

    for n in range(6):
        if n == 3:
            server.kill()
        batch = [entry(*[reading(k, float(k)) for k in range(n * 100, n * 100 + 100)])]
        retrying(partial(write_batch, store, batch, catalogue), stop=Event(), first=0.01, heard=heard_of)
    number = read.signals(store)[0].signal_id
    assert read.readings(store, [number], T0, T0 + timedelta(days=1)).value == [float(n) for n in range(600)]
    assert heard
    assert set(heard) == {"retry"}
    store.close()
