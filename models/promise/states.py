"""The states of an action, and which one a measurement puts it in."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

__all__ = ["LEVEL", "STATES", "Interval", "State", "Z", "judge", "stated"]

State = Literal[
    "planned", "too_early", "not_measurable", "not_followed", "realised", "less_than_promised", "no_effect_shown",
    "worse", "withdrawn",
]  # fmt: skip
STATES: tuple[State, ...] = State.__args__  # type: ignore[attr-defined]
LEVEL = 0.90
"""Of every interval, as in the ranking."""
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


@dataclass(frozen=True)
class Interval:
    """A gain per unit with its 90 % interval."""

    estimate: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """Standard deviation of a normal with this interval."""
        return (self.high - self.low) / (2 * Z)

    def times(self, factor: float) -> "Interval":
        """Of another mix."""
        return Interval(self.estimate * factor, self.low * factor, self.high * factor)


def stated(state: State, code: str, **values: Any) -> dict[str, Any]:
    """An outcome without a measurement. ``code``: why, as `models.promise.words` says it."""
    return {"state": state, "code": code, "values": values, "kept": None, "realised": None, "promised": None}


def judge(gave: Interval, due: Interval | None) -> tuple[State, str]:
    """The state of a measured action, and how to say it.

    Less than promised: the difference of the two, with both errors, lies below nought.

    >>> judge(Interval(0.004, 0.002, 0.006), Interval(0.012, 0.010, 0.014))
    ('less_than_promised', 'less_than_promised')
    >>> judge(Interval(0.004, -0.001, 0.009), Interval(0.012, 0.010, 0.014))
    ('no_effect_shown', 'promise_ruled_out')
    """
    if gave.high < 0:
        return "worse", "worse"
    short = due is not None and due.estimate - gave.estimate > Z * float(np.hypot(gave.spread, due.spread))
    if due is None:
        return ("no_effect_shown", "not_shown") if gave.low <= 0 else ("realised", "shown")
    if gave.low <= 0:
        return "no_effect_shown", "promise_ruled_out" if short else "not_decided"
    return ("less_than_promised", "less_than_promised") if short else ("realised", "realised")
