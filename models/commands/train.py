"""``genba train``."""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from ingest.command import SettingsOption
from models.commands.leaving import leave
from models.commands.opening import chosen, opened
from models.jobs import Stage, StageOutcome, run_chain

__all__ = ["register"]

TRAINING = ("build", "train", "score")


def train(
    study: Annotated[str | None, typer.Argument(help="A study of the plant file; without it, all of them.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
    settings: SettingsOption = None,
) -> None:
    """Build the study table, train, and make the new model the study's champion.

    Example: `genba train leaking_caps`
    """
    said = []
    ended: list[StageOutcome] = []
    with opened(settings) as here:
        names = chosen(here.plant, study)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            for name in names:
                task = bar.add_task(f"Training {name}", total=len(TRAINING))

                def report(job: str, share: float, _: str, task: Any = task) -> None:
                    bar.update(task, completed=TRAINING.index(job) + share)

                stage = Stage(here.settings, here.plant, here.store, name, seed)
                outcomes = run_chain(stage, datetime.now(UTC), report, TRAINING)
                ended += outcomes
                failed = next((outcome for outcome in outcomes if outcome.error), None)
                said.append({"study": name, "error": failed.error if failed else None, **_merged(outcomes)})
    if as_json:
        typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
    else:
        for row in said:
            typer.echo("  ".join(f"{key}={value}" for key, value in row.items() if value is not None))
    leave(ended)


def _merged(outcomes: list[StageOutcome]) -> dict[str, Any]:
    return {key: value for outcome in outcomes for key, value in outcome.counts.items()}


def register(root: typer.Typer) -> None:
    """Add ``train``."""
    root.command()(train)
