"""The edges: a real embedded broker, the commands that publish, and what they say when they cannot."""

import csv
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from ingest.errors import BrokerUnavailable, EnvironmentFailure, UsageError
from ingest.mqtt import Delivery, Subscriber
from ingest.settings import Broker
from simulators.cli import app
from simulators.publish import history_start, live_start
from simulators.tables import ZONE
from tests.waiting import until

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=ZONE)


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(name="port", scope="module")
def embedded() -> Iterator[int]:
    command = [sys.executable, "-m", "ingest.command", "simulate", "broker", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield orjson.loads(process.stdout.readline())["port"]
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()


@pytest.fixture(name="settings")
def settings_file(tmp_path: Path, port: int) -> Path:
    file = tmp_path / "genba.toml"
    file.write_text(f'[broker]\nport = {port}\nprotocol = "3.1.1"\n', encoding="utf-8")
    return file


def test_a_day_reaches_a_subscriber_whole(port: int, settings: Path, tmp_path: Path) -> None:
    got: list[Delivery] = []
    broker = Broker(port=port, protocol="3.1.1", client_id="test-simulators")
    subscriber = Subscriber(broker, ["osaka/#"], got.append, keep_session=False)
    subscriber.start()
    try:
        manifest = tmp_path / "manifest.csv"
        arguments = ("--line", "press", "--days", "1", "--fault", "duplicates=0.1", "--manifest", str(manifest))
        done = run("run", *arguments, "--settings", str(settings), "--json")
        said = orjson.loads(done.stdout)
        until(lambda: len(got) >= said["messages"], 20, "every message arrived")
    finally:
        subscriber.stop()
    assert len(got) == said["messages"]
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == said["readings"] == 720 * 11
    assert len({(row["address"], row["ts"]) for row in rows}) == len(rows)
    assert said["outcomes"] > said["readings"]


def test_a_table_is_replayed(settings: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("Speed [rpm],Id\n1,a\n2,b\n", encoding="utf-8")
    done = run("replay", str(table), "--serial", "Id", "--settings", str(settings), "--json")
    assert orjson.loads(done.stdout)["units"] == 2
    assert "Speed [rpm] → speed_rpm" in done.stderr


def test_errors_name_the_thing(tmp_path: Path, port: int) -> None:
    nobody = tmp_path / "genba.toml"
    nobody.write_text("[broker]\nport = 1\n", encoding="utf-8")
    with pytest.raises(BrokerUnavailable, match=r"broker 127\.0\.0\.1:1: "):
        run("run", "--line", "press", "--days", "1", "--settings", str(nobody))
    with pytest.raises(UsageError, match="no such file"):
        run("replay", str(tmp_path / "no.csv"))
    table = tmp_path / "t.csv"
    table.write_text("a,Bad\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--verdict 'Bad=1' needs --serial"):
        run("replay", str(table), "--verdict", "Bad=1")
    with pytest.raises(EnvironmentFailure, match=f"port {port} on 127.0.0.1: .*; choose another with --port"):
        run("broker", "--port", str(port))


def test_nothing_is_published_from_the_future() -> None:
    assert history_start(NOW, 14) == datetime(2026, 11, 8, tzinfo=ZONE)
    assert history_start(NOW.replace(hour=9), 14) == datetime(2026, 11, 9, tzinfo=ZONE)
    assert live_start(NOW, 1, 1.0) == NOW
    fast = live_start(NOW, 1, 60.0)
    for elapsed in (timedelta(0), timedelta(hours=12), timedelta(hours=30)):
        assert fast + elapsed <= NOW + elapsed / 60
