"""The sub-commands of simulators."""

import typer


def register(app: typer.Typer) -> None:
    """Add the sub-commands to the root command."""
