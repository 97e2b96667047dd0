"""The sub-commands of models."""

import typer


def register(app: typer.Typer) -> None:
    """Add the sub-commands to the root command."""
