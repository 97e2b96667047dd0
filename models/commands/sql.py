"""``genba sql install|serve|uninstall``: HeatWave's routines in a database, and the worker behind them."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.engine import make_url

from ingest.command import SettingsOption, settings_of
from ingest.errors import UsageError
from ingest.logs import configure
from ingest.settings import Database
from ingest.store.engine import Store, opened
from models.sql.install import ROUTINES, install, uninstall
from models.sql.worker import Worker

__all__ = ["register"]

app = typer.Typer(help="HeatWave AutoML's sys.ML_* routines on your MySQL or MariaDB.", no_args_is_help=True)

UrlOption = Annotated[
    str | None,
    typer.Option("--url", help="mysql+pymysql://user:password@host/; default: that of the settings."),
]
SchemaOption = Annotated[str, typer.Option("--schema", help="Schema of the routines.")]
TablesOption = Annotated[str, typer.Option("--tables", help="Schema of the queue and of loaded models.")]


def register(root: typer.Typer) -> None:
    """Add the words to the root command."""
    root.add_typer(app, name="sql")


@contextmanager
def _store(url: str | None, settings: SettingsOption) -> Iterator[Store]:
    chosen = Database(url=url) if url is not None else settings_of(settings).database
    if make_url(chosen.url).get_backend_name() not in ("mysql", "mariadb"):
        raise UsageError("the ML routines need MySQL or MariaDB; give --url mysql+pymysql://user:password@host/")
    with opened(chosen) as store:
        yield store


def _name(option: str, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]{1,40}", name):
        raise UsageError(f"{option} {name!r}: letters, digits and underscores only, at most 40")
    return name


@app.command("install")
def install_command(
    url: UrlOption = None,
    schema: SchemaOption = "sys",
    tables: TablesOption = "genba_sql",
    settings: SettingsOption = None,
) -> None:
    """Create the routines, or renew them after an update of genba.

    Example: `genba sql install --url mysql+pymysql://root@localhost/`
    """
    with _store(url, settings) as store:
        kind = install(store.engine, _name("--schema", schema), _name("--tables", tables))
    console = Console()
    console.print(f"{len(ROUTINES)} routines in schema {schema} of this {kind}; now start a worker: genba sql serve")
    console.print(f"a user may call them after: GRANT EXECUTE ON {schema}.* TO 'user'@'host'")


@app.command("uninstall")
def uninstall_command(
    url: UrlOption = None,
    schema: SchemaOption = "sys",
    tables: TablesOption = "genba_sql",
    settings: SettingsOption = None,
) -> None:
    """Remove the routines. Catalogs and models of users stay.

    Example: `genba sql uninstall --url mysql+pymysql://root@localhost/`
    """
    with _store(url, settings) as store:
        uninstall(store.engine, _name("--schema", schema), _name("--tables", tables))


@app.command("serve")
def serve_command(url: UrlOption = None, tables: TablesOption = "genba_sql", settings: SettingsOption = None) -> None:
    """Do the work of the routines, until stopped. Several may run; each does one call at a time.

    Prints `ready` when calls are taken.

    Example: `genba sql serve --url mysql+pymysql://root@localhost/`
    """
    configure(settings_of(settings).log)
    with _store(url, settings) as store:
        worker = Worker(store.engine, _name("--tables", tables))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop.set())
        worker.run(lambda: typer.echo("ready"))
