"""The same plants at rising confounding, and the picture of it: ``python -m tests.benchmarks.ranking.curve``.

Seeds from 10,000 on, so that the picture is of other plants than the tables.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tests.benchmarks.ranking.picture import draw_picture, points
from tests.benchmarks.ranking.results import Store
from tests.benchmarks.ranking.run import OUT, ROOT
from tests.benchmarks.ranking.work import Task, run_all

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
FIRST_SEED = 10_000
app = typer.Typer(add_completion=False)


@app.command()
def main(
    plants: Annotated[int, typer.Option(min=1, help="At each strength.")] = 20,
    family: Annotated[str, typer.Option(help="Whose plants are swept.")] = "moderate",
    jobs: Annotated[int, typer.Option(min=1, help="Plants at once.")] = 1,
    patience: Annotated[float, typer.Option(help="Seconds after which a plant counts as failed.")] = 900.0,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = OUT / "curve",
    picture: Annotated[Path, typer.Option(help="Where to draw it.")] = ROOT / "docs" / "pictures" / "ranking.svg",
    ours_only: Annotated[bool, typer.Option(help="Run only Genba again; the peers' rows are there.")] = False,
) -> None:
    console, store = Console(), Store(out)
    runs = ("genba",) if ours_only else ("genba", "peers")
    tasks = [
        Task(family, FIRST_SEED + k, run, strength) for k in range(plants) for strength in STRENGTHS for run in runs
    ]
    known = {store.key(row) for row in store.rows() if "error" not in row}
    missing = [task for task in tasks if task.key not in known]
    with Progress(console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("plants", total=len(missing))
        for task, rows in run_all(missing, jobs, None, patience):
            store.add(rows)
            bar.update(line, advance=1, description=f"{task.confounding} {task.seed} {task.runs}")
    found = [row for row in store.rows() if row["confounding"] is not None and row["family"] == family]
    for point in points(found):
        share = f"{point.hit:.2f} ({point.hit_low:.2f}–{point.hit_high:.2f})"
        console.print(f"{point.method:16s} {point.confounding:.2f}  {point.plants:3d}  {share}  {point.realised:.3f}")
    picture.write_text(draw_picture(found), encoding="utf-8")
    console.print(f"{picture}")


if __name__ == "__main__":
    app()
