"""The ``genba`` command: it finds the sub-commands of every installed package and turns errors into exit codes.

Exit code 0: done, also when the honest answer is ``not_enough_data``. 2: the caller can mend it. 1: the surroundings
failed. Each package registers through the entry-point group ``genba.commands``, so nothing here imports upwards.
"""

import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated

import typer

from ingest.errors import EnvironmentFailure, GenbaError
from ingest.settings import Settings, load_settings

__all__ = ["SettingsOption", "app", "main", "settings_of"]

app = typer.Typer(
    name="genba",
    help="From a factory's sensor readings to a short, honest list of what to fix first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

SettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="Settings file; default: GENBA_SETTINGS, else genba.toml here.", show_default=False
    ),
]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"genba {version('genba')}")
        raise typer.Exit


@app.callback()
def root(
    asked: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """From a factory's sensor readings to a short, honest list of what to fix first."""


def settings_of(path: Path | None) -> Settings:
    """The settings a command was asked to use."""
    return load_settings(path)


def _register() -> None:
    for entry in sorted(entry_points(group="genba.commands"), key=lambda found: found.name):
        try:
            register = entry.load()
        except ModuleNotFoundError as missing:
            # The gateway installs without the learning stack; its commands are then simply not there.
            if (missing.name or "").split(".")[0] == entry.module.split(".")[0]:
                raise
            continue
        register(app)


def main() -> None:
    """Run the command line; the console script."""
    _register()
    try:
        app()
    except GenbaError as error:
        typer.echo(f"genba: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        failure = EnvironmentFailure(
            f"{error.filename or 'the system'}: {error.strerror or error}; mend it and try again"
        )
        typer.echo(f"genba: {failure}", err=True)
        sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
