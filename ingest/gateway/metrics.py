"""The live ledger and the gateway's health as Prometheus metrics. The names are documented in docs/connect.md."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from ingest.errors import EnvironmentFailure
from ingest.store.write import Tally

__all__ = ["Metrics"]


class Metrics:
    """``received = committed + duplicate + quarantined + in_flight`` at any moment, per source."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = self._counter("received", "Readings, units, verdicts and rejections decoded")
        self.committed = self._counter("committed", "Stored")
        self.duplicate = self._counter("duplicate", "Known to the store already")
        self.quarantined = self._counter("quarantined", "Kept whole in quarantine")
        self.in_flight = Gauge("genba_in_flight", "Decoded and not yet committed", ["source"], registry=self.registry)
        self.waiting = Gauge("genba_waiting_messages", "Messages in memory, not yet decoded", registry=self.registry)
        self.connected = Gauge("genba_broker_connected", "1 while the broker is connected", registry=self.registry)
        self.database = Gauge("genba_database_available", "0 while a batch waits for it", registry=self.registry)
        self.unprotected = Counter(
            "genba_unprotected_messages", "Received at QoS 0: losses would go unnoticed", registry=self.registry
        )
        self.commit_seconds = Histogram("genba_commit_seconds", "Time of one transaction", registry=self.registry)
        self.totals = Tally()
        self.database.set(1)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"genba_{name}", text, ["source"], registry=self.registry)

    def decoded(self, by_source: Mapping[str, int]) -> None:
        """So many outcomes were decoded."""
        for source, outcomes in by_source.items():
            self.received.labels(source).inc(outcomes)
            self.in_flight.labels(source).inc(outcomes)
            self.totals.received += outcomes

    def stored(self, by_source: Mapping[str, Tally]) -> None:
        """A batch was committed."""
        for source, tally in by_source.items():
            self.committed.labels(source).inc(tally.committed)
            self.duplicate.labels(source).inc(tally.duplicate)
            self.quarantined.labels(source).inc(tally.quarantined)
            self.in_flight.labels(source).dec(tally.committed + tally.duplicate + tally.quarantined)
            self.totals.committed += tally.committed
            self.totals.duplicate += tally.duplicate
            self.totals.quarantined += tally.quarantined

    def serve(self, port: int) -> None:
        """Open the page on 127.0.0.1. Raises `EnvironmentFailure` when the port is taken."""
        try:
            start_http_server(port, addr="127.0.0.1", registry=self.registry)
        except OSError as error:
            raise EnvironmentFailure(
                f"ingest.metrics_port {port}: {error.strerror}; choose another port, or 0 for none"
            ) from None
