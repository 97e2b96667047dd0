"""The sub-commands of models: rank, train, study, model, schedule."""

import typer

from models.commands import model, schedule, study, train
from models.rank import command as rank

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the sub-commands to the root command."""
    rank.register(app)
    train.register(app)
    study.register(app)
    model.register(app)
    schedule.register(app)
