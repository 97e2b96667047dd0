"""What decisions are worth, measured on rows that had no part in them: trust, money, coverage, sentences."""

from dataclasses import asdict
from typing import Any

import numpy as np

from models.automl.decide import Decisions
from models.automl.decide.costs import Costs
from models.automl.decide.intervals import coverage
from models.automl.decide.reliability import report
from models.automl.decide.threshold import Rule, economy
from models.automl.decide.words import say_coverage, say_economy, say_reliability
from models.automl.matrix import Floats, Ints

__all__ = ["evidence"]


def evidence(
    decisions: Decisions,
    truth: Floats | Ints,
    raw: Floats,
    groups: Ints,
    rng: np.random.Generator,
    costs: Costs | None = None,
) -> dict[str, Any]:
    """JSON-able: ``reliability``, ``economy``, ``coverage`` (None where they do not apply) and ``said``.

    ``truth``: (n,) class codes or values of rows held back (or of the folds, where none are). ``raw``: (n, k)
    probabilities before `Decisions.probabilities`, or (n,) values. ``groups``: (n,).
    """
    found: dict[str, Any] = {"reliability": None, "economy": None, "coverage": None, "said": []}
    if not len(truth):
        return found
    if raw.ndim == 1:
        if decisions.intervals is not None:
            covered = coverage(decisions.intervals, np.asarray(truth, dtype=np.float64), raw, groups, rng)
            if covered is not None:
                found |= {"coverage": asdict(covered), "said": [say_coverage(covered)]}
        return found
    codes, probabilities = truth.astype(np.int64), decisions.probabilities(raw)
    trusted = report(codes, probabilities, groups, rng)
    said = say_reliability(decisions.calibration, trusted)
    found["reliability"] = None if trusted is None else asdict(trusted)
    if costs is not None:
        rule = decisions.rule or Rule(costs.matrix, costs.bad)
        money = economy(probabilities, codes, rule, costs, groups, rng)
        if money is not None:
            found["economy"] = asdict(money)
            said += say_economy(money)
    found["said"] = said
    return found
