"""The fix-first list of a study, as the dashboard shows it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from ingest.errors import StudyError
from ingest.plant import Plant
from ingest.store.results import RankingRow
from reports.document import Document, Entry
from reports.web.health import ModelHealth, model_health
from reports.web.names import Names, find_signal, names

__all__ = ["Fix", "FixList", "Gain", "Money", "Window", "fix_list"]


@dataclass(frozen=True, slots=True)
class Window:
    """What to hold: a factor between two values, or at one of some levels."""

    factor: str
    name: Names
    unit: str
    low: float | None
    high: float | None
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """Loss avoided per unit made: a share of bad units, or an amount of the target in its unit."""

    estimate: float
    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True)
class Money:
    """What the gain is worth; ``low`` is the end that is safe to count on."""

    estimate: float | None
    low: float | None
    currency: str
    per: str = "1000 units"


@dataclass(frozen=True, slots=True)
class Fix:
    """One advice. ``proven``: the whole interval of the gain lies above zero."""

    rank: int
    factor: str
    windows: tuple[Window, ...]
    direction: str
    now: float | str | None
    gain: Gain
    money: Money | None
    proven: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class FixList:
    """The newest ranking of a study; ``verdict`` is ``not_ranked`` before the first one."""

    study: str
    title: Names
    line: str
    task: Literal["classification", "regression"]
    goal: Literal["lower", "higher"]
    target_unit: str
    verdict: Literal["factors_found", "no_actionable_factor", "not_enough_data", "not_ranked", "unreadable"]
    computed_at: datetime | None
    n_units: int | None
    reason: Names | None
    fixes: tuple[Fix, ...]
    reports: tuple[str, ...]
    """Languages in which a report file was written."""
    model: ModelHealth | None = None
    clashes: tuple[Names, ...] = ()
    """What its advice does to another study of its line."""


def fix_list(
    plant: Plant,
    study: str,
    ranking: RankingRow | None,
    reports: Collection[str],
    standing: Mapping[str, Any] | None = None,
    clashes: Sequence[Names] = (),
) -> FixList:
    """The list to show for a study of the plant. A document that cannot be read is a verdict, not an exception.

    ``standing``: what `models.lifecycle.standing` says of the study's model; ``clashes``: see `reports.web.clashes`.
    """
    known = plant.studies[study]
    bare = FixList(
        study=study,
        title=names(known.title, study),
        line=known.line,
        task=known.task,
        goal=known.goal,
        target_unit="",
        verdict="not_ranked",
        computed_at=None,
        n_units=None,
        reason=None,
        fixes=(),
        reports=tuple(sorted(reports)),
        model=model_health(standing, plant.lines.get(known.line)),
        clashes=tuple(clashes),
    )
    if ranking is None:
        return bare
    try:
        document = Document.parse(ranking.document, f"ranking of {study}")
    except StudyError as error:
        said: Names = {"en": str(error), "ja": str(error)}
        return replace(bare, verdict="unreadable", computed_at=ranking.created_at, reason=said)
    reason = document.reason
    return replace(
        bare,
        task=document.task,
        goal=document.goal,
        target_unit=document.target_unit,
        verdict=document.verdict,
        computed_at=ranking.created_at,
        n_units=document.n_used,
        reason={"en": reason.en, "ja": reason.ja} if reason is not None and reason.en else None,
        fixes=tuple(_fix(plant, known.line, entry) for entry in document.ranking),
    )


def _fix(plant: Plant, line: str, entry: Entry) -> Fix:
    gain, money = entry.gain, entry.money
    return Fix(
        rank=entry.rank,
        factor=entry.factor,
        windows=tuple(_window(plant, line, factor, window, entry) for factor, window in entry.windows.items()),
        direction=entry.direction,
        now=entry.now,
        gain=Gain(gain.estimate, gain.low, gain.high, gain.level),
        money=Money(money.estimate, money.low, money.currency) if money is not None else None,
        proven=entry.proven,
        evidence=entry.evidence,
    )


def _window(
    plant: Plant, line: str, factor: str, window: tuple[float, float] | tuple[str, ...], entry: Entry
) -> Window:
    signal = find_signal(plant.lines.get(line), factor)
    unit = signal.unit if signal is not None else entry.unit if factor == entry.factor else ""
    name = names(signal.name if signal is not None else None, factor)
    if len(window) == 2 and all(isinstance(edge, float) for edge in window):
        return Window(factor, name, unit, float(window[0]), float(window[1]), ())
    return Window(factor, name, unit, None, None, tuple(str(level) for level in window))
