"""What every command over a chain ends with."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from models.jobs import StageOutcome

__all__ = ["leave"]


def leave(outcomes: "Sequence[StageOutcome]") -> None:
    """Say in a line each which stages failed; where one did, the command ends with its exit code."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in failed:
        typer.echo(f"genba: {outcome.study}: {outcome.job}: {outcome.error}", err=True)
    if failed:
        raise typer.Exit(failed[0].exit_code)
