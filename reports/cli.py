"""The sub-commands of reports."""

import typer

from reports import command as report
from reports.web import command as web


def register(app: typer.Typer) -> None:
    """Add the sub-commands to the root command."""
    report.register(app)
    web.register(app)
