"""From a message to what it says: `Decoder`. Pure, and total: no bytes make it raise.

A payload that cannot be read as a whole is one `Rejected`; otherwise each bad part is one, and its neighbours are kept.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import orjson

from ingest.errors import SettingsError, nearest
from ingest.judged import JUDGED, compile_judged
from ingest.plant import Plant, Source
from ingest.records import Entry, Message, Outcome, Reason, Rejected
from ingest.settings import Ingest
from ingest.shapes import READERS, Reader, Route, SourcePlan, shown
from ingest.timestamps import Limits
from ingest.topics import PLACEHOLDER, Template, TopicTable

__all__ = ["UNKNOWN", "Decoder"]

UNKNOWN = "unknown"
"""Source of a message that no source reads."""

MOST_ROUTES = 20_000
"""Topics remembered; a publisher that invents topics must not fill the memory."""

BOM = b"\xef\xbb\xbf"
NAMES_ITSELF = {"wide": {"field"}, "tagged": {"field"}, "values": {"field", "device"}}
"""Placeholders that a shape fills from the payload."""


class Decoder:
    """Reads the messages of one plant. Raises `SettingsError` for sources that contradict themselves or each other."""

    def __init__(self, plant: Plant, ingest: Ingest) -> None:
        templates = [Template.parse(source.topic) for source in plant.sources]
        for source, template in zip(plant.sources, templates, strict=True):
            _check_placeholders(source, template)
        self._table = TopicTable(templates)
        self._plant = plant
        limits = Limits(timedelta(days=ingest.oldest_days), timedelta(seconds=ingest.future_tolerance))
        kinds = {address: signal.kind for address, signal in plant.declared().items()}
        self._plans = [SourcePlan(source, _zone(source, plant), limits, kinds) for source in plant.sources]
        self._readers: list[Reader] = [_reader(source) for source in plant.sources]
        self._routes: dict[str, tuple[Reader, Route] | None] = {}

    def filters(self) -> tuple[str, ...]:
        """The MQTT subscriptions that receive every source."""
        return self._table.filters()

    def decode(self, message: Message) -> Entry:
        """What a message says, in the order it says it."""
        try:
            found = self._routes[message.topic]
        except KeyError:
            found = self._route(message.topic)
        if found is None:
            refusal = Rejected(Reason.UNKNOWN_TOPIC, f"no source in plant.toml reads topic {shown(message.topic)}")
            return Entry(UNKNOWN, message, (refusal,))
        reader, route = found
        return Entry(route.plan.source.topic, message, tuple(_read(reader, route, message)))

    def _route(self, topic: str) -> tuple[Reader, Route] | None:
        if len(self._routes) >= MOST_ROUTES:
            self._routes.clear()
        matched = self._table.match(topic)
        found = None
        if matched is not None:
            index, captures = matched
            found = (self._readers[index], Route(self._plans[index], self._words(captures)))
        self._routes[topic] = found
        return found

    def _words(self, captures: Mapping[str, str]) -> dict[str, str]:
        """What fills an address: the topic's levels, and from the plant what the topic leaves out."""
        line = self._plant.lines.get(captures.get("line", ""))
        return {"site": self._plant.site.id, "area": "main" if line is None else line.area, **captures}


def _zone(source: Source, plant: Plant) -> ZoneInfo:
    if source.time_zone is None:
        return plant.site.zone
    if source.time_zone not in available_timezones():
        raise SettingsError(
            f"source {source.topic!r}: time_zone {source.time_zone!r} is not an IANA zone, for example 'Asia/Tokyo'"
        )
    return ZoneInfo(source.time_zone)


def _reader(source: Source) -> Reader:
    if source.shape not in JUDGED:
        return READERS[source.shape]
    for key in source.fields:
        if key not in JUDGED[source.shape]:
            raise SettingsError(f"source {source.topic!r}: fields.{key}: {nearest(key, JUDGED[source.shape])}")
    return compile_judged(source.shape, source.fields, source.topic)


def _check_placeholders(source: Source, template: Template) -> None:
    if source.shape in JUDGED:
        return
    own = NAMES_ITSELF.get(source.shape, set())
    if both := own & template.names:
        name = min(both)
        raise SettingsError(
            f"source {source.topic!r}: shape {source.shape!r} finds {{{name}}} in the payload; call the level otherwise"
        )
    known = {"site", "area"} | own | template.names
    for name in PLACEHOLDER.findall(source.address):
        if name not in known:
            raise SettingsError(
                f"source {source.topic!r}: nothing fills {{{name}}} of its address {source.address!r}; "
                f"{nearest(name, known)}"
            )


def _read(reader: Reader, route: Route, message: Message) -> list[Outcome]:
    payload = message.payload
    if route.plan.time is None and message.retain and route.plan.source.shape not in JUDGED:
        return [Rejected(Reason.BAD_TIME, "retained by the broker and without a time stamp: its age is not known")]
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        document = _plain_text(payload) if route.plan.source.shape == "scalar" else _second_look(payload, error)
        if isinstance(document, Rejected):
            return [document]
    return reader(route, document, message.received_at)


def _plain_text(payload: bytes) -> str | Rejected:
    """A scalar that is no JSON: ``ON``, ``23,5``."""
    try:
        text = payload.removeprefix(BOM).decode().strip()
    except UnicodeDecodeError as error:
        return Rejected(Reason.NOT_JSON, f"expected a number or UTF-8 text, byte {error.start} is neither")
    return text or Rejected(Reason.NOT_JSON, "the payload is empty; expected a number or text")


def _second_look(payload: bytes, error: orjson.JSONDecodeError) -> Any:
    """What orjson refuses: a byte order mark is passed over; NaN, Infinity and 1e999 cost their own field only."""
    if not payload.strip():
        return Rejected(Reason.NOT_JSON, "the payload is empty; expected JSON")
    if payload.startswith(BOM):
        payload = payload.removeprefix(BOM)
        try:
            return orjson.loads(payload)
        except orjson.JSONDecodeError as without_mark:
            error = without_mark
    if b"NaN" in payload or b"Infinity" in payload or "infinity" in str(error):
        try:
            document = json.loads(payload, parse_int=_whole)
            orjson.dumps(document)  # half a surrogate pair is no text that a database takes
        except (ValueError, TypeError, RecursionError):
            pass
        else:
            return document
    return Rejected(Reason.NOT_JSON, f"expected JSON: {str(error)[:200]}")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 19 else float(digits)
