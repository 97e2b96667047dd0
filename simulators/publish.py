"""Messages to the broker: history as fast as it is taken, or live at the pace of production."""

import csv
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ingest.mqtt import Publisher
from ingest.settings import Broker
from simulators.wire import Outgoing, outcomes, payload, readings

__all__ = ["Summary", "history_start", "live_start", "publish", "write_manifest"]

JUDGED_WITHIN = timedelta(hours=8)
"""By then every bottle has its verdict, so that no message of a history lies in the future."""
LIVE_ALIGNMENT = 600
"""Live production starts on a full ten minutes: intervals of the plant begin there too."""


@dataclass(frozen=True)
class Summary:
    """What was published. ``readings``: different ones, as a store must hold them in the end; ``outcomes``: everything
    a ledger counts, repetitions and refusals included."""

    messages: int
    readings: int
    units: int
    verdicts: int
    outcomes: int
    seconds: float

    def to_json(self) -> str:
        """The same as JSON."""
        return orjson.dumps(asdict(self)).decode()

    def __str__(self) -> str:
        units = f", {self.units:,} units, {self.verdicts:,} verdicts" if self.units else ""
        return f"{self.messages:,} messages with {self.readings:,} readings{units} in {self.seconds:g} s"


def history_start(now: datetime, days: int) -> datetime:
    """Start of the ``days`` whole days that end at the last midnight by which everything was judged.

    ``now`` is aware, in the plant's zone.
    """
    settled = (now - JUDGED_WITHIN).replace(hour=0, minute=0, second=0, microsecond=0)
    return settled - timedelta(days=days)


def live_start(now: datetime, days: int, speed: float) -> datetime:
    """Start of a live production, so that at ``speed`` times real time no stamp ever lies in the future.

    At speed 1 that is now; faster production starts in the past and reaches the present as it ends.
    """
    length = timedelta(days=days) + JUDGED_WITHIN
    begin = now - length * (1.0 - 1.0 / speed)
    return begin - timedelta(seconds=begin.timestamp() % LIVE_ALIGNMENT)


def write_manifest(stream: Iterable[Outgoing], file: Path) -> int:
    """The exact set of readings of a stream as CSV (address, ts in UTC, value); returns their number."""
    found = {(address, ts): value for message in stream for address, ts, value in readings(message)}
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("address", "ts", "value"))
        for (address, ts), value in found.items():
            writer.writerow((address, ts.isoformat(), value))
    return len(found)


def _paced(stream: Sequence[Outgoing], speed: float | None) -> Iterator[Outgoing]:
    """Each message when it is due; ``speed`` None: at once."""
    begun = time.monotonic()
    for message in stream:
        if speed is not None:
            wait = begun + message.when / speed - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        yield message


def _summary(stream: Sequence[Outgoing], seconds: float) -> Summary:
    kinds = {"unit": 0, "verdict": 0}
    for message in stream:
        last = message.topic.rsplit("/", 1)[-1]
        if last in kinds and isinstance(message.body, list):
            kinds[last] += len(message.body)
    different = {reading[:2] for message in stream for reading in readings(message)}
    return Summary(
        len(stream),
        len(different),
        kinds["unit"],
        kinds["verdict"],
        sum(outcomes(message) for message in stream),
        round(seconds, 2),
    )


def publish(stream: Sequence[Outgoing], broker: Broker, title: str, speed: float | None = None) -> Summary:
    """Publish at QoS 1 and wait until the broker has it all. Raises `BrokerUnavailable`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    begun = time.monotonic()
    with Publisher(broker) as publisher, Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=len(stream))
        for number, message in enumerate(_paced(stream, speed), 1):
            publisher.publish(message.topic, payload(message))
            if speed is not None or number % 100 == 0 or number == len(stream):
                progress.update(task, completed=number)
        publisher.flush()
    return _summary(stream, time.monotonic() - begun)
