"""The gateway between a real broker and a real database: nothing lost, nothing twice, whatever is killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from sqlalchemy import select

from ingest.errors import BrokerUnavailable, DatabaseUnavailable, SchemaOutdated, SettingsError
from ingest.gateway.service import Gateway
from ingest.mqtt import Publisher
from ingest.settings import Broker, Database, Settings, load_plant, load_settings
from ingest.store import read
from ingest.store.engine import Store, connect
from ingest.store.migrate import upgrade
from ingest.store.schema import reading
from ingest.store.schema import signal as signal_table
from simulators.servers import Server
from tests.waiting import until

pytestmark = [pytest.mark.mosquitto, pytest.mark.mariadb]

PLANT = """
[site]
id = "kyoto"
name = "Kyoto"
time_zone = "Asia/Tokyo"
[[sources]]
topic = "NAME/w/{line}/{machine}"
shape = "wide"
[[sources]]
topic = "NAME/t/{line}/{machine}/{field}"
shape = "tag"
[[sources]]
topic = "NAME/g/{line}/{machine}"
shape = "tagged"
[[sources]]
topic = "NAME/v/{line}/{machine}"
shape = "values"
[[sources]]
topic = "NAME/x/{line}/{machine}/{field}"
shape = "scalar"
[[sources]]
topic = "NAME/u/{line}"
shape = "unit"
[[sources]]
topic = "NAME/q/{line}"
shape = "verdict"
"""
NOW = datetime.now(UTC).replace(microsecond=0)
MS = int(NOW.timestamp() * 1000)
_numbers = count(1)


class Home:
    """A settings file, a plant file, and a database of its own; topics begin with ``name``."""

    def __init__(self, folder: Path, broker: Server, database: Database, **options: Any) -> None:
        self.name = f"service{next(_numbers)}"
        self.broker, self.database = broker, database
        self.file = folder / "genba.toml"
        (folder / "plant.toml").write_text(PLANT.replace("NAME", self.name), encoding="utf-8")
        protocol = options.pop("protocol", "5")
        ingest = "".join(f"{key} = {value}\n" for key, value in options.items())
        self.file.write_text(
            f'[broker]\nport = {broker.port}\nprotocol = "{protocol}"\nclient_id = "{self.name}"\n'
            f'[database]\nurl = "{database.url}"\nconnect_timeout = 2\n[ingest]\n{ingest}[log]\nlevel = "warning"\n',
            encoding="utf-8",
        )

    @property
    def settings(self) -> Settings:
        return load_settings(self.file)

    def gateway(self) -> Gateway:
        return Gateway(self.settings, load_plant(self.settings))

    def publish(self, messages: list[tuple[str, bytes]]) -> None:
        broker = Broker(port=self.broker.port, client_id=self.name)
        with Publisher(broker) as publisher:
            for topic, payload in messages:
                publisher.publish(f"{self.name}/{topic}", payload)

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = connect(self.database)
        try:
            yield store
        finally:
            store.close()

    def ledger(self) -> dict[str, int]:
        with self.store() as store:
            rows = read.ledger(store)
        terms = ("received", "committed", "duplicate", "quarantined")
        return {term: sum(getattr(row, term) for row in rows) for term in terms}

    def readings(self) -> set[tuple[str, datetime, float]]:
        query = select(signal_table.c.address, reading.c.ts, reading.c.value).join_from(
            reading, signal_table, reading.c.signal_id == signal_table.c.signal_id
        )
        with self.store() as store, store.connect() as connection:
            return {tuple(row) for row in connection.execute(query)}


@pytest.fixture
def home(tmp_path: Path, mosquitto: Server, new_database: Callable[[str], Database]) -> Callable[..., Home]:
    def make(broker: Server = mosquitto, database: Database | None = None, **options: Any) -> Home:
        found = Home(tmp_path, broker, database or new_database("mariadb"), **options)
        store = connect(found.database, create=True)
        upgrade(store)
        store.close()
        return found

    return make


@contextmanager
def running(gateway: Gateway) -> Iterator[None]:
    """A gateway in a thread; its failure is raised at the end of the block."""
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(gateway.run)
        until(lambda: gateway.ready.is_set() or running.done(), 20, "the gateway is ready")
        try:
            yield
        finally:
            gateway.stop()
            running.result(30)


def wide(number: int) -> tuple[str, bytes]:
    """Message ``number`` carries two readings."""
    return f"w/l1/m{number % 5}", orjson.dumps({"ts": MS - number * 10, "a": number, "b": number / 8})


def expected(numbers: range) -> set[tuple[str, datetime, float]]:
    found: set[tuple[str, datetime, float]] = set()
    for number in numbers:
        ts = NOW - timedelta(milliseconds=number * 10)
        found.add((f"kyoto/main/l1/m{number % 5}/a", ts, float(number)))
        found.add((f"kyoto/main/l1/m{number % 5}/b", ts, number / 8))
    return found


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_every_shape_becomes_rows(home: Callable[..., Home], protocol: str) -> None:
    here = home(protocol=protocol)
    gateway = here.gateway()
    with running(gateway):
        here.publish(
            [
                ("w/l1/m1", orjson.dumps({"ts": MS, "temp": 4.5, "die": "A", "bad": "NaN"})),
                ("t/l1/m1/speed", orjson.dumps({"ts": NOW.isoformat(), "value": "12,5"})),
                ("g/l1/m1", orjson.dumps([{"name": "torque", "value": 1.25, "ts": MS}])),
                ("v/l1/m1", orjson.dumps([{"ts": MS, "values": {"flow": 3}}])),
                ("x/l1/m1/door", b"ON"),
                ("u/l1", orjson.dumps({"serial": "B1", "started": MS - 9, "finished": MS, "visits": {"m1": [MS, MS]}})),
                ("q/l1", orjson.dumps({"serial": "B1", "verdict": "NG", "ts": MS})),
                ("w/l1/m1", b"{broken"),
            ]
        )  # fmt: skip
        until(lambda: here.ledger()["received"] == 10, 10, "ten outcomes")
    stored = {address.removeprefix("kyoto/main/l1/m1/"): value for address, _, value in here.readings()}
    assert stored.pop("door") == 1.0
    assert stored == {"temp": 4.5, "die": 0.0, "speed": 12.5, "torque": 1.25, "flow": 3.0}
    assert here.ledger() == {"received": 10, "committed": 8, "duplicate": 0, "quarantined": 2}
    with here.store() as store:
        assert {row.reason for row in read.quarantine(store, 9)} == {"not_a_number", "not_json"}
        assert [row.serial for row in read.units_after(store, "l1", 0)] == ["B1"]
        assert [row.verdict for row in read.verdicts_after(store, "l1", 0)] == ["NG"]
    assert gateway.metrics.totals.received == 10


def test_broker_and_database_may_go_and_come_back(
    home: Callable[..., Home], private: Callable[..., Server], private_mosquitto: Callable[..., Server]
) -> None:
    broker, server = private_mosquitto(), private("mariadb")
    here = home(broker, Database(url=server.url), queue_messages=100, batch_rows=100)
    gateway = here.gateway()
    with structlog.testing.capture_logs() as said, running(gateway):
        here.publish([wide(n) for n in range(1000)])
        broker.restart()
        here.publish([wide(n) for n in range(1000, 2000)])
        server.kill()
        here.publish([wide(n) for n in range(2000, 3000)])
        until(lambda: gateway.metrics.registry.get_sample_value("genba_database_available") == 0, 20, "the outage")
        broker.restart()
        server.start()
        here.publish([wide(n) for n in range(3000, 3500)])
        until(lambda: here.ledger()["committed"] == 7000, 60, "every reading")
    assert here.readings() == expected(range(3500))
    ledger = here.ledger()
    assert ledger["received"] == ledger["committed"] + ledger["duplicate"]
    outages = [line for line in said if "does not take the batch" in line["event"]]
    assert 1 <= len(outages) <= 3


PROGRAM = """
import sys
from pathlib import Path
from ingest.gateway.service import Gateway
from ingest.settings import load_plant, load_settings
settings = load_settings(Path(sys.argv[1]))
Gateway(settings, load_plant(settings)).run()
"""


def process(here: Home) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", PROGRAM, str(here.file)]
    return subprocess.Popen(arguments, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(Path.cwd())})


def test_a_killed_gateway_loses_nothing_and_doubles_nothing(home: Callable[..., Home]) -> None:
    here = home(batch_rows=500)
    with running(here.gateway()):
        pass  # the broker now keeps a session
    publishing = threading.Thread(target=here.publish, args=([wide(n) for n in range(10_000)],))
    publishing.start()
    for kill_at in (2_000, 9_000):
        gateway = process(here)
        until(lambda kill_at=kill_at: here.ledger()["committed"] >= kill_at, 40, f"{kill_at} readings")
        gateway.kill()
        gateway.communicate()
    with running(here.gateway()):
        until(lambda: here.ledger()["committed"] >= 20_000, 40, "every reading")
    publishing.join()
    assert here.readings() == expected(range(10_000))
    ledger = here.ledger()
    assert ledger["committed"] == 20_000
    assert ledger["received"] == ledger["committed"] + ledger["duplicate"]


def test_sigterm_stores_what_is_here_and_ends_with_0(home: Callable[..., Home]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The batch is far from due: only the drain can store it.
    here = home(batch_seconds=1000, batch_rows=1_000_000, metrics_port=port)
    gateway = process(here)
    until(lambda: "genba_broker_connected 1.0" in metrics(port), 40, "the gateway is connected")
    here.publish([wide(n) for n in range(300)])
    until(lambda: 'genba_received_total{source="' in metrics(port) and "} 600.0" in metrics(port), 20, "600 readings")
    assert here.ledger()["received"] == 0
    gateway.send_signal(signal.SIGTERM)
    _, errors = gateway.communicate(timeout=30)
    assert gateway.returncode == 0, errors
    assert here.readings() == expected(range(300))


def metrics(port: int) -> str:
    """The metrics page, empty while there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            page: bytes = answer.read()
            return page.decode()
    except urllib.error.URLError:
        return ""


def test_a_poison_flood_does_not_hold_up_the_good(home: Callable[..., Home]) -> None:
    here = home()
    poison = [b"\xff\xfe", b"{", b'{"ts": "never", "a": 1}', b"[1, 2]", b"\x00" * 5000]
    with running(here.gateway()):
        here.publish([("w/l1/m1", poison[n % 5]) if n % 2 else wide(n) for n in range(2000)])
        until(lambda: here.ledger()["committed"] == 2000, 20, "the good readings")
        until(lambda: here.ledger()["quarantined"] == 1200, 20, "the bad ones")
    with here.store() as store:
        kept = read.quarantine(store, 50)
    assert {row.payload for row in kept} == set(poison)
    assert sum(row.times for row in kept) == 1200


def test_it_ends_by_itself_after_the_last_message(home: Callable[..., Home]) -> None:
    here = home()
    with running(here.gateway()):
        pass
    here.publish([wide(n) for n in range(50)])
    Gateway(here.settings, load_plant(here.settings), until_idle=0.5).run()
    assert here.readings() == expected(range(50))


class TestAtTheStart:
    def test_no_broker(self, home: Callable[..., Home]) -> None:
        here = home()
        here.file.write_text(here.file.read_text().replace(f"port = {here.broker.port}", "port = 1"))
        with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1: Connection refused"):
            here.gateway().run()

    def test_no_schema(self, home: Callable[..., Home], new_database: Callable[[str], Database]) -> None:
        here = home()
        here.file.write_text(here.file.read_text().replace(here.database.url, new_database("sqlite").url))
        with pytest.raises(SchemaOutdated, match="run `genba db upgrade`"):
            here.gateway().run()

    def test_no_database(self, home: Callable[..., Home]) -> None:
        here = home()
        text = here.file.read_text().replace(here.database.url, "mysql+pymysql://genba@127.0.0.1:1/genba")
        here.file.write_text(text)
        with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1"):
            here.gateway().run()

    def test_no_sources(self, home: Callable[..., Home]) -> None:
        here = home()
        (here.file.parent / "plant.toml").write_text('[site]\nid = "kyoto"\nname = "Kyoto"\n', encoding="utf-8")
        with pytest.raises(SettingsError, match=r"no \[\[sources\]\]"):
            here.gateway()
