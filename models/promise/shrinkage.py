"""How far later promises can be believed: realised over promised of past actions, as a factor on new ones.

Each measured action gives a ratio ``x_i`` with a standard deviation ``s_i`` (both intervals, over the promise). The
true ratios of a study vary about the study's mean, studies about their line's, lines about the plant's, and that about
one:

    Cov(m_i, m_j) = PLANT^2 + LINE^2 [same line] + STUDY^2 [same study],    x_i ~ N(m_i, ACTION^2 + s_i^2)

The factor is the mean of the study's ``m`` given all ratios (best linear prediction; hierarchical shrinkage, Gelman et
al., Bayesian Data Analysis, chapter 5). A noisy action has a large ``s_i`` and moves little; without any action the
factor is one. It is never above one: what went better than promised shows in the next ranking's data anyway.

>>> shrinkage_of([Past("caps", "fill", 0.5, 0.1)] * 4, "caps", "fill").factor < 0.75
True
>>> shrinkage_of([Past("caps", "fill", 0.0, 2.0)], "caps", "fill").factor > 0.95
True
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.promise.states import Z
from models.promise.words import both
from models.rank.words import say as rank_words

__all__ = ["Past", "Shrinkage", "shrink", "shrinkage_of"]

PLANT, LINE, STUDY, ACTION = 0.15, 0.1, 0.1, 0.15
"""Standard deviations of the ratio: 0.21 between studies, 0.15 between the actions of one. Over 52 simulated plants of
16 families realised over promised had a median of 0.99 and a standard deviation of 0.19, of which the promises' own
intervals make 0.14; real plants hold more that nobody measured, so these are half as wide again as what remains."""
LOWEST = 0.1
"""A promise is not shrunk to nothing: the verdict of a ranking is its own interval's, not the ledger's."""
FURTHEST = 3.0
"""Ratios beyond this, or below its negative, count as this: a tiny promise makes any ratio large."""


@dataclass(frozen=True)
class Past:
    """One measured action."""

    study: str
    line: str
    ratio: float
    spread: float


@dataclass(frozen=True)
class Shrinkage:
    """``factor`` on later promises of a study; ``low`` and ``high``: 90 % of what other luck of the same actions would
    have made of it, not cut at one. Noisy actions move it little, and so does their luck."""

    factor: float
    n_actions: int
    low: float
    high: float


def shrinkage_of(past: Sequence[Past], study: str, line: str) -> Shrinkage:
    """The factor for a study, from all the plant's measured actions."""
    if not past:
        return Shrinkage(1.0, 0, 1.0, 1.0)
    own = np.array([PLANT**2 + LINE**2 * (one.line == line) + STUDY**2 * (one.study == study) for one in past])
    among = np.array(
        [
            [PLANT**2 + LINE**2 * (a.line == b.line) + STUDY**2 * (a.study == b.study) for b in past]
            for a in past
        ]
    )  # fmt: skip
    ratios = np.clip([one.ratio for one in past], -FURTHEST, FURTHEST)
    cover = among + np.diag([ACTION**2 + one.spread**2 for one in past])
    weights = np.linalg.solve(cover, own)
    mean = 1.0 + float(weights @ (ratios - 1.0))
    reach = Z * float(np.sqrt(weights**2 @ np.diag(cover - among)))
    return Shrinkage(float(np.clip(mean, LOWEST, 1.0)), len(past), mean - reach, mean + reach)


def shrink(document: Mapping[str, Any], shrinkage: Shrinkage) -> dict[str, Any]:
    """A ranking document with its promises multiplied; without past actions, as it was.

    Each entry keeps what was said first as ``promised_before_shrinkage`` (``estimate``, ``low``, ``high``). The
    interval also holds the factor's own error. Money follows the gain; the order follows the lower bounds, as ever.
    The document gets ``shrinkage``: ``factor``, ``n_actions``, ``low``, ``high``, and a sentence, ``en`` and ``ja``.
    """
    if shrinkage.n_actions == 0:
        return dict(document)
    entries = [_shrunk(entry, shrinkage) for entry in document["ranking"]]
    entries.sort(key=lambda entry: -(entry["net"] or entry["gain"])["low"])
    said = {
        "factor": shrinkage.factor,
        "n_actions": shrinkage.n_actions,
        "low": shrinkage.low,
        "high": shrinkage.high,
        **both("shrunk" if shrinkage.factor < 1.0 else "not_shrunk", n=shrinkage.n_actions, factor=shrinkage.factor),
    }
    ranking = [entry | {"rank": rank} for rank, entry in enumerate(entries, start=1)]
    shrunk = {**document, "ranking": ranking, "shrinkage": said}
    if ranking and ranking[0]["factor"] != document["ranking"][0]["factor"]:
        # Costs of a change are not shrunk, so another advice may come first; the reason names the first one.
        shrunk["reason"] = rank_words("factors_found", {"count": len(ranking), "factor": ranking[0]["factor"]})
    return shrunk


def _shrunk(entry: Mapping[str, Any], shrinkage: Shrinkage) -> dict[str, Any]:
    gain = entry["gain"]
    before = {key: gain[key] for key in ("estimate", "low", "high")}
    factor, doubt = shrinkage.factor, (shrinkage.high - shrinkage.low) / 2
    estimate = gain["estimate"] * factor
    reach = abs(gain["estimate"]) * doubt

    def edge(value: float) -> float:
        """Both errors, as independent ones add up."""
        distance = float(np.hypot((value - gain["estimate"]) * factor, reach))
        return float(estimate - distance if value < gain["estimate"] else estimate + distance)

    shrunk = {**gain, "estimate": estimate, "low": edge(gain["low"]), "high": edge(gain["high"])}
    money, net = _money(entry, gain, shrunk)
    proven = shrunk["low"] > 0
    return {**entry, "promised_before_shrinkage": before, "gain": shrunk, "money": money, "net": net, "proven": proven}


def _money(
    entry: Mapping[str, Any], gain: Mapping[str, Any], shrunk: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Gross and net money of the shrunk gain; the cost of the change stays what it was."""
    money, net = entry["money"], entry["net"]
    if money is None or not gain["estimate"]:
        return money, net
    per_loss = money["estimate"] / gain["estimate"]
    gross = {**money, "estimate": shrunk["estimate"] * per_loss, "low": shrunk["low"] * per_loss}
    if net is None:
        return gross, None
    return gross, net | {key: net[key] + gross[key] - money[key] for key in ("estimate", "low")}
