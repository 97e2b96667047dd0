"""``genba rank``: a table and a study in, a ranking out."""

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import orjson
import pandas as pd
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingest.command import SettingsOption, settings_of
from ingest.errors import StudyError
from models.rank.beside import Known
from models.rank.rank import rank
from models.study.data import StudyData, TooLittle
from models.study.load import HasEngine, load_spec, load_table, prepare

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add ``genba rank``."""
    app.command("rank")(rank_command)


def rank_command(
    table: Annotated[str, typer.Argument(help="A CSV or Parquet file, or db:schema.table; one row per unit.")],
    study: Annotated[Path, typer.Option("--study", help="The study, STUDY.toml (docs/rank.md).")],
    json: Annotated[str | None, typer.Option("--json", help="Write the ranking as JSON here; - prints it.")] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write a report page per language here.")] = None,
    budget: Annotated[float | None, typer.Option("--budget", min=0.1, help="Seconds to spend at most, about.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same answer.")] = 0,
    settings: SettingsOption = None,
) -> None:
    """Rank the settings an engineer can change by what changing them gives.

    Example: `genba rank parts.csv --study leaking_caps.toml --json ranking.json`
    """
    spec = load_spec(study)

    def store() -> HasEngine:
        from ingest.store.engine import connect  # only where a database is asked for

        return connect(settings_of(settings).database)

    frame = load_table(table, store)
    data = prepare(frame, spec)
    document = _with_progress(data, frame, seed, budget)
    if json is not None:
        _write_json(document, json)
    else:
        _print(document)
    if report is not None:
        _write_report(document, report, spec.names())


def _with_progress(data: StudyData | TooLittle, frame: pd.DataFrame, seed: int, budget: float | None) -> dict[str, Any]:
    console = Console(stderr=True)
    if not console.is_terminal:
        return rank(data, seed=seed, budget=budget, known=Known(frame))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), *Progress.get_default_columns()[1:3])
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("rank", total=1.0)
        return rank(
            data,
            seed=seed,
            budget=budget,
            known=Known(frame),
            progress=lambda share, what: bar.update(task, completed=share, description=what),
        )


def _write_json(document: dict[str, Any], target: str) -> None:
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if target == "-":
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)


def _write_report(document: dict[str, Any], directory: Path, names: dict[str, dict[str, str]]) -> None:
    """Reports stand above this package, so they are found by name, not imported."""
    found = [entry for entry in entry_points(group="genba.reports") if entry.name == "html"]
    if not found:
        raise StudyError("--report needs the reports package; install genba[analytics] whole")
    for path in found[0].load()(document, directory, ("en", "ja"), names):
        typer.echo(str(path), err=True)


def _print(document: dict[str, Any]) -> None:
    console = Console()
    console.print(document["reason"]["en"], style="bold", markup=False)
    for warning in document["warnings"]:
        console.print(f"note: {warning['en']}", style="dim", markup=False)
    if document["ranking"]:
        console.print(_table(document))
    for why in dict.fromkeys(entry["en"] for entry in document["considered"]):
        names = [name for entry in document["considered"] if entry["en"] == why for name in entry["group"]]
        console.print(f"not proposed: {', '.join(names)}. {why}", style="dim", markup=False)
    if document["trial"] is not None:
        console.print(document["trial"]["en"], markup=False)
    if document["process"] is not None:
        console.print(f"{document['process']['said']['en']} {document['process']['advice']['en']}", markup=False)


def _table(document: dict[str, Any]) -> Table:
    priced = any(entry["money"] is not None for entry in document["ranking"])
    money_head = ("money / 1000 units",) if priced else ()
    out = Table("rank", "factor", "now", "hold it", "gain (90 %)", *money_head, "evidence", "first?")
    out.columns[1].overflow = "fold"  # a name cut short is no name
    for entry in document["ranking"]:
        gain, money = entry["gain"], entry["money"]
        scale, unit = (1000, "per 1000") if document["task"] == "classification" else (1, gain["unit"])
        cells = (
            str(entry["rank"]),
            ", ".join(entry["group"]),
            _number(entry["now"]),
            "; ".join(_held(window, entry["unit"]) for window in entry["windows"].values()),
            f"{gain['estimate'] * scale:.3g} ({gain['low'] * scale:.3g} … {gain['high'] * scale:.3g}) {unit}",
            *([f"{money['estimate']:,.0f} (≥ {money['low']:,.0f}) {money['currency']}"] if priced else []),
            entry["evidence"] if entry["proven"] else f"{entry['evidence']}, not proven",
            f"{entry['p_first']:.0%}",
        )
        out.add_row(*(cell.replace("[", "\\[") for cell in cells))
    return out


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _held(window: list[float] | list[str], unit: str) -> str:
    shown = " … ".join(_number(edge) for edge in window)
    return f"{shown} {unit}".strip()
