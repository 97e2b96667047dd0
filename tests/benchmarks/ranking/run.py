"""Rankings on plants whose truth is known: ``python -m tests.benchmarks.ranking.run --families moderate,null``.

What is already in the folder of results is not run again. Figures: docs/benchmark.md. With several jobs set
OMP_NUM_THREADS and OPENBLAS_NUM_THREADS to 1, or the threads of one plant wait for those of another.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tests.benchmarks.ranking.families import FAMILIES
from tests.benchmarks.ranking.goals import show_goals
from tests.benchmarks.ranking.results import Store, show
from tests.benchmarks.ranking.work import Task, run_all

ROOT = Path(__file__).parents[3]
OUT = ROOT / "var" / "bench-ranking"

app = typer.Typer(add_completion=False)


def wanted(families: str, plants: int, seed: int, runs: list[str]) -> list[Task]:
    """Every plant of every family with every method, a plant of each family in turn."""
    chosen = list(FAMILIES) if families == "all" else families.split(",")
    unknown = [family for family in chosen if family not in FAMILIES]
    if unknown:
        raise typer.BadParameter(f"no family {unknown[0]!r}; there are: {', '.join(FAMILIES)}")
    return [Task(family, seed + k, name) for k in range(plants) for family in chosen for name in runs]


@app.command()
def main(
    families: Annotated[str, typer.Option(help="Names with commas, or all.")] = "all",
    plants: Annotated[int, typer.Option(min=1, help="Of each family.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of the first plant; the others follow.")] = 0,
    peers: Annotated[bool, typer.Option(help="Also the usual rankings on the same tables.")] = False,
    yardstick: Annotated[bool, typer.Option(help="Also a plain adjusted estimate that knows the stages.")] = False,
    ours: Annotated[bool, typer.Option(help="Genba's ranking.")] = True,
    via_command: Annotated[bool, typer.Option(help="Through files and `genba rank`.")] = False,
    budget: Annotated[float | None, typer.Option(min=0.1, help="Seconds for each of Genba's rankings.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Plants at once.")] = 1,
    patience: Annotated[float, typer.Option(help="Seconds after which a plant counts as failed.")] = 900.0,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = OUT,
    fresh: Annotated[bool, typer.Option(help="Run again what the folder has.")] = False,
) -> None:
    console, store = Console(), Store(out)
    mine = ("command" if via_command else "genba",) if ours else ()
    runs = [*mine, *(("peers",) if peers else ()), *(("adjusted",) if yardstick else ())]
    tasks = wanted(families, plants, seed, runs)
    known = set() if fresh else {store.key(row) for row in store.rows() if "error" not in row}
    missing = [task for task in tasks if task.key not in known]
    with Progress(console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("plants", total=len(missing))
        for task, rows in run_all(missing, jobs, budget, patience):
            store.add(rows)
            bar.update(line, advance=1, description=f"{task.family} {task.seed} {task.runs}")
    keys = {task.key for task in tasks}
    rows = [row for row in store.rows() if store.key(row) in keys]
    wide = Console(width=None if console.is_terminal else 400)
    show(rows, wide)
    show_goals(rows, wide)


if __name__ == "__main__":
    app()
