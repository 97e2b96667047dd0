"""Every spelling of an instant that plants send, read as aware UTC. Pure.

Numbers count from 1970-01-01T00:00:00Z in s, ms, us or ns; ``auto`` tells by magnitude (below 1e11 s, 1e14 ms,
1e17 us, else ns: right for every instant between 1973 and 5138). Texts are such numbers, or ISO 8601 with ``Z``, with
an offset, or naive; a naive one is wall-clock time in the zone that is given.

Twice a year a wall clock lies. An hour that does not exist is refused. An hour that comes twice is decided by the time
of arrival, when exactly one of the two instants lies within half an hour of it, and refused otherwise: a naive time
is never guessed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ingest.records import Reason, Rejected

__all__ = ["Limits", "TimeUnit", "parse"]

TimeUnit = Literal["auto", "s", "ms", "us", "ns"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
FOLD_WINDOW = timedelta(minutes=30)
SHORTEST_ISO = len("20261123T10")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is believed of a time stamp, measured from the time of arrival on our clock."""

    oldest: timedelta
    ahead: timedelta

    def refuse(self, ts: datetime, arrival: datetime) -> Rejected | None:
        """The refusal of an instant that cannot be true, or None."""
        if ts > arrival + self.ahead:
            return Rejected(
                Reason.CLOCK,
                f"{ts.isoformat()} is {_span(ts - arrival)} ahead of our clock, {_span(self.ahead)} is believed",
            )
        if arrival - ts > self.oldest:
            return Rejected(
                Reason.CLOCK,
                f"{ts.isoformat()} is {_span(arrival - ts)} old, {_span(self.oldest)} is believed",
            )
        return None


def _span(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds / 86400:.0f} days" if seconds >= 2 * 86400 else f"{seconds:.0f} s"


def parse(value: Any, unit: TimeUnit, zone: ZoneInfo, arrival: datetime) -> datetime | Rejected:
    """One time stamp as aware UTC, to the microsecond (finer digits are cut off), or why it is none.

    ``zone`` is that of naive texts, ``arrival`` an aware instant that tells the two passes of a doubled hour apart.

    >>> from zoneinfo import ZoneInfo
    >>> now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    >>> parse(1_763_859_600_123, "auto", ZoneInfo("UTC"), now).isoformat()
    '2025-11-23T01:00:00.123000+00:00'
    >>> parse("2026-11-23 10:00:00", "auto", ZoneInfo("Asia/Tokyo"), now).isoformat()
    '2026-11-23T01:00:00+00:00'
    """
    if isinstance(value, str):
        return _text(value.strip().upper(), unit, zone, arrival)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, unit)
    return _bad(value, "it is neither a number nor a text")


def _bad(value: Any, why: str) -> Rejected:
    shown = repr(value)
    return Rejected(
        Reason.BAD_TIME, f"time stamp {shown if len(shown) <= 60 else shown[:57] + '...'} cannot be read: {why}"
    )


def _number(value: float, unit: TimeUnit) -> datetime | Rejected:
    per_second = PER_SECOND[_magnitude(value) if unit == "auto" else unit]
    try:
        if isinstance(value, int):
            seconds, rest = divmod(value, per_second)
            return EPOCH + timedelta(0, seconds, rest * 1_000_000 // per_second)
        return EPOCH + timedelta(seconds=value / per_second)
    except (OverflowError, ValueError):
        return _bad(value, "no such instant")


def _magnitude(value: float) -> Literal["s", "ms", "us", "ns"]:
    size = abs(value)
    if size < 1e11:
        return "s"
    if size < 1e14:
        return "ms"
    return "us" if size < 1e17 else "ns"


def _text(text: str, unit: TimeUnit, zone: ZoneInfo, arrival: datetime) -> datetime | Rejected:
    # An ISO text has a dash or a T behind its year; everything else can only be a number.
    if text[4:5] != "-" and "T" not in text:
        try:
            return _number(int(text) if text.lstrip("+-").isdecimal() else float(text), unit)
        except ValueError:
            return _bad(text, "expected a number or ISO 8601, such as 2026-11-23T10:00:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _bad(text, "expected ISO 8601, such as 2026-11-23T10:00:00Z")
    if len(text) < SHORTEST_ISO:
        return _bad(text, "a date alone is no instant")
    try:
        return moment.astimezone(UTC) if moment.tzinfo is not None else _wall_clock(moment, zone, arrival)
    except OverflowError:
        return _bad(text, "no such instant")


def _wall_clock(naive: datetime, zone: ZoneInfo, arrival: datetime) -> datetime | Rejected:
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    assert before is not None
    assert after is not None
    if before == after:
        return first.astimezone(UTC)
    if before < after:
        return _bad(naive.isoformat(), f"the clocks of {zone.key} jump over it; send UTC or an offset")
    near = [m.astimezone(UTC) for m in (first, second) if abs(arrival - m.astimezone(UTC)) < FOLD_WINDOW]
    if len(near) == 1:
        return near[0]
    return _bad(naive.isoformat(), f"it comes twice in {zone.key} that day; send UTC or an offset")
