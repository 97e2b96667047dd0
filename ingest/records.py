"""What passes from the wire to the table. Outcomes are values: a payload that cannot be read is a `Rejected`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = ["Entry", "Message", "Outcome", "Reading", "Reason", "Rejected", "UnitRecord", "VerdictRecord", "Visit"]


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message as it arrived; ``received_at`` is aware UTC."""

    topic: str
    payload: bytes
    received_at: datetime
    qos: int = 1
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one signal at one instant. A text is a level of a category signal."""

    address: str
    ts: datetime
    value: float | str


@dataclass(frozen=True, slots=True)
class Visit:
    """When a part was in a machine."""

    machine: str
    entered: datetime
    left: datetime


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """A part or interval that was made."""

    line: str
    serial: str
    started: datetime
    finished: datetime
    product: str | None = None
    lot: str | None = None
    visits: tuple[Visit, ...] = ()


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """What inspection said; without a serial number the join is by ``made_at``."""

    line: str
    serial: str
    judged_at: datetime
    verdict: str
    made_at: datetime | None = None


class Reason(StrEnum):
    """Why something stands in quarantine."""

    UNKNOWN_TOPIC = "unknown_topic"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    MISSING_FIELD = "missing_field"
    NOT_A_NUMBER = "not_a_number"
    BAD_TIME = "bad_time"
    CLOCK = "clock"
    TOO_LONG = "too_long"
    REFUSED_BY_DATABASE = "refused_by_database"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload, or a part of one, that is kept whole in quarantine."""

    reason: Reason
    detail: str


Outcome = Reading | UnitRecord | VerdictRecord | Rejected


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, the source that read it (a topic template, or ``unknown``), and what it said."""

    source: str
    message: Message
    outcomes: tuple[Outcome, ...] = field(default=())
