"""How one source's JSON becomes readings: names, values, time stamps, and the shapes of `ingest.plant.Source`. Pure.

A `Route` is one topic of one source; whatever is the same for all its messages is worked out once. Units and verdicts
are read by `ingest.judged`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

import jmespath
from jmespath.exceptions import JMESPathError

from ingest.errors import SettingsError
from ingest.plant import Source
from ingest.records import Outcome, Reading, Reason, Rejected
from ingest.timestamps import Limits, parse
from ingest.topics import PLACEHOLDER

__all__ = ["READERS", "Reader", "Route", "SourcePlan", "at", "kind_of", "parts", "shown", "value_of"]

Search = Callable[[Any], Any]
Reader = Callable[["Route", Any, datetime], list[Outcome]]
"""(route, what the payload says, time of arrival) → outcomes."""

SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_ADDRESS = 255
LONGEST_LABEL = 191
MOST_SIGNALS = 10_000
"""Names a route remembers; a source that invents names must not fill the memory."""

SWITCHES = {"true": 1.0, "on": 1.0, "false": 0.0, "off": 0.0}
NO_VALUE = frozenset(
    {"", "-", "?", "bad", "error", "inf", "+inf", "-inf", "infinity", "-infinity", "n/a", "na", "nan", "none", "null"}
)
"""Texts by which devices say that they have no value; they are never a level of a category."""


def shown(value: Any) -> str:
    """A value for a message, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def kind_of(value: Any) -> str:
    """What a decoded JSON value is, in words."""
    names: dict[type, str] = {dict: "an object", list: "an array", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


def at(path: str, where: str) -> Search:
    """A compiled JMESPath. Raises `SettingsError`; a search never does, it finds None."""
    if SIMPLE.fullmatch(path):
        return lambda document: document.get(path) if isinstance(document, dict) else None
    try:
        compiled = jmespath.compile(path)
    except JMESPathError as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(f"source {where!r}: {path!r} is not a JMESPath ({reason})") from None

    def search(document: Any) -> Any:
        try:
            return compiled.search(document)
        except JMESPathError:
            return None  # a function met a type it does not take: there is nothing of use here

    return search


class SourcePlan:
    """A source, compiled. ``kinds``: kind of each declared signal by address. Raises `SettingsError`."""

    def __init__(self, source: Source, zone: ZoneInfo, limits: Limits, kinds: Mapping[str, str]) -> None:
        self.source, self.zone, self.limits, self.kinds = source, zone, limits, kinds
        # A scalar has no room for a time stamp; TOML has no null, so an empty path says the same.
        self.time = at(source.time, source.topic) if source.time and source.shape != "scalar" else None
        self.value = at(source.value, source.topic)
        self.tag = at(source.field, source.topic)
        # A time stamp inside an object, such as meta.ts, makes the whole object no reading.
        root = re.match(r'\s*("?)([^".\[|]+)\1', source.time or "")
        self.skipped = frozenset(source.ignore) | ({root[2].strip()} if root else set())


@dataclass(frozen=True, slots=True)
class _Signal:
    address: str
    category: bool
    number: bool


@dataclass(slots=True)
class Route:
    """One topic of one source; ``words`` fill the placeholders of the address."""

    plan: SourcePlan
    words: Mapping[str, str]
    signals: dict[tuple[str | None, str], _Signal] = field(default_factory=dict)

    def instant(self, document: Any, arrival: datetime) -> datetime | Rejected:
        """The time stamp of an object, checked against the clock."""
        if self.plan.time is None:
            return arrival
        raw = self.plan.time(document)
        if raw is None:
            return Rejected(Reason.MISSING_FIELD, f"no time stamp at {self.plan.source.time!r}")
        return self.moment(raw, arrival)

    def moment(self, raw: Any, arrival: datetime) -> datetime | Rejected:
        """A value that is a time stamp, checked against the clock."""
        ts = parse(raw, self.plan.source.time_unit, self.plan.zone, arrival)
        if isinstance(ts, Rejected):
            return ts
        return self.plan.limits.refuse(ts, arrival) or ts

    def reading(self, name: str, raw: Any, ts: datetime, device: str | None = None) -> Reading | Rejected:
        """One named value. Never None: the caller decides what null means."""
        signal = self.signals.get((device, name)) or self._signal(name, device)
        if isinstance(signal, Rejected):
            return signal
        kind = type(raw)
        if ((kind is float and isfinite(raw)) or kind is int) and not signal.category:
            return Reading(signal.address, ts, float(raw))
        value = value_of(name, raw, category=signal.category, number=signal.number)
        return value if isinstance(value, Rejected) else Reading(signal.address, ts, value)

    def _signal(self, name: str, device: str | None) -> _Signal | Rejected:
        words = {**self.words, "field": name} | ({} if device is None else {"device": device})
        address = PLACEHOLDER.sub(lambda found: words[found[1]], self.plan.source.address)
        if len(address) > LONGEST_ADDRESS:
            return Rejected(
                Reason.TOO_LONG,
                f"field {shown(name)}: its address has {len(address)} characters, at most {LONGEST_ADDRESS} fit",
            )
        if len(self.signals) >= MOST_SIGNALS:
            self.signals.clear()
        kind = self.plan.kinds.get(address)
        signal = _Signal(address, kind == "category", kind in ("gauge", "counter"))
        self.signals[device, name] = signal
        return signal


def value_of(name: str, raw: Any, *, category: bool, number: bool) -> float | str | Rejected:
    """A number, or a text where the signal is a category or undeclared.

    Texts may be numbers, with a decimal comma too; true, ON, false and OFF are 1 and 0.
    """
    if isinstance(raw, dict | list):
        return Rejected(Reason.WRONG_SHAPE, f"field {shown(name)}: expected a number or text, got {kind_of(raw)}")
    if isinstance(raw, str):
        return _value_of_text(name, raw.strip(), category=category, number=number)
    if raw is None or (isinstance(raw, float) and not isfinite(raw)):
        return Rejected(Reason.NOT_A_NUMBER, f"field {shown(name)}: {'null' if raw is None else raw} is no value")
    if not category:
        return float(raw)
    if isinstance(raw, bool):
        return str(raw).lower()
    return str(int(raw)) if raw == int(raw) else str(raw)


def _value_of_text(name: str, text: str, *, category: bool, number: bool) -> float | str | Rejected:
    lowered = text.lower()
    if lowered in NO_VALUE:
        return Rejected(Reason.NOT_A_NUMBER, f"field {shown(name)}: {text!r} is no value")
    if not category:
        if (switch := SWITCHES.get(lowered)) is not None:
            return switch
        try:
            # Python's float also takes 1_000, which no device means.
            value = float(text.replace(",", ".") if "," in text and "." not in text else text)
        except ValueError:
            value = float("nan")
        if isfinite(value) and "_" not in text:
            return value
        if number:
            return Rejected(
                Reason.NOT_A_NUMBER, f"field {shown(name)}: {shown(text)} is not a number, as plant.toml declares"
            )
    if len(text) > LONGEST_LABEL:
        return Rejected(
            Reason.TOO_LONG, f"field {shown(name)}: text of {len(text)} characters, at most {LONGEST_LABEL} fit"
        )
    return text


def parts(document: Any) -> Iterator[Any]:
    """The elements of an array, or the one thing that is no array."""
    if isinstance(document, list):
        yield from document
    else:
        yield document


def _wrong(expected: str, got: Any) -> Rejected:
    return Rejected(Reason.WRONG_SHAPE, f"expected {expected}, got {kind_of(got)}")


def _fields(
    route: Route, found: Mapping[str, Any], ts: datetime, skipped: frozenset[str], device: str | None = None
) -> Iterator[Outcome]:
    for name, raw in found.items():
        if raw is not None and name not in skipped:
            yield route.reading(name, raw, ts, device)


def wide(route: Route, document: Any, arrival: datetime) -> list[Outcome]:
    """``{"ts": …, "temperature": 23.5, "speed": 1200}``, or an array of these; null says: no value."""
    outcomes: list[Outcome] = []
    for part in parts(document):
        if not isinstance(part, dict):
            outcomes.append(_wrong('an object such as {"ts": …, "temperature": 23.5}', part))
        elif isinstance(ts := route.instant(part, arrival), Rejected):
            outcomes.append(ts)
        else:
            outcomes.extend(_fields(route, part, ts, route.plan.skipped))
    return outcomes


def tag(route: Route, document: Any, arrival: datetime) -> list[Outcome]:
    """``{"ts": …, "value": 23.5}``: one signal per topic, or an array of these."""
    return [_tag(route, part, arrival) for part in parts(document)]


def _tag(route: Route, part: Any, arrival: datetime) -> Outcome:
    if not isinstance(part, dict):
        return _wrong('an object such as {"ts": …, "value": 23.5}', part)
    return _valued(route, route.words.get("field", ""), part, arrival)


def _valued(route: Route, name: str, part: dict[str, Any], arrival: datetime) -> Outcome:
    ts = route.instant(part, arrival)
    if isinstance(ts, Rejected):
        return ts
    path = route.plan.source.value
    raw = route.plan.value(part)
    if raw is None and path not in part:
        return Rejected(Reason.MISSING_FIELD, f"no value at {path!r}")
    return route.reading(name, raw, ts)


def tagged(route: Route, document: Any, arrival: datetime) -> list[Outcome]:
    """``{"name": "temperature", "value": 23.5, "ts": …}``, or an array of these."""
    return [_tagged(route, part, arrival) for part in parts(document)]


def _tagged(route: Route, part: Any, arrival: datetime) -> Outcome:
    if not isinstance(part, dict):
        return _wrong('an object such as {"name": "temperature", "value": 23.5, "ts": …}', part)
    name = route.plan.tag(part)
    if not isinstance(name, str) or not name.strip():
        return Rejected(Reason.MISSING_FIELD, f"no name of a signal at {route.plan.source.field!r}")
    return _valued(route, name.strip(), part, arrival)


def values(route: Route, document: Any, arrival: datetime) -> list[Outcome]:
    """``{"ts": …, "values": {…}}``, an array of these, or ``{"device A": [{"ts": …, "values": {…}}]}``."""
    outcomes: list[Outcome] = []
    if isinstance(document, dict) and "values" not in document and document:
        for device, history in document.items():
            for part in parts(history):
                outcomes.extend(_values(route, part, arrival, device))
    else:
        for part in parts(document):
            outcomes.extend(_values(route, part, arrival, None))
    return outcomes


def _values(route: Route, part: Any, arrival: datetime, device: str | None) -> Iterator[Outcome]:
    if not isinstance(part, dict) or not isinstance(part.get("values"), dict):
        yield _wrong('an object such as {"ts": …, "values": {"temperature": 23.5}}', part)
    elif ("{device}" in route.plan.source.address) != (device is not None or "device" in route.words):
        what = "names no device" if device is None else f"names device {shown(device)}"
        yield Rejected(Reason.WRONG_SHAPE, f"the payload {what}; the source's address is {route.plan.source.address!r}")
    elif isinstance(ts := route.instant(part, arrival), Rejected):
        yield ts
    else:
        yield from _fields(route, part["values"], ts, frozenset(route.plan.source.ignore), device)


def scalar(route: Route, document: Any, arrival: datetime) -> list[Outcome]:
    """``23.5``, ``"23,5"``, ``ON``: the whole payload is the value, and its time is that of arrival."""
    return [route.reading(route.words.get("field", ""), document, arrival)]


READERS: Mapping[str, Reader] = {"wide": wide, "tag": tag, "tagged": tagged, "values": values, "scalar": scalar}
