"""``genba model list|show|promote|rollback``."""

from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from ingest.command import SettingsOption
from ingest.errors import UsageError
from ingest.store import results
from models.commands.opening import chosen, opened

__all__ = ["register"]

app = typer.Typer(help="Trained models: which there are, and which one scores the units now.", no_args_is_help=True)

StudyArgument = Annotated[str, typer.Argument(help="A study of the plant file.")]


@app.command("list")
def list_command(
    study: Annotated[str | None, typer.Argument(help="A study of the plant file; without it, all of them.")] = None,
    settings: SettingsOption = None,
) -> None:
    """Every model of a study, the newest first.

    Example: `genba model list leaking_caps`
    """
    with opened(settings) as here:
        table = Table("study", "model", "trained", "rows", "metric", "forward", "random", "champion")
        for name in chosen(here.plant, study):
            for row in results.models(here.store, name):
                made = row.created_at.astimezone(here.plant.site.zone).strftime("%Y-%m-%d %H:%M")
                scores = [_figure(row.quality[key]) for key in ("forward", "random")]
                mark = "●" if row.champion else ""
                table.add_row(name, str(row.model_id), made, f"{row.rows:,}", row.quality["metric"], *scores, mark)
        Console().print(table)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


@app.command("show")
def show_command(study: StudyArgument, settings: SettingsOption = None) -> None:
    """The champion of a study, as JSON: when it was trained, on how much, how good it is.

    Example: `genba model show leaking_caps`
    """
    with opened(settings) as here:
        chosen(here.plant, study)
        row = results.champion(here.store, study)
        if row is None:
            raise UsageError(f"study {study!r} has no model yet; run `genba train {study}`")
        said = {"study": study, "model_id": row.model_id, "trained": row.created_at, "rows": row.rows}
        typer.echo(orjson.dumps(said | {"quality": dict(row.quality)}, option=orjson.OPT_INDENT_2).decode())


@app.command("promote")
def promote_command(
    study: StudyArgument,
    model_id: Annotated[int, typer.Argument(help="Which model shall score the units from now on.")],
    settings: SettingsOption = None,
) -> None:
    """Make a model the champion.

    Example: `genba model promote leaking_caps 3`
    """
    with opened(settings) as here:
        chosen(here.plant, study)
        if not results.promote(here.store, study, model_id):
            raise UsageError(f"study {study!r} has no model {model_id}; `genba model list {study}` shows them")
        typer.echo(f"{study}: model {model_id} is the champion")


@app.command("rollback")
def rollback_command(study: StudyArgument, settings: SettingsOption = None) -> None:
    """Go back to the model that was trained before the champion.

    Example: `genba model rollback leaking_caps`
    """
    with opened(settings) as here:
        chosen(here.plant, study)
        now = results.champion(here.store, study)
        older = [row for row in results.models(here.store, study) if now and row.model_id < now.model_id]
        if not older:
            raise UsageError(f"study {study!r} has no older model to go back to")
        results.promote(here.store, study, older[0].model_id)
        typer.echo(f"{study}: model {older[0].model_id} is the champion")


def register(root: typer.Typer) -> None:
    """Add ``model``."""
    root.add_typer(app, name="model")
