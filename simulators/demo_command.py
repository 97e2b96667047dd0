"""``genba demo``: the command, and what it shows: each ranking beside the simulator's answer key."""

from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer
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
    if not window:
        return "–"
    if isinstance(window[0], str):
        return ", ".join(window)
    return f"{window[0]:g} – {window[1]:g}"


def _show(outcome: dict[str, Any], console: Console) -> None:
    for name, study in outcome["studies"].items():
        document = study["ranking"]
        truth = {row["factor"]: (place, row) for place, row in enumerate(study["answer"]["factors"], start=1)}
        table = Table(title=f"{name}: what to fix first (seed {outcome['seed']})", title_justify="left")
        for column in ("rank", "factor", "set it to", "promised gain, 90 % interval"):
            table.add_column(column)
        for column in ("true rank", "true best window", "true gain"):
            table.add_column(column, style="dim")
        for row in document["ranking"]:
            gain = row["gain"]
            promised = f"{gain['estimate']:.4g}  ({gain['low']:.4g} … {gain['high']:.4g})"
            place, key = truth.get(row["factor"], ("–", None))
            right = (str(place), _window(key["window"]), f"{key['gain']:.4g}") if key else ("–", "–", "–")
            table.add_row(str(row["rank"]), row["factor"], _window(row["window"]), promised, *right)
        console.print(table)
        if not document["ranking"]:
            console.print(document["reason"]["en"])
        else:
            agree = "the same as" if verdict_of(study) else "NOT the same as"
            console.print(f"Rank 1 is {agree} the answer key's. Gains in {document['ranking'][0]['gain']['unit']}.")
        for language, path in study["reports"].items():
            console.print(f"Report ({language}): {path}", soft_wrap=True)
        console.print()
    counts = outcome["readings"]
    console.print(
        f"{counts['published']:,} published, {counts['stored']:,} stored: none lost, none twice"
        f" ({counts['repeated']:,} came again and were recognised). {outcome['seconds']} s in all."
    )
    if outcome["stack"] == "embedded":
        console.print(f"See it beside the line:  genba serve --settings {outcome['settings']}", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add ``demo``."""
    app.command()(demo)
