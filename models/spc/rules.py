"""Rules that tell a special cause from the pattern of points on a control chart, by the names of their sets.

z: standardised points (…, n): distance from the centre line in standard deviations. A rule marks each point that
*completes* its pattern. Exactly on a line is not beyond it; a point on the centre line is on neither side and
ends a run; equal neighbours end a trend; NaN ends everything. Zones: C within 1 σ, B 1 to 2 σ, A 2 to 3 σ.

| set | rules |
|---|---|
| ``western_electric`` | 1 beyond 3 σ · 2 two of three beyond 2 σ, one side · 3 four of five beyond 1 σ, one side · 4 eight on one side |
| ``nelson`` | 1 beyond 3 σ · 2 nine on one side · 3 six rising or falling · 4 fourteen alternating · 5 two of three beyond 2 σ · 6 four of five beyond 1 σ · 7 fifteen within 1 σ · 8 eight beyond 1 σ, either side |
| ``jis`` | JIS Z 9020-2:2016 (ISO 7870-2:2013): 1 beyond 3 σ · 2 seven on one side · 3 seven rising or falling. Its rule 4, "a pattern that is plainly not random", is left to the eye |
| ``jis_1998`` | the eight of JIS Z 9021:1998 (ISO 8258), still on many walls: the same as ``nelson`` |

**Limits of validity.** Independent, near to normal points, limits that are right. Every rule added makes false
alarms more frequent: per 100 in-control points about one chart in four holds a signal of rule 1 alone, and most a
signal of the eight. `models.spc.chance` says how surprising one is. **Source.** Western Electric, Statistical
Quality Control Handbook (1956); L. S. Nelson, The Shewhart control chart: tests for special causes, J. Quality
Technology 16 (1984); the standards named.

>>> [(s.rule.number, s.first, s.last) for s in signals(np.array([0.0, 3.2, 0.0]), "jis")]
[('1', 1, 1)]
"""  # noqa: E501 (a table)

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.spc.chart import Floats

__all__ = ["RULE_SETS", "Rule", "Signal", "marks", "run_length", "signals"]

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Shape = Literal["beyond", "one_side", "trend", "alternating", "most_beyond", "within", "outside"]


@dataclass(frozen=True)
class Rule:
    """``points`` that show the ``shape`` (of ``of`` successive ones), with zones at ``sigmas``."""

    number: str
    shape: Shape
    points: int
    of: int
    sigmas: float = 0.0

    @property
    def sided(self) -> bool:
        """Is its pattern above or below (rising or falling)?"""
        return self.shape not in ("alternating", "within", "outside")


def _eight() -> tuple[Rule, ...]:
    return (
        Rule("1", "beyond", 1, 1, 3.0),
        Rule("2", "one_side", 9, 9),
        Rule("3", "trend", 6, 6),
        Rule("4", "alternating", 14, 14),
        Rule("5", "most_beyond", 2, 3, 2.0),
        Rule("6", "most_beyond", 4, 5, 1.0),
        Rule("7", "within", 15, 15, 1.0),
        Rule("8", "outside", 8, 8, 1.0),
    )


RULE_SETS: Mapping[str, tuple[Rule, ...]] = {
    "western_electric": (
        Rule("1", "beyond", 1, 1, 3.0),
        Rule("2", "most_beyond", 2, 3, 2.0),
        Rule("3", "most_beyond", 4, 5, 1.0),
        Rule("4", "one_side", 8, 8),
    ),
    "nelson": _eight(),
    "jis": (Rule("1", "beyond", 1, 1, 3.0), Rule("2", "one_side", 7, 7), Rule("3", "trend", 7, 7)),
    "jis_1998": _eight(),
}


@dataclass(frozen=True)
class Signal:
    """A stretch of neighbouring points that complete a rule's pattern on one side.

    ``start``: where the pattern of the first of them begins; ``first`` … ``last``: the points marked; ``side``: +1
    above (rising), -1 below (falling), 0 where the rule has no side.
    """

    rule: Rule
    start: int
    first: int
    last: int
    side: int


def run_length(mask: Bools) -> Ints:
    """How many True end at each place, along the last axis: (…, n) → (…, n).

    >>> run_length(np.array([True, True, False, True])).tolist()
    [1, 2, 0, 1]
    """
    places = np.arange(mask.shape[-1])
    return np.asarray(places - np.maximum.accumulate(np.where(mask, -1, places), axis=-1))


def _windowed(mask: Bools, width: int) -> Ints:
    """How many of the last ``width`` places are True; fewer places at the start."""
    total = np.cumsum(mask, axis=-1)
    before = np.zeros_like(total)
    before[..., width:] = total[..., :-width]
    return np.asarray(total - before)


def _sided(z: Floats, rule: Rule) -> tuple[Bools, Bools]:
    """Marks above (rising) and below (falling)."""
    if rule.shape == "trend":
        step = np.diff(z, axis=-1, prepend=np.nan)
        return run_length(step > 0) >= rule.points - 1, run_length(step < 0) >= rule.points - 1
    above, below = z > rule.sigmas, z < -rule.sigmas
    if rule.shape == "one_side":
        return run_length(above) >= rule.points, run_length(below) >= rule.points
    return (
        above & (_windowed(above, rule.of) >= rule.points),
        below & (_windowed(below, rule.of) >= rule.points),
    )


def _sideless(z: Floats, rule: Rule) -> Bools:
    if rule.shape == "alternating":
        step = np.diff(z, axis=-1, prepend=np.nan)
        turned = np.zeros(z.shape, dtype=np.bool_)
        turned[..., 1:] = step[..., 1:] * step[..., :-1] < 0
        return run_length(turned) >= rule.points - 2
    distance = np.abs(z)
    inside = distance < rule.sigmas if rule.shape == "within" else distance > rule.sigmas
    return run_length(inside) >= rule.points


def marks(z: Floats, rule: Rule) -> Ints:
    """Which points complete the rule's pattern: +1 above, -1 below, 2 where it has no side, else 0. (…, n)"""
    if not rule.sided:
        return _sideless(z, rule).astype(np.int64) * 2
    above, below = _sided(z, rule)
    return np.asarray(above.astype(np.int64) - below.astype(np.int64))


def signals(z: Floats, rule_set: str = "jis") -> list[Signal]:
    """All signals of one series (n,), by rule, then by time."""
    found = []
    for rule in RULE_SETS[rule_set]:
        marked = marks(z, rule)
        edges = np.flatnonzero(np.diff(marked, prepend=0, append=0))
        for first, after in pairwise(edges):
            side = int(marked[first])
            if side:
                start = max(0, int(first) - rule.of + 1)
                found.append(Signal(rule, start, int(first), int(after) - 1, side if side < 2 else 0))
    return found
