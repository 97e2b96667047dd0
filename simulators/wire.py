"""What a line says on the wire: units of production as time-ordered messages. Pure.

A bottle that comes in at minute *i* spends ``dwell`` minutes in the cooler (one reading a minute, in the middle of the
minute), half a minute in the filler and a quarter in the capper (one reading each while it is there). So the readings
inside a bottle's visits give back exactly what the model says the bottle met. A press interval's readings lie inside
the interval; its meter reports one second before the interval ends.

Frequent machines send one wide message per instant; the capper, the conveyor, the order terminal and the meter collect
several instants and send them as one array, as gateways do. Both spellings of time occur: ISO 8601 with offset, and
milliseconds since 1970.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import orjson

from simulators.process import stream
from simulators.scenario import FillingScenario, PressScenario
from simulators.tables import CAPPER_SECONDS, FILLER_SECONDS, Made

__all__ = ["SITE", "Outgoing", "Reading", "messages", "outcomes", "payload", "readings"]

SITE = "osaka"
UNITS_PER_MESSAGE = 20
CAPPER_BATCH, PRESS_BATCH = 10, 5
ENERGY_AT_START = 125_000.0

Reading = tuple[str, datetime, float | str]
"""Address, UTC instant, value."""
Stamp = Callable[[float], str | int]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent ``when`` seconds after the start. ``body`` is JSON, or bytes that are sent as they are."""

    when: float
    topic: str
    body: Any


def payload(message: Outgoing) -> bytes:
    """The bytes on the wire."""
    return message.body if isinstance(message.body, bytes) else orjson.dumps(message.body)


def instant(stamp: str | int) -> datetime:
    """A time stamp of ours as aware UTC."""
    if isinstance(stamp, int):
        return datetime.fromtimestamp(stamp / 1000, UTC)
    return datetime.fromisoformat(stamp).astimezone(UTC)


def readings(message: Outgoing) -> Iterator[Reading]:
    """The readings a message carries that a store must hold in the end."""
    site, area, line, machine, *rest = message.topic.split("/")
    body = message.body
    if isinstance(body, bytes) or machine in ("unit", "verdict"):
        return
    for ts, values in ((item["ts"], item["values"]) for item in body) if rest else [(body["ts"], body)]:
        for field, value in values.items():
            usable = isinstance(value, float | int) or (isinstance(value, str) and value != "NaN")
            if field != "ts" and usable:
                yield f"{site}/{area}/{line}/{machine}/{field}", instant(ts), value


def outcomes(message: Outgoing) -> int:
    """How many readings, units, verdicts or refusals a ledger counts for this message; null says nothing."""
    body = message.body
    if isinstance(body, bytes):
        return 1
    parts = body if isinstance(body, list) else [body]
    if "serial" in parts[0]:
        return len(parts)
    values = [value for part in parts for name, value in part.get("values", part).items() if name != "ts"]
    return sum(value is not None for value in values)


class _Line:
    """Topics and time stamps of one line."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.root = f"{SITE}/{made.scenario.area}/{made.scenario.line}"
        self.epoch = made.start.timestamp()

    def iso(self, seconds: float) -> str:
        return (self.made.start + timedelta(seconds=seconds)).isoformat()

    def millis(self, seconds: float) -> int:
        return round((self.epoch + seconds) * 1000)

    def series(self, names: Mapping[str, str]) -> list[dict[str, Any]]:
        """Field → column, as one dictionary of plain values per unit."""
        columns = [np.asarray(self.made.shown(column)).tolist() for column in names.values()]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def wide(
        self, machine: str, values: Sequence[dict[str, Any]], at: Sequence[float], ts: Stamp
    ) -> Iterator[Outgoing]:
        """One message per instant."""
        topic = f"{self.root}/{machine}"
        for seconds, row in zip(at, values, strict=True):
            yield Outgoing(seconds, topic, {"ts": ts(seconds), **row})

    def batches(
        self, machine: str, values: Sequence[dict[str, Any]], at: Sequence[float], ts: Stamp, size: int
    ) -> Iterator[Outgoing]:
        """``size`` instants per message, sent with the last one."""
        topic = f"{self.root}/{machine}/batch"
        rows = [{"ts": ts(seconds), "values": row} for seconds, row in zip(at, values, strict=True)]
        for first in range(0, len(rows), size):
            chunk = rows[first : first + size]
            yield Outgoing(at[first + len(chunk) - 1], topic, chunk)


def _hall(line: _Line, started: Sequence[float], left: Sequence[float], every: int) -> Iterator[Outgoing]:
    """What the hall showed: each bottle's ambient temperature, at the report it saw last."""
    shown = line.series({"ambient_temp": "ambient_temp"})
    report = [seconds // every * every for seconds in left]
    first = [next(group) for _, group in groupby(range(len(report)), key=report.__getitem__)]
    return line.wide("hall", [shown[row] for row in first], [report[row] for row in first], line.iso)


def _units(line: _Line, entered: Sequence[float], edges: Sequence[float]) -> Iterator[Outgoing]:
    """Unit records; ``edges``: seconds after entering at which a bottle changes machine."""
    made = line.made
    machines = ("cooler", "filler", "capper")
    goods = made.shown("product").tolist()
    for first in range(0, len(entered), UNITS_PER_MESSAGE):
        rows = range(first, min(first + UNITS_PER_MESSAGE, len(entered)))
        body = [
            {
                "serial": made.serial[row],
                "product": goods[row],
                "lot": made.lot[row],
                "started": line.iso(entered[row]),
                "finished": line.iso(entered[row] + edges[-1]),
                "visits": {
                    name: [line.iso(entered[row] + here), line.iso(entered[row] + gone)]
                    for name, here, gone in zip(machines, edges[:-1], edges[1:], strict=True)
                },
            }
            for row in rows
        ]
        yield Outgoing(entered[rows[-1]] + edges[-1] + 5.0, f"{line.root}/unit", body)


def _verdicts(line: _Line, scenario: FillingScenario) -> Iterator[Outgoing]:
    """Verdicts hours later, twenty bottles at a time."""
    made = line.made
    verdict = made.shown("verdict").tolist()
    rng = stream(made.seed, "inspection")
    sent = 0.0
    for first in range(0, len(verdict), UNITS_PER_MESSAGE):
        rows = range(first, min(first + UNITS_PER_MESSAGE, len(verdict)))
        wait = 3600.0 * float(rng.uniform(*scenario.inspection_hours))
        judged = round(float(made.finished[rows[-1]]) + wait)
        at = line.iso(judged)
        body = [{"serial": made.serial[row], "judged_at": at, "verdict": verdict[row]} for row in rows]
        sent = max(sent, float(judged))
        yield Outgoing(sent, f"{line.root}/verdict", body)


def _filling(made: Made, scenario: FillingScenario) -> list[Iterator[Outgoing]]:
    line = _Line(made)
    entered = made.started.tolist()
    filler = scenario.dwell * 60.0
    capper = filler + FILLER_SECONDS
    edges = (0.0, filler, capper, capper + CAPPER_SECONDS)

    def at(offset: float) -> list[float]:
        return [seconds + offset for seconds in entered]

    filler_fields = {name: name for name in ("gas_pressure", "fill_speed", "product_temp", "product_volume")}
    torque = line.series({"capping_torque": "capping_torque"})
    return [
        _hall(line, entered, made.finished.tolist(), scenario.climate.every_minutes * 60),
        line.wide("cooler", line.series({"cooling_temp": "cooling_reading"}), at(30.0), line.iso),
        line.wide("filler", line.series(filler_fields), at(filler + 15.0), line.millis),
        line.batches("capper", torque, at(capper + 8.0), line.iso, CAPPER_BATCH),
        _units(line, entered, edges),
        _verdicts(line, scenario),
    ]


def _press(made: Made, scenario: PressScenario) -> list[Iterator[Outgoing]]:
    line = _Line(made)
    half, end = scenario.unit_seconds / 2.0, scenario.unit_seconds - 1.0
    middle = [seconds + half for seconds in made.started.tolist()]
    last = [seconds + end for seconds in made.started.tolist()]
    machine = {name: name for name in ("press_pressure", "press_speed", "rotation_speed", "die", "oil_temp")}
    energy = ENERGY_AT_START + np.cumsum(made.columns["power"]) * scenario.unit_seconds / 3600.0
    pieces = np.cumsum(made.columns["good_pieces"]).astype(np.int64)
    meter = line.series({"power": "power"})
    for row, kwh, count in zip(meter, np.round(energy, 3).tolist(), pieces.tolist(), strict=True):
        row |= {"energy": kwh, "good_count": count}
    conveyor = line.series({"conveyor_speed": "conveyor_speed"})
    return [
        line.wide("press", line.series(machine), middle, line.millis),
        line.batches("conveyor", conveyor, middle, line.millis, PRESS_BATCH),
        line.batches("order", line.series({"tonnage": "tonnage", "product": "product"}), middle, line.iso, PRESS_BATCH),
        line.batches("meter", meter, last, line.iso, PRESS_BATCH),
    ]


def messages(*made: Made) -> list[Outgoing]:
    """Everything that several lines say, in the order of sending. They start at the same instant."""
    streams: list[Iterator[Outgoing]] = []
    for one in made:
        if isinstance(one.scenario, FillingScenario):
            streams += _filling(one, one.scenario)
        else:
            streams += _press(one, one.scenario)
    return list(heapq.merge(*streams, key=lambda message: message.when))
