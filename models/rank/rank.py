"""The ranking: which setting to change first, to what, what that gives and how sure it is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models.automl.algorithms.threads import threads_for
from models.automl.model import Quality
from models.leaks import Leak, audit
from models.learn import Learned, explained, glance, shares
from models.rank.adjust import stage_notices
from models.rank.beside import Known, beside
from models.rank.conclude import conclude
from models.rank.document import SCHEMA, Document, QualityEntry
from models.rank.entries import Explained
from models.rank.estimates import Pace, Progress, candidates_of, estimates
from models.rank.money import price_of
from models.rank.timeline import timeline
from models.rank.words import say
from models.study.data import Excluded, Notice, StudyData, TooLittle, span

__all__ = ["rank", "refuse"]

Floats = NDArray[np.float64]

EXPLAINED_ROWS = 2000


def rank(
    data: StudyData | TooLittle,
    *,
    seed: int = 0,
    budget: float | None = None,
    progress: Progress | None = None,
    learned: Learned | None = None,
    known: Known | None = None,
) -> dict[str, Any]:
    """The document of contract 5.2. ``progress`` hears the share done and what is being done.

    ``learned``: what `models.learn.learn` gave for the same, audited data; without it, a quick model is trained here.
    """
    if isinstance(data, TooLittle):
        return refuse(data, seed)
    tell = progress or (lambda _share, _what: None)
    pace = Pace(budget)
    tell(0.0, "audit")
    data, leaks = audit(data)
    document = _frame(data, leaks, seed)
    rng = np.random.default_rng(seed)
    tell(0.05, "model")
    if learned is None or not set(learned.model.columns) <= set(data.features.columns):
        # A champion may have learnt from a column that is a leak by now.
        learned = glance(data, seed, None if budget is None else pace.left / 3)
    notices = [*data.notices, *stage_notices(data)]
    if learned is not None:
        document["quality"] = _quality(learned.quality)
    if learned is None or learned.quality.forward is None:
        notices.append(Notice("not_scored"))
    tell(0.25, "explanation")
    seen = _seen(data, learned, rng)
    document["context"] = _context(data, seen.share)
    candidates, more = candidates_of(data)
    notices += more
    document["excluded"] += [_excluded(one) for one in more if one.code == "controllable_left_out"]
    price, unpriced = price_of(data)
    notices += unpriced
    # As in training: threads that wait for one another spin, and a small table gains nothing from them.
    with threadpool_limits(limits=threads_for(data.features.size) or None, user_api="blas"):
        found, sampled = estimates(data, candidates, rng, pace, tell)
    notices += sampled
    notices += conclude(document, data, found, seen, price)
    tell(0.9, "units")
    notices += beside(document, data, learned, known or Known(), seed=seed, left=pace.left)
    document["warnings"] = [say(notice.code, notice.values) for notice in notices]
    tell(1.0, "done")
    return dict(document)


def _seen(data: StudyData, learned: Learned | None, rng: np.random.Generator) -> Explained:
    """What the model attends to, on some units."""
    rows = np.sort(rng.permutation(data.n)[:EXPLAINED_ROWS])
    parts = explained(learned, data, rows)
    return Explained(shares(parts), parts, rows)


def refuse(little: TooLittle, seed: int = 0) -> dict[str, Any]:
    """The document where nothing can be learnt."""
    spec = little.spec
    metric = "roc_auc" if spec.task == "classification" else "r2"
    quality = Quality(metric, None, None, None, None, None, 0.5 if metric == "roc_auc" else 0.0, 0, "folds")
    document: Document = {
        "schema": SCHEMA,
        "study": spec.name,
        "task": spec.task,
        "goal": spec.goal,
        "target": spec.target,
        "target_unit": spec.factor(spec.target).unit,
        "bad": spec.bad,
        "seed": seed,
        "n_units": little.n_units,
        "baseline_loss": little.baseline_loss,
        "verdict": "not_enough_data",
        "reason": say(little.notice.code, little.notice.values),
        "units_needed": little.units_needed,
        "trial": None,
        "gate": None,
        "quality": _quality(quality),
        "leaks": [],
        "ranking": [],
        "considered": [],
        "context": [],
        "data": {
            "n_rows": little.n_rows,
            "n_used": little.n_units,
            "first": None,
            "last": None,
            "n_groups": little.n_groups,
            "group": little.group,
        },
        "excluded": [{"column": one.column, **_why(one)} for one in little.excluded],  # type: ignore[typeddict-item]
        "timeline": [],
        "process": None,
        "unusual": None,
        "examples": [],
        "energy": None,
        "shrinkage": None,
        "warnings": [say(notice.code, notice.values) for notice in little.notices],
    }
    return dict(document)


def _frame(data: StudyData, leaks: Sequence[Leak], seed: int) -> Document:
    """Everything that does not depend on a model."""
    little = TooLittle(
        data.spec,
        Notice("no_controllable"),
        data.n_rows,
        data.n,
        data.n_groups,
        data.group,
        data.baseline_loss,
        None,
        data.excluded,
    )
    document: Document = refuse(little, seed)  # type: ignore[assignment]
    first, last = span(data)
    document["data"] |= {"first": first, "last": last}
    document["verdict"] = "no_actionable_factor"
    document["timeline"] = timeline(data)
    for leak in leaks:
        said = say(leak.evidence, leak.values)
        document["leaks"].append(
            {
                "column": leak.column,
                "kind": leak.kind,
                "evidence": said["en"],
                "evidence_ja": said["ja"],
                "action": leak.action,
            }
        )
    return document


def _why(one: Excluded) -> dict[str, str]:
    said = say(one.why)
    return {"why": one.why, "en": said["en"], "ja": said["ja"]}


def _excluded(notice: Notice) -> Any:
    return {"column": notice.values["column"], **_why(Excluded(notice.values["column"], notice.values["why"]))}


def _quality(quality: Quality) -> QualityEntry:
    return {
        "metric": quality.metric,
        "forward": quality.forward,
        "forward_low": quality.forward_low,
        "forward_high": quality.forward_high,
        "random": quality.random,
        "optimism": quality.optimism,
        "baseline": quality.baseline,
        "n_test": quality.n_test,
        "more": quality.more,
    }


def _context(data: StudyData, share: dict[str, float]) -> list[Any]:
    entries = [
        {"factor": factor, "share_of_explanation": share.get(factor, 0.0), "role": data.spec.factor(factor).role}
        for factor in data.factors
        if data.spec.factor(factor).role != "controllable"
    ]
    return sorted(entries, key=lambda entry: (-float(str(entry["share_of_explanation"])), str(entry["factor"])))
