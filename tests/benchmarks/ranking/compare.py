"""Two folders of results side by side, on the plants both have: ``python -m tests.benchmarks.ranking.compare A B``.

Lists the plants whose first advice got better or worse, so that a change of the ranking can be looked at case by case.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks.ranking.results import Row, Store, word
from tests.benchmarks.ranking.summary import summarise

SHOWN = ("best first", "regret", "real/pred", "proven", "cover", "weighty", "all", "false any", "found", "seconds")
app = typer.Typer(add_completion=False)


def paired(before: Sequence[Row], after: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Rows of the same plant."""

    def key(row: Row) -> tuple[Any, ...]:
        return (row["family"], row["seed"], row["confounding"])

    known = {key(row): row for row in before if "error" not in row}
    return [(known[key(row)], row) for row in after if "error" not in row and key(row) in known]


def _line(row: Row) -> str:
    first = row["first"]
    if first is None:
        return str(row["verdict"])
    interval = "" if first["low"] is None else f" [{first['low']:.4g}, {first['high']:.4g}]"
    promised = f"promised {first['estimate']:.4g}{interval}, true {first['truth']:.4g} of {row['best']:.4g}"
    return f"{first['factor']} {list(first['windows'].values())}: {promised}"


def _changes(pairs: Sequence[tuple[Row, Row]], console: Console) -> None:
    for old, new in pairs:
        same = old["hit"] == new["hit"] and (old["verdict"] == new["verdict"])
        if not same:
            console.print(f"{new['family']} {new['seed']} {new['method']} (best: {new['leading']})")
            console.print(f"   before: {_line(old)}\n   after:  {_line(new)}", markup=False)


@app.command()
def main(
    before: Annotated[Path, typer.Argument(help="Folder of results.")],
    after: Annotated[Path, typer.Argument(help="Another one.")],
    method: Annotated[str, typer.Option(help="Of the first folder.")] = "genba",
    other: Annotated[str, typer.Option(help="Of the second folder; the same without it.")] = "",
) -> None:
    sides = ((before, method), (after, other or method))
    pairs = paired(*([row for row in Store(folder).rows() if row["method"] == name] for folder, name in sides))
    console = Console(width=None if Console().is_terminal else 300)
    table = Table("family", "", "n", *SHOWN, box=None, padding=(0, 1), header_style="bold")
    for family in dict.fromkeys(new["family"] for _, new in pairs):
        for place, title in enumerate(("before", "after")):
            these = [pair[place] for pair in pairs if pair[1]["family"] == family]
            figures = summarise(these)
            table.add_row(family if not place else "", title, str(len(these)), *(word(figures[one]) for one in SHOWN))
    console.print(table)
    _changes(pairs, console)


if __name__ == "__main__":
    app()
