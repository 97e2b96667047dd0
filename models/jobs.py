"""The chain of one study: build → train → score → rank → measure → report. Each stage leaves a row in ``job_run``.

A stage that fails ends its own study's chain, in words, and no other's. Too little data is no failure: the chain goes
on and the ranking and the report say so.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.errors import EnvironmentFailure, GenbaError
from ingest.plant import Plant
from ingest.retry import retrying
from ingest.settings import Settings
from ingest.store import jobs as rows
from ingest.store import results
from ingest.store.engine import Store, in_words
from ingest.store.jobs import STAGES
from models.energy.baseline import Baseline, kept_baseline
from models.learn import Learned, learn
from models.lease import Lease
from models.lifecycle import keeper
from models.lifecycle.standing import standing
from models.lifecycle.training import Learner
from models.promise import ledger
from models.promise.measuring import measure
from models.promise.shrinkage import shrink
from models.rank.beside import Known
from models.rank.rank import rank
from models.study.build import build
from models.study.data import FEWEST_UNITS, Notice, StudyData, TooLittle, prepare
from models.study.from_plant import study_frame, study_spec
from models.study.spec import StudySpec

__all__ = ["Stage", "StageOutcome", "Studied", "report_writer", "run_chain", "study_data"]

PATIENCE_SECONDS = 60.0
"""For how long a stage waits for a database that went away."""

LOOKED_BACK = 60
"""Rankings among which the frozen energy baseline is sought: two months of nights."""

Progress = Callable[[float, str], None]
Result = TypeVar("Result")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """How one stage ended; ``error`` in words, or none, and the exit code that goes with it."""

    study: str
    job: str
    seconds: float
    counts: dict[str, Any]
    error: str | None = None
    exit_code: int = 0


@dataclass(frozen=True)
class Studied:
    """A plant's study: ``data`` to learn from, the ``serials`` of its units in the same order, and the whole table."""

    data: StudyData | TooLittle
    serials: list[str]
    frame: pd.DataFrame


@dataclass
class Stage:
    """What the stages of one study hand on to each other."""

    settings: Settings
    plant: Plant
    store: Store
    study: str
    seed: int = 0
    studied: Studied | None = None
    learner: Learner | None = None
    """What trains; without one the engine, for as long as the settings allow."""
    new_baseline: bool = False
    """Fit a new energy baseline, whatever was frozen."""
    learned: Learned | None = None
    model_id: int | None = None
    ranking_id: int | None = None
    document: dict[str, Any] = field(default_factory=dict)

    def build(self, progress: Progress) -> dict[str, Any]:
        """Bring the study table up to date."""
        done = build(self.store, self.plant, self.study, lambda share: progress(share, "build"))
        return {"rows_written": done.written, "readings": done.readings, "rows": done.rows}

    def train(self, progress: Progress) -> dict[str, Any]:
        """Look whether the champion still holds, and let a challenger try."""
        self.studied = study_data(self.store, self.plant, self.study)
        if isinstance(self.studied.data, TooLittle):
            return {"verdict": "not_enough_data"}
        progress(0.1, "train")
        learner = self.learner or partial(learn, time_budget=self.settings.training.time_budget)
        kept = keeper.keep(self.store, self.study, self.studied.data, self.studied.frame, self.seed, learner)
        self.learned, self.model_id = kept.learned, kept.model_id
        return kept.counts

    def score(self, progress: Progress) -> dict[str, Any]:
        """The champion's prediction for every unit."""
        if self.learned is None or self.studied is None or not isinstance(self.studied.data, StudyData):
            return {"scores": 0}
        return {
            "scores": keeper.score(
                self.store, self.study, self.model_id, self.learned, self.studied.data, self.studied.serials
            )
        }

    def rank(self, progress: Progress) -> dict[str, Any]:
        """The fix-first list."""
        if self.studied is None:
            self.studied = study_data(self.store, self.plant, self.study)
        found = rank(
            self.studied.data,
            seed=self.seed,
            progress=progress,
            learned=self.learned,
            known=Known(self.studied.frame, self._frozen(self.studied.data.spec), self.studied.serials),
        )
        self.document = shrink(found, ledger.shrinkage(self.store, self.plant, self.study))
        self.document["model"] = standing(self.store, self.study)
        self.ranking_id = results.save_ranking(self.store, self.study, self.model_id, self.document)
        return {"verdict": self.document["verdict"], "factors": len(self.document["ranking"])}

    def _frozen(self, spec: StudySpec) -> Baseline | None:
        """The newest energy baseline of earlier rankings: one that is fitted anew every night learns the waste.

        A ranking of a night in which it could not be used (a column was gone) holds none, and changes nothing.
        """
        if spec.energy is None or self.new_baseline:
            return None
        before: int | None = None
        for _ in range(LOOKED_BACK):
            row = results.latest_ranking(self.store, self.study, before)
            if row is None:
                return None
            account = row.document.get("energy") or {}
            if account.get("baseline") is not None:
                return kept_baseline(account, spec.energy.baseline_until)
            before = row.ranking_id
        return None

    def measure(self, progress: Progress) -> dict[str, Any]:
        """What the actions that were declared gave."""
        if self.studied is None:
            self.studied = study_data(self.store, self.plant, self.study)
        data = self.studied.data if isinstance(self.studied.data, StudyData) else None
        return measure(self.store, self.study, data, self.seed)

    def report(self, progress: Progress) -> dict[str, Any]:
        """A file for people in each of the site's languages."""
        assert self.ranking_id is not None
        written = report_writer()(self.settings, self.plant, self.study, self.document)
        for language, path in zip(self.plant.site.languages, written, strict=True):
            results.save_report(self.store, self.study, language, self.ranking_id, str(path))
        return {"files": [str(path) for path in written]}


def study_data(store: Store, plant: Plant, study: str) -> Studied:
    """A plant's study, ready to learn from."""
    frame, columns = study_frame(store, plant, study)
    finished = [moment.to_pydatetime() for moment in frame["finished_at"]]
    spec = study_spec(plant, study, columns, finished)
    if frame.empty:
        # A file without rows is a mistake; a plant that has made nothing yet is only young.
        young = TooLittle(spec, Notice("no_target", {"target": spec.target}), 0, 0, 0, "unit", None, FEWEST_UNITS)
        return Studied(young, [], frame)
    # Both are in order of time; units without a target are left out of what is learnt.
    return Studied(prepare(frame, spec), [str(serial) for serial in frame.index[frame[spec.target].notna()]], frame)


def report_writer() -> Callable[[Settings, Plant, str, dict[str, Any]], list[Path]]:
    """What the reports package offers under ``genba.reports``; models import nothing above them."""
    found = [entry for entry in entry_points(group="genba.reports") if entry.name == "scheduled"]
    if not found:
        raise EnvironmentFailure("no report writer is installed; install genba[analytics]")
    writer: Callable[[Settings, Plant, str, dict[str, Any]], list[Path]] = found[0].load()
    return writer


def run_chain(
    stage: Stage, due_at: datetime, progress: Callable[[str, float, str], None], stages: Sequence[str] = STAGES
) -> list[StageOutcome]:
    """Run the chain; stops at the first stage that fails. ``progress`` is told (job, share done, what)."""
    outcomes: list[StageOutcome] = []
    with Lease(stage.store, stage.study, stage.settings.schedule.lease_seconds) as lease:
        if not _patiently(lease.acquire):
            error = f"study {stage.study!r} is being worked on by {lease.leader()}; try again later"
            rows.finish(stage.store, rows.start(stage.store, stage.study, stages[0], due_at), {}, error)
            return [StageOutcome(stage.study, stages[0], 0.0, {}, error, EnvironmentFailure.exit_code)]
        _patiently(lambda: rows.fail_orphans(stage.store, stage.study, "the process ended without a word"))
        for job in stages:
            outcome = _run_stage(stage, job, due_at, progress, lease)
            outcomes.append(outcome)
            if outcome.error is not None:
                break
    return outcomes


def _run_stage(
    stage: Stage, job: str, due_at: datetime, progress: Callable[[str, float, str], None], lease: Lease
) -> StageOutcome:
    run_id = _patiently(lambda: rows.start(stage.store, stage.study, job, due_at))
    started = time.monotonic()
    counts: dict[str, Any] = {}
    error: str | None = None
    code = 0
    progress(job, 0.0, "")
    try:
        _require(lease)
        counts = _patiently(lambda: getattr(stage, job)(lambda share, what: progress(job, share, what)))
    except KeyboardInterrupt:
        rows.finish(stage.store, run_id, counts, "stopped by hand")
        raise
    except (GenbaError, SQLAlchemyError, OSError) as failure:
        error, code = _in_words(failure)
    except Exception as failure:
        error, code = f"{type(failure).__name__}: {' '.join(str(failure).split())}", EnvironmentFailure.exit_code
        log.exception("a stage failed", study=stage.study, job=job)
    progress(job, 1.0, "")
    _patiently(lambda: rows.finish(stage.store, run_id, counts, error))
    return StageOutcome(stage.study, job, round(time.monotonic() - started, 2), counts, error, code)


def _require(lease: Lease) -> None:
    if not lease.held:
        raise EnvironmentFailure("the database was away for too long; the study may be somebody else's by now")


def _patiently(call: Callable[[], Result]) -> Result:
    """A database that goes away for some seconds ends no chain; every stage may be done twice."""
    return retrying(
        call,
        stop=threading.Event(),
        seconds=PATIENCE_SECONDS,
        heard=lambda error, _: log.warning("the database does not answer; waiting", why=str(error).splitlines()[0]),
    )


def _in_words(failure: GenbaError | SQLAlchemyError | OSError) -> tuple[str, int]:
    """One line for people, and the exit code."""
    match failure:
        case GenbaError():
            return str(failure), failure.exit_code
        case SQLAlchemyError():
            return in_words(failure), EnvironmentFailure.exit_code
        case _:
            what = failure.filename or "the system"
            return f"{what}: {failure.strerror or failure}; mend it and try again", EnvironmentFailure.exit_code
