"""The gateway: broker → bounded queue → one writer (decode, batch, commit) → acknowledge.

A message is acknowledged only after the transaction that stores it. Whatever dies in between, the broker sends it
again, and the store knows it by its key. While the database is away the batch is held and tried again; the queue
fills, then receiving stops, and the broker keeps the rest.

Where later parts go: a disk spool takes over in `Gateway._store_batch`, where a batch cannot be committed; a Sparkplug
host is a second `Subscriber` feeding the same queue through a decoder of its own; more writers share the queue by a
hash of the topic, each with a batch, and acknowledge through one list in order of receipt.
"""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from types import FrameType

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.errors import EnvironmentFailure, GenbaError, SettingsError
from ingest.gateway.batch import Batch
from ingest.gateway.metrics import Metrics
from ingest.gateway.sdnotify import notify
from ingest.mqtt import Delivery, Subscriber
from ingest.payload import Decoder
from ingest.plant import Plant
from ingest.records import Entry, Reading
from ingest.retry import retrying
from ingest.settings import Settings
from ingest.store import read
from ingest.store.engine import Store, opened
from ingest.store.migrate import require_schema
from ingest.store.partitions import ensure_partitions
from ingest.store.write import Catalogue, Counts, write_batch

__all__ = ["Gateway"]

TICK = 0.2
"""Seconds between two looks of the main thread at the others."""
LONGEST_WAIT = 5.0
"""Seconds between two tries of a batch; well below systemd's watchdog."""
STUCK_SECONDS = 20.0
"""Without progress of the writer for so long, the watchdog is no longer fed."""
LEDGER_SECONDS = 60.0
AHEAD = timedelta(weeks=2)

log = structlog.get_logger(__name__)


class Gateway:
    """One gateway process. ``until_idle``: end in order after so many seconds without a message."""

    def __init__(self, settings: Settings, plant: Plant, *, until_idle: float | None = None) -> None:
        self._settings = settings
        self._plant = plant
        self._until_idle = until_idle
        self._decoder = Decoder(plant, settings.ingest)
        if not self._decoder.filters():
            raise SettingsError(f"{settings.plant}: no [[sources]], so nothing would be received; see docs/connect.md")
        self.metrics = Metrics()
        self.ready = threading.Event()
        """Set once everything published from now on will be stored."""
        self._queue: SimpleQueue[Delivery] = SimpleQueue()
        self._room = threading.Event()
        self._stopping = threading.Event()
        self._give_up = threading.Event()
        self._asked_to_stop = False
        self._heard = self._progress = time.monotonic()
        self._busy = self._full = False
        self._down_since: float | None = None
        self._covered = datetime.min.replace(tzinfo=UTC)

    def stop(self) -> None:
        """Take nothing more, store what is here, and end; returns at once."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`, SIGTERM or SIGINT.

        Raises `BrokerUnavailable`, `DatabaseUnavailable` or `SchemaOutdated` when they are not there at the start;
        later losses are ridden out.
        """
        with opened(self._settings.database) as store, self._signals():
            require_schema(store)
            catalogue = Catalogue(store, self._plant)
            subscriber = Subscriber(
                self._settings.broker, self._decoder.filters(), self._take, known=bool(read.ledger(store))
            )
            if self._settings.ingest.metrics_port:
                self.metrics.serve(self._settings.ingest.metrics_port)
            with ThreadPoolExecutor(1, "writer") as executor:
                # The writer first: a broker that kept more than the queue holds sends it before it answers our
                # subscription, and that answer would wait behind messages that nobody takes.
                writer = executor.submit(self._write, store, catalogue, subscriber)
                try:
                    subscriber.start()
                except BaseException:
                    self._stopping.set()
                    raise
                self.ready.set()
                notify("READY=1")
                try:
                    self._supervise(subscriber, writer)
                finally:
                    self._drain(subscriber, writer)
            writer.result()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(_number: int, _frame: FrameType | None) -> None:
            # Not the event itself: the main thread may be holding its lock at this very moment.
            self._asked_to_stop = True

        before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    # The network thread

    def _take(self, delivery: Delivery) -> None:
        """Queue a message; waits while the queue is full, so that the broker keeps the rest."""
        limit = self._settings.ingest.queue_messages
        while not self._stopping.is_set():
            self._room.clear()
            if (waiting := self._queue.qsize()) < limit:
                self._heard = time.monotonic()
                self._queue.put(delivery)
                self._full = self._full and waiting > limit // 2
                return
            if not self._full:
                self._full = True
                log.warning("the queue is full; the broker keeps the rest", messages=waiting)
            self._room.wait(TICK)

    # The writer thread

    def _write(self, store: Store, catalogue: Catalogue, subscriber: Subscriber) -> None:
        ingest = self._settings.ingest
        batch = Batch(ingest.batch_rows, ingest.batch_seconds)
        while not self._give_up.is_set():
            now = self._progress = time.monotonic()
            wait = batch.wait(now)
            self._busy = bool(batch.deliveries) or not self._queue.empty()
            if batch.deliveries and (wait == 0 or (self._stopping.is_set() and self._queue.empty())):
                if not self._commit(batch, store, catalogue, subscriber):
                    return
            elif self._stopping.is_set() and self._queue.empty():
                return
            else:
                self._collect(batch, wait)

    def _collect(self, batch: Batch, seconds: float) -> None:
        """Decode what is there, up to a full batch; waits ``seconds`` for the first message."""
        decoded: dict[str, int] = {}
        try:
            delivery = self._queue.get(timeout=min(seconds, TICK))
            while True:
                entry = self._decoder.decode(delivery.message)
                now = time.monotonic()
                batch.add(delivery, entry, now)
                decoded[entry.source] = decoded.get(entry.source, 0) + len(entry.outcomes)
                if batch.wait(now) == 0:
                    break
                delivery = self._queue.get_nowait()
        except Empty:
            pass
        self.metrics.decoded(decoded)
        self._room.set()

    def _commit(self, batch: Batch, store: Store, catalogue: Catalogue, subscriber: Subscriber) -> bool:
        """Store a batch, then acknowledge it; False when it was given up at a stop, and stays with the broker."""
        started = time.monotonic()
        try:
            counts = self._store_batch(batch.entries, store, catalogue)
        except (SQLAlchemyError, EnvironmentFailure):
            if self._give_up.is_set():
                return False
            raise
        if self._down_since is not None:
            log.info("the database is back", seconds=round(time.monotonic() - self._down_since, 1))
            self._down_since = None
            self.metrics.database.set(1)
        subscriber.ack(batch.deliveries)
        self.metrics.stored(counts.by_source)
        self.metrics.commit_seconds.observe(time.monotonic() - started)
        self.metrics.unprotected.inc(sum(delivery.message.qos == 0 for delivery in batch.deliveries))
        batch.clear()
        return True

    def _store_batch(self, entries: list[Entry], store: Store, catalogue: Catalogue) -> Counts:
        def attempt() -> Counts:
            self._cover(store, entries)
            return write_batch(store, entries, catalogue)

        return retrying(attempt, stop=self._give_up, longest=LONGEST_WAIT, heard=self._outage)

    def _outage(self, error: Exception, _wait: float) -> None:
        """Say once that the database is away; waiting for it is progress too."""
        self._progress = time.monotonic()
        if self._down_since is None:
            self._down_since = self._progress
            self.metrics.database.set(0)
            said = str(getattr(error, "orig", None) or error).splitlines()[0]
            log.warning("the database does not take the batch; trying until it does", error=said)

    def _cover(self, store: Store, entries: list[Entry]) -> None:
        """Make partitions before the first reading of a new week needs one."""
        stamps = [outcome.ts for entry in entries for outcome in entry.outcomes if type(outcome) is Reading]
        if stamps and (newest := max(stamps)) + AHEAD / 2 > self._covered:
            ensure_partitions(store, min(stamps), newest + AHEAD)
            self._covered = newest + AHEAD

    # The main thread

    def _supervise(self, subscriber: Subscriber, writer: "Future[None]") -> None:
        next_ledger = time.monotonic() + LEDGER_SECONDS
        while not self._stopping.wait(TICK):
            now = time.monotonic()
            self.metrics.waiting.set(self._queue.qsize())
            self.metrics.connected.set(subscriber.connected)
            if self._asked_to_stop or writer.done():
                return
            if not subscriber.alive:
                raise EnvironmentFailure("the network thread has ended; start the gateway again")
            if now - self._progress < STUCK_SECONDS:
                notify("WATCHDOG=1")
            if not subscriber.connected:
                self._heard = now  # silence says nothing while we cannot hear
            if self._until_idle is not None and not self._busy and now - self._heard > self._until_idle:
                return
            if now >= next_ledger:
                next_ledger += LEDGER_SECONDS
                self._say_ledger("ledger")

    def _drain(self, subscriber: Subscriber, writer: "Future[None]") -> None:
        notify("STOPPING=1")
        self._stopping.set()
        deadline = threading.Timer(self._settings.ingest.drain_seconds, self._give_up.set)
        deadline.daemon = True
        deadline.start()
        failure = writer.exception()
        deadline.cancel()
        subscriber.stop()
        left = self.metrics.totals.received - sum(
            (self.metrics.totals.committed, self.metrics.totals.duplicate, self.metrics.totals.quarantined)
        )
        if left and not isinstance(failure, GenbaError):
            log.warning("not everything could be stored in time; the broker sends it again", readings=left)
        self._say_ledger("stopped")

    def _say_ledger(self, event: str) -> None:
        totals = self.metrics.totals
        done = totals.committed + totals.duplicate + totals.quarantined
        log.info(
            event,
            received=totals.received,
            committed=totals.committed,
            duplicate=totals.duplicate,
            quarantined=totals.quarantined,
            in_flight=totals.received - done,
            waiting=self._queue.qsize(),
        )
