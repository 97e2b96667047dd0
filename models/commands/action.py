"""``genba action add|list|end``: the promise ledger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from ingest.command import SettingsOption
from models.commands.opening import Opened, chosen, opened

__all__ = ["register"]

app = typer.Typer(help="Actions: what was done, what was promised of it, and what it gave.", no_args_is_help=True)

StudyOption = Annotated[str, typer.Option("--study", help="A study of the plant file.")]
WhoOption = Annotated[str, typer.Option("--who", help="Who says so; a name that others can ask.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command("add")
def add_command(
    study: StudyOption,
    who: WhoOption,
    factor: Annotated[
        str | None, typer.Option("--factor", help="The setting; without it, the ranking's advice.")
    ] = None,
    low: Annotated[float | None, typer.Option("--low", help="Lower edge of the window it is held in.")] = None,
    high: Annotated[float | None, typer.Option("--high", help="Upper edge.")] = None,
    level: Annotated[str | None, typer.Option("--level", help="The level of a categorical setting.")] = None,
    rank: Annotated[int | None, typer.Option("--rank", min=1, help="Which advice; the first without.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", help="Since when, by the plant's clock: 2026-11-23 or 2026-11-23T08:30. Default: now."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="A line to remember it by.")] = "",
    settings: SettingsOption = None,
) -> None:
    """Declare an action: these settings are held in these windows from then on. A later date makes it a plan.

    Example: `genba action add --study leaking_caps --factor cooling_temp --low 4 --high 6.5 --who Sato`
    """
    # Learning takes seconds to load; a mistyped option is told at once.
    from models.promise import ledger
    from models.promise.declare import Wish

    with opened(settings) as here:
        wish = Wish(study, who, factor, low, high, level, rank, since, note)
        row = ledger.declare(here.store, here.plant, wish)
        said = row.declared
        held = "; ".join(f"{name} {_window(window)}" for name, window in said.windows.items())
        promised = "nothing was promised of this window" if said.promise is None else _promised(said.promise)
        typer.echo(f"action {row.action_id}: {held} since {_local(here, said.since.isoformat())}; {promised}")


def _window(window: Any) -> str:
    return " … ".join(f"{edge:g}" if isinstance(edge, float | int) else str(edge) for edge in window)


def _promised(promise: Mapping[str, Any]) -> str:
    return f"promised {_gain(promise['gain'])} {promise['gain']['unit']}"


def _gain(gain: Mapping[str, Any], scale: float = 1.0) -> str:
    low, estimate, high = (gain[key] * scale for key in ("low", "estimate", "high"))
    return f"{estimate:.3g} ({low:.3g} … {high:.3g})"


def _local(here: Opened, moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(here.plant.site.zone).strftime("%Y-%m-%d %H:%M")


@app.command("list")
def list_command(
    study: Annotated[str | None, typer.Option("--study", help="Only this study.")] = None,
    as_json: JsonOption = False,
    settings: SettingsOption = None,
) -> None:
    """Promised and realised side by side, the newest action first. The chain measures; this shows.

    Example: `genba action list --study leaking_caps`
    """
    from models.promise import ledger

    with opened(settings) as here:
        if study is not None:
            chosen(here.plant, study)
        found = ledger.listed(here.store, study)
        if as_json:
            typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
            return
        if not found:
            typer.echo("no action has been declared yet; `genba action add` declares one")
            return
        _print(here, found)


def _print(here: Opened, found: list[dict[str, Any]]) -> None:
    table = Table("action", "study", "held", "since", "inside", "promised (90 %)", "realised (90 %)", "state")
    for column in table.columns:
        column.overflow = "fold"  # half a figure is no figure
    for one in found:
        task = here.plant.studies[one["study"]].task if one["study"] in here.plant.studies else "regression"
        held = "; ".join(f"{name} {_window(window)}" for name, window in one["windows"].items())
        cells = (str(one["action_id"]), one["study"], held, _local(here, one["since"]), *_figures(one, task))
        table.add_row(*(cell.replace("[", "\\[") for cell in cells))
    console = Console()
    console.print(table)
    for one in found:
        said = " ".join([one["reason"]["en"], *(note["en"] for note in one["notes"])])
        console.print(f"{one['action_id']}: {said}", markup=False)


def _figures(one: Mapping[str, Any], task: str) -> tuple[str, str, str, str]:
    """Shares inside, promised and realised for the same units where both are known, and the state."""
    outcome, promise = one["outcome"], one["promise"]
    scale, unit = (
        (1000.0, "per 1000") if task == "classification" else (1.0, promise["gain"]["unit"] if promise else "")
    )
    kept = outcome.get("kept")
    inside = "-" if kept is None else f"{kept['before']:.0%} → {kept['after']:.0%}"
    promised = outcome.get("promised") or (promise["gain"] if promise else None)
    gains = [f"{_gain(gain, scale)} {unit}".strip() if gain else "-" for gain in (promised, outcome.get("realised"))]
    return inside, gains[0], gains[1], one["state_words"]["en"]


@app.command("end")
def end_command(
    action_id: Annotated[int, typer.Argument(help="Which action; `genba action list` shows the numbers.")],
    who: WhoOption,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the action.")],
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="It was never done, or is undone: it counts for nothing.")
    ] = False,
    until: Annotated[
        str | None, typer.Option("--until", help="Until when it was held, by the plant's clock. Default: now.")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """End an action: measured no further than until then; or, withdrawn, not at all.

    Example: `genba action end 3 --who Sato --reason "the cooler was replaced"`
    """
    from models.promise import ledger

    with opened(settings) as here:
        kind = "withdrawn" if withdrawn else "closed"
        row = ledger.end(here.store, here.plant, action_id, kind, reason, who, until)
        assert row.ending is not None
        typer.echo(f"action {action_id}: {kind} at {_local(here, row.ending.at.isoformat())}")


def register(root: typer.Typer) -> None:
    """Add ``action``."""
    root.add_typer(app, name="action")
