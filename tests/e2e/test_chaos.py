"""Minutes of killing: gateway, database and broker, at random moments of the demo's whole stream (``make chaos``)."""

import csv
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ingest.store import read
from ingest.store.engine import connect
from simulators.demo import PLANT
from simulators.servers import Server
from tests.e2e.conftest import Home
from tests.e2e.test_killed import stored
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.mariadb, pytest.mark.mosquitto, pytest.mark.timeout(1200)]

SEED = int(os.environ.get("GENBA_CHAOS_SEED", "0"))


def test_whatever_is_killed_the_store_holds_what_was_published(tmp_path: Path, private: Callable[..., Server]) -> None:
    broker, database = private("mosquitto"), private("mariadb")
    shutil.copy(PLANT, tmp_path / "plant.toml")
    (tmp_path / "genba.toml").write_text(
        f'[broker]\nport = {broker.port}\n[database]\nurl = "{database.url}"\n[log]\nlevel = "warning"\n'
    )
    home, draw = Home(tmp_path), random.Random(SEED)
    home.run("db", "upgrade")
    store = connect(home.settings.database)
    manifest = tmp_path / "manifest.csv"
    with home.gateway() as gateway:
        publishing = subprocess.Popen(
            home.command("simulate", "run", "--line", "all", "--manifest", str(manifest)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        goal = 0
        while publishing.poll() is None:
            goal += draw.randint(5_000, 15_000)
            until(
                lambda goal=goal: publishing.poll() is not None or read.counts(store)["reading"] >= goal,
                120,
                f"{goal} readings",
            )
            if draw.random() < 0.25:
                database.kill()
                database.start()
            elif gateway.pid is not None:
                os.kill(gateway.pid, signal.SIGKILL)
        assert publishing.returncode == 0
        with manifest.open() as file:
            wanted = {(row["address"], datetime.fromisoformat(row["ts"])) for row in csv.DictReader(file)}
        until(lambda: read.counts(store)["reading"] >= len(wanted), 60, f"{len(wanted)} readings")
        assert not gateway.failed()
    assert gateway.deaths
    assert stored(store).keys() == wanted
    for row in read.ledger(store):
        assert row.received == row.committed + row.duplicate + row.quarantined
    store.close()
