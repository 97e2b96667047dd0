"""Results of a run: lines of JSON in a folder, one a plant and method; and tables of them."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from tests.benchmarks.ranking.plants import VERSION
from tests.benchmarks.ranking.summary import Share, summarise

__all__ = ["Row", "Store", "show", "word"]

Row = dict[str, Any]
MAIN = (
    *("n", "best first", "regret", "median", "90 %", "overlap", "real/pred", "10 %", "proven", "proven 10 %"),
    *("cover", "weighty", "all", "false first", "false any", "admissible", "found", "too little"),
    *("labelled", "warned", "bound holds", "seconds", "MB"),
)
"""What the table shows."""


class Store:
    """A folder with ``rows.jsonl``. Rows of other versions of the plants are not read."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "rows.jsonl"

    def rows(self) -> list[Row]:
        """The last row of every plant and method."""
        if not self.path.exists():
            return []
        # A line that a killed run left half written is run again.
        read = [orjson.loads(line) for line in self.path.read_bytes().splitlines() if line.endswith(b"}")]
        kept = {(*self.key(row), row["method"]): row for row in read if row["version"] == VERSION}
        return list(kept.values())

    @staticmethod
    def key(row: Row) -> tuple[Any, ...]:
        """Of the task that made a row."""
        return (row["family"], row["seed"], row["runs"], row["confounding"], row["version"])

    def add(self, rows: Sequence[Row]) -> None:
        with self.path.open("ab") as file:
            file.write(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def word(figure: Any) -> str:
    """A figure as a table shows it."""
    if isinstance(figure, Share):
        return str(figure) if figure.of else "–"
    if isinstance(figure, float):
        return "–" if math.isnan(figure) else f"{figure:.3g}"
    return str(figure)


def show(rows: Sequence[Row], console: Console) -> None:
    """One line a family and method."""
    families = list(dict.fromkeys(row["family"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    table = Table("family", "method", *MAIN, "failed", box=None, padding=(0, 1), header_style="bold")
    for family in families:
        for method in methods:
            these = [row for row in rows if row["family"] == family and row["method"] == method]
            if these:
                figures = summarise(these)
                table.add_row(family, method, *(word(figures[title]) for title in MAIN), str(figures["failed"] or ""))
    console.print(table)
