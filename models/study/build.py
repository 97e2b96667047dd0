"""The incremental build of a study table: only units, verdicts and readings that are new since the last one.

Two kinds of unit, one table: a *part* gets a row when its verdict is known; an *interval* when it is over. Rows younger
than the line's ``lateness`` are built again, for readings may arrive late. Every chunk of rows is written together with
the progress it stands for, so a build that is interrupted goes on where it stopped.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from ingest.errors import StudyError, nearest
from ingest.plant import Line, Plant, PlantStudy
from ingest.store import read
from ingest.store import study as tables
from ingest.store.engine import Store
from ingest.store.study import Progress, StudyColumn
from models.study.features import ColumnPlan, Series, Windows, column_plans, compute, windows_of
from models.study.grouping import group_key

__all__ = ["BuildResult", "build"]

CHUNK = 20_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did: rows written (new and built again), readings looked at, rows in the table afterwards."""

    written: int
    readings: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit whose row is due."""

    serial: str
    started: datetime
    finished: datetime
    product: str | None = None
    lot: str | None = None
    judged_at: datetime | None = None
    verdict: str | None = None


def micros(moment: datetime) -> int:
    """µs since 1970 UTC, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


class _Builder:
    def __init__(self, store: Store, plant: Plant, study_id: str) -> None:
        if study_id not in plant.studies:
            raise StudyError(f"study {study_id!r} is not in the plant file; {nearest(study_id, plant.studies)}")
        self.store = store
        self.plant = plant
        self.study_id = study_id
        self.study: PlantStudy = plant.studies[study_id]
        self.line: Line = plant.lines[self.study.line]
        self.plans = column_plans(plant, self.study.line, self.study.exclude)
        self.columns = self._columns()
        known = {row.address: row.signal_id for row in read.signals(store)}
        self.signal_ids = {plan.address: known[plan.address] for plan in self.plans if plan.address in known}
        self.levels = read.levels(store)
        self.readings = 0

    def _columns(self) -> tuple[StudyColumn, ...]:
        keys = [StudyColumn("started_at", "moment"), StudyColumn("finished_at", "moment")]
        if self.line.units.kind == "part":
            keys += [StudyColumn("product", "text"), StudyColumn("lot", "text"), StudyColumn("group_key", "text")]
            keys += [StudyColumn("judged_at", "moment"), StudyColumn("verdict", "text")]
        else:
            keys.append(StudyColumn("group_key", "text"))
        factors = [StudyColumn(plan.column, "text" if plan.category else "number", plan.factor) for plan in self.plans]
        # Databases do not tell Temp from temp in a column's name.
        taken = {"serial", *(column.name for column in keys)}
        for factor in factors:
            if factor.name.lower() in taken:
                raise StudyError(
                    f"line {self.study.line!r}: signal {factor.factor!r} would be column {factor.name!r}, "
                    "which is taken; rename it"
                )
            taken.add(factor.name.lower())
        names = [column.name for column in (*keys, *factors)]
        if self.study.target not in names:
            raise StudyError(
                f"study {self.study_id!r}: target {self.study.target!r} is no column of line {self.study.line!r}; "
                f"{nearest(self.study.target, names)}"
            )
        return (*keys, *factors)

    def series(self, units: Sequence[_Unit]) -> dict[str, Series]:
        """The readings these units can need, by address."""
        if not self.signal_ids:
            return {}
        carry = max(plan.carry for plan in self.plans)
        start = min(unit.started for unit in units) - timedelta(seconds=carry)
        end = max(unit.finished for unit in units) + timedelta(microseconds=1)
        found = read.readings(self.store, list(self.signal_ids.values()), start, end)
        self.readings += len(found.ts_us)
        ids = np.asarray(found.signal_id, dtype=np.int64)
        ts = np.asarray(found.ts_us, dtype=np.int64)
        values = np.asarray(found.value, dtype=np.float64)
        result = {}
        for address, signal_id in self.signal_ids.items():
            first, after = np.searchsorted(ids, [signal_id, signal_id + 1])
            result[address] = Series(ts[first:after], values[first:after])
        return result

    def rows(self, units: Sequence[_Unit]) -> list[dict[str, Any]]:
        """The rows of a chunk of units."""
        series = self.series(units)
        empty = Series(np.empty(0, dtype=np.int64), np.empty(0))
        windows = self.windows(units)
        columns: dict[str, list[Any]] = {}
        for plan in self.plans:
            # A factor may be carried forward; the target is measured in its own window or not at all.
            carry = plan.carry if plan.factor != self.study.target else 0.0
            values = compute(series.get(plan.address, empty), windows[plan.machine], plan.statistic, carry)
            columns[plan.column] = self._values(plan, values)
        return [
            self._keys(unit) | {name: values[position] for name, values in columns.items()}
            for position, unit in enumerate(units)
        ]

    def _values(self, plan: ColumnPlan, values: np.ndarray[Any, np.dtype[np.float64]]) -> list[Any]:
        if plan.category:
            labels = self.levels.get(self.signal_ids.get(plan.address, -1), {})
            return [None if np.isnan(value) else labels.get(int(value)) for value in values]
        return [None if np.isnan(value) else float(value) for value in values]

    def _keys(self, unit: _Unit) -> dict[str, Any]:
        keys: dict[str, Any] = {
            "serial": unit.serial,
            "started_at": unit.started,
            "finished_at": unit.finished,
            "group_key": group_key(self.study.group, unit.finished, unit.lot, self.plant),
        }
        if self.line.units.kind == "part":
            keys |= {"product": unit.product, "lot": unit.lot, "judged_at": unit.judged_at, "verdict": unit.verdict}
        return keys

    def windows(self, units: Sequence[_Unit]) -> dict[str, Windows]:
        """When the units were in each machine."""
        start = np.array([micros(unit.started) for unit in units], dtype=np.int64)
        end = np.array([micros(unit.finished) for unit in units], dtype=np.int64)
        machines = {plan.machine for plan in self.plans}
        if self.line.units.kind == "interval":
            return dict.fromkeys(machines, Windows(start, end, closed=False))
        serials = [unit.serial for unit in units]
        visits = {
            (visit.serial, visit.machine): (micros(visit.entered), micros(visit.left))
            for visit in read.visits(self.store, self.study.line, serials)
        }
        known = np.array([micros(unit.judged_at or unit.finished) for unit in units], dtype=np.int64)
        return {machine: windows_of(machine, serials, (start, end), visits, known) for machine in machines}

    def parts_due(self, done: Progress) -> tuple[list[_Unit], Progress]:
        """Parts whose row is missing or may have changed, in order of time, and how far that reads."""
        line = self.study.line
        new_units = read.units_after(self.store, line, done.unit_seq)
        new_verdicts = read.verdicts_after(self.store, line, done.verdict_seq)
        reached = replace(
            done,
            unit_seq=max((unit.seq for unit in new_units), default=done.unit_seq),
            verdict_seq=max((verdict.seq for verdict in new_verdicts), default=done.verdict_seq),
        )
        late = self._late_units(done)
        serials = {unit.serial for unit in (*new_units, *late)}
        serials |= {verdict.serial for verdict in new_verdicts if verdict.serial}
        by_time = self._verdicts_by_time((*new_units, *late), new_verdicts)
        serials |= set(by_time)
        judged = dict(by_time)
        for verdict in sorted(read.verdicts_for(self.store, line, sorted(serials)), key=lambda row: row.judged_at):
            judged[verdict.serial] = (verdict.judged_at, verdict.verdict)
        units = [
            _Unit(row.serial, row.started, row.finished, row.product, row.lot, *judged[row.serial])
            for row in read.units_by_serial(self.store, line, sorted(serials & set(judged)))
        ]
        return sorted(units, key=lambda unit: (unit.finished, unit.serial)), reached

    def _late_units(self, done: Progress) -> list[read.UnitRow]:
        """Units so young that their readings may still be on the way."""
        if done.built_until is None:
            return []
        since = done.built_until - timedelta(seconds=self.line.units.lateness)
        return read.units_finished(self.store, self.study.line, since, done.built_until + timedelta.resolution)

    def _verdicts_by_time(
        self, units: Sequence[read.UnitRow], verdicts: Sequence[read.VerdictRow]
    ) -> dict[str, tuple[datetime, str]]:
        moments = [unit.started for unit in units] + [unit.finished for unit in units]
        moments += [verdict.made_at for verdict in verdicts if not verdict.serial]
        if not moments:
            return {}
        found = tables.unserialised_verdicts(
            self.store, self.study.line, min(moments), max(moments) + timedelta.resolution
        )
        return {serial: (judged_at, said) for serial, _, judged_at, said in sorted(found, key=lambda row: row[2])}

    def intervals_due(self, done: Progress) -> tuple[list[_Unit], Progress]:
        """Intervals that are over: a later reading has come, or the clock says that none will any more."""
        span = read.reading_span(self.store, list(self.signal_ids.values())) if self.signal_ids else None
        if span is None:
            return [], done
        first, newest = span
        length, lateness = timedelta(seconds=self.line.units.seconds), timedelta(seconds=self.line.units.lateness)
        if done.built_until is not None:
            first = max(first, done.built_until - lateness)
        over = max(newest, min(newest + length, datetime.now(UTC) - lateness))
        start = EPOCH + (first - EPOCH) // length * length
        units = []
        while start + length <= over:
            units.append(_Unit(start.strftime("%Y%m%dT%H%M%SZ"), start, start + length))
            start += length
        return units, done


def _chunks(units: Sequence[_Unit]) -> Iterator[Sequence[_Unit]]:
    for start in range(0, len(units), CHUNK):
        yield units[start : start + CHUNK]


def build(store: Store, plant: Plant, study_id: str, report: Report | None = None) -> BuildResult:
    """Bring a study table up to date.

    ``report`` is told the share done, 0 to 1. Raises `StudyError` for an unknown study or a reserved signal name.
    """
    builder = _Builder(store, plant, study_id)
    tables.ensure(store, study_id, builder.columns)
    done = tables.progress(store, study_id)
    is_part = builder.line.units.kind == "part"
    units, reached = builder.parts_due(done) if is_part else builder.intervals_due(done)
    written = 0
    newest = done.built_until
    for chunk in _chunks(units):
        rows = builder.rows(chunk)
        if not is_part:
            rows = [row for row in rows if row[builder.study.target] is not None]
        newest = max(filter(None, (newest, chunk[-1].finished)))
        # The sequence numbers move only with the last chunk: an interrupted build begins there again.
        tables.write_rows(store, study_id, builder.columns, rows, replace(done, built_until=newest))
        written += len(rows)
        if report is not None:
            report(written / len(units))
    total = tables.count_rows(store, study_id, builder.columns)
    tables.write_rows(store, study_id, builder.columns, [], replace(reached, built_until=newest, rows=total))
    return BuildResult(written, builder.readings, total)
