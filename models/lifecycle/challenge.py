"""Champion against challenger on the newest units that neither has learnt from: a paired test decides.

The challenger takes over where it is **clearly better** (the 90 % interval of the difference over resampled groups lies
above zero), and where it is **as good and newer**: the interval's lower end is above minus a tenth of what the champion
gains over the naive model. Everything else keeps the champion. So models do not change on noise, a change never costs
more than that tenth (19 times in 20), and knowledge of newer data is preferred where it costs nothing.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.automl.metrics import measure, paired

__all__ = ["MARGIN", "Verdict", "challenge", "first"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MARGIN = 0.1
"""Share of the champion's lead over the naive model that a newer model may lose."""


@dataclass(frozen=True)
class Verdict:
    """``code`` is a code of `models.lifecycle.words`; ``difference`` is challenger minus champion, higher is better."""

    decision: Literal["promote", "keep"]
    code: str
    metric: str
    champion: float | None = None
    challenger: float | None = None
    naive: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    units: int = 0
    groups: int = 0


def challenge(
    metric: str,
    truth: Floats,
    champion: Floats,
    challenger: Floats,
    naive: Floats,
    groups: Ints,
    rng: np.random.Generator,
) -> Verdict:
    """Judge on the same rows. Shapes as in `models.automl.metrics`; ``naive``: what one says without a model."""
    now, new, base = (measure(metric, truth, predicted) for predicted in (champion, challenger, naive))
    found = paired(metric, truth, challenger, champion, groups, rng)
    low, high, counts = found.low, found.high, (len(truth), len(np.unique(groups)))

    def verdict(decision: Literal["promote", "keep"], code: str) -> Verdict:
        return Verdict(decision, code, metric, now, new, base, found.estimate, low, high, *counts)

    if now is None or new is None or base is None or low is None or high is None:
        return verdict("keep", "not_comparable")
    if new <= base:
        return verdict("keep", "no_better_than_naive")
    if low > 0:
        return verdict("promote", "clearly_better")
    if high < 0:
        return verdict("keep", "clearly_worse")
    if low >= -MARGIN * max(now - base, 0.0):
        return verdict("promote", "as_good_and_newer")
    return verdict("keep", "not_shown_as_good")


def first(metric: str, forward: float | None, random: float | None, baseline: float | None, units: int) -> Verdict:
    """Where there is no champion to beat, the naive model is: its score on the same held-back units is ``baseline``."""
    score = forward if forward is not None else random
    better = score is not None and baseline is not None and score > baseline
    code = "first_model" if better else "no_better_than_naive"
    return Verdict("promote" if better else "keep", code, metric, None, score, baseline, units=units)
