"""When a batch is full enough. Pure: the clock is the caller's."""

from dataclasses import dataclass, field

from ingest.mqtt import Delivery
from ingest.records import Entry

__all__ = ["Batch"]

QUIET = 0.1
"""Part of ``seconds`` without a message after which a batch goes early: the broker may be waiting for us."""


@dataclass(slots=True)
class Batch:
    """Messages on their way into one transaction, in order of receipt.

    It is due with ``rows`` outcomes, ``seconds`` after its first message, or when nothing has come for a tenth of
    that: a broker sends no more than its window holds until we acknowledge, and its window may be as small as 20.
    """

    rows: int
    seconds: float
    entries: list[Entry] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    size: int = 0
    """Outcomes so far."""
    _first: float = 0.0
    _last: float = 0.0

    def add(self, delivery: Delivery, entry: Entry, now: float) -> None:
        """Take a message in; ``now`` in seconds of any steady clock."""
        if not self.deliveries:
            self._first = now
        self._last = now
        self.deliveries.append(delivery)
        self.entries.append(entry)
        self.size += len(entry.outcomes)

    def wait(self, now: float) -> float:
        """Seconds until the batch is due, 0 when it is; an empty one can wait for its full ``seconds``."""
        if not self.deliveries:
            return self.seconds
        if self.size >= self.rows or len(self.deliveries) >= self.rows:
            return 0.0
        return max(0.0, min(self._first + self.seconds, self._last + QUIET * self.seconds) - now)

    def clear(self) -> None:
        """Begin again."""
        self.entries, self.deliveries, self.size = [], [], 0
