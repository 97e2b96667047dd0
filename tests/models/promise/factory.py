"""A line of the simulators as a plant whose study table stands in the store, filled as far as one likes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ingest.plant import Plant
from ingest.store import study as tables
from ingest.store.engine import Store
from ingest.store.study import Progress, StudyColumn
from simulators.scenario import FillingScenario
from simulators.tables import Made, table

STUDY = "the_study"
KEYS = ("serial", "finished_at", "lot", "shift", "product", "verdict")


def plant(made: Made) -> Plant:
    """The line's settings, states and context as the plant file would say them."""
    parts = isinstance(made.scenario, FillingScenario)
    machines: dict[str, Any] = {}
    for node in made.model.nodes:
        if node.role == "hidden" or node.name == "verdict" or (parts and node.name == "product"):
            continue
        signal: dict[str, Any] = {"unit": node.unit, "role": node.role}
        if node.stage is not None:
            signal["stage"] = node.stage
        if node.settable is not None and node.role == "controllable":
            signal |= {"min": node.settable.min, "max": node.settable.max, "step": node.settable.step}
        if node.levels:
            signal |= {"kind": "category", "levels": list(node.levels)}
        machines.setdefault(node.machine or "order", {"signals": {}})["signals"][node.name] = signal
    seconds = made.scenario.unit_seconds
    study = {"line": "line", "task": "classification", "target": "verdict", "group": "lot", "cost": {"per_bad": 120.0}}
    if not parts:
        study |= {"task": "regression", "target": "power", "group": "shift", "cost": {"per_unit": 0.7}}
    units = {"kind": "part"} if parts else {"kind": "interval", "seconds": seconds}
    return Plant.parse(
        {
            "site": {"id": "osaka", "name": {"en": "Osaka", "ja": "大阪"}, "time_zone": "Asia/Tokyo"},
            "lines": {"line": {"units": units, "machines": machines}},
            "studies": {STUDY: study},
            "shifts": {"early": "06:00", "late": "14:00", "night": "22:00"},
        }
    )


def columns(made: Made) -> list[StudyColumn]:
    """The study table's columns, as a build would make them."""
    parts = isinstance(made.scenario, FillingScenario)
    found = [
        StudyColumn("started_at", "moment"),
        StudyColumn("finished_at", "moment"),
        StudyColumn("group_key", "text"),
    ]
    if parts:
        found += [StudyColumn(name, "text") for name in ("product", "lot", "verdict")]
    for node in made.model.nodes:
        if node.role == "hidden" or (parts and node.name in ("product", "verdict")):
            continue
        found.append(StudyColumn(node.name, "text" if node.levels else "number", node.name))
    return found


def fill(store: Store, made: Made, rows: slice) -> None:
    """Write some units into the study table, making it first."""
    parts = isinstance(made.scenario, FillingScenario)
    wanted = columns(made)
    values = table(made)
    serials: Sequence[str] = values["serial"]
    written = []
    for place in range(*rows.indices(len(serials))):
        row = {column.name: _plain(values[column.name][place]) for column in wanted if column.name in values}
        row["finished_at"] = made.start + timedelta(seconds=float(made.finished[place]))
        row["started_at"] = made.start + timedelta(seconds=float(made.started[place]))
        row["group_key"] = str(values["lot" if parts else "shift"][place])
        written.append({"serial": str(serials[place]), **row})
    tables.ensure(store, STUDY, wanted)
    newest = written[-1]["finished_at"]
    tables.write_rows(store, STUDY, wanted, written, Progress(built_until=newest, rows=len(serials)))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
