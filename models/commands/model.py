"""``genba model list|show|events|drift|promote|rollback|export``."""

import getpass
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer
from rich.console import Console
from rich.table import Table

from ingest.command import SettingsOption
from ingest.errors import UsageError
from ingest.store import model_catalog
from ingest.store.model_catalog import EventRow, ModelRow
from models.commands.opening import Opened, chosen, opened
from models.lifecycle.words import say

__all__ = ["register"]

app = typer.Typer(help="Trained models: which there are, and which one scores the units now.", no_args_is_help=True)

StudyArgument = Annotated[str, typer.Argument(help="A study of the plant file.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the event.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command("list")
def list_command(
    study: Annotated[str | None, typer.Argument(help="A study of the plant file; without it, all of them.")] = None,
    settings: SettingsOption = None,
) -> None:
    """Every model of a study, the newest first.

    Example: `genba model list leaking_caps`
    """
    with opened(settings) as here:
        table = Table("study", "model", "trained", "rows", "metric", "forward", "random", "state")
        for name in chosen(here.plant, study):
            for row in model_catalog.models(here.store, name):
                quality = row.entry.quality
                scores = [_figure(quality[key]) for key in ("forward", "random")]
                state = f"● {row.state}" if row.state == "champion" else row.state
                made = _local(here, row.created_at)
                table.add_row(name, str(row.model_id), made, f"{row.entry.rows:,}", quality["metric"], *scores, state)
        Console().print(table)


def _figure(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _local(here: Opened, moment: datetime) -> str:
    return moment.astimezone(here.plant.site.zone).strftime("%Y-%m-%d %H:%M")


@app.command("show")
def show_command(
    study: StudyArgument,
    model_id: Annotated[int | None, typer.Argument(help="Which model; without it, the champion.")] = None,
    card: Annotated[
        Literal["en", "ja"] | None, typer.Option("--card", help="Only the model card, in this language, as Markdown.")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """A model as JSON: from what and how it was made, how good it is, suspicious columns, what happened to it.

    Example: `genba model show leaking_caps 3 --card en`
    """
    with opened(settings) as here:
        chosen(here.plant, study)
        row = _wanted(here, study, model_id)
        if card is not None:
            typer.echo(row.entry.card.get(card, f"model {row.model_id} was trained by a version without cards"))
            return
        events = [event for event in model_catalog.events(here.store, study) if event.model_id == row.model_id]
        said = {"study": study, "model_id": row.model_id, "state": row.state, "trained": row.created_at}
        entry = {key: value for key, value in asdict(row.entry).items() if key != "reference"}
        typer.echo(_json(said | entry | {"events": [_event(event) for event in events]}))


def _wanted(here: Opened, study: str, model_id: int | None) -> ModelRow:
    if model_id is None:
        row = model_catalog.current(here.store, study)
        if row is None:
            raise UsageError(f"study {study!r} has no model yet; run `genba train {study}`")
        return row
    row = model_catalog.find(here.store, study, model_id)
    if row is None:
        raise UsageError(f"study {study!r} has no model {model_id}; `genba model list {study}` shows them")
    return row


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _event(event: EventRow) -> dict[str, Any]:
    reason = event.reason
    words = {language: say(reason.code, reason.details, language) for language in ("en", "ja")}
    return {"at": event.at, "model_id": event.model_id, "event": event.event, **asdict(reason), **words}


@app.command("events")
def events_command(study: StudyArgument, as_json: JsonOption = False, settings: SettingsOption = None) -> None:
    """What happened to a study's models, the newest first: trained, promoted, kept, refused, rolled back, withdrawn.

    Example: `genba model events leaking_caps`
    """
    with opened(settings) as here:
        chosen(here.plant, study)
        events = model_catalog.events(here.store, study)
        if as_json:
            typer.echo(_json([_event(event) for event in events]))
            return
        table = Table("at", "model", "event", "why", "by")
        for event in events:
            why = say(event.reason.code, event.reason.details)
            table.add_row(_local(here, event.at), str(event.model_id or "-"), event.event, why, event.reason.actor)
        Console().print(table)


@app.command("drift")
def drift_command(study: StudyArgument, as_json: JsonOption = False, settings: SettingsOption = None) -> None:
    """How far the newest units are from those the champion learnt from, per column, and how well it foretells them.

    The chain looks before each training; this shows its last look.

    Example: `genba model drift leaking_caps`
    """
    with opened(settings) as here:
        chosen(here.plant, study)
        found = model_catalog.last_drift(here.store, study)
        if as_json:
            typer.echo(_json([asdict(row) for row in found]))
            return
        if not found:
            typer.echo(f"{study}: no look at newer units yet; the chain looks when enough were made after a training")
            return
        table = Table("column", "PSI", "share", "p", "units", "before", "now", "", title=_local(here, found[0].at))
        for row in found:
            if row.kind == "performance":
                typer.echo(f"{study}: model {row.model_id} {say(row.reason, row.details)}")
                continue
            moved = [_figure(row.details.get(key), 4) for key in ("before", "now")]
            figures = [_figure(value) for value in (row.statistic, row.share, row.p_value)]
            table.add_row(row.column, *figures, f"{row.rows:,}", *moved, "▲ moved" if row.alarm else "")
        Console().print(table)


@app.command("promote")
def promote_command(
    study: StudyArgument,
    model_id: Annotated[int, typer.Argument(help="Which model shall score the units from now on.")],
    reason: ReasonOption = "",
    settings: SettingsOption = None,
) -> None:
    """Make a model the champion, and score the units with it.

    Example: `genba model promote leaking_caps 3 --reason "trained before the broken gauge"`
    """
    # Learning takes seconds to load; looking at the catalog goes without.
    from models.lifecycle import hand

    with opened(settings) as here:
        chosen(here.plant, study)
        units = hand.promote(here.store, here.plant, study, model_id, reason, _actor())
        typer.echo(f"{study}: model {model_id} is the champion; {units:,} units scored")


@app.command("rollback")
def rollback_command(study: StudyArgument, reason: ReasonOption = "", settings: SettingsOption = None) -> None:
    """Go back to the champion before this one, and score the units with it.

    Example: `genba model rollback leaking_caps --reason "false alarms since Monday"`
    """
    from models.lifecycle import hand

    with opened(settings) as here:
        chosen(here.plant, study)
        model_id, units = hand.rollback(here.store, here.plant, study, reason, _actor())
        typer.echo(f"{study}: model {model_id} is the champion; {units:,} units scored")


@app.command("export")
def export_command(
    study: StudyArgument,
    onnx: Annotated[Path, typer.Option("--onnx", help="Write an ONNX graph to this file.")],
    model_id: Annotated[int | None, typer.Argument(help="Which model; without it, the champion.")] = None,
    settings: SettingsOption = None,
) -> None:
    """A model for other programs: as an ONNX graph whose inputs are the columns of the study.

    Example: `genba model export leaking_caps --onnx leaking_caps.onnx`
    """
    from models.lifecycle.training import restored
    from models.onnx.apart import needed

    with opened(settings) as here:
        chosen(here.plant, study)
        row = _wanted(here, study, model_id)
        model = restored(row, model_catalog.text_of(here.store, row)).model
        needed()
        from models.onnx.write.model import to_onnx  # onnx itself is an extra

        content, metadata = to_onnx(model)
        try:
            onnx.write_bytes(content)
        except OSError as error:
            raise UsageError(f"{onnx} cannot be written: {error.strerror}; name another file") from None
        typer.echo(f"{study}: model {row.model_id} as {onnx}, {len(content):,} bytes; for ML_MODEL_IMPORT:")
        typer.echo(_json(metadata))


def _actor() -> str:
    """Who typed it; a container may know no name for its user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def register(root: typer.Typer) -> None:
    """Add ``model``."""
    root.add_typer(app, name="model")
