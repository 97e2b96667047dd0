"""The chain of one study: build → train → score → rank → report. Each stage leaves a row in ``job_run``.

A stage that fails ends its own study's chain, in words, and no other's. Too little data is no failure: the chain goes
on and the ranking and the report say so.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import structlog

from ingest.errors import EnvironmentFailure, GenbaError
from ingest.plant import Plant
from ingest.settings import Settings
from ingest.store import jobs as rows
from ingest.store import results
from ingest.store.engine import Store
from models import learn
from models.leaks import audit
from models.lease import Lease
from models.rank.rank import rank
from models.study.build import build
from models.study.data import StudyData, TooLittle, prepare
from models.study.from_plant import study_frame, study_spec

__all__ = ["STAGES", "Stage", "StageOutcome", "report_writer", "run_chain", "study_data"]

STAGES = ("build", "train", "score", "rank", "report")

Progress = Callable[[float, str], None]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """How one stage ended; ``error`` in words, or none."""

    study: str
    job: str
    seconds: float
    counts: dict[str, Any]
    error: str | None = None


@dataclass
class Stage:
    """What the stages of one study hand on to each other."""

    settings: Settings
    plant: Plant
    store: Store
    study: str
    seed: int = 0
    data: StudyData | TooLittle | None = None
    model: learn.Model | None = None
    model_id: int | None = None
    ranking_id: int | None = None
    document: dict[str, Any] = field(default_factory=dict)

    def build(self, progress: Progress) -> dict[str, Any]:
        """Bring the study table up to date."""
        done = build(self.store, self.plant, self.study, lambda share: progress(share, "build"))
        return {"rows_written": done.written, "readings": done.readings, "rows": done.rows}

    def train(self, progress: Progress) -> dict[str, Any]:
        """Fit on all units; the scores come from honest splits."""
        self.data = study_data(self.store, self.plant, self.study)
        if isinstance(self.data, TooLittle):
            return {"verdict": "not_enough_data"}
        progress(0.1, "train")
        data, _ = audit(self.data)
        quality = asdict(learn.score(data, self.seed))
        progress(0.6, "train")
        self.model = learn.fit(data, seed=self.seed)
        self.model_id = results.save_model(self.store, self.study, data.n, quality, self.model.to_text())
        return {"rows": data.n, "model_id": self.model_id, **quality}

    def score(self, progress: Progress) -> dict[str, Any]:
        """The champion's prediction for every unit."""
        if self.model is None or self.model_id is None or not isinstance(self.data, StudyData):
            return {"scores": 0}
        predicted = self.model.predict(self.data.features)
        serials = [str(serial) for serial in self.data.features.index]
        results.save_scores(
            self.store, self.study, self.model_id, list(zip(serials, map(float, predicted), strict=True))
        )
        return {"scores": len(serials)}

    def rank(self, progress: Progress) -> dict[str, Any]:
        """The fix-first list."""
        if self.data is None:
            self.data = study_data(self.store, self.plant, self.study)
        self.document = rank(self.data, seed=self.seed, progress=progress)
        self.ranking_id = results.save_ranking(self.store, self.study, self.model_id, self.document)
        return {"verdict": self.document["verdict"], "factors": len(self.document["ranking"])}

    def report(self, progress: Progress) -> dict[str, Any]:
        """A file for people in each of the site's languages."""
        assert self.ranking_id is not None
        written = report_writer()(self.settings, self.plant, self.study, self.document)
        for language, path in zip(self.plant.site.languages, written, strict=True):
            results.save_report(self.store, self.study, language, self.ranking_id, str(path))
        return {"files": [str(path) for path in written]}


def study_data(store: Store, plant: Plant, study: str) -> StudyData | TooLittle:
    """A plant's study, ready to learn from."""
    frame, columns = study_frame(store, plant, study)
    finished = [moment.to_pydatetime() for moment in frame["finished_at"]]
    return prepare(frame, study_spec(plant, study, columns, finished))


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
    with Lease(stage.store, f"study:{stage.study}") as lease:
        if not lease.held:
            raise EnvironmentFailure(f"study {stage.study!r} is being worked on by {lease.leader()}; try again later")
        rows.fail_orphans(stage.store, stage.study, "the process ended without a word")
        for job in stages:
            outcome = _run_stage(stage, job, due_at, progress)
            outcomes.append(outcome)
            if outcome.error is not None:
                break
    return outcomes


def _run_stage(stage: Stage, job: str, due_at: datetime, progress: Callable[[str, float, str], None]) -> StageOutcome:
    run_id = rows.start(stage.store, stage.study, job, due_at)
    started = time.monotonic()
    counts: dict[str, Any] = {}
    error: str | None = None
    progress(job, 0.0, "")
    try:
        counts = getattr(stage, job)(lambda share, what: progress(job, share, what))
    except GenbaError as failure:
        error = str(failure)
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
        log.exception("a stage failed", study=stage.study, job=job)
    progress(job, 1.0, "")
    rows.finish(stage.store, run_id, counts, error)
    return StageOutcome(stage.study, job, round(time.monotonic() - started, 2), counts, error)
