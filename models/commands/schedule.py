"""``genba schedule run|once|status``."""

import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingest.command import SettingsOption
from ingest.errors import UsageError
from ingest.logs import configure
from ingest.store import jobs
from ingest.store.jobs import STAGES
from models.commands.leaving import leave
from models.commands.opening import Opened, chosen, opened
from models.scheduler import LEASE, Scheduler, due_times

if TYPE_CHECKING:
    from models.jobs import StageOutcome

__all__ = ["register"]

app = typer.Typer(help="Build, train, score, rank, measure and report, each study at its time.", no_args_is_help=True)


@app.command("run")
def run_command(settings: SettingsOption = None) -> None:
    """Work until stopped. One scheduler per database works; others wait. A missed run is caught up once.

    Example: `genba schedule run --settings /etc/genba/genba.toml`
    """
    with opened(settings) as here:
        configure(here.settings.log)
        scheduler = Scheduler(here.settings, here.plant, here.store, settings)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: scheduler.stop())
        scheduler.run()


@app.command("once")
def once_command(
    study: Annotated[str | None, typer.Option(help="Only this study.")] = None,
    due: Annotated[str | None, typer.Option(help="The due time this run stands for, ISO 8601; default: now.")] = None,
    new_baseline: Annotated[
        bool, typer.Option("--new-baseline", help="Fit the study's energy baseline anew, whatever was frozen.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
    settings: SettingsOption = None,
) -> None:
    """Run every study's chain now, with progress.

    Example: `genba schedule once --study leaking_caps`
    Example: `genba schedule once --study press_power --new-baseline`
    """
    if new_baseline and study is None:
        raise UsageError("--new-baseline needs --study NAME: savings are told against the new one from then on")
    # Whoever is ended by the scheduler still gives its lease back on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with opened(settings) as here:
        configure(here.settings.log)
        outcomes = _run(here, chosen(here.plant, study), _moment(due), new_baseline)
    if as_json:
        typer.echo(orjson.dumps([_row(outcome) for outcome in outcomes], option=orjson.OPT_INDENT_2).decode())
    leave(outcomes)


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--due {text!r} is not an ISO 8601 instant, for example 2026-01-05T05:00:00+09:00") from None
    if moment.tzinfo is None:
        raise UsageError(f"--due {text!r} has no offset; write for example {text}+09:00")
    return moment


def _run(here: Opened, studies: list[str], due_at: datetime, new_baseline: bool) -> "list[StageOutcome]":
    # Learning takes seconds to load and much memory: the scheduler itself, which runs for years, goes without.
    from models.jobs import Stage, run_chain

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[job]}"), TimeElapsedColumn())
    outcomes: list[StageOutcome] = []
    with Progress(*columns, console=Console(stderr=True)) as bar:
        for name in studies:
            task = bar.add_task(f"Learning {name}", total=len(STAGES), job="")

            def report(job: str, share: float, what: str, task: Any = task) -> None:
                bar.update(task, completed=STAGES.index(job) + share, job=what or job)

            stage = Stage(here.settings, here.plant, here.store, name, new_baseline=new_baseline)
            outcomes += run_chain(stage, due_at, report)
    return outcomes


def _row(outcome: "StageOutcome") -> dict[str, Any]:
    return {
        "study": outcome.study,
        "job": outcome.job,
        "status": "failed" if outcome.error else "done",
        "seconds": outcome.seconds,
        "counts": outcome.counts,
        "error": outcome.error,
    }


@app.command("status")
def status_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False, settings: SettingsOption = None
) -> None:
    """What ran last, how it ended, and when each study is due next.

    Example: `genba schedule status`
    """
    with opened(settings) as here:
        leader = jobs.leader(here.store, LEASE)
        due = due_times(here.settings, here.plant, datetime.now(UTC))
        runs = {study: jobs.recent(here.store, study, len(STAGES)) for study in here.plant.studies}
    if as_json:
        said = {
            "leader": leader[0] if leader else None,
            "studies": {study: {"next": due[study], "runs": [_run_row(run) for run in runs[study]]} for study in runs},
        }
        typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
        return
    zone = here.plant.site.zone
    table = Table(
        "study", "job", "started", "seconds", "status", "what", title=f"leader: {leader[0] if leader else '-'}"
    )
    for study, rows in runs.items():
        moment = due[study]
        table.add_row(study, "next", moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else "-", "", "", "")
        for run in reversed(rows):
            took = f"{(run.finished_at - run.started_at).total_seconds():.1f}" if run.finished_at else ""
            what = run.error or ", ".join(f"{key}={value}" for key, value in list(run.counts.items())[:3])
            started = run.started_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
            table.add_row("", run.job, started, took, run.status, what)
    Console().print(table)


def _run_row(run: jobs.JobRow) -> dict[str, Any]:
    return {
        "job": run.job,
        "due_at": run.due_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "status": run.status,
        "counts": dict(run.counts),
        "error": run.error,
    }


def register(root: typer.Typer) -> None:
    """Add ``schedule``."""
    root.add_typer(app, name="schedule")
