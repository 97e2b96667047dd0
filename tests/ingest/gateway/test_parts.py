"""The gateway's small parts: when a batch is due, a word to systemd, the metrics and their documentation."""

import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from ingest.errors import EnvironmentFailure
from ingest.gateway.batch import Batch
from ingest.gateway.metrics import Metrics
from ingest.gateway.sdnotify import notify
from ingest.mqtt import Delivery
from ingest.records import Entry, Message, Reason, Rejected
from ingest.store.write import Tally

MESSAGE = Message("a", b"1", datetime(2026, 11, 23, tzinfo=UTC))


def add(batch: Batch, outcomes: int, now: float) -> None:
    entry = Entry("s", MESSAGE, (Rejected(Reason.NOT_JSON, "x"),) * outcomes)
    batch.add(Delivery(MESSAGE, 1, 1), entry, now)


class TestBatch:
    def test_an_empty_one_waits(self) -> None:
        assert Batch(10, 2.0).wait(100.0) == 2.0

    def test_rows_make_it_due(self) -> None:
        batch = Batch(10, 2.0)
        add(batch, 9, 0.0)
        assert batch.wait(0.0) > 0
        add(batch, 1, 0.0)
        assert batch.wait(0.0) == 0

    def test_messages_that_say_nothing_count_too(self) -> None:
        batch = Batch(3, 2.0)
        for _ in range(3):
            add(batch, 0, 0.0)
        assert batch.wait(0.0) == 0

    def test_age_and_quiet_make_it_due(self) -> None:
        batch = Batch(1000, 2.0)
        add(batch, 1, 0.0)
        assert batch.wait(0.1) == pytest.approx(0.1)
        assert batch.wait(0.2) == 0
        for tenth in range(1, 20):
            add(batch, 1, tenth / 10)
        assert batch.wait(1.9) == pytest.approx(0.1)
        assert batch.wait(2.0) == 0

    def test_clear(self) -> None:
        batch = Batch(1, 2.0)
        add(batch, 1, 0.0)
        batch.clear()
        assert (batch.size, batch.entries, batch.deliveries, batch.wait(9.0)) == (0, [], [], 2.0)


class TestNotify:
    def test_without_systemd_nothing_happens(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
        notify("READY=1")
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
        notify("READY=1")

    @pytest.mark.parametrize("abstract", [False, True])
    def test_the_word_arrives(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, abstract: bool) -> None:
        address = f"@genba-{tmp_path.name}" if abstract else str(tmp_path / "n")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(address.replace("@", "\0"))
            monkeypatch.setenv("NOTIFY_SOCKET", address)
            notify("READY=1")
            assert listener.recv(100) == b"READY=1"


class TestMetrics:
    def test_the_equation_holds(self) -> None:
        metrics = Metrics()
        metrics.decoded({"s": 10})
        metrics.stored({"s": Tally(8, 5, 2, 1)})
        value = metrics.registry.get_sample_value
        assert value("genba_received_total", {"source": "s"}) == 10
        assert value("genba_in_flight", {"source": "s"}) == 2
        assert value("genba_committed_total", {"source": "s"}) == 5
        assert metrics.totals == Tally(10, 5, 2, 1)

    def test_a_taken_port_is_one_line(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with pytest.raises(EnvironmentFailure, match=r"ingest\.metrics_port \d+: Address already in use"):
                Metrics().serve(taken.getsockname()[1])

    def test_every_metric_is_documented(self) -> None:
        metrics = Metrics()
        metrics.decoded({"s": 1})
        metrics.stored({"s": Tally(1, 1)})
        page = generate_latest(metrics.registry).decode()
        names = {re.sub(r"_(bucket|count|sum|created)$", "", line.split("{")[0].split(" ")[0])
                 for line in page.splitlines() if not line.startswith("#") and "_created" not in line}  # fmt: skip
        text = Path("docs/connect.md").read_text(encoding="utf-8")
        documented = set(re.findall(r"^\| `(genba_\w+)", text, re.MULTILINE))
        assert names == documented
