"""One look at the database: reads what has changed, keeps what has not, and says so when it gets no answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from itertools import pairwise
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.errors import SchemaOutdated
from ingest.plant import Line, Plant
from ingest.store import live
from ingest.store.engine import Store
from ingest.store.migrate import require_schema
from ingest.store.results import latest_ranking, latest_reports
from models.lifecycle.standing import standing
from models.promise.ledger import listed
from reports.web.actions import action
from reports.web.board import Board, Rows, Trouble, compose
from reports.web.clashes import clashes
from reports.web.days import DAYS, Defects, Energy, day_bounds, defects, energy, just_begun
from reports.web.fixes import FixList, fix_list

__all__ = ["Lookout"]

WHOLE_WEEK_EVERY = timedelta(minutes=10)
"""Between these, only the newest day is read again: verdicts and readings that come days late are rare."""
ANYWAY_EVERY = timedelta(minutes=1)
"""Daily figures are read again after so long even if nothing new arrived."""

MOST_ACTIONS = 3
"""Actions on the first page; the others stand on a page of their own."""

log = structlog.get_logger(__name__)

Key = TypeVar("Key")
Day = TypeVar("Day")


@dataclass(frozen=True, slots=True)
class _Week(Generic[Day]):
    bounds: list[datetime]
    read_at: datetime
    days: list[Day]


class Lookout:
    """Looks at one store for one plant. Not safe for two threads at once: the hub has one poller.

    ``settle``: seconds between two readings of the daily figures while data pour in.
    """

    def __init__(self, plant: Plant, store: Store, settle: float = 10.0) -> None:
        self._plant, self._store = plant, store
        self._settle = timedelta(seconds=settle)
        self._version = version("genba")
        self._schema_known = False
        self._rows: Rows | None = None
        self._trouble: Trouble | None = None
        self._news: object = None
        self._figures_at: datetime | None = None
        self._counts: dict[tuple[str, str], _Week[dict[str, int]]] = {}
        self._increases: dict[int, _Week[float | None]] = {}

    def look(self) -> Board | Trouble:
        """The board of this moment; a `Trouble` alone as long as nothing could ever be read."""
        now = datetime.now(UTC)
        try:
            if not self._schema_known:
                require_schema(self._store)
                self._schema_known = True
            self._rows = self._read(now)
            self._trouble = None
        except (SQLAlchemyError, SchemaOutdated) as error:
            self._trouble = self._diagnose(error, now)
        if self._rows is None:
            assert self._trouble is not None
            return self._trouble
        return compose(self._plant, self._rows, now, self._trouble, self._version)

    def _diagnose(self, error: SQLAlchemyError | SchemaOutdated, now: datetime) -> Trouble:
        if not isinstance(error, SchemaOutdated):
            try:
                require_schema(self._store)
            except SchemaOutdated as outdated:
                error = outdated
            except SQLAlchemyError as again:
                error = again
        self._schema_known = False
        since = self._trouble.since if self._trouble is not None else now
        if isinstance(error, SchemaOutdated):
            found = Trouble("schema_outdated", str(error), since)
        else:
            found = Trouble(
                "database_unavailable", "the database does not answer; is its server running? Trying again", since
            )
        if self._trouble is None:
            log.warning("dashboard cannot read", code=found.code, error=str(error).splitlines()[0])
        return found

    def _read(self, now: datetime) -> Rows:
        signals = tuple(live.signals_now(self._store))
        rows = replace(
            self._rows or Rows((), (), {}, {}, ()), signals=signals, ledger=tuple(live.ledger_totals(self._store))
        )
        news = (live.marks(self._store), tuple(row.last_seen for row in signals))
        waited = now - self._figures_at if self._figures_at is not None else ANYWAY_EVERY
        if waited < self._settle or (news == self._news and waited < ANYWAY_EVERY):
            return rows
        by_address = {row.address: row for row in signals}
        lines = self._plant.lines
        rows = replace(
            rows,
            defects={name: self._defects(name, line, now) for name, line in lines.items()},
            energy={name: self._energy(name, line, by_address, now) for name, line in lines.items()},
            fix_first=self._fix_first(),
            actions=tuple(action(self._plant, entry) for entry in listed(self._store) if entry["state"] != "withdrawn")[
                :MOST_ACTIONS
            ],
        )
        self._news, self._figures_at = news, now
        return rows

    def _fix_first(self) -> tuple[FixList, ...]:
        rankings = {study: latest_ranking(self._store, study) for study in self._plant.studies}
        met = clashes(self._plant, {study: row.document for study, row in rankings.items() if row is not None})
        return tuple(
            fix_list(
                self._plant,
                study,
                ranking,
                latest_reports(self._store, study).keys(),
                standing(self._store, study),
                met.get(study, ()),
            )
            for study, ranking in rankings.items()
        )

    def _defects(self, name: str, line: Line, now: datetime) -> Defects | None:
        newest = live.last_made(self._store, name)
        if newest is None:
            return None
        zone = self._plant.site.zone
        day = newest.astimezone(zone).date()
        counts = self._day_counts(name, "judged", day_bounds(day, zone, DAYS + 1), now)
        day, first = _settled(day, [float(sum(of_day.values())) for of_day in counts])
        return defects(day, counts[first : first + DAYS], line.units.good, line.units.bad)

    def _day_counts(self, name: str, use: str, bounds: list[datetime], now: datetime) -> list[dict[str, int]]:
        return _days(
            self._counts, (name, use), bounds, now, lambda spans: live.verdict_counts(self._store, name, spans)
        )

    def _energy(self, name: str, line: Line, by_address: dict[str, live.SignalNow], now: datetime) -> Energy | None:
        meter = self._row(name, line, line.meter, by_address)
        if meter is None or meter.last_seen is None:
            return None
        zone = self._plant.site.zone
        # A reading at midnight closes the day that ends there.
        day = (meter.last_seen.astimezone(zone) - timedelta(microseconds=1)).date()
        bounds = day_bounds(day, zone, DAYS + 1)
        used = self._increase(meter.signal_id, bounds, now)
        counter = self._row(name, line, line.good_count, by_address)
        good: Sequence[float | None]
        if line.good_count is None:
            counts = self._day_counts(name, "made", bounds, now)
            good = [float(sum(of_day.get(text, 0) for text in line.units.good)) for of_day in counts]
        else:
            good = self._increase(counter.signal_id, bounds, now) if counter is not None else [None] * len(used)
        day, first = _settled(day, used)
        here = slice(first, first + DAYS)
        return energy(day, used[here], good[here], meter.unit or "kWh")

    def _increase(self, signal_id: int, bounds: list[datetime], now: datetime) -> list[float | None]:
        def read(spans: Sequence[datetime]) -> list[float | None]:
            return [live.counter_increase(self._store, signal_id, start, end) for start, end in pairwise(spans)]

        return _days(self._increases, signal_id, bounds, now, read)

    def _row(
        self, line_id: str, line: Line, wanted: str | None, by_address: dict[str, live.SignalNow]
    ) -> live.SignalNow | None:
        machine = next((machine for machine, name, _ in line.signals() if name == wanted), None)
        return (
            None if machine is None or wanted is None else by_address.get(self._plant.address(line_id, machine, wanted))
        )


def _settled(day: date, made: Sequence[float | None]) -> tuple[date, int]:
    """The day to speak of out of the nine that end with ``day``, and where the eight that end with it begin."""
    return (day - timedelta(days=1), 0) if just_begun(made) else (day, 1)


def _days(
    known: dict[Key, _Week[Day]],
    key: Key,
    bounds: list[datetime],
    now: datetime,
    read: Callable[[Sequence[datetime]], list[Day]],
) -> list[Day]:
    """One value per day; days that are over are read rarely, the newest one always."""
    week = known.get(key)
    if week is None or week.bounds != bounds or now - week.read_at >= WHOLE_WEEK_EVERY:
        known[key] = _Week(bounds, now, read(bounds))
        return known[key].days
    return [*week.days[:-1], *read(bounds[-2:])]
