"""How good the finished model is: the rows held back, used once; the gap to a random split; suspects in and out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ingest.errors import StudyError
from models.automl import metrics
from models.automl.algorithms.registry import by_name
from models.automl.blend import Part, mixed
from models.automl.columns.kinds import infer
from models.automl.columns.prepare import Preparation
from models.automl.decide import Decisions
from models.automl.decide.costs import Costs
from models.automl.decide.intervals import coverage
from models.automl.decide.reliability import report
from models.automl.decide.threshold import economy
from models.automl.decide.words import say_coverage, say_economy, say_reliability
from models.automl.folds import Plan, plan
from models.automl.ground import Ground
from models.automl.matrix import Floats, Ints
from models.automl.metrics import BINARY_ONLY
from models.automl.model import Quality
from models.automl.options import METRICS
from models.automl.refit import Refit
from models.leaks.report import LeakReport
from models.rank.document import Said

__all__ = ["Judged", "decided", "judged", "kept_promises", "planned", "quality_of", "shown_metric", "with_and_without"]

PROBE_ROWS = 20_000
FEWER_FOLDS = 50_000
"""Longer tables have three folds instead of five: their scores are sure enough, and their trials slow."""
REPEATED = 1_250
"""Tables up to so many rows are gone through twice, with other folds: one pass would choose by chance."""


def planned(ground: Ground) -> Plan:
    """Who learns and who is tested. Raises `StudyError` where nothing can be tested."""
    found = plan(
        ground.codes,
        ground.target.task,
        np.random.default_rng(ground.options.seed),
        time=ground.order,
        groups=ground.groups,
        twins=ground.twins,
        folds=5 if len(ground.codes) <= FEWER_FOLDS else 3,
        repeats=1 if len(ground.codes) > REPEATED else 2,
    )
    if not found.folds:
        raise StudyError(
            f"target {ground.target.name!r}: {len(ground.codes)} rows cannot be split into training and test with "
            "every class on both sides; collect more rows of the rarest class"
        )
    return found


def shown_metric(ground: Ground) -> str:
    """The metric a model is praised with: the optimised one if it was named, else one that people can read."""
    if ground.options.optimization_metric:
        return ground.options.optimization_metric
    if ground.target.task == "regression":
        return "r2"
    return "roc_auc" if len(ground.target.classes) == 2 else "accuracy"


def _redrawn(ground: Ground, rows: Ints) -> Ints:
    """Groups to be redrawn for intervals: those of the user, blocks of time, or the rows themselves."""
    if ground.groups is not None:
        return ground.groups[rows]
    if ground.order is not None:
        return np.arange(len(rows)) * min(100, max(1, len(rows) // 10)) // max(len(rows), 1)
    return np.arange(len(rows))


def decided(ground: Ground, split: Plan, parts: Sequence[Part]) -> Decisions:
    """Calibration, threshold and intervals from the out-of-fold predictions."""
    rows, options = split.tested, ground.options
    return Decisions.fit(
        ground.target.task,
        ground.codes[rows],
        mixed(parts)[rows],
        _redrawn(ground, rows),
        options.metric,
        np.random.default_rng(options.seed),
        costs=costs_of(ground),
        weights=ground.class_weights,
        order=np.arange(len(rows)) if split.kind == "forward" else None,
    )


@dataclass(frozen=True)
class Judged:
    """The rows that are judged, what is true of them, and what the model said before it had seen them."""

    rows: Ints
    truth: Floats
    predicted: Floats
    groups: Ints
    """To be redrawn for intervals."""
    held: bool
    """They were held back; else they are those of the folds, and the choice of the model has seen them."""


def judged(ground: Ground, split: Plan, parts: Sequence[Part], decisions: Decisions) -> Judged:
    """The rows held back; those of the folds where there are none."""
    held = len(split.held_back) > 0
    rows = split.held_back if held else split.tested
    answers = [part.trial.ahead if held else part.trial.predicted[rows] for part in parts]
    raw = np.asarray(sum(part.weight * answer for part, answer in zip(parts, answers, strict=True)))
    predicted = raw if ground.target.task == "regression" else decisions.probabilities(raw)
    return Judged(rows, ground.codes[rows], predicted, _redrawn(ground, rows), held)


def quality_of(
    ground: Ground, split: Plan, parts: Sequence[Part], found: Judged, decisions: Decisions, refit: Refit
) -> Quality:
    """Scores on the judged rows, and what a random split would have promised."""
    rows, truth, groups, held = found.rows, found.truth, found.groups, found.held
    metric = shown_metric(ground)
    predicted = as_judged(metric, found.predicted, decisions)
    value = metrics.measure(metric, truth, predicted)
    rng = np.random.default_rng(ground.options.seed)
    low, high = metrics.interval(metric, truth, predicted, groups, rng) if value is not None else (None, None)
    naive = _naive(ground, split.search if held else rows, len(rows))
    optimism = _optimism(ground, split, parts[0], refit, metric) if split.random_folds else 0.0
    if value is not None and optimism is not None:
        optimism = min(optimism, (0.0 if metric.startswith("neg_") else 1.0) - value)
    usable = [name for name in METRICS[ground.target.task] if len(ground.target.classes) < 3 or name not in BINARY_ONLY]
    more = {name: metrics.measure(name, truth, as_judged(name, found.predicted, decisions)) for name in usable}
    return Quality(
        metric,
        value,
        low,
        high,
        None if value is None or optimism is None else value + optimism,
        optimism,
        metrics.measure(metric, truth, naive),
        len(rows),
        split.kind if held else "folds",
        {name: found for name, found in more.items() if found is not None},
    )


def as_judged(metric: str, predicted: Floats, decisions: Decisions) -> Floats:
    """Metrics of decisions judge what is decided, the others the probabilities or values."""
    return predicted if predicted.ndim == 1 else decisions.judged(metric, predicted)


def kept_promises(ground: Ground, found: Judged, decisions: Decisions) -> dict[str, Any]:
    """Reliability of the probabilities and cost of the decisions, or coverage of the intervals; JSON-able."""
    rng = np.random.default_rng(ground.options.seed)
    out: dict[str, Any] = {}
    said: list[Said] = []
    if ground.target.task == "regression":
        if decisions.intervals is not None:
            covered = coverage(decisions.intervals, found.truth, found.predicted, found.groups, rng)
            if covered is not None:
                out["coverage"], said = asdict(covered), [say_coverage(covered)]
    else:
        reliable = report(found.truth.astype(np.int64), found.predicted, found.groups, rng)
        out["reliability"] = None if reliable is None else asdict(reliable)
        said = say_reliability(decisions.calibration, reliable)
        costs = costs_of(ground)
        if costs is not None and decisions.rule is not None:
            paid = economy(found.predicted, found.truth.astype(np.int64), decisions.rule, costs, found.groups, rng)
            if paid is not None:
                out["economy"] = asdict(paid)
                said = [*said, *say_economy(paid)]
    return {**out, "said": said}


def costs_of(ground: Ground) -> Costs | None:
    """The declared costs of wrong decisions."""
    if ground.options.cost_matrix is None:
        return None
    return Costs.parse(ground.options.cost_matrix, ground.target.classes)


def _naive(ground: Ground, learnt: Ints, n: int) -> Floats:
    """What the naive model says of ``n`` rows after learning from others."""
    codes = ground.codes[learnt]
    if ground.target.task == "regression":
        return np.full(n, float(codes.mean()))
    shares = np.bincount(codes.astype(np.int64), minlength=len(ground.target.classes)) / len(codes)
    return np.tile(shares, (n, 1))


def _optimism(ground: Ground, split: Plan, part: Part, refit: Refit, metric: str) -> float | None:
    """How much more random splits of the same rows and sizes would have promised for the heaviest part, on average."""
    pairs = list(zip(split.folds, split.random_folds, strict=False))
    gaps = []
    for fold, shuffled in pairs if refit.spares(part.trial, len(pairs)) else pairs[-1:]:
        said = refit.once(part.trial, shuffled.train, shuffled.test)
        chance = metrics.measure(metric, ground.codes[shuffled.test], said)
        honest = metrics.measure(metric, ground.codes[fold.test], part.trial.predicted[fold.test])
        gaps += [] if chance is None or honest is None else [chance - honest]
    return float(np.mean(gaps)) if gaps else None


def with_and_without(ground: Ground, split: Plan, refit: Refit) -> LeakReport:
    """The audit's report with the score of one booster without and with the columns that it would leave out."""
    found = _with_and_without(ground, split, refit)
    return found.kept() if ground.options.leaks == "report" else found


def _with_and_without(ground: Ground, split: Plan, refit: Refit) -> LeakReport:
    suspected = set(ground.leaks.excluded_columns)
    if not suspected:
        return ground.leaks
    features = list(ground.table.columns)
    every = [column for column in infer(ground.table) if column.name in features]
    metric = shown_metric(ground)
    fold = split.folds[-1]
    train, test = fold.train[-PROBE_ROWS:], fold.test[-PROBE_ROWS:]
    scores = []
    for gone in (suspected, set[str]()):
        preparation = Preparation.fit(ground.table, [column for column in every if column.name not in gone])
        if not preparation.columns:
            return ground.leaks
        bench = ground.bench(refit.bench.problem.threads, preparation)
        booster = by_name("LGBMClassifier" if ground.target.classes else "LGBMRegressor", ground.target.task)
        config = booster.portfolio(bench, len(train))[0]
        fitted = booster.fit(bench, train, config, valid=test, seed=ground.options.seed)
        scores.append(metrics.measure(metric, ground.codes[test], fitted.predict(bench.matrix.take(test))))
    without, with_them = scores
    if without is None or with_them is None:
        return ground.leaks
    return ground.leaks.scored(metric, without, with_them)
