"""What goes wrong on the wire, on purpose: seeded changes to a stream of messages. Pure.

Every fault is off until asked for, and each draws from a random stream of its own: switching one on does not move the
others. Shares are of messages (duplicates, late, out_of_order, malformed) or of readings (missing, nan, stuck).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson
from pydantic import ValidationError

from ingest.errors import UsageError, nearest
from ingest.strict import explain
from simulators.process import stream
from simulators.scenario import Faults
from simulators.wire import Outgoing

__all__ = ["apply", "parse_faults"]

STUCK_READINGS = 30
"""Readings for which a stuck sensor repeats itself."""
DRIFTING = ("filler", "press")
"""Controllers whose clock nobody sets."""

Messages = list[Outgoing]
Change = Callable[[str, str, Any], Any]
_GONE = object()


def parse_faults(words: Iterable[str], base: Faults) -> Faults:
    """``duplicates=0.01`` and the like, over what the scenario says. Raises `UsageError`."""
    wanted: dict[str, Any] = base.model_dump()
    for word in words:
        name, _, value = word.partition("=")
        if name not in wanted:
            raise UsageError(f"--fault {word}: unknown fault {name!r}; {nearest(name, wanted)}")
        wanted[name] = value
    try:
        return Faults.model_validate(wanted)
    except ValidationError as error:
        raise UsageError(explain(error, Faults, "--fault")) from None


def _is_readings(message: Outgoing) -> bool:
    return not isinstance(message.body, bytes) and message.topic.split("/")[3] not in ("unit", "verdict")


def _changed(message: Outgoing, change: Change) -> Outgoing | None:
    """The message with each value changed; None if nothing is left of it."""

    def fields(values: dict[str, Any]) -> dict[str, Any]:
        new = {name: value if name == "ts" else change(message.topic, name, value) for name, value in values.items()}
        return {name: value for name, value in new.items() if value is not _GONE}

    if isinstance(message.body, dict):
        wide = fields(message.body)
        return replace(message, body=wide) if len(wide) > 1 else None
    items = [{"ts": item["ts"], "values": fields(item["values"])} for item in message.body]
    kept = [item for item in items if item["values"]]
    return replace(message, body=kept) if kept else None


def _each_reading(messages: Messages, change: Change) -> Messages:
    changed = (_changed(message, change) if _is_readings(message) else message for message in messages)
    return [message for message in changed if message is not None]


def _missing(messages: Messages, share: float, rng: np.random.Generator) -> Messages:
    return _each_reading(messages, lambda topic, name, value: _GONE if rng.random() < share else value)


def _nan(messages: Messages, share: float, rng: np.random.Generator) -> Messages:
    """``null`` or the word NaN, as gateways write it."""

    def change(topic: str, name: str, value: Any) -> Any:
        return ("NaN" if rng.random() < 0.5 else None) if rng.random() < share else value

    return _each_reading(messages, change)


def _stuck(messages: Messages, share: float, rng: np.random.Generator) -> Messages:
    """A sensor repeats its last value for a while."""
    starts = share / STUCK_READINGS / max(1.0 - share, 1e-9)
    last: dict[tuple[str, str], tuple[int, Any]] = {}

    def change(topic: str, name: str, value: Any) -> Any:
        left, before = last.get((topic, name), (0, value))
        if left == 0 and rng.random() < starts:
            left = STUCK_READINGS
        shown = before if left else value
        last[topic, name] = (max(left - 1, 0), shown)
        return shown

    return _each_reading(messages, change)


def _moved(stamp: str | int, seconds: float) -> str | int:
    if isinstance(stamp, int):
        return stamp + round(seconds * 1000)
    return (datetime.fromisoformat(stamp) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def _clock_drift(messages: Messages, per_day: float, rng: np.random.Generator) -> Messages:
    """The clocks of some controllers run ahead, further every day."""

    def drifted(message: Outgoing) -> Outgoing:
        if not _is_readings(message) or message.topic.split("/")[3] not in DRIFTING:
            return message
        ahead = per_day * message.when / 86400.0
        body = message.body
        if isinstance(body, dict):
            return replace(message, body=body | {"ts": _moved(body["ts"], ahead)})
        return replace(message, body=[item | {"ts": _moved(item["ts"], ahead)} for item in body])

    return [drifted(message) for message in messages]


def _malformed(messages: Messages, share: float, rng: np.random.Generator) -> Messages:
    """Half a payload, no payload, no JSON, or a time that is none."""

    def spoilt(message: Outgoing) -> Outgoing:
        whole = orjson.dumps(message.body)
        kinds = (whole[: len(whole) // 2], b"", b"\xff\xfe" + whole[2:], b'{"ts": "yesterday", "values": {"speed": 1}}')
        return replace(message, body=kinds[int(rng.integers(len(kinds)))])

    return [spoilt(message) if rng.random() < share else message for message in messages]


def _delayed(low: float, high: float) -> Callable[[Messages, float, np.random.Generator], Messages]:
    def fault(messages: Messages, share: float, rng: np.random.Generator) -> Messages:
        return [
            replace(message, when=message.when + float(rng.uniform(low, high))) if rng.random() < share else message
            for message in messages
        ]

    return fault


def _duplicates(messages: Messages, share: float, rng: np.random.Generator) -> Messages:
    """Sent again within half a minute."""

    def twice(message: Outgoing) -> Iterator[Outgoing]:
        yield message
        if rng.random() < share:
            yield replace(message, when=message.when + float(rng.uniform(0.0, 30.0)))

    return [one for message in messages for one in twice(message)]


_FAULTS: dict[str, Callable[[Messages, float, np.random.Generator], Messages]] = {
    "stuck": _stuck,
    "clock_drift": _clock_drift,
    "missing": _missing,
    "nan": _nan,
    "malformed": _malformed,
    "duplicates": _duplicates,
    "late": _delayed(600.0, 6 * 3600.0),
    "out_of_order": _delayed(60.0, 240.0),
}


def apply(messages: Sequence[Outgoing], faults: Faults, seed: int) -> Messages:
    """The stream as it goes out with these faults, in the order of sending."""
    result = list(messages)
    for name, fault in _FAULTS.items():
        amount = getattr(faults, name)
        if amount:
            result = fault(result, amount, stream(seed, f"fault {name}"))
    return sorted(result, key=lambda message: message.when)
