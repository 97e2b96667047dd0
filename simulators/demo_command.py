"""``genba demo``: the command, and what it shows: each ranking beside the simulator's answer key."""

from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from simulators.demo import DemoOptions, run_demo

__all__ = ["register", "verdict_of"]


def demo(
    seed: Annotated[
        int, typer.Option(help="Redraws the factories: which setting is wrong, and how much it costs.")
    ] = 0,
    stack: Annotated[
        Literal["embedded", "real"],
        typer.Option(help="embedded: amqtt and SQLite. real: a private mosquitto and MariaDB on free ports."),
    ] = "embedded",
    folder: Annotated[
        Path | None,
        typer.Option(help="Where everything is written; emptied first. Default: var/demo.", show_default=False),
    ] = None,
    days: Annotated[int | None, typer.Option(min=2, help="Days of production; default: as the scenarios say.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Run a whole plant on this machine: sensors, broker, gateway, database, learning, reports, and the answer key.

    Example: `genba demo --seed 3`
    """
    console = Console(stderr=True)
    where = (folder or Path("var/demo")).resolve()
    outcome = run_demo(DemoOptions(where, seed, stack, days), console)
    if as_json:
        typer.echo(orjson.dumps(outcome, option=orjson.OPT_INDENT_2).decode())
        return
    _show(outcome, Console())


def verdict_of(study: dict[str, Any]) -> bool:
    """Whether the first of the ranking is the first of the answer key."""
    ranking = (study["ranking"] or {}).get("ranking", [])
    answer = study["answer"]["factors"]
    return bool(ranking and answer and ranking[0]["factor"] == answer[0]["factor"])


def _window(window: Any) -> str:
    if isinstance(window[0], str):
        return ", ".join(window)
    return f"{window[0]:g}–{window[1]:g}"


def _table(title: str, study: dict[str, Any], scale: float) -> Table:
    truth = {row["factor"]: (place, row) for place, row in enumerate(study["answer"]["factors"], start=1)}
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("#", "factor", "set it to", "gain (90 % interval)"):
        table.add_column(heading, no_wrap=True)
    for heading in ("key", "window", "gain"):
        table.add_column(heading, no_wrap=True, style="cyan")
    for row in study["ranking"]["ranking"]:
        gain = {key: row["gain"][key] * scale for key in ("estimate", "low", "high")}
        promised = f"{gain['estimate']:.1f} ({gain['low']:.1f} … {gain['high']:.1f})"
        place, key = truth[row["factor"]]
        right = (str(place), _window(key["window"]), f"{key['gain'] * scale:.1f}")
        table.add_row(str(row["rank"]), row["factor"], _window(row["window"]), promised, *right)
    return table


def _show(outcome: dict[str, Any], console: Console) -> None:
    for name, study in outcome["studies"].items():
        ranking = study["ranking"]["ranking"]
        is_share = study["ranking"]["task"] == "classification"
        unit = "defects per 1000" if is_share or not ranking else ranking[0]["gain"]["unit"]
        title = f"{name}: gain in {unit}; the answer key on the right"
        console.print(_table(title, study, 1000.0 if is_share else 1.0))
        if not ranking:
            console.print(study["ranking"]["reason"]["en"])
        else:
            agree = "the same as" if verdict_of(study) else "NOT the same as"
            console.print(f"Rank 1 is {agree} the answer key's.")
        for language, path in study["reports"].items():
            console.print(f"Report ({language}): {path}", soft_wrap=True)
        console.print()
    counts = outcome["readings"]
    console.print(
        f"{counts['published']:,} values published, {counts['stored']:,} stored, {counts['quarantined']:,} unreadable,"
        f" {counts['repeated']:,} came again and were recognised. {outcome['seconds']} s in all."
    )
    if outcome["stack"] == "embedded":
        console.print(f"See it beside the line:  genba serve --settings {outcome['settings']}", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add ``demo``."""
    app.command()(demo)
