"""The energy account of a study: where its energy went, what changed and why, what to expect. `docs/energy.md` says
it all.

`account` puts the methods of this package together. Whatever cannot be told is null, with a note that says why; only
a column that the study names and the table lacks is an error.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from models.energy.baseline import Baseline, baseline_entry, fit_baseline
from models.energy.cusum import savings
from models.energy.document import LEVEL, EnergyDocument, plain
from models.energy.findings import findings
from models.energy.forecast import foresee
from models.energy.idle import idle
from models.energy.intervals import Intervals, intervals
from models.energy.peaks import demand_hours, peaks
from models.energy.prices import prices
from models.energy.scrap import scrap
from models.energy.split import intensity
from models.energy.startup import startup
from models.energy.terms import OTHERS, Hours, hours_of, unseen
from models.energy.words import say
from models.study.data import Notice
from models.study.spec import StudySpec

__all__ = ["SCHEMA", "EnergyAccount", "account"]

SCHEMA = 1
BASELINE_SHARE = 2 / 3
"""Of the days, where no baseline period is declared."""


@dataclass(frozen=True)
class EnergyAccount:
    """The account; `to_json` is what documents hold. ``baseline``: frozen, to be given to the next account."""

    document: EnergyDocument
    baseline: Baseline | None

    def to_json(self) -> dict[str, Any]:
        """Plain values of JSON; numbers are finite or null."""
        found: dict[str, Any] = plain(self.document)
        return found


def account(frame: pd.DataFrame, spec: StudySpec, *, baseline: Baseline | None = None, seed: int = 0) -> EnergyAccount:
    """Account for the energy of a regression study.

    ``frame``: the study's table as it was read, one row per interval; ``spec.energy`` says what its columns are. With
    ``baseline`` (`models.energy.baseline.baseline_from_json`), savings are told against that one and nothing is fitted.
    Raises `StudyError` where ``spec.energy`` names a column that the table does not have.
    """
    data = intervals(frame, spec)
    if isinstance(data, Notice):
        return EnergyAccount(_empty(spec, [data]), None)
    notes = [*data.notices, *_gaps(data)]
    document = _empty(spec, [])
    document |= {
        "unit": "kWh per good unit" if data.good is not None else "kWh per hour",
        "interval_minutes": data.hours * 60,
        "total_kwh": float(data.kwh.sum()),
        "total_money": data.money(data.kwh),
        "columns": data.columns,
        "currency": data.currency if data.price is not None else None,
    }
    used: Baseline | None = None
    if data.start is not None:
        used = _against_baseline(data, document, baseline, notes, seed)
        _by_the_clock(data, document, notes, seed)
    document["idle"] = idle(data, used, seed)
    document["startup"] = startup(data, seed)
    document["scrap"] = scrap(data)
    if document["startup"] is None and data.good is not None:
        notes.append(Notice("no_startup"))
    document["findings"] = findings(document)
    document["notes"] = [say(note) for note in notes]
    return EnergyAccount(document, used)


def _empty(spec: StudySpec, notes: list[Notice]) -> EnergyDocument:
    return {
        "schema": SCHEMA,
        "unit": "",
        "interval_minutes": None,
        "time_zone": spec.energy.time_zone if spec.energy is not None else "UTC",
        "level": LEVEL,
        "currency": None,
        "total_kwh": None,
        "total_money": None,
        "columns": {},
        "intensity": None,
        "baseline": None,
        "savings": None,
        "idle": None,
        "startup": None,
        "peaks": None,
        "tariff": None,
        "scrap": None,
        "forecast": None,
        "findings": [],
        "notes": [say(note) for note in notes],
    }


def _gaps(data: Intervals) -> list[Notice]:
    """What the study did not name, and what that costs."""
    absent = {
        "no_production": data.good is None,
        "no_price": data.price is None,
        "no_scrap": data.good is not None and data.bad is None,
        "no_weather": data.weather.empty,
    }
    return [Notice(code) for code, missing in absent.items() if missing]


def _against_baseline(
    data: Intervals, document: EnergyDocument, frozen: Baseline | None, notes: list[Notice], seed: int
) -> Baseline | None:
    """Baseline, intensity and savings."""
    hours = hours_of(data)
    found = _frozen(hours, frozen, notes) if frozen is not None else _fitted(hours, data, notes)
    if isinstance(found, Notice):
        notes.append(found)
        return None
    now = hours.where(hours.day > np.datetime64(found.last))
    document["baseline"] = baseline_entry(found, now)
    if not now.n:
        notes.append(Notice("nothing_after", {"last": found.last}))
        return found
    new, share = unseen(now, found.terms)
    if new and not any(term.level == OTHERS for term in found.terms):
        notes.append(Notice("new_product", {"levels": ", ".join(new), "share": f"{share:.1%}"}))
    price = _mean_price(data, found.last)
    document["savings"] = savings(found, now, price)
    if found.good > 0 and now.good.sum() > 0:
        document["intensity"] = intensity(found, now, price, seed)
    else:
        notes.append(Notice("nothing_made"))
    return found


def _frozen(hours: Hours, frozen: Baseline, notes: list[Notice]) -> Baseline | Notice:
    known = {column for column, _ in hours.levels} | set(hours.amounts) | set(hours.weather.columns)
    lacking = sorted({term.column for term in frozen.terms if term.column and term.column not in known})
    if frozen.counted and not hours.counted:
        lacking.append("production")
    if lacking:
        return Notice("baseline_other", {"columns": ", ".join(lacking)})
    notes.append(Notice("baseline_given", {"first": frozen.first, "last": frozen.last}))
    return frozen


def _fitted(hours: Hours, data: Intervals, notes: list[Notice]) -> Baseline | Notice:
    since, until = data.energy.baseline_from, data.energy.baseline_until
    possible = np.ones(hours.n, dtype=np.bool_) if since is None else hours.day >= np.datetime64(since)
    days = np.unique(hours.day[possible])
    if until is None:
        if len(days) < 2:
            return Notice("one_day", {"days": len(days)})
        last = days[max(1, round(len(days) * BASELINE_SHARE)) - 1]
        notes.append(Notice("baseline_inferred", {"first": str(days[0]), "last": str(last)}))
        until = date.fromisoformat(str(last)) + timedelta(days=1)
    chosen = possible & (hours.day < np.datetime64(until))
    if not chosen.any():
        return Notice("nothing_before", {"until": str(until)})
    return fit_baseline(hours.where(chosen))


def _mean_price(data: Intervals, last: str) -> float | None:
    """Money per kWh as used after the baseline."""
    later = np.asarray(data.local.normalize() > pd.Timestamp(last))
    total = float(data.kwh[later].sum())
    spent = data.money(data.kwh, later)
    return None if spent is None or not total else spent / total


def _by_the_clock(data: Intervals, document: EnergyDocument, notes: list[Notice], seed: int) -> None:
    """Peaks, tariff, forecast."""
    document["peaks"] = peaks(data)
    demand, used = data.energy.demand_minutes, demand_hours(data) * 60
    if used > demand + 1e-6:
        notes.append(Notice("peak_coarse", {"minutes": data.hours * 60, "demand": demand, "used": used}))
    document["tariff"] = prices(data)
    ahead = foresee(data, seed)
    if isinstance(ahead, Notice):
        notes.append(ahead)
    else:
        document["forecast"] = ahead
