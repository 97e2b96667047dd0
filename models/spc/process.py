"""The state of a process as a value, and told as JSON with words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal

import numpy as np

from models.rank.document import Said
from models.spc.chance import EWMA, LEVEL
from models.spc.chart import Chart
from models.spc.document import ChartPoint, Moment, Process, SignalSaid, State
from models.spc.rules import Signal
from models.spc.subgroups import Subgroups
from models.spc.words import say

__all__ = ["ProcessState", "Seen"]

SHOWN = 20
"""Signals told at most, rarest first: a chart that needs more is seen to be wild."""
LISTED = 5
"""Moments in the sentence; all are in the list."""

Direction = Literal["worse", "better", "neither"]
Stretch = tuple[int, int, Direction]


@dataclass(frozen=True)
class Seen:
    """A signal, how far it is from the centre line in σ, and the share of steady processes with one as rare."""

    signal: Signal
    distance: float
    chance: float

    @property
    def beyond_chance(self) -> bool:
        return self.chance <= LEVEL

    @property
    def first(self) -> int:
        """The first point of the pattern; of points outside the limits, the first that is."""
        return self.signal.first if self.signal.rule.shape == "beyond" and not self.of_ewma else self.signal.start

    @property
    def of_ewma(self) -> bool:
        return self.signal.rule == EWMA


@dataclass(frozen=True)
class ProcessState:
    """``code``: the word for the state, or why there is no chart, with its blanks in ``values``.

    ``sign``: +1 where low is good. ``at``, ``until``: first and last instant of each point, empty without instants.
    ``phi``: autocorrelation that widened the limits; ``left_out``: points the limits were set without; ``over``: times
    wider than binomial; ``r2``: share of the variation of units that ``context`` explains.
    """

    state: State
    code: str
    rule_set: str
    sign: float
    groups: Subgroups
    values: dict[str, Any] = field(default_factory=dict)
    chart: Chart | None = None
    seen: tuple[Seen, ...] = ()
    phi: float = 0.0
    left_out: int = 0
    over: float | None = None
    context: tuple[str, ...] = ()
    r2: float | None = None
    at: tuple[str, ...] = ()
    until: tuple[str, ...] = ()

    def to_json(self) -> Process:
        """For the field ``process`` of a ranking document."""
        chart, moments = self.chart, self.moments()
        name: Any = chart.name if chart else None
        return {
            "state": self.state,
            "chart": name,
            "rules": self.rule_set,
            "subgroup": self.groups.by,
            "centre": float(chart.centre[0]) if chart else None,
            "autocorrelation": self.phi,
            "overdispersion": self.over,
            "explained_by_context": self.r2,
            "points": self._points(chart) if chart else [],
            "signals": [self._signal(seen) for seen in self.seen[:SHOWN]],
            "moments": moments,
            "said": say(self.code, {"count": len(moments)} | self.values),
            "advice": self._advice(moments),
            "notes": self._notes(chart) if chart else [],
        }

    def moments(self) -> list[Moment]:
        """Stretches covered by signals beyond chance on one side, the rarest first."""
        found: list[Stretch] = []
        for seen in self.seen:
            if seen.beyond_chance:
                found = _joined(found, (seen.first, seen.signal.last, self._direction(seen)))
        return [
            {"at": self._at(first), "until": self._until(last), "first": first, "last": last, "direction": direction}
            for first, last, direction in found
        ]

    def _at(self, point: int) -> str | None:
        return self.at[point] if self.at else None

    def _until(self, point: int) -> str | None:
        return self.until[point] if self.until else None

    def _direction(self, seen: Seen) -> Direction:
        side = seen.signal.side * self.sign
        return "worse" if side > 0 else "better" if side < 0 else "neither"

    def _points(self, chart: Chart) -> list[ChartPoint]:
        starts = np.concatenate([[0], np.cumsum(self.groups.sizes)[:-1]])
        marked: list[list[str]] = [[] for _ in chart.values]
        for seen in self.seen:
            for place in range(seen.signal.first, seen.signal.last + 1):
                marked[place].append(seen.signal.rule.number)
        return [
            {
                "at": self._at(place),
                "until": self._until(place),
                "first": int(starts[place]) + 1,
                "n": int(self.groups.sizes[place]),
                "value": float(chart.values[place]),
                "lower": float(chart.lower[place]),
                "upper": float(chart.upper[place]),
                "rules": sorted(marked[place]),
            }
            for place in range(len(chart.values))
        ]

    def _signal(self, seen: Seen) -> SignalSaid:
        rule, side = seen.signal.rule, seen.signal.side
        where: Literal["above", "below", "both"] = "above" if side > 0 else "below" if side < 0 else "both"
        shape = "ewma" if seen.of_ewma else rule.shape
        blanks = {
            "points": seen.signal.last - seen.first + 1,
            "distance": seen.distance,
            "need": rule.points,
            "of": rule.of,
            "sigmas": rule.sigmas,
        }
        words = say(f"{shape}_{where}" if side else shape, blanks)
        return {
            "at": self._at(seen.first),
            "until": self._until(seen.signal.last),
            "rule": rule.number,
            "shape": shape,
            "first": seen.first,
            "last": seen.signal.last,
            "side": where,
            "direction": self._direction(seen),
            "distance": seen.distance,
            "chance": seen.chance,
            "beyond_chance": seen.beyond_chance,
            "en": words["en"],
            "ja": words["ja"],
        }

    def _advice(self, moments: Sequence[Moment]) -> Said:
        if self.state == "too_short":
            return say("collect_more")
        if self.state == "common_cause":
            return say("change_settings")
        told = [self._moment(moment) for moment in moments[:LISTED]]
        if len(moments) > LISTED:
            told.append(say("more_moments", {"count": len(moments) - LISTED}))
        listed = {"en": "; ".join(said["en"] for said in told), "ja": "、".join(said["ja"] for said in told)}
        return say("look_there", {"moments": listed})

    def _moment(self, moment: Moment) -> Said:
        direction = say(moment["direction"])
        if moment["at"] and moment["until"]:
            at, until = (moment["at"][:16].replace("T", " "), moment["until"][:16].replace("T", " "))
            return say("moment_time", {"at": at, "until": until, "direction": direction})
        ends = np.cumsum(self.groups.sizes)
        first = int(ends[moment["first"] - 1]) + 1 if moment["first"] else 1
        return say("moment_units", {"first": first, "last": int(ends[moment["last"]]), "direction": direction})

    def _notes(self, chart: Chart) -> list[Said]:
        by, count = self.groups.by, len(chart.values)
        size = round(float(np.mean(self.groups.sizes)))
        known = by in ("week", "day", "8h", "hour", "units")
        blanks = {"points": count, "over": self.over, "r2": self.r2, "context": ", ".join(self.context)}
        said = [
            [say(f"chart_{chart.name}", blanks)],
            [say(f"subgroup_{by}" if known else "subgroup_column", {"by": by, "size": size})],
            [say("merged")] if self.groups.merged else [],
            [say("revised", {"count": self.left_out})] if self.left_out else [],
            [say("autocorrelated", {"phi": self.phi})] if self.phi else [],
            [say("rules", {"rules": say(self.rule_set)})],
        ]
        inside = [(moment["first"], moment["last"]) for moment in self.moments()]
        chances = sum(
            not seen.beyond_chance and not any(first <= seen.signal.last <= last for first, last in inside)
            for seen in self.seen
        )
        if chances:
            said.append([say("by_chance", {"count": chances, "points": count})])
        return list(chain.from_iterable(said))


def _joined(found: list[Stretch], new: Stretch) -> list[Stretch]:
    """The stretches with one more: those it touches on its own side become one, in the place of the first of them."""
    touching = [old for old in found if old[2] == new[2] and old[0] <= new[1] + 1 and new[0] <= old[1] + 1]
    if not touching:
        return [*found, new]
    first, last = min(old[0] for old in (*touching, new)), max(old[1] for old in (*touching, new))
    return [
        (first, last, new[2]) if old == touching[0] else old
        for old in found
        if old == touching[0] or old not in touching
    ]
