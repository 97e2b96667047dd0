"""What the dashboard reads: the state of now, and figures per production day. Typed, few, and cheap to repeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, func, select

from ingest.store.engine import Store
from ingest.store.read import QuarantineRow
from ingest.store.schema import ledger, quarantine, ranking, reading, report, signal, signal_level, unit, verdict

__all__ = [
    "LedgerTotals",
    "Marks",
    "ReasonRow",
    "SignalNow",
    "counter_increase",
    "last_made",
    "ledger_totals",
    "marks",
    "quarantine_newest",
    "quarantine_reasons",
    "signals_now",
    "verdict_counts",
]

JUDGED_LAST = 200
"""Verdicts looked at for the newest part: inspection does not keep the order of production."""


@dataclass(frozen=True, slots=True)
class SignalNow:
    """A signal and its newest reading by time stamp."""

    signal_id: int
    address: str
    unit: str
    declared: bool
    last_seen: datetime | None
    last_value: float | None
    last_level: str | None
    """What ``last_value`` means when the signal is a category."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Numbers that grow when something arrives; two equal ones mean nothing did."""

    verdict: int
    ranking: int
    report: int


@dataclass(frozen=True, slots=True)
class LedgerTotals:
    """What became of the readings of one source, over all days."""

    source: str
    received: int
    committed: int
    duplicate: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reason for quarantine: different messages, how often they came, and when last."""

    reason: str
    messages: int
    times: int
    last_seen: datetime


def signals_now(store: Store) -> list[SignalNow]:
    """Every signal by address, with its newest value."""
    query = (
        select(
            signal.c.signal_id,
            signal.c.address,
            signal.c.unit,
            signal.c.declared,
            signal.c.last_seen,
            signal.c.last_value,
            signal_level.c.label,
        )
        .outerjoin(
            signal_level,
            and_(
                signal.c.kind == "category",
                signal_level.c.signal_id == signal.c.signal_id,
                signal_level.c.code == signal.c.last_value,
            ),
        )
        .order_by(signal.c.address)
    )
    with store.connect() as connection:
        return [SignalNow(*row) for row in connection.execute(query)]


def marks(store: Store) -> Marks:
    """How far verdicts, rankings and reports have got."""
    newest = [
        select(func.coalesce(func.max(column), 0)).scalar_subquery()
        for column in (verdict.c.seq, ranking.c.ranking_id, report.c.report_id)
    ]
    with store.connect() as connection:
        return Marks(*connection.execute(select(*newest)).one())


def _made() -> tuple[ColumnElement[datetime], FromClause]:
    """When the part of a verdict was finished, and the tables that know it: the unit's word comes first."""
    tables = verdict.outerjoin(unit, and_(unit.c.line == verdict.c.line, unit.c.serial == verdict.c.serial))
    return func.coalesce(unit.c.finished, verdict.c.made_at, type_=verdict.c.made_at.type), tables


def last_made(store: Store, line: str) -> datetime | None:
    """When the newest part with a verdict was made, among those judged last."""
    made, tables = _made()
    newest = (
        select(made.label("made"))
        .select_from(tables)
        .where(verdict.c.line == line)
        .order_by(verdict.c.judged_at.desc())
        .limit(JUDGED_LAST)
        .subquery()
    )
    with store.connect() as connection:
        moment: datetime | None = connection.execute(select(func.max(newest.c.made))).scalar()
    return moment


def verdict_counts(store: Store, line: str, bounds: Sequence[datetime]) -> list[dict[str, int]]:
    """Verdicts by their text, for parts made between two neighbouring bounds (``start <= made < end``).

    A part was made when its unit was finished; without a unit, when the verdict says. Every judgement counts, a second
    one of the same part too. ``bounds``: n + 1 ascending instants; returns n mappings.
    """
    made, tables = _made()
    bucket = case(*((made < end, place) for place, end in enumerate(bounds[1:]))).label("bucket")
    inside = (
        select(bucket, verdict.c.verdict)
        .select_from(tables)
        # Nothing is judged before it is made, and this condition has an index.
        .where(verdict.c.line == line, verdict.c.judged_at >= bounds[0], made >= bounds[0], made < bounds[-1])
        .subquery()
    )
    counts: list[dict[str, int]] = [{} for _ in bounds[1:]]
    query = select(inside, func.count()).group_by(inside.c.bucket, inside.c.verdict)
    with store.connect() as connection:
        for place, text, count in connection.execute(query):
            counts[place][text] = count
    return counts


def counter_increase(store: Store, signal_id: int, start: datetime, end: datetime) -> float | None:
    """How much a counter grew up to ``end``; None without two readings to compare.

    The sum of positive steps, so that a counter set back to zero costs one step at most. A step belongs to the span
    that holds its end (``start < ts <= end``: what was counted up to midnight is yesterday's), so the first one begins
    at the last reading before, which is looked for one day back.
    """
    ts, value = reading.c.ts, reading.c.value
    mine = reading.c.signal_id == signal_id
    before = select(func.max(ts)).where(mine, ts > start - timedelta(days=1), ts <= start).scalar_subquery()
    steps = (
        select((value - func.lag(value).over(order_by=ts)).label("step"))
        .where(mine, ts >= func.coalesce(before, start), ts <= end)
        .subquery()
    )
    query = select(func.sum(case((steps.c.step > 0, steps.c.step), else_=0.0))).where(steps.c.step.is_not(None))
    with store.connect() as connection:
        increase: float | None = connection.execute(query).scalar()
    return increase


def ledger_totals(store: Store) -> list[LedgerTotals]:
    """received, committed, duplicate, quarantined per source, over all days."""
    sums: list[Any] = [
        func.sum(column) for column in (ledger.c.received, ledger.c.committed, ledger.c.duplicate, ledger.c.quarantined)
    ]
    query = select(ledger.c.source, *sums).group_by(ledger.c.source).order_by(ledger.c.source)
    with store.connect() as connection:
        return [LedgerTotals(source, *(int(number) for number in rest)) for source, *rest in connection.execute(query)]


def quarantine_reasons(store: Store) -> list[ReasonRow]:
    """What stands in quarantine, by reason, the most frequent first."""
    times = func.sum(quarantine.c.times)
    query = (
        select(quarantine.c.reason, func.count(), times, func.max(quarantine.c.last_seen))
        .group_by(quarantine.c.reason)
        .order_by(times.desc(), quarantine.c.reason)
    )
    with store.connect() as connection:
        return [ReasonRow(reason, count, int(sum_), last) for reason, count, sum_, last in connection.execute(query)]


def quarantine_newest(store: Store, limit: int = 50, payload_bytes: int = 400) -> list[QuarantineRow]:
    """The messages that went into quarantine last, each with the beginning of its payload."""
    columns = quarantine.c
    query = (
        select(
            columns.digest,
            columns.source,
            columns.topic,
            columns.reason,
            columns.detail,
            func.substr(columns.payload, 1, payload_bytes, type_=columns.payload.type),
            columns.first_seen,
            columns.last_seen,
            columns.times,
        )
        .order_by(columns.last_seen.desc(), columns.digest)
        .limit(limit)
    )
    with store.connect() as connection:
        return [QuarantineRow(*row) for row in connection.execute(query)]
