"""``genba study build|show``."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ingest.command import SettingsOption
from ingest.store import study as tables
from models.commands.opening import chosen, opened
from models.study.build import build

__all__ = ["register"]

app = typer.Typer(help="Study tables: one row per unit, one column per factor.", no_args_is_help=True)

StudyArgument = Annotated[str | None, typer.Argument(help="A study of the plant file; without it, all of them.")]


@app.command("build")
def build_command(study: StudyArgument = None, settings: SettingsOption = None) -> None:
    """Bring study tables up to date; only what is new is read.

    Example: `genba study build leaking_caps`
    """
    with opened(settings) as here:
        for name in chosen(here.plant, study):
            with Progress(console=Console(stderr=True), transient=True) as progress:
                task = progress.add_task(f"Building {name}", total=1.0)

                def report(share: float, task: Any = task, progress: Progress = progress) -> None:
                    progress.update(task, completed=share)

                done = build(here.store, here.plant, name, report)
            typer.echo(f"{name}: {done.written:,} rows written from {done.readings:,} readings, {done.rows:,} in all")


@app.command("show")
def show_command(study: StudyArgument = None, settings: SettingsOption = None) -> None:
    """What study tables hold and how far they have been built.

    Example: `genba study show`
    """
    with opened(settings) as here:
        for name in chosen(here.plant, study):
            known = tables.progress(here.store, name)
            until = known.built_until.astimezone(here.plant.site.zone) if known.built_until else None
            if until is None:
                typer.echo(f"{name}: never built; run `genba study build {name}`")
                continue
            typer.echo(f"{name}: {known.rows:,} rows in {tables.table_name(name)}, until {until}")
            table = Table("column", "kind", "factor")
            for column in known.columns:
                table.add_row(column.name, column.kind, column.factor or "")
            Console().print(table)


def register(root: typer.Typer) -> None:
    """Add ``study``."""
    root.add_typer(app, name="study")
