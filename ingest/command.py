"""The ``genba`` command: it finds the sub-commands of every installed package and turns errors into exit codes.

Exit code 0: done, also when the honest answer is ``not_enough_data``. 2: the caller can mend it. 1: the surroundings
failed. Each package registers through the entry-point group ``genba.commands``, so nothing here imports upwards.
"""

import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from ingest.errors import EnvironmentFailure, GenbaError, UsageError
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


def _register(wanted: str | None) -> None:
    """Add the sub-command that was asked for, or all of them when none was: help lists what is installed."""
    entries = entry_points(group="genba.commands")
    chosen = [entry for entry in entries if entry.name == wanted] or sorted(entries, key=lambda entry: entry.value)
    # Several words may stand for one function: the gateway's commands come together.
    for entry in {entry.value: entry for entry in chosen}.values():
        try:
            register = entry.load()
        except ModuleNotFoundError as missing:
            if wanted == entry.name:
                raise UsageError(f"{wanted} needs {missing.name}; pip install 'genba[all]'") from None
            # The gateway installs without the learning stack; its commands are then simply not listed.
            continue
        register(app)


def _explain_usage(error: TyperException) -> None:
    """One line for a wrong word on the command line; a group without a command has shown its help already."""
    said = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    asked = context.command_path if context is not None else "genba"
    if said:
        typer.echo(f"genba: {said}; see `{asked} --help`", err=True)


def main() -> None:
    """Run the command line; the console script."""
    try:
        _register(next((word for word in sys.argv[1:] if not word.startswith("-")), None))
        sys.exit(app(standalone_mode=False))
    except TyperException as error:
        _explain_usage(error)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(130)
    except GenbaError as error:
        typer.echo(f"genba: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        what = error.filename or "the system"
        typer.echo(f"genba: {what}: {error.strerror or error}; mend it and try again", err=True)
        sys.exit(EnvironmentFailure.exit_code)


if __name__ == "__main__":
    main()
