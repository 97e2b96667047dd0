"""`genba simulate`: factories with a known truth."""

from pathlib import Path
from typing import Annotated

import typer

from ingest.errors import ScenarioError
from simulators import tables
from simulators.scenario import Scenario, load

__all__ = ["register"]

app = typer.Typer(name="simulate", help="Factories with a known truth, over MQTT.", no_args_is_help=True)

LineArgument = Annotated[str, typer.Argument(help="filling or press; see `genba simulate list`.", metavar="LINE")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Redraws the effects and the noise.")]
ScenarioOption = Annotated[
    Path | None, typer.Option("--scenario", help="A changed copy of the scenario file.", show_default=False)
]
DaysOption = Annotated[
    int | None, typer.Option("--days", min=1, max=366, help="Days of production; default: the scenario's.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]


def _scenario(line: str, file: Path | None) -> Scenario:
    return load(line if file is None else file)


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


def register(root: typer.Typer) -> None:
    """Add the sub-commands to the root command."""
    root.add_typer(app)
