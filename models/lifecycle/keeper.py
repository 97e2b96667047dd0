"""Keeps a study's champion: looks whether it still holds, lets a challenger try, and writes down what was decided."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.errors import StudyError
from ingest.store import model_catalog, results
from ingest.store.engine import Store
from ingest.store.model_catalog import DriftRow, ModelRow, Reason
from models.fingerprint import instant
from models.leaks import Leak, audit
from models.learn import Learned, learn
from models.lifecycle.challenge import Verdict, challenge, first
from models.lifecycle.drift import Drift, compare
from models.lifecycle.performance import Performance, judge, naive
from models.lifecycle.training import Learner, described, losses, metric_input, restored
from models.lifecycle.window import Shortage, fresh, newest, shortage, subset, trial
from models.study.data import StudyData
from models.study.spec import StudySpec

__all__ = ["Kept", "drift_of", "keep", "look", "score", "usable"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Kept:
    """What came of it. ``model_id``: the champion, None where there is none; ``learned``: what explains the study (the
    champion, or without one the model that was no better than naive); ``counts`` for ``job_run``."""

    model_id: int | None
    learned: Learned
    counts: dict[str, Any] = field(default_factory=dict)


def keep(store: Store, study: str, data: StudyData, frame: pd.DataFrame, seed: int, learner: Learner = learn) -> Kept:
    """Look at the champion, train a challenger where there are enough newer units, and decide.

    ``data``: all units with a target; ``frame``: all units as `models.study.from_plant.study_frame` gives them.
    """
    data, leaks = audit(data)
    work = _Work(store, study, data, leaks, seed, learner)
    row = model_catalog.current(store, study)
    learned = None if row is None or row.state != "champion" else usable(store, row, data)
    if row is None or learned is None:
        return work.begin(None if row is None else fresh(data, _until(row), row.entry.rows))
    seen = look(store, row, learned, data, frame, seed)
    if isinstance(seen.performance, Performance) and seen.performance.code == "worse_than_naive":
        reason = Reason("worse_than_naive", asdict(seen.performance))
        model_catalog.change(store, study, row.model_id, "withdrawn", "withdrawn", reason)
        return work.begin(seen.fresh, seen)
    missing = shortage(data, trial(data, seen.fresh).judge)
    if missing is not None:
        return work.done(row.model_id, learned, f"too_few_{missing.what}", seen)
    return work.challenged(row, learned, seen)


@dataclass(frozen=True)
class Seen:
    """A look at the champion on newer units; ``fresh``: rows of the labelled ones."""

    fresh: Ints
    drift: Drift
    performance: Performance | Shortage


def look(store: Store, row: ModelRow, learned: Learned, data: StudyData, frame: pd.DataFrame, seed: int) -> Seen:
    """Drift and score of the champion on units it has not learnt from; findings are kept in ``drift``."""
    rows = fresh(data, _until(row), row.entry.rows)
    performance = shortage(data, rows) or _performance(row, learned, data, newest(data, rows), seed)
    seen = Seen(rows, drift_of(row, frame, data.spec), performance)
    model_catalog.save_drift(store, row.study, _rows(row, seen, datetime.now(UTC)))
    return seen


def _performance(row: ModelRow, learned: Learned, data: StudyData, rows: Ints, seed: int) -> Performance:
    quality = row.entry.quality
    return judge(
        quality["metric"],
        data.loss[rows],
        metric_input(data, losses(learned.model, data.features.iloc[rows])),
        naive(_constant(row, data), len(rows), data.spec.task),
        data.groups[rows],
        (quality.get("forward"), quality.get("forward_low"), quality.get("forward_high")),
        np.random.default_rng(seed),
    )


def _constant(row: ModelRow, data: StudyData) -> float:
    """What the naive model of the champion's day says; models of 0.1 kept none, so the mean of what they had then."""
    known = row.entry.reference.get("naive")
    return float(data.loss[: max(row.entry.rows, 1)].mean()) if known is None else float(known)


def _until(row: ModelRow) -> str | float | None:
    """The end of what the champion learnt from; one of 0.1 had seen nothing made after it was trained."""
    known: str | float | None = row.entry.fingerprint.get("last", instant(pd.Timestamp(row.created_at)))
    return known


def drift_of(row: ModelRow, frame: pd.DataFrame, spec: StudySpec) -> Drift:
    """The newest units, with or without a target, against what the champion learnt from."""
    known = row.entry.fingerprint.get("last")
    if not isinstance(known, str) or spec.time is None or spec.group is None:
        return Drift("no_reference", 0)
    later = pd.to_datetime(frame[spec.time], utc=True) > pd.Timestamp(known)
    old = set(frame[spec.group][~later])
    units = frame[later & ~frame[spec.group].isin(old)]
    codes, _ = pd.factorize(units[spec.group], use_na_sentinel=False)
    return compare(row.entry.reference, units, codes.astype(np.int64))


def _rows(row: ModelRow, seen: Seen, at: datetime) -> list[DriftRow]:
    found = [
        DriftRow(
            row.model_id, at, "column", column.column, column.psi, column.share, column.p_value, column.alarm,
            "moved" if column.alarm else "steady", seen.drift.rows, column.details,
        )
        for column in seen.drift.columns
    ]  # fmt: skip
    one = seen.performance
    if isinstance(one, Performance):
        values = asdict(one)
        found.append(
            DriftRow(row.model_id, at, "performance", "", one.value, None, None, one.alarm, one.code, one.units, values)
        )
    return found


def usable(store: Store, row: ModelRow, data: StudyData) -> Learned | None:
    """The champion, ready to predict these units; one that cannot is withdrawn, with the reason."""
    try:
        learned = restored(row, model_catalog.text_of(store, row))
        losses(learned.model, data.features.iloc[:1])
    except StudyError as error:
        reason = Reason("unreadable", {"error": str(error)})
        model_catalog.change(store, row.study, row.model_id, "withdrawn", "refused", reason)
        return None
    return learned


@dataclass(frozen=True)
class _Work:
    """A study at one moment: its audited units, and what learns them."""

    store: Store
    study: str
    data: StudyData
    leaks: Sequence[Leak]
    seed: int
    learner: Learner

    def begin(self, newer: Ints | None, seen: Seen | None = None) -> Kept:
        """Nothing to beat but the naive model.

        ``newer``: units made since a model that had to go. Where the process has turned around, what was learnt before
        speaks against what is true now: a model of all units is tried first, then one of these alone.
        """
        learned, verdict = self._tried(self.data)
        if verdict.decision == "promote":
            return self.done(self._settle(learned, self.data, verdict), learned, verdict.code, seen)
        if newer is not None and len(newer) < self.data.n and shortage(self.data, newer) is None:
            recent = subset(self.data, newer)
            other, again = self._tried(recent)
            if again.decision == "promote":
                return self.done(self._settle(other, recent, again), other, again.code, seen)
        self._settle(learned, self.data, verdict)
        return self.done(None, learned, verdict.code, seen)

    def _tried(self, data: StudyData) -> tuple[Learned, Verdict]:
        learned = self.learner(data, self.seed)
        quality = learned.quality
        return learned, first(quality.metric, quality.forward, quality.random, quality.baseline, quality.n_test)

    def challenged(self, row: ModelRow, learned: Learned, seen: Seen) -> Kept:
        """A challenger tries; the newest units decide."""
        data = self.data
        split = trial(data, seen.fresh)
        older = subset(data, split.learn)
        challenger = self.learner(older, self.seed)
        units = data.features.iloc[split.judge]
        verdict = challenge(
            row.entry.quality["metric"],
            data.loss[split.judge],
            metric_input(data, losses(learned.model, units)),
            metric_input(data, losses(challenger.model, units)),
            naive(_constant(row, data), len(split.judge), data.spec.task),
            data.groups[split.judge],
            np.random.default_rng(self.seed),
        )
        if verdict.decision == "keep":
            self._settle(challenger, older, verdict)
            return self.done(row.model_id, learned, verdict.code, seen)
        # What was judged had not seen the newest units; what scores from now on has.
        successor = self.learner(data, self.seed)
        return self.done(self._settle(successor, data, verdict), successor, verdict.code, seen)

    def _settle(self, learned: Learned, data: StudyData, verdict: Verdict) -> int:
        """Keep a model with what was decided about it."""
        entry = described(learned, data, self.leaks)
        model_id = model_catalog.add(self.store, self.study, entry, learned.model.to_text())
        reason = Reason(verdict.code, asdict(verdict))
        if verdict.decision == "promote":
            model_catalog.change(self.store, self.study, model_id, "champion", "promoted", reason)
        else:
            model_catalog.change(self.store, self.study, model_id, "challenger", "kept", reason)
        return model_id

    def done(self, model_id: int | None, learned: Learned, decision: str, seen: Seen | None) -> Kept:
        """What came of it."""
        figures = {name: value for name, value in asdict(learned.quality).items() if name != "more"}
        counts: dict[str, Any] = {"rows": self.data.n, "model_id": model_id, "decision": decision, **figures}
        if seen is not None:
            counts["drift"] = [column.column for column in seen.drift.alarms]
            counts["performance"] = seen.performance.code if isinstance(seen.performance, Performance) else "too_few"
        return Kept(model_id, learned, counts)


def score(
    store: Store, study: str, model_id: int | None, learned: Learned, data: StudyData, serials: Sequence[str]
) -> int:
    """The champion's prediction for every unit; without a champion no unit has one. Returns how many were written."""
    if model_id is None:
        results.save_scores(store, study, 0, [])
        return 0
    found = list(zip(serials, map(float, losses(learned.model, data.features)), strict=True))
    results.save_scores(store, study, model_id, found)
    return len(found)
