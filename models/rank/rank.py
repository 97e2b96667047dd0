"""The ranking: which setting to change first, to what, what that gives and how sure it is."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models.automl.algorithms.threads import threads_for
from models.automl.model import Quality
from models.leaks import Leak, audit
from models.learn import Learned, explained, glance, shares
from models.rank.adjust import inseparable, stage_notices
from models.rank.afterwards import written_after
from models.rank.candidate import Candidate, Estimate, Sample, candidate, estimate
from models.rank.document import SCHEMA, Document, Entry, Gain, QualityEntry
from models.rank.gate import gate
from models.rank.glm import merge_groups
from models.rank.history import History
from models.rank.money import Price, price_of
from models.rank.timeline import timeline
from models.rank.words import say
from models.study.data import Excluded, Notice, StudyData, TooLittle, span

__all__ = ["rank", "refuse"]

Floats = NDArray[np.float64]
Progress = Callable[[float, str], None]

LEVEL = 0.90
DRAWS = 200
FEWEST_DRAWS = 60
MOST_ROWS = 30_000
EXPLAINED_ROWS = 2000
FALSE_ALARM = 0.05
"""Chance of naming any setting that does nothing, over all settings together."""
BIG_SHARE = 0.15
OPPOSITE = -0.5


class _Pace:
    """Seconds left of the budget; without a budget the work depends on the table alone."""

    def __init__(self, budget: float | None) -> None:
        self.end = None if budget is None else time.monotonic() + budget

    @property
    def left(self) -> float:
        return float("inf") if self.end is None else max(self.end - time.monotonic(), 0.0)


def rank(
    data: StudyData | TooLittle,
    *,
    seed: int = 0,
    budget: float | None = None,
    progress: Progress | None = None,
    learned: Learned | None = None,
) -> dict[str, Any]:
    """The document of contract 5.2. ``progress`` hears the share done and what is being done.

    ``learned``: what `models.learn.learn` gave for the same, audited data; without it, a quick model is trained here.
    """
    if isinstance(data, TooLittle):
        return refuse(data, seed)
    tell = progress or (lambda _share, _what: None)
    pace = _Pace(budget)
    tell(0.0, "audit")
    data, leaks = audit(data)
    data, late = _without_late(data)
    document = _frame(data, [*leaks, *late], seed)
    rng = np.random.default_rng(seed)
    tell(0.05, "model")
    learned = learned or glance(data, seed, None if budget is None else pace.left / 3)
    notices = [*data.notices, *stage_notices(data)]
    if learned is not None:
        document["quality"] = _quality(learned.quality)
    if learned is None or learned.quality.forward is None:
        notices.append(Notice("not_scored"))
    tell(0.25, "explanation")
    rows = np.sort(rng.permutation(data.n)[:EXPLAINED_ROWS])
    parts = explained(learned, data, rows)
    share = shares(parts)
    document["context"] = _context(data, share)
    candidates, more = _candidates(data)
    notices += more
    document["excluded"] += [_excluded(one) for one in more if one.code == "controllable_left_out"]
    price, unpriced = price_of(data)
    notices += unpriced
    # As in training: threads that wait for one another spin, and a small table gains nothing from them.
    with threadpool_limits(limits=threads_for(data.features.size) or None, user_api="blas"):
        found, sampled = _estimates(data, candidates, rng, pace, tell)
    notices += sampled
    _conclude(document, data, found, share, parts, rows, price, notices)
    document["warnings"] = [say(notice.code, notice.values) for notice in notices]
    tell(1.0, "done")
    return dict(document)


def _without_late(data: StudyData) -> tuple[StudyData, list[Leak]]:
    """The study without columns that were written because of the verdict; settings, too."""
    cells, n_cells = merge_groups(data.groups, data.n_groups)
    found = list(written_after(data, cells, n_cells))
    if not found:
        return data, []
    leaks = [
        Leak(
            one.column,
            "after_the_fact",
            "follows_verdict",
            "excluded",
            {"column": one.column, "target": data.spec.target},
        )
        for one in found
    ]
    excluded = (*data.excluded, *(Excluded(one.column, "leak_after_the_fact") for one in found))
    features = data.features.drop(columns=[one.column for one in found])
    return replace(data, features=features, excluded=excluded), leaks


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
        "quality": _quality(quality),
        "leaks": [],
        "ranking": [],
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
        "warnings": [say(notice.code, notice.values) for notice in little.notices],
    }
    return dict(document)


def _frame(data: StudyData, leaks: Sequence[Leak], seed: int) -> Document:
    """Everything that does not depend on a model."""
    little = TooLittle(
        data.spec,
        Notice("no_actionable_factor"),
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


def _candidates(data: StudyData) -> tuple[list[Candidate], list[Notice]]:
    found, notices = [], []
    for members in inseparable(data, data.controllable()):
        chosen = candidate(data, members)
        if isinstance(chosen, str):
            notices += [Notice("controllable_left_out", {"column": member, "why": chosen}) for member in members]
            continue
        found.append(chosen)
        if len(members) > 1:
            notices.append(Notice("inseparable", {"factors": ", ".join(members)}))
    return found, notices


def _sample(data: StudyData, history: History, rng: np.random.Generator, most_rows: int, draws: int) -> Sample:
    rows = np.sort(rng.permutation(data.n)[:most_rows])
    _, codes = np.unique(data.groups[rows], return_inverse=True)
    first = np.unique(codes, return_index=True)[1]
    in_time = np.argsort(np.argsort(first))[codes]
    cells, n_cells = merge_groups(in_time.astype(np.int64), len(first))
    drawn = rng.multinomial(n_cells, np.full(n_cells, 1 / n_cells), size=draws).astype(np.float64)
    return Sample(history, rows, cells, drawn)


def _estimates(
    data: StudyData, candidates: Sequence[Candidate], rng: np.random.Generator, pace: _Pace, tell: Progress
) -> tuple[list[Estimate], list[Notice]]:
    notices: list[Notice] = []
    draws = DRAWS if pace.left > 5 * max(len(candidates), 1) else FEWEST_DRAWS
    if draws < DRAWS and candidates:
        notices.append(Notice("budget", {"draws": draws}))
    state = rng.integers(2**32)
    most = MOST_ROWS
    found: list[Estimate] = []
    history = History.of(data)
    for place, chosen in enumerate(candidates):
        tell(0.35 + 0.6 * place / len(candidates), chosen.column)
        began = time.monotonic()
        # The same draws for every setting: their ranks are compared draw by draw.
        sample = _sample(data, history, np.random.default_rng(state), most, draws)
        found.append(estimate(data, chosen, sample, np.random.default_rng([int(state), place])))
        ahead = (time.monotonic() - began) * (len(candidates) - place - 1)
        if ahead > pace.left:
            most = max(2000, int(len(sample.rows) * pace.left / ahead))
    if candidates and data.n > MOST_ROWS:
        notices.append(Notice("sampled", {"count": MOST_ROWS, "n": data.n}))
    return found, notices


def _conclude(
    document: Document,
    data: StudyData,
    found: Sequence[Estimate],
    share: dict[str, float],
    parts: pd.DataFrame,
    rows: NDArray[np.int64],
    price: Price | None,
    notices: list[Notice],
) -> None:
    """Verdict, ranks and entries."""
    if not found:
        code = "no_window" if data.controllable() else "no_controllable"
        document["reason"] = say(code)
        return
    chance = gate([one.scores for one in found], np.random.default_rng(document["seed"]))
    good = [one for one, p in zip(found, chance, strict=True) if p <= FALSE_ALARM and _gains(one)]
    if not good:
        return
    entries = []
    for one in good:
        evidence = _evidence(one, data, share, parts, rows)
        if one.determined_by:
            blanks = {"factor": one.candidate.column, "others": ", ".join(one.determined_by)}
            notices.append(Notice("determined", blanks))
        entries.append(_entry(one, data, share, price, evidence))
    worth = np.array([_worth(one, data, price) for one in good])
    places = np.argsort(np.argsort(-worth, axis=0, kind="stable"), axis=0) + 1
    for entry, own in zip(entries, places, strict=True):
        entry["rank_interval"] = [int(np.floor(np.quantile(own, 0.05))), int(np.ceil(np.quantile(own, 0.95)))]
        entry["p_first"] = float((own == 1).mean())
    entries.sort(key=lambda entry: (-(entry["net"]["low"] if entry["net"] else entry["gain"]["low"]), entry["factor"]))
    for place, entry in enumerate(entries, start=1):
        entry["rank"] = place
    document["ranking"] = entries
    document["verdict"] = "factors_found"
    proven = sum(entry["proven"] for entry in entries)
    document["reason"] = say("factors_found", {"count": proven, "factor": entries[0]["factor"]})


def _gains(one: Estimate) -> bool:
    """Does the whole interval say that the advice helps?"""
    return one.search.estimate > 0 and float(np.quantile(one.search.draws, (1 - LEVEL) / 2)) > 0


def _worth(one: Estimate, data: StudyData, price: Price | None) -> Floats:
    if price is None:
        return one.search.draws
    once = _cost_of_change(one, data) / price.horizon_units
    return one.search.draws * price.per_loss - once


def _cost_of_change(one: Estimate, data: StudyData) -> float:
    return sum(data.spec.factor(member).cost_of_change for member in one.candidate.members)


def _evidence(
    one: Estimate, data: StudyData, share: dict[str, float], parts: pd.DataFrame, rows: NDArray[np.int64]
) -> str:
    column = one.candidate.column
    if len(one.candidate.members) > 1:
        return "inseparable"
    own = share.get(column, 0.0)
    unproven = own >= BIG_SHARE and float(np.quantile(one.search.draws, (1 - LEVEL) / 2)) <= 0
    disagrees = own >= BIG_SHARE and _agreement(one, data, parts, rows) < OPPOSITE
    return "correlated_only" if unproven or disagrees or one.determined_by else "adjusted"


def _agreement(one: Estimate, data: StudyData, parts: pd.DataFrame, rows: NDArray[np.int64]) -> float:
    """Correlation, over the units, of the SHAP value with the adjusted curve at the unit's setting."""
    values = data.features[one.candidate.column].iloc[rows]
    if one.curve:
        points = np.array([(point["x"], point["loss"]) for point in one.curve])
        curve = np.interp(values.to_numpy(dtype=np.float64), points[:, 0], points[:, 1]) * data.sign
    else:
        level = {point["level"]: point["loss"] * data.sign for point in one.level_curve}
        curve = np.array([level.get(value, np.nan) for value in values.astype("object")])
    shap = parts[one.candidate.column].to_numpy()
    known = np.isfinite(curve)
    if known.sum() < 20 or np.ptp(curve[known]) == 0 or np.ptp(shap[known]) == 0:
        return 0.0
    return float(np.corrcoef(curve[known], shap[known])[0, 1])


def _entry(one: Estimate, data: StudyData, share: dict[str, float], price: Price | None, evidence: str) -> Entry:
    column = one.candidate.column
    factor, values = data.spec.factor(column), data.features[column].dropna()
    low, high = (float(edge) for edge in np.quantile(one.search.draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    value = one.search.estimate
    unit = "bad units per unit" if data.spec.task == "classification" else _target_unit(data)
    gain: Gain = {
        "estimate": value,
        "low": min(low, value),
        "high": max(high, value),
        "level": LEVEL,
        "unit": unit,
    }
    return {
        "rank": 0,
        "factor": column,
        "group": list(one.candidate.members),
        "direction": one.direction,  # type: ignore[typeddict-item]
        "window": one.window,
        "windows": one.windows,
        "gain": gain,
        "money": price.money(gain) if price is not None else None,
        "net": price.net(gain, _cost_of_change(one, data)) if price is not None else None,
        "rank_interval": [1, 1],
        "p_first": 0.0,
        "evidence": evidence,  # type: ignore[typeddict-item]
        "share_of_explanation": sum(share.get(member, 0.0) for member in one.candidate.members),
        "support": one.support,
        "unit": factor.unit,
        "role": factor.role,
        "stage": factor.stage,
        "now": float(values.median()) if values.dtype == "float64" else str(values.mode().iloc[0]),
        "proven": gain["low"] > 0,
        "curve": one.curve,
        "level_curve": one.level_curve,
    }


def _target_unit(data: StudyData) -> str:
    return data.spec.factor(data.spec.target).unit or data.spec.target
