"""The gateway is killed in the middle of the demo's stream; what is stored is exactly what was published."""

import csv
import os
import shutil
import signal
import subprocess
from datetime import datetime

import orjson
import pytest
from sqlalchemy import select

from ingest.store import read
from ingest.store.engine import Store
from ingest.store.schema import reading
from ingest.store.schema import signal as signals
from simulators.demo import PLANT
from tests.e2e.conftest import Home
from tests.waiting import until

pytestmark = [pytest.mark.mariadb, pytest.mark.mosquitto]


def stored(store: Store) -> dict[tuple[str, datetime], float]:
    with store.connect() as connection:
        rows = connection.execute(
            select(signals.c.address, reading.c.ts, reading.c.value).join(
                reading, reading.c.signal_id == signals.c.signal_id
            )
        ).all()
    found = {(address, ts): value for address, ts, value in rows}
    assert len(found) == len(rows)
    return found


def test_kill_9_in_mid_stream_loses_nothing_and_doubles_nothing(home: Home, store: Store) -> None:
    shutil.copy(PLANT, home.folder / "plant.toml")
    home.run("db", "upgrade")
    manifest = home.folder / "manifest.csv"
    kills = (2_000, 9_000, 16_000)
    with home.gateway() as gateway:
        publishing = subprocess.Popen(
            home.command("simulate", "run", "--line", "all", "--days", "2", "--manifest", str(manifest)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for count in kills:
            until(lambda count=count: read.counts(store)["reading"] >= count, 60, f"{count} readings")
            deaths = len(gateway.deaths)
            assert gateway.pid is not None
            os.kill(gateway.pid, signal.SIGKILL)
            until(lambda deaths=deaths: len(gateway.deaths) > deaths, 30, "the kill")
        assert publishing.wait(120) == 0
        with manifest.open() as file:
            wanted = {(row["address"], datetime.fromisoformat(row["ts"])): row["value"] for row in csv.DictReader(file)}
        until(lambda: read.counts(store)["reading"] >= len(wanted), 60, f"{len(wanted)} readings")
    assert gateway.deaths == [-signal.SIGKILL] * len(kills)
    found = stored(store)
    assert found.keys() == wanted.keys()
    levels = read.levels(store)
    numbers = {key: value for key, value in wanted.items() if value.replace(".", "").replace("-", "").isdigit()}
    assert numbers
    assert levels
    assert all(found[key] == pytest.approx(float(value)) for key, value in numbers.items())
    for row in read.ledger(store):
        assert row.received == row.committed + row.duplicate + row.quarantined


def test_a_backlog_larger_than_the_queue_is_taken_at_the_start(home: Home, store: Store) -> None:
    shutil.copy(PLANT, home.folder / "plant.toml")
    with home.settings_file.open("a") as file:
        file.write("[ingest]\nqueue_messages = 50\n")
    home.run("db", "upgrade")
    with home.gateway():
        pass  # the broker now keeps what comes for us
    said = orjson.loads(home.run("simulate", "run", "--line", "press", "--days", "1", "--json"))
    with home.gateway():
        until(lambda: read.counts(store)["reading"] >= said["readings"], 30, f"{said['readings']} readings")
