"""``genba train``."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, as_completed
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from ingest.command import SettingsOption, settings_of
from ingest.errors import EnvironmentFailure, GenbaError, UsageError
from ingest.store.engine import connect
from models.commands.leaving import leave
from models.commands.opening import Opened, chosen, opened
from models.commands.train_table import as_json as described
from models.commands.train_table import option_words, show, train_table
from models.executors import call, executor
from models.jobs import Stage, StageOutcome, run_chain
from models.learn import learn

__all__ = ["register", "train_study"]

TRAINING = ("build", "train", "score")


def train(
    study: Annotated[str | None, typer.Argument(help="A study of the plant file; without it, all of them.")] = None,
    table: Annotated[
        str | None, typer.Option(help="Instead of a study: a CSV or Parquet file, or db:schema.table.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="With --table: the column to foretell.")] = None,
    task: Annotated[str, typer.Option(help="With --table: classification or regression.")] = "classification",
    budget: Annotated[float | None, typer.Option(min=0.1, help="Seconds to search at most.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="With --table: any option of the engine, NAME=VALUE (docs/automl.md).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="With --table: write the model here.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="With --table: keep finished trials here; the same call goes on from them.")
    ] = None,
    language: Annotated[str, typer.Option(help="With --table: en or ja.")] = "en",
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
    settings: SettingsOption = None,
) -> None:
    """Build the study table and train a challenger for the study's champion; or train on any flat table.

    Example: `genba train leaking_caps`
    Example: `genba train --table parts.csv --target verdict --budget 30 --out model.json`
    """
    if table is not None:
        if study is not None or target is None:
            raise UsageError("--table needs --target and no study; genba train --table parts.csv --target verdict")
        if language not in ("en", "ja"):
            raise UsageError(f"--language {language!r} is not en or ja")
        words: dict[str, Any] = {"task": task, "seed": seed, **option_words(option or [])}
        words |= {} if budget is None else {"time_budget": budget}
        model = train_table(table, target, words, lambda: connect(settings_of(settings).database), out, resume)  # type: ignore[arg-type]
        if as_json:
            typer.echo(described(model))
        else:
            show(model, language)
        return
    with opened(settings) as here:
        names = chosen(here.plant, study)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            by_study = _each(here, settings, names, seed, budget, bar)
    said = [{"study": name, "error": _error(outcomes), **_merged(outcomes)} for name, outcomes in by_study.items()]
    if as_json:
        typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
    else:
        for row in said:
            typer.echo("  ".join(f"{key}={value}" for key, value in row.items() if value is not None))
    leave([outcome for outcomes in by_study.values() for outcome in outcomes])


def _each(
    here: Opened, settings: Path | None, studies: list[str], seed: int, budget: float | None, bar: Progress
) -> dict[str, list[StageOutcome]]:
    """How each study went: one alone is learnt here, with its stages shown."""
    if len(studies) == 1:
        return {studies[0]: _here(here, studies[0], seed, budget, bar)}
    done = dict(_elsewhere(here, settings, studies, seed, budget, bar))
    return {study: done[study] for study in studies}


def _here(here: Opened, study: str, seed: int, budget: float | None, bar: Progress) -> list[StageOutcome]:
    task = bar.add_task(f"Training {study}", total=len(TRAINING))

    def report(job: str, share: float, _: str) -> None:
        bar.update(task, completed=TRAINING.index(job) + share)

    return run_chain(_stage(here, study, seed, budget), datetime.now(UTC), report, TRAINING)


def _stage(here: Opened, study: str, seed: int, budget: float | None) -> Stage:
    learner = None if budget is None else partial(learn, time_budget=budget)
    return Stage(here.settings, here.plant, here.store, study, seed, learner=learner)


def _elsewhere(
    here: Opened, settings: Path | None, studies: list[str], seed: int, budget: float | None, bar: Progress
) -> Iterator[tuple[str, list[StageOutcome]]]:
    """Each study and how it went, in the order in which they are done."""
    training = here.settings.training
    file = _settings_file(settings)
    task = bar.add_task(f"Training {len(studies)} studies", total=len(studies))
    with executor(training.executor, training.processes, len(studies)) as pool:
        work = f"{__name__}:{train_study.__name__}"
        futures = {pool.submit(call, work, file, study, seed, budget): study for study in studies}
        for future in as_completed(futures):
            yield futures[future], _outcomes(futures[future], future)
            bar.advance(task)


def _settings_file(settings: Path | None) -> str | None:
    """The settings by a path that holds from any directory."""
    named = settings or Path(os.environ.get("GENBA_SETTINGS") or "genba.toml")
    return str(named.resolve()) if named.exists() else None


def train_study(settings_file: str | None, study: str, seed: int, budget: float | None = None) -> list[StageOutcome]:
    """Build, train and score one study in this process, with a store of its own; what fails is an outcome."""
    try:
        with opened(Path(settings_file) if settings_file else None) as here:
            stage = _stage(here, study, seed, budget)
            return run_chain(stage, datetime.now(UTC), lambda job, share, what: None, TRAINING)
    except GenbaError as failure:
        return [StageOutcome(study, TRAINING[0], 0.0, {}, str(failure), failure.exit_code)]


def _outcomes(study: str, future: "Future[list[StageOutcome]]") -> list[StageOutcome]:
    failure = future.exception()
    if failure is None:
        return future.result()
    said = " ".join(str(failure).split())
    error = f"its process ended without an answer ({type(failure).__name__}: {said}); see the log there"
    return [StageOutcome(study, TRAINING[1], 0.0, {}, error, EnvironmentFailure.exit_code)]


def _error(outcomes: list[StageOutcome]) -> str | None:
    return next((outcome.error for outcome in outcomes if outcome.error), None)


def _merged(outcomes: list[StageOutcome]) -> dict[str, Any]:
    return {key: value for outcome in outcomes for key, value in outcome.counts.items()}


def register(root: typer.Typer) -> None:
    """Add ``train``."""
    root.command()(train)
