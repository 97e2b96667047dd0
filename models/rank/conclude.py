"""The verdict: open or closed gate, the order of the advice, what was looked at in vain, and what would show more."""

from collections.abc import Sequence

import numpy as np

from models.rank.candidate import Estimate
from models.rank.document import Document
from models.rank.entries import LEVEL, Explained, considered, entry_of, helps, place
from models.rank.gate import gate
from models.rank.money import Price
from models.rank.trial import propose
from models.rank.words import say
from models.study.data import Notice, StudyData

__all__ = ["chances", "conclude", "passes"]

FALSE_ALARM = 0.01
"""Nominal chance of naming any setting that does nothing, over all settings together. What is left of confounding adds
to it: 0.03 gave an idle setting a place in about a tenth of the benchmark's plants."""
WORTH_SEEING = 0.30
"""Change of the loss (of its standard deviation, where it is measured) that a study should be able to see."""
SEEN = 1.96 + 0.84
"""Standard errors of a change that is found in four of five studies, at 5 % two-sided."""
TYPICAL_MOVE = 0.8
"""Standard deviations by which a window moves the mean unit, about."""


def conclude(
    document: Document, data: StudyData, found: Sequence[Estimate], seen: Explained, price: Price | None
) -> list[Notice]:
    """Fill in verdict, reason, ranking, what was considered, trial. Returns what has to be warned of."""
    if not found:
        document["reason"] = say("no_window" if data.controllable() else "no_controllable")
        return []
    chance = chances(found, document["seed"])
    document["gate"] = {"p_value": min(chance), "level": FALSE_ALARM, "tried": len(found)}
    pairs = list(zip(found, chance, strict=True))
    good = [(one, p) for one, p in pairs if passes(one, p)]
    shown = {member for one, _ in good for member in one.candidate.members}
    document["considered"] = sorted(
        (considered(one, data, p, FALSE_ALARM) for one, p in pairs if one.candidate.column not in shown),
        key=lambda entry: (entry["p_value"], entry["factor"]),
    )
    if not good:
        matters = [one for one, p in pairs if p <= FALSE_ALARM and one.search.estimate > 0]
        if matters:
            _unsure(document, data, max(matters, key=lambda one: one.search.estimate / one.search.draws.std()))
        else:
            _silent(document, data, found)
        return []
    entries = [entry_of(one, data, seen, price, p) for one, p in good]
    document["ranking"] = place(entries, [one for one, _ in good], data, price)
    document["verdict"] = "factors_found"
    first = document["ranking"][0]
    document["reason"] = say("factors_found", {"count": len(entries), "factor": first["factor"]})
    document["trial"] = propose(data, document["ranking"])
    return [
        Notice("determined", {"factor": one.candidate.column, "others": ", ".join(one.determined_by)})
        for one, _ in good
        if one.determined_by
    ]


def chances(found: Sequence[Estimate], seed: int) -> list[float]:
    """The gate's p-value of each."""
    return gate([one.scores for one in found], np.random.default_rng(seed))


def passes(one: Estimate, chance: float) -> bool:
    """Is it proposed?"""
    return chance <= FALSE_ALARM and helps(one)


def _unsure(document: Document, data: StudyData, one: Estimate) -> None:
    """A setting matters, but no window is sure to be better."""
    low = float(np.quantile(one.search.draws, (1 - LEVEL) / 2))
    needed = _rounded(data.n * ((one.search.estimate - low) / one.search.estimate) ** 2, data.n)
    document["verdict"] = "not_enough_data"
    document["units_needed"] = needed
    document["reason"] = say("window_unsure", {"factor": one.candidate.column, "n": data.n, "needed": needed})


def _rounded(units: float, n: int) -> int:
    """Units needed, rounded up to two digits, more than there are."""
    units = max(units, 1.1 * n)
    size = 10 ** max(0, int(np.floor(np.log10(units))) - 1)
    return int(np.ceil(units / size) * size)


def _silent(document: Document, data: StudyData, found: Sequence[Estimate]) -> None:
    """No advice: because the settings do not matter, or because these units could not have shown it."""
    scale = data.baseline_loss if data.spec.task == "classification" else float(data.loss.std())
    seen = float(np.median([SEEN * TYPICAL_MOVE * one.error for one in found])) / max(abs(scale), 1e-12)
    blanks = {"n": data.n, "groups": data.n_groups, "seen": seen, "tried": len(found)}
    if seen <= WORTH_SEEING:
        document["reason"] = say("no_actionable_factor", blanks)
        return
    needed = _rounded(data.n * (seen / WORTH_SEEING) ** 2, data.n)
    document["verdict"] = "not_enough_data"
    document["units_needed"] = needed
    document["reason"] = say("weak_data", blanks | {"needed": needed, "wanted": WORTH_SEEING})
