"""The figures that the ranking is to reach, each with what was reached."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.ranking.results import Row, word
from tests.benchmarks.ranking.summary import Share, summarise, wilson

__all__ = ["GOALS", "OURS", "Goal", "show_goals", "verdicts"]

OURS = ("command", "genba")
SPARSE = ("lotwise", "rare", "small")
FALSE = ("decoys", "after_the_fact")


@dataclass(frozen=True)
class Goal:
    """A figure of `summary.COLUMNS` over some families, and the range it should lie in."""

    families: tuple[str, ...]
    """Empty: all but those where no interval can be right (`unmeasured`) or nothing is to be gained (`null`)."""
    figure: str
    low: float = -math.inf
    high: float = math.inf

    def includes(self, family: str) -> bool:
        return family in self.families if self.families else family not in ("unmeasured", "null")

    def reached(self, figure: Any) -> bool | None:
        """None where there is nothing to judge by, or too few plants to say that it is not."""
        value = figure.value if isinstance(figure, Share) else float(figure)
        if math.isnan(value):
            return None
        edges = wilson(figure.hits, figure.of) if isinstance(figure, Share) else (value, value)
        missed = edges[0] > self.high or edges[1] < self.low
        return True if self.low <= value <= self.high else (False if missed else None)

    @property
    def said(self) -> str:
        if self.low > -math.inf and self.high < math.inf:
            return f"{self.low:g}–{self.high:g}"
        return f"≥ {self.low:g}" if self.low > -math.inf else f"≤ {self.high:g}"


GOALS = (
    Goal(("moderate",), "best first", low=0.95),
    Goal(("moderate",), "regret", high=0.02),
    Goal(("no_stages",), "best first", low=0.85),
    Goal(("no_stages",), "regret", high=0.05),
    Goal((), "cover", 0.85, 0.95),
    Goal((), "weighty", 0.85, 0.95),
    Goal((), "real/pred", 0.9, 1.15),
    Goal((), "10 %", low=0.7),
    Goal(("unmeasured",), "warned", low=0.95),
    Goal(("null",), "found", high=0.05),
    Goal(FALSE, "false any", high=0.05),
    *(Goal((family,), "cover", low=0.85) for family in SPARSE),
    Goal(("large",), "seconds", high=60.0),
    Goal(("large",), "MB", high=2_000.0),
)


def verdicts(rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str, bool | None]]:
    """Families, figure, wanted, reached, and whether it is; rows of ours and of the peers."""
    ours = [row for row in rows if row["method"] in OURS]
    for goal in GOALS:
        these = [row for row in ours if goal.includes(row["family"])]
        if these:
            figure = summarise(these)[goal.figure]
            yield ", ".join(goal.families) or "all", goal.figure, goal.said, word(figure), goal.reached(figure)
    yield from _beside_peers(rows, ours)


def _beside_peers(rows: Sequence[Row], ours: Sequence[Row]) -> Iterator[tuple[str, str, str, str, bool | None]]:
    """Where data are sparse, at most half the regret of the best usual ranking."""
    for family in SPARSE:
        mine = [row for row in ours if row["family"] == family]
        theirs: dict[str, list[Row]] = {}
        for row in rows:
            if row["family"] == family and row["method"] not in (*OURS, "adjusted"):
                theirs.setdefault(row["method"], []).append(row)
        if mine and theirs:
            reached, best = summarise(mine)["regret"], min(summarise(these)["regret"] for these in theirs.values())
            yield family, "regret", f"≤ {best / 2:.3g}, half the best peer's", word(reached), reached <= best / 2


def show_goals(rows: Sequence[Row], console: Console) -> None:
    table = Table("families", "figure", "wanted", "reached", "", box=None, padding=(0, 1), header_style="bold")
    for families, figure, wanted, reached, good in verdicts(rows):
        table.add_row(families, figure, wanted, reached, {True: "yes", False: "NO", None: "unsure"}[good])
    if table.row_count:
        console.print("", table)
