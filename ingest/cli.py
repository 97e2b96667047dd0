"""The sub-commands of ingest: ``ingest``, ``db``, ``doctor``, ``signals``, ``quarantine``, ``ledger``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingest import doctor, logs
from ingest.command import SettingsOption, settings_of
from ingest.gateway.service import Gateway
from ingest.settings import Settings, load_plant
from ingest.store import migrate, read
from ingest.store.engine import Store, opened
from ingest.store.partitions import partition_status

__all__ = ["register"]

NEW = timedelta(days=1)
"""A discovered signal is marked as new for so long."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

db = typer.Typer(help="The database's schema.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the sub-commands to the root command."""
    for command in (ingest, signals, quarantine, ledger):
        app.command()(command)
    app.command("doctor")(examine)
    app.add_typer(db, name="db")


def ingest(
    settings: SettingsOption = None,
    until_idle: Annotated[
        float | None, typer.Option(min=0.1, help="Stop after so many seconds without a message.", show_default=False)
    ] = None,
) -> None:
    """Store what the plant publishes, until SIGTERM or Ctrl-C.

    A broker or database that is not there at the start ends the command with code 1; one that goes away later is
    waited for.

    Example: `genba ingest --settings /etc/genba/genba.toml`
    """
    found = settings_of(settings)
    logs.configure(found.log)
    Gateway(found, load_plant(found), until_idle=until_idle).run()


@db.command("upgrade")
def upgrade(settings: SettingsOption = None) -> None:
    """Create the schema, or bring it up to date; safe to run again.

    Example: `genba db upgrade`
    """
    found = settings_of(settings)
    with opened(found.database, create=True) as store:
        before = migrate.status(store)
        migrate.upgrade(store)
        after = migrate.status(store)
        if before.current == after.current:
            typer.echo(f"The schema is up to date ({after.current}).")
        else:
            typer.echo(f"Schema {after.current}, before {before.current or 'empty'}.")


@db.command("status")
def show_status(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """Schema, partitions and rows of each table.

    Example: `genba db status --json`
    """
    found = settings_of(settings)
    with opened(found.database) as store:
        schema = migrate.status(store)
        partitions = partition_status(store)
        rows = {str(table): count for table, count in read.counts(store).items()} if schema.ready else {}
        document = {
            "dialect": store.dialect,
            "schema": {"current": schema.current, "head": schema.head, "ready": schema.ready},
            "partitions": [asdict(partition) for partition in partitions],
            "rows": rows,
        }
    if as_json:
        _print_json(document)
        return
    word = "up to date" if schema.ready else "run `genba db upgrade`"
    typer.echo(f"{store.dialect}, schema {schema.current or 'empty'}: {word}")
    if partitions:
        typer.echo(f"readings in {len(partitions)} partitions, the last week ends {_last_end(document['partitions'])}")
    if rows:
        _print_table(("table", "rows"), [(name, f"{count:,}") for name, count in rows.items()], numbers=("rows",))


def _last_end(partitions: Any) -> str:
    return max((str(partition["until"]) for partition in partitions if partition["until"] is not None), default="-")


def examine(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """Check settings, plant, disk, database, broker and clock, and say what to do.

    Exit code 0: nothing failed. 2: settings or plant file are wrong. 1: the surroundings are.

    Example: `genba doctor`
    """
    checks = doctor.examine(settings)
    if as_json:
        _print_json([asdict(check) for check in checks])
    else:
        _print_checks(checks)
    raise typer.Exit(doctor.exit_code(checks))


def _print_checks(checks: Sequence[doctor.Check]) -> None:
    marks = {"ok": ("✔ ok", "green"), "warn": ("▲ look", "yellow"), "fail": ("✘ fail", "red")}
    table = Table("", "check", "found", box=None, pad_edge=False)
    for check in checks:
        found = Text(check.found)
        if check.advice:
            found.append(f"\n→ {check.advice}", style="bold")
        table.add_row(Text(*marks[check.status]), check.name, found)
    Console().print(table)
    failed, warned = (sum(check.status == status for check in checks) for status in ("fail", "warn"))
    typer.echo(f"{len(checks)} checks, {failed} failed, {warned} to look at.")


def signals(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """Every signal: declared ones, and those discovered on the wire (new ones of the last day are marked).

    Example: `genba signals`
    """
    with _tables(settings_of(settings)) as store:
        rows = read.signals(store)
        labels = read.levels(store)
    now = datetime.now(UTC)
    state = {
        row.signal_id: "declared" if row.declared else "new" if _is_new(row, now) else "discovered" for row in rows
    }
    if as_json:
        _print_json([asdict(row) | {"state": state[row.signal_id]} for row in rows])
        return
    _print_table(
        ("address", "kind", "unit", "state", "last value", "last seen"),
        [
            (row.address, row.kind, row.unit, state[row.signal_id], _value(row, labels), _moment(row.last_seen))
            for row in rows
        ],
        numbers=("last value",),
    )


def _is_new(row: read.SignalRow, now: datetime) -> bool:
    return row.first_seen is not None and now - row.first_seen < NEW


def _value(row: read.SignalRow, labels: dict[int, dict[int, str]]) -> str:
    if row.last_value is None:
        return "-"
    if row.kind == "category":
        return labels.get(row.signal_id, {}).get(int(row.last_value), "?")
    return f"{row.last_value:g}"


def quarantine(
    settings: SettingsOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Newest messages shown.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Messages that could not be read: where they came from, why, and how often. JSON has the payload.

    Example: `genba quarantine --limit 5`
    """
    with _tables(settings_of(settings)) as store:
        rows = read.quarantine(store, limit)
    if as_json:
        _print_json([asdict(row) | {"payload": row.payload.decode(errors="backslashreplace")} for row in rows])
        return
    _print_table(
        ("last seen", "times", "topic", "reason", "detail"),
        [(_moment(row.last_seen), f"{row.times:,}", row.topic, row.reason, row.detail) for row in rows],
        numbers=("times",),
    )


def ledger(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """received = committed + duplicate + quarantined, per source, over all days.

    What is still on its way stands in the gateway's metrics (`genba_in_flight`).

    Example: `genba ledger --json`
    """
    terms = ("received", "committed", "duplicate", "quarantined")
    sums: dict[str, dict[str, int]] = {}
    with _tables(settings_of(settings)) as store:
        for row in read.ledger(store):
            total = sums.setdefault(row.source, dict.fromkeys(terms, 0))
            for term in terms:
                total[term] += getattr(row, term)
    balanced = {name: t["received"] == t["committed"] + t["duplicate"] + t["quarantined"] for name, t in sums.items()}
    if as_json:
        _print_json([{"source": name, **total, "balanced": balanced[name]} for name, total in sums.items()])
        return
    _print_table(
        ("source", *terms, "equation"),
        [
            (name, *(f"{total[term]:,}" for term in terms), "✔ holds" if balanced[name] else "✘ broken")
            for name, total in sums.items()
        ],
        numbers=terms,
    )


@contextmanager
def _tables(settings: Settings) -> Iterator[Store]:
    """An open database with the schema of this program."""
    with opened(settings.database) as store:
        migrate.require_schema(store)
        yield store


def _print_json(document: Any) -> None:
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str] = ()) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    if rows:
        Console().print(table)
    else:
        typer.echo("Nothing yet.")


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}Z"
