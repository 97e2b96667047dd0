"""The parts a report is made of. Finished words and plain numbers; every output renders these and nothing else."""

from dataclasses import dataclass
from typing import Literal

from ingest.plant import Language
from reports.charts.data import Drawing

__all__ = [
    "Account", "Box", "Cell", "Fact", "Figure", "Finding", "KeyFigure", "Process", "Ranking", "Report", "Table",
    "Trust", "Unit", "Units",
]  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One cell: the text, what stands small beneath it, and whether the text must stay on one line."""

    text: str
    small: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Table:
    """``numeric`` says which columns are numbers; ``quiet`` which rows stand back."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    quiet: tuple[bool, ...] = ()

    def is_quiet(self, row: int) -> bool:
        return row < len(self.quiet) and self.quiet[row]


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows in a sentence, and the same numbers as a table."""

    key: str
    title: str
    description: str
    drawing: Drawing
    table: Table


@dataclass(frozen=True)
class KeyFigure:
    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Fact:
    term: str
    text: str


@dataclass(frozen=True)
class Ranking:
    intro: str
    figure: Figure
    legend: tuple[tuple[Literal["proven", "unproven"], str], ...]
    table: Table


@dataclass(frozen=True)
class Finding:
    """One factor with a clear effect: what to do, what it gives, what must be borne in mind."""

    rank: int
    title: str
    status: str
    sentences: tuple[str, ...]
    caution: str
    figure: Figure | None
    details: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Box:
    """Something to do, in sentences and a small table."""

    sentences: tuple[str, ...]
    table: Table


@dataclass(frozen=True)
class Process:
    """``moments``: when to look at what happened; ``notes``: how the chart was made."""

    statement: str
    advice: str
    moments: tuple[str, ...]
    figure: Figure | None
    legend: tuple[tuple[Literal["beyond", "rule"], str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Unit:
    """One unit explained."""

    title: str
    sentences: tuple[str, ...]
    caution: str
    figure: Figure | None


@dataclass(frozen=True)
class Units:
    """Units that no rule names."""

    sentences: tuple[str, ...]
    table: Table


@dataclass(frozen=True)
class Account:
    """The energy account, to be read in a minute."""

    key_figures: tuple[KeyFigure, ...]
    bridge: Figure | None
    savings: Figure | None
    savings_said: tuple[str, ...]
    losses: Table | None
    sentences: tuple[str, ...]
    week: Table | None
    checks: Table | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Trust:
    """How far the result carries. ``in_use``: which model scores the units; ``alarms``: what speaks against it now."""

    grade: str
    advice: str
    model: tuple[str, ...]
    in_use: tuple[str, ...]
    alarms: tuple[str, ...]
    evidence: tuple[str, ...]
    warnings: tuple[str, ...]
    context: Table | None


@dataclass(frozen=True)
class Report:
    """One study in one language."""

    language: Language
    verdict: Literal["factors_found", "no_actionable_factor", "not_enough_data"]
    title: str
    study: str
    period: str
    n: str
    headline: str
    lead: tuple[str, ...]
    caution: str
    key_figures: tuple[KeyFigure, ...]
    progress: float | None
    progress_text: str
    reason: str
    next_steps: tuple[str, ...]
    ranking: Ranking | None
    considered: Table | None
    considered_said: tuple[str, ...]
    findings: tuple[Finding, ...]
    trial: Box | None
    energy: Account | None
    process: Process | None
    time: Figure | None
    examples: tuple[Unit, ...]
    examples_said: str
    unusual: Units | None
    trust: Trust | None
    facts: tuple[Fact, ...]
    excluded: Table | None
    footer: tuple[str, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every picture of the page."""
        shown = (
            self.ranking.figure if self.ranking else None,
            *(finding.figure for finding in self.findings),
            *((self.energy.bridge, self.energy.savings) if self.energy else ()),
            self.process.figure if self.process else None,
            self.time,
            *(unit.figure for unit in self.examples),
        )
        return tuple(figure for figure in shown if figure is not None)
