"""The sub-commands of reports."""

import typer


def register(app: typer.Typer) -> None:
    """Add the sub-commands to the root command."""
