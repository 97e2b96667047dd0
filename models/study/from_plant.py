"""A plant's study in the words of an offline one, and its study table as a frame. So both are learnt the same way."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from ingest.plant import Line, Plant, PlantStudy, Signal
from ingest.store import study as tables
from ingest.store.engine import Store
from ingest.store.study import StudyColumn
from models.study.database import read_table
from models.study.kwh import kwh_per
from models.study.spec import StudySpec

__all__ = ["study_frame", "study_spec"]

BAD, GOOD = "bad", "good"


def _factor(signal: Signal, stage: float | None, derived_from: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "role": signal.role,
        "stage": stage,
        "unit": signal.unit if derived_from is None else "",
        "of": derived_from,
        "monotone": signal.monotone if derived_from is None else None,
    }
    if signal.role == "controllable" and derived_from is None:
        said |= {"min": signal.min, "max": signal.max, "step": signal.step, "cost_of_change": signal.cost_of_change}
        said["levels"] = list(signal.levels)
    if signal.name is not None and derived_from is None:
        said["name"] = {"en": signal.name.en, "ja": signal.name.ja}
    return {key: value for key, value in said.items() if value is not None}


def _price_per_unit(plant: Plant, study: PlantStudy, finished: Sequence[datetime]) -> float | None:
    """Money per unit of the target and interval: the tariff's price at the units' own times of day, averaged.

    A target in kW over an interval of h hours costs h kWh per kW; a target that is an energy, its price. Without a
    unit of either, it is taken for kWh.
    """
    if study.cost.per_unit is not None or study.cost.tariff is None or not finished:
        return study.cost.per_unit
    tariff = plant.tariffs[study.cost.tariff]
    price = sum(tariff.at(moment.astimezone(plant.site.zone).time()) for moment in finished) / len(finished)
    line = plant.lines[study.line]
    signal = next((signal for _, name, signal in line.signals() if name == study.target), None)
    hours = line.units.seconds / 3600 if line.units.seconds else 1.0
    kwh = None if signal is None else kwh_per(signal.unit, hours)
    price *= 1.0 if kwh is None else kwh
    # The growth of a counter is told per hour: kWh become kW.
    return price * hours if signal is not None and _is_rate(signal) else price


def _is_rate(signal: Signal) -> bool:
    return signal.kind == "counter" and signal.statistics[:1] in ((), ("rate",))


def _energy(plant: Plant, study: PlantStudy, columns: Sequence[StudyColumn]) -> dict[str, Any] | None:
    """The study's energy account in the words of an offline one; columns that the table lacks are left to inference."""
    if study.energy is None:
        return None
    line = plant.lines[study.line]
    signals = {name: signal for _, name, signal in line.signals()}
    known = {column.name for column in columns}
    asked = study.energy
    production = asked.production or line.good_count
    counted = signals.get(production or "")
    target = signals.get(study.target)
    said = {
        "production": production if production in known else None,
        "scrap": asked.scrap if asked.scrap in known else None,
        "mix": [name for name in asked.mix if name in known],
        "weather": [name for name in asked.weather if name in known],
        "demand_minutes": asked.demand_minutes,
        "baseline_from": asked.baseline_from,
        "baseline_until": asked.baseline_until,
        "counts": "hour" if counted is not None and _is_rate(counted) else "interval",
        "unit": "kW" if target is not None and target.unit == "kWh" and _is_rate(target) else None,
        "interval_minutes": line.units.seconds / 60 if line.units.seconds else None,
        "stamp": "end",
        "time_zone": plant.site.time_zone,
    }
    return {key: value for key, value in said.items() if value is not None}


def study_spec(
    plant: Plant, study_id: str, columns: Sequence[StudyColumn], finished: Sequence[datetime] = ()
) -> StudySpec:
    """The study as contract 5.2 says it. ``finished``: when the units were made; it prices a tariff by time of day."""
    study = plant.studies[study_id]
    line = plant.lines[study.line]
    found = {name: (machine, signal) for machine, name, signal in line.signals()}
    factors: dict[str, Any] = {}
    for column in columns:
        if column.factor is None or column.factor not in found:
            continue
        machine, signal = found[column.factor]
        stage = signal.stage if signal.stage is not None else line.machines[machine].stage
        factor = _factor(signal, stage, column.factor if column.name != column.factor else None)
        # The target and what else is measured of it are outcomes, whatever the plant file calls them.
        factors[column.name] = factor | {"role": "outcome"} if column.factor == study.target else factor
    if line.units.kind == "part":
        factors["product"] = {"role": "context", "name": {"en": "Product", "ja": "品種"}}
    cost = {
        "per_bad": study.cost.per_bad,
        "per_unit": _price_per_unit(plant, study, finished),
        "tariff": plant.tariffs[study.cost.tariff].model_dump() if study.cost.tariff is not None else None,
        "currency": plant.site.currency,
        "horizon_units": study.cost.horizon_units,
    }
    content: dict[str, Any] = {
        "name": study_id,
        "task": study.task,
        "target": study.target,
        "goal": study.goal,
        "min_support": study.min_support,
        "time": "finished_at",
        "group": "group_key",
        "cost": {key: value for key, value in cost.items() if value is not None},
        "factors": factors,
        "energy": _energy(plant, study, columns),
    }
    if study.title is not None:
        content["title"] = {"en": study.title.en, "ja": study.title.ja}
    if study.task == "classification":
        content["bad"] = BAD
    return StudySpec.parse(content, f"studies.{study_id}")


def study_frame(store: Store, plant: Plant, study_id: str) -> tuple[pd.DataFrame, tuple[StudyColumn, ...]]:
    """The study table as a frame: factors, target, ``finished_at``, ``group_key``; ``serial`` is the index.

    Verdicts become ``bad`` and ``good``; one the plant file does not know becomes missing, and is counted as such.
    """
    columns = tables.built(store, study_id).columns
    names = ["serial", *(column.name for column in columns)]
    # Sorted here: a server that has to sort reads at half the speed.
    frame = read_table(store.engine, tables.table_name(study_id), only=names).sort_values(["finished_at", "serial"])
    frame = frame[names].set_index("serial")
    for column in columns:
        if column.kind == "moment":
            frame[column.name] = frame[column.name].dt.tz_localize("UTC")
    study = plant.studies[study_id]
    if study.task == "classification":
        frame[study.target] = frame[study.target].map(_verdicts(plant.lines[study.line], study))
    keys = {column.name for column in columns if column.factor is None}
    unwanted = keys - {"finished_at", "group_key", "product", study.target}
    return frame.drop(columns=sorted(unwanted & set(frame.columns))), columns


def _verdicts(line: Line, study: PlantStudy) -> Mapping[str, str]:
    bad = {study.bad} if study.bad is not None else set(line.units.bad)
    good = (set(line.units.good) | set(line.units.bad)) - bad
    return dict.fromkeys(good, GOOD) | dict.fromkeys(bad, BAD)
