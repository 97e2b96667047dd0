"""The parts a report is made of. Finished words and plain numbers; every output renders these and nothing else."""

from dataclasses import dataclass
from typing import Literal

from ingest.plant import Language
from reports.charts.data import Drawing

__all__ = ["Cell", "Fact", "Figure", "Finding", "KeyFigure", "Ranking", "Report", "Table", "Trust"]


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
    findings: tuple[Finding, ...]
    time: Figure | None
    trust: Trust | None
    facts: tuple[Fact, ...]
    excluded: Table | None
    footer: tuple[str, ...]
