"""What the dashboard says at one moment: one value, shown as a page and as JSON. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import orjson

from ingest.plant import Line, Plant
from ingest.store.live import LedgerTotals, SignalNow
from reports.web.actions import Action
from reports.web.days import Defects, Energy
from reports.web.fixes import FixList
from reports.web.names import Names, names

__all__ = [
    "Board",
    "Ledger",
    "LineBoard",
    "NewSignal",
    "Rows",
    "Sign",
    "Site",
    "Tile",
    "Trouble",
    "compose",
    "to_json",
]

STALE_AFTER = 5
"""Expected intervals of silence after which a value is stale."""

TileState = Literal["fresh", "stale", "never"]
LineState = Literal["ok", "look", "silent", "empty"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the numbers cannot be read, in one sentence, and since when."""

    code: Literal["database_unavailable", "schema_outdated"]
    message: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Rows:
    """What was last read from the store."""

    signals: tuple[SignalNow, ...]
    ledger: tuple[LedgerTotals, ...]
    defects: Mapping[str, Defects | None]
    energy: Mapping[str, Energy | None]
    fix_first: tuple[FixList, ...]
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """A signal's last value; ``age`` and ``stale_after`` in seconds, by the time stamp of the data."""

    signal: str
    machine: str
    address: str
    name: Names
    machine_name: Names
    unit: str
    step: float | None
    value: float | None
    level: str | None
    seen: datetime | None
    age: float | None
    stale_after: float
    state: TileState


@dataclass(frozen=True, slots=True)
class Sign:
    """A reason to look at a line, with a count where there is one to tell."""

    code: Literal["stale", "never", "defects_higher", "energy_higher"]
    count: int = 0


@dataclass(frozen=True, slots=True)
class LineBoard:
    """One line: is it all right now?"""

    line: str
    name: Names
    state: LineState
    signs: tuple[Sign, ...]
    last_seen: datetime | None
    tiles: tuple[Tile, ...]
    judged: bool
    """Whether parts of this line get verdicts."""
    metered: bool
    defects: Defects | None
    energy: Energy | None


@dataclass(frozen=True, slots=True)
class NewSignal:
    """A signal that sends readings and is not in the plant file."""

    address: str
    value: float | None
    level: str | None
    seen: datetime | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """received = committed + duplicate + quarantined, in readings."""

    received: int
    committed: int
    duplicate: int
    quarantined: int
    adds_up: bool


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    name: Names
    time_zone: str


@dataclass(frozen=True, slots=True)
class Board:
    """The first page. ``at``: when the state was judged; ``data_at``: the newest time stamp of a reading."""

    schema: int
    at: datetime
    today: date
    version: str
    site: Site
    trouble: Trouble | None
    data_at: datetime | None
    lines: tuple[LineBoard, ...]
    fix_first: tuple[FixList, ...]
    actions: tuple[Action, ...]
    """The newest ones that were not withdrawn."""
    new_signals: tuple[NewSignal, ...]
    ledger: Ledger


def compose(plant: Plant, rows: Rows, now: datetime, trouble: Trouble | None, version: str) -> Board:
    """The board of this moment out of what was last read; ages are counted to ``now``."""
    seen = {row.address: row for row in rows.signals}
    declared = plant.declared()
    return Board(
        schema=1,
        at=now,
        today=now.astimezone(plant.site.zone).date(),
        version=version,
        site=Site(plant.site.id, names(plant.site.name, plant.site.id), plant.site.time_zone),
        trouble=trouble,
        data_at=max((row.last_seen for row in rows.signals if row.last_seen is not None), default=None),
        lines=tuple(_line(plant, line_id, line, seen, rows, now) for line_id, line in plant.lines.items()),
        fix_first=rows.fix_first,
        actions=rows.actions,
        new_signals=tuple(
            NewSignal(row.address, row.last_value, row.last_level, row.last_seen)
            for row in rows.signals
            if row.address not in declared
        ),
        ledger=_ledger(rows.ledger),
    )


def _line(
    plant: Plant, line_id: str, line: Line, seen: Mapping[str, SignalNow], rows: Rows, now: datetime
) -> LineBoard:
    tiles = tuple(_tile(plant, line_id, machine, name, seen, now) for machine, name, _ in line.signals())
    defects, energy = rows.defects.get(line_id), rows.energy.get(line_id)
    signs = tuple(_signs(tiles, defects, energy))
    states = {tile.state for tile in tiles}
    state: LineState = "look" if signs else "ok"
    if states <= {"never"}:
        state = "empty"
    elif "fresh" not in states:
        state = "silent"
    return LineBoard(
        line=line_id,
        name=names(line.name, line_id),
        state=state,
        signs=signs,
        last_seen=max((tile.seen for tile in tiles if tile.seen is not None), default=None),
        tiles=tiles,
        judged=defects is not None or line.units.kind == "part",
        metered=line.meter is not None,
        defects=defects,
        energy=energy,
    )


def _signs(tiles: tuple[Tile, ...], defects: Defects | None, energy: Energy | None) -> list[Sign]:
    found = [Sign(code, sum(tile.state == code for tile in tiles)) for code in ("stale", "never")]
    signs = [sign for sign in found if sign.count]
    if defects is not None and defects.change == "higher":
        signs.append(Sign("defects_higher"))
    if energy is not None and energy.change == "higher":
        signs.append(Sign("energy_higher"))
    return signs


def _tile(plant: Plant, line_id: str, machine_id: str, name: str, seen: Mapping[str, SignalNow], now: datetime) -> Tile:
    machine = plant.lines[line_id].machines[machine_id]
    signal = machine.signals[name]
    address = plant.address(line_id, machine_id, name)
    row = seen.get(address)
    last_seen = row.last_seen if row is not None else None
    age = max(0.0, (now - last_seen) / timedelta(seconds=1)) if last_seen is not None else None
    stale_after = signal.expected_every * STALE_AFTER
    return Tile(
        signal=name,
        machine=machine_id,
        address=address,
        name=names(signal.name, name),
        machine_name=names(machine.name, machine_id),
        unit=signal.unit,
        step=signal.step,
        value=row.last_value if row is not None else None,
        level=row.last_level if row is not None else None,
        seen=last_seen,
        age=age,
        stale_after=stale_after,
        state="never" if age is None else "stale" if age > stale_after else "fresh",
    )


def _ledger(rows: tuple[LedgerTotals, ...]) -> Ledger:
    received, committed = sum(row.received for row in rows), sum(row.committed for row in rows)
    duplicate, quarantined = sum(row.duplicate for row in rows), sum(row.quarantined for row in rows)
    return Ledger(received, committed, duplicate, quarantined, received == committed + duplicate + quarantined)


def to_json(value: Any) -> bytes:
    """Dataclasses, names in both languages and instants as JSON."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
