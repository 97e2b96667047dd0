"""From what somebody says was done to an action: factor, window, since when, checked against plant and ranking."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ingest.errors import UsageError, nearest
from ingest.plant import Plant, Signal
from ingest.store.action import Declared
from ingest.store.results import RankingRow
from ingest.timestamps import parse

__all__ = ["Wish", "declared", "promise_of", "since_when"]

Window = list[float] | list[str]

FURTHEST_AHEAD = timedelta(days=366)
"""A later beginning is a mistyped year."""
MIDNIGHT_LENGTH = len("2026-11-23")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed. Without ``factor``: the advice at ``rank`` of the newest ranking."""

    study: str
    who: str
    factor: str | None = None
    low: float | None = None
    high: float | None = None
    level: str | None = None
    rank: int | None = None
    since: str | None = None
    note: str = ""


def declared(wish: Wish, plant: Plant, ranking: RankingRow | None, now: datetime) -> Declared:
    """The action to write down. Raises `UsageError` naming what is wrong and the next step."""
    if wish.study not in plant.studies:
        raise UsageError(f"study {wish.study!r} is not in the plant file; {nearest(wish.study, plant.studies)}")
    if not wish.who.strip():
        raise UsageError("who is empty; say who did it, so that others can ask")
    entries = ranking.document.get("ranking", []) if ranking is not None else []
    windows = _windows(wish, plant, entries)
    since = since_when(wish.since, plant.site.zone, now)
    promise = promise_of(windows, ranking)
    ranking_id = ranking.ranking_id if ranking is not None and promise is not None else None
    return Declared(wish.study, windows, since, wish.who.strip(), wish.note.strip(), ranking_id, promise)


def since_when(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """An instant as the plant's clock shows it, or with an offset; a day alone is its midnight; nothing is now.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 26, tzinfo=UTC)
    >>> since_when("2026-11-23", ZoneInfo("Asia/Tokyo"), now).isoformat()
    '2026-11-22T15:00:00+00:00'
    """
    if text is None or not text.strip():
        return now
    said = text.strip()
    # A number would be seconds since 1970: nobody types those.
    found = None if said.isdigit() else parse(said + "T00:00" * (len(said) == MIDNIGHT_LENGTH), "auto", zone, now)
    if not isinstance(found, datetime):
        raise UsageError(f"from {text!r} is no time; write 2026-11-23 or 2026-11-23T08:30, by the plant's clock")
    if found - now > FURTHEST_AHEAD:
        raise UsageError(f"from {text!r} is more than a year ahead; check the year")
    return found


def _windows(wish: Wish, plant: Plant, entries: Sequence[Mapping[str, Any]]) -> dict[str, Window]:
    shaped = wish.low is not None or wish.high is not None or wish.level is not None
    if wish.factor is None:
        if shaped:
            raise UsageError("low, high and level need a factor; name it, or leave them out to take the first advice")
        return _advised(wish, entries)
    if wish.rank is not None:
        raise UsageError("give a factor or a rank, not both")
    signal = _setting(wish.factor, plant, wish.study)
    if not shaped:
        found = next((entry for entry in entries if wish.factor in entry["windows"]), None)
        if found is None:
            raise UsageError(f"no ranking advises {wish.factor!r}; give its window with low and high, or its level")
        return dict(found["windows"])
    return {wish.factor: _window(wish, signal)}


def _advised(wish: Wish, entries: Sequence[Mapping[str, Any]]) -> dict[str, Window]:
    rank = wish.rank or 1
    if not entries:
        raise UsageError(f"study {wish.study!r} has no advice yet; give the factor and its window, or rank it first")
    if not 1 <= rank <= len(entries):
        raise UsageError(f"study {wish.study!r} has {len(entries)} advices, and none of rank {rank}")
    return dict(entries[rank - 1]["windows"])


def _setting(factor: str, plant: Plant, study: str) -> Signal:
    """The signal that is set. Only what an engineer can set can have been set."""
    line = plant.lines[plant.studies[study].line]
    signals = {name: signal for _, name, signal in line.signals()}
    settable = [name for name, signal in signals.items() if signal.role == "controllable"]
    if factor not in signals:
        raise UsageError(f"factor {factor!r} is no signal of the line; {nearest(factor, settable)}")
    if factor not in settable:
        role = signals[factor].role
        raise UsageError(f"factor {factor!r} is {role}, no setting; {nearest(factor, settable)}")
    return signals[factor]


def _window(wish: Wish, signal: Signal) -> Window:
    if signal.kind == "category":
        if wish.level is None or wish.low is not None or wish.high is not None:
            raise UsageError(f"factor {wish.factor!r} is a category; give its level")
        if signal.levels and wish.level not in signal.levels:
            raise UsageError(
                f"level {wish.level!r} of {wish.factor!r} is unknown; {nearest(wish.level, signal.levels)}"
            )
        return [wish.level]
    if wish.level is not None:
        raise UsageError(f"factor {wish.factor!r} is a number; give low and high, not a level")
    low, high = (_edge(wish.low, signal.min, wish, "low"), _edge(wish.high, signal.max, wish, "high"))
    if low >= high:
        raise UsageError(f"low {low:g} of {wish.factor!r} is not below high {high:g}; a window has a width")
    for edge, value in (("low", low), ("high", high)):
        below = signal.min is not None and value < signal.min
        if below or (signal.max is not None and value > signal.max):
            limits = f"{_limit(signal.min)} to {_limit(signal.max)} {signal.unit}".strip()
            raise UsageError(f"{edge} {value:g} of {wish.factor!r} lies outside what can be set, {limits}")
    return [low, high]


def _edge(value: float | None, limit: float | None, wish: Wish, name: str) -> float:
    found = limit if value is None else value
    if found is None:
        raise UsageError(f"{name} of {wish.factor!r} is missing, and the plant file knows no limit; give both edges")
    if not math.isfinite(found):
        raise UsageError(f"{name} {found} of {wish.factor!r} is no number that can be set")
    return float(found)


def _limit(value: float | None) -> str:
    return "…" if value is None else f"{value:g}"


def promise_of(windows: Mapping[str, Window], ranking: RankingRow | None) -> dict[str, Any] | None:
    """What the ranking says of exactly these windows; another window is another promise, and none is known of it."""
    if ranking is None:
        return None
    document = ranking.document
    for entry in document.get("ranking", []):
        if entry["windows"] == windows:
            before = entry.get("promised_before_shrinkage")
            return {
                "gain": {key: entry["gain"][key] for key in ("estimate", "low", "high", "level", "unit")},
                "before_shrinkage": before,
                "money": entry.get("money"),
                "rank": entry["rank"],
                "evidence": entry.get("evidence"),
                "baseline_loss": document.get("baseline_loss"),
                "n_units": document.get("n_units"),
                "ranked_at": ranking.created_at.isoformat(timespec="seconds"),
            }
    return None
