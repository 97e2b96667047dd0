"""`genba simulate`: factories with a known truth, a table as a factory, and the embedded broker."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer
from rich.console import Console
from rich.table import Table as Shown

from ingest.command import SettingsOption, settings_of
from ingest.errors import ScenarioError, UsageError
from simulators import faults, publish, tables, truth, visits, wire
from simulators.replay_command import replay
from simulators.scenario import Scenario, load, names
from simulators.sql_file import sql_of

__all__ = ["app", "register"]

app = typer.Typer(name="simulate", help="Factories with a known truth, over MQTT.", no_args_is_help=True)

LineArgument = Annotated[str, typer.Argument(help="filling or press; see `genba simulate list`.", metavar="LINE")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Redraws the effects and the noise.")]
ScenarioOption = Annotated[
    Path | None, typer.Option("--scenario", help="A changed copy of the scenario file.", show_default=False)
]
DaysOption = Annotated[
    int | None,
    typer.Option("--days", min=1, max=366, help="Days of production; default: the scenario's.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _scenario(line: str, file: Path | None) -> Scenario:
    scenario = load(line if file is None else file)
    if line in names() and scenario.kind != line:
        raise ScenarioError(f"{file}: describes the {scenario.kind} line, not {line}")
    return scenario


@app.command("list", epilog="Example: genba simulate list")
def show_list(as_json: JsonOption = False) -> None:
    """Show the factories that come with the program."""
    scenarios = [load(name) for name in names()]
    if as_json:
        rows = [
            {"name": one.kind, "title": one.title, "line": one.line, "area": one.area, "units": one.n_units}
            for one in scenarios
        ]
        typer.echo(orjson.dumps(rows).decode())
        return
    shown = Shown("name", "line", "units", "what")
    for one in scenarios:
        shown.add_row(one.kind, f"{one.area}/{one.line}", f"{one.n_units:,} in {one.days} days", one.title)
    Console().print(shown)


@app.command("answer", epilog="Example: genba simulate answer filling --seed 3")
def show_answer(
    line: LineArgument, seed: SeedOption = 0, scenario: ScenarioOption = None, as_json: JsonOption = False
) -> None:
    """Show what each setting is really worth: the true gain of holding it in its best admissible window."""
    key = truth.answer_key(_scenario(line, scenario), seed)
    if as_json:
        typer.echo(key.to_json())
        return
    shown = Shown("factor", "hold it in", "gain", "of the loss", title=f"{key.line}, seed {seed}: {key.unit}")
    for one in key.factors:
        window = " … ".join(f"{edge:g}" if isinstance(edge, float) else edge for edge in one.window)
        shown.add_row(one.factor, window, f"{one.gain:.4g}", f"{one.share:.1%}")
    Console().print(shown)


@app.command("table", epilog="Example: genba simulate table filling --seed 3 --out bottles.csv")
def write_table(
    line: LineArgument,
    out: Annotated[Path, typer.Option("--out", help="FILE.csv or FILE.parquet; FILE.study.toml goes beside it.")],
    seed: SeedOption = 0,
    days: DaysOption = None,
    scenario: ScenarioOption = None,
) -> None:
    """Write the flat study table that the pipeline should arrive at, and its STUDY.toml."""
    if out.suffix not in (".csv", ".parquet"):
        raise ScenarioError(f"{out}: the file must end in .csv or .parquet")
    import pandas as pd  # slow to load, and only this command needs it

    made = tables.make(_scenario(line, scenario), seed, days=days)
    frame = pd.DataFrame(tables.table(made))
    if out.suffix == ".csv":
        frame.to_csv(out, index=False)
    else:
        frame.to_parquet(out, index=False)
    study = out.with_suffix(".study.toml")
    study.write_text(tables.study_toml(made), encoding="utf-8")
    typer.echo(f"{out}: {len(frame):,} rows; {study}")


@app.command("visits", epilog="Example: genba simulate visits --seed 3 --out visits.sql")
def write_visits(
    out: Annotated[Path, typer.Option("--out", help="FILE.sql, for any client of MySQL or MariaDB.")],
    seed: SeedOption = 0,
    schema: Annotated[str, typer.Option("--schema", help="Schema that the file makes anew.")] = "wifi",
) -> None:
    """Write a shopping street's Wi-Fi log as SQL: visits, ratings, network, comments, and the truth beside them."""
    if not re.fullmatch(r"[A-Za-z0-9_]{1,40}", schema):
        raise UsageError(f"--schema {schema!r}: letters, digits and underscores only, at most 40")
    log = visits.visit_log(seed)
    out.write_text("".join(sql_of(schema, log)), encoding="utf-8")
    typer.echo(f"{out}: {sum(len(table.rows) for table in log):,} rows in {len(log)} tables")


@app.command("run", epilog="Example: genba simulate run --line all --seed 3 --fault duplicates=0.01")
def run(
    line: Annotated[Literal["filling", "press", "all"], typer.Option("--line", help="Which line.")] = "all",
    seed: SeedOption = 0,
    days: DaysOption = None,
    start: Annotated[
        datetime | None,
        typer.Option("--start", help="First instant, plant time; default: whole days up to the last midnight."),
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", metavar="NAME=AMOUNT", help="A wire fault; may be repeated.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="At the pace of production, up to now.")] = False,
    speed: Annotated[float, typer.Option("--speed", min=1.0, help="With --live: times real time.")] = 1.0,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", help="Write the exact set of readings as CSV.", show_default=False)
    ] = None,
    scenario: ScenarioOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a line's production to the broker: history as fast as it is taken, or live."""
    broker = settings_of(settings).broker
    if scenario is not None and line == "all":
        line = load(scenario).kind
    scenarios = [_scenario(name, scenario) for name in (names() if line == "all" else (line,))]
    length = days or max(one.days for one in scenarios)
    now = datetime.now(tables.ZONE)
    if start is not None:
        begin = start.replace(tzinfo=tables.ZONE)
    else:
        begin = publish.live_start(now, length, speed) if live else publish.history_start(now, length)
    stream = wire.messages(*(tables.make(one, seed, begin, length) for one in scenarios))
    stream = faults.apply(stream, faults.parse_faults(fault or [], scenarios[0].faults), seed)
    if manifest is not None:
        publish.write_manifest(stream, manifest)
    summary = publish.publish(stream, broker, f"Publishing {line}", speed if live else None)
    typer.echo(summary.to_json() if as_json else str(summary))


@app.command("broker", epilog="Example: genba simulate broker --port 0")
def run_broker(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="TCP port; 0 takes a free one.")] = 1883,
) -> None:
    """Run the embedded broker (MQTT 3.1.1, in memory); prints its port as JSON once it answers."""
    try:
        from simulators.broker import serve  # needs the extra `demo`
    except ModuleNotFoundError as missing:
        raise UsageError(f"{missing.name} is not installed; pip install 'genba[demo]', or run mosquitto") from None
    serve(port)


app.command("replay", epilog="Example: genba simulate replay parts.csv --serial Id --verdict Failed=1")(replay)


def register(root: typer.Typer) -> None:
    """Add the sub-commands to the root command."""
    root.add_typer(app)
