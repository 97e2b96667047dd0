"""`genba simulate replay`: any CSV as a plant."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import typer

from ingest.command import SettingsOption, settings_of
from ingest.errors import UsageError
from simulators import described, publish
from simulators.replay import Recipe, Table, measured, messages, read_table, safe_names

__all__ = ["replay"]


def _columns(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _verdict(text: str | None, serial: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    if serial is None:
        raise UsageError(f"--verdict {text!r} needs --serial: a verdict is about a part")
    column, equals, bad = text.rpartition("=")
    if not equals:
        raise UsageError(f"--verdict {text!r}: write COLUMN=VALUE, the value that means bad")
    return column, bad


def _start(given: datetime | None, table: Table, every: float, zone: str) -> datetime:
    """The first row's instant: as asked, or so that the last row lies before the last midnight."""
    if zone not in available_timezones():
        raise UsageError(f"--time-zone {zone!r} is not an IANA zone, for example 'Asia/Tokyo'")
    if given is not None:
        return given.replace(tzinfo=ZoneInfo(zone))
    days = int(len(table.rows) * every // 86400) + 1
    return publish.history_start(datetime.now(UTC).astimezone(ZoneInfo(zone)), days)


def _show_mapping(table: Table, recipe: Recipe) -> None:
    signals = set(measured(table, recipe))
    for column, name in safe_names(table.header).items():
        if name in signals:
            typer.echo(f"{column} → {name}", err=True)


Name = Annotated[str, typer.Option(metavar="NAME", help="Where the table's machine stands.")]


def replay(
    file: Annotated[Path, typer.Argument(help="CSV with a header; separated by comma, semicolon or tab.")],
    line: Name = "line1",
    site: Name = "replay",
    area: Name = "main",
    machine: Name = "machine1",
    topic: Annotated[str, typer.Option(metavar="TEMPLATE", help="Topic of the rows.")] = Recipe.topic,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the time.")] = None,
    time_format: Annotated[str | None, typer.Option(help="As in strptime; default: ISO 8601.")] = None,
    time_zone: Annotated[str, typer.Option(help="Zone of the times.")] = "UTC",
    start: Annotated[datetime | None, typer.Option(help="First row's time, without --time.")] = None,
    every: Annotated[float, typer.Option(min=0.001, help="Seconds from row to row.")] = 60.0,
    midnight_is_end: Annotated[
        bool,
        typer.Option("--midnight-is-end", help="Times are ends of intervals, and 00:00 the end of its own date."),
    ] = False,
    serial: Annotated[str | None, typer.Option(metavar="COLUMN", help="Serial number of a part.")] = None,
    verdict: Annotated[
        str | None, typer.Option(metavar="COLUMN=VALUE", help="Which value of which column is bad.")
    ] = None,
    write_plant: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the plant file, publish nothing.")
    ] = None,
    outcome: Annotated[str, typer.Option(metavar="COL,COL", help="Known only afterwards.")] = "",
    context: Annotated[str, typer.Option(metavar="COL,COL", help="Given, not set.")] = "",
    controllable: Annotated[str, typer.Option(metavar="COL:min:max:step,…", help="What an engineer can set.")] = "",
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="What should become lower.")] = None,
    settings: SettingsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Publish any table row by row, or write the plant file that matches it.

    With --write-plant nothing is published: start the gateway with that file, then replay without the option.
    """
    table = read_table(file)
    begin = _start(start, table, every, time_zone)
    judge = _verdict(verdict, serial)
    recipe = Recipe(line, site, area, machine, topic, every, begin, time, time_format, midnight_is_end, serial, judge)
    _show_mapping(table, recipe)
    if write_plant is not None:
        settable = described.parse_controllable(controllable) if controllable else ()
        roles = described.Roles(_columns(outcome), _columns(context), settable, target)
        write_plant.write_text(described.plant_toml(table, recipe, roles, time_zone), encoding="utf-8")
        typer.echo(f"{write_plant}: {len(table.header)} columns of {file}")
        return
    summary = publish.publish(messages(table, recipe), settings_of(settings).broker, f"Replaying {file.name}")
    typer.echo(summary.to_json() if as_json else str(summary))
