"""The mechanism of the loss: effects of settings, states and context added up, then a chance of a bad unit, or power.

Two mechanisms of defects are drawn: logistic (effects add in log odds), and independent causes (effects add as hazards,
``p = 1 - exp(-hazard)``, each at least nothing).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.benchmarks.ranking.draft import AT, Draft
from tests.benchmarks.ranking.line import LOSS, VERDICT, Floats, Node
from tests.benchmarks.ranking.noise import standard, wander
from tests.benchmarks.ranking.settings import UNSEEN
from tests.benchmarks.ranking.shapes import Shape, cliff, draw_shape

__all__ = ["DISTURBANCE", "Effects", "close"]

DISTURBANCE = "_disturbance"
"""What persists between units and lots and nobody measured."""


@dataclass
class Effects:
    """Terms of the index of loss, each with standard deviation ``strength`` over the units as they were."""

    draft: Draft
    terms: list[tuple[tuple[str, ...], Any, float]] = field(default_factory=list)

    def _add(self, parents: tuple[str, ...], raw: Any, strength: float) -> None:
        values = raw(self.draft.line.values)
        scale = strength / max(1e-9, float(values.std()))
        least = float(values.min())
        self.terms.append((parents, lambda v: scale * (raw(v) - least), float(values.mean() - least) * scale))

    def shaped(self, column: str, strength: float) -> None:
        """One column through a shape that varies enough over the units to be an effect at all."""
        draft = self.draft
        centred, levels = draft.centred(column), draft.line.nodes[column].levels
        while True:
            shape: Shape = (lambda z: z) if levels else draw_shape(draft.rng)
            seen = shape(centred(draft.line.values[column]))
            harmed = float((seen > seen.min() + 0.5 * np.ptp(seen)).mean()) if np.ptp(seen) > 0 else 0.0
            if levels or 0.03 < harmed < 0.97:
                break
        self._add((column,), lambda v: shape(centred(v[column])), strength)

    def together(self, one: str, other: str, strength: float) -> None:
        """Two settings that harm only where both are beyond an edge."""
        draft = self.draft
        first, second = draft.centred(one), draft.centred(other)
        while True:
            a, b = cliff(draft.rng), cliff(draft.rng)
            seen = a(first(draft.line.values[one])) * b(second(draft.line.values[other]))
            if 0.05 < float((seen > 0.5).mean()) < 0.6:
                break
        self._add((one, other), lambda v: a(first(v[one])) * b(second(v[other])), strength)

    def blend(self, columns: list[str], strength: float) -> None:
        """Context and states: a weighted sum."""
        if columns and strength > 0:
            blend = self.draft.blend(columns)
            self._add(blend.parents, blend, strength)

    def straight(self, column: str, strength: float) -> None:
        """A hidden node, linearly."""
        values = self.draft.line.values[column]
        if strength and float(values.std()) > 0:
            self._add((column,), lambda v: v[column], strength)


def close(draft: Draft, effects: Effects) -> None:
    """Add drift, disturbances, the loss itself and the verdict."""
    config, rng = draft.config, draft.rng
    lots = standard(rng.normal(size=int(draft.lot[-1]) + 1))[draft.lot]
    # Feedback makes sense only where disturbances persist: the operator reacts to them.
    persists = wander(rng, draft.n, float(rng.uniform(30, 300)))
    draft.line.root(DISTURBANCE, config.lot_effect * lots + (0.8 if config.feedback else 0.1) * persists)
    effects.straight(DISTURBANCE, float(np.std(draft.line.values[DISTURBANCE])))
    effects.straight(AT, config.drift)
    if config.unmeasured:
        effects.straight(UNSEEN, float(rng.uniform(0.5, 1.0)))
    parents = tuple(dict.fromkeys(parent for names, _, _ in effects.terms for parent in names))
    terms = [term for _, term, _ in effects.terms]

    def total(values: Mapping[str, Floats]) -> Floats:
        return np.asarray(sum((term(values) for term in terms), start=np.float64(0.0)), dtype=np.float64)

    (_energy if config.task == "regression" else _defects)(draft, parents, total)


def _energy(draft: Draft, parents: tuple[str, ...], total: Any) -> None:
    """Kilowatts around a level; or, where more is better, a yield: its loss is its negative."""
    rng, line, higher = draft.rng, draft.line, draft.config.goal == "higher"
    index = total(line.values)
    level, noise = float(rng.uniform(5, 200)), float(rng.uniform(0.3, 1.2))
    size = level * float(rng.uniform(0.03, 0.15))

    def loss(values: Mapping[str, Floats], own: Floats) -> Floats:
        kilowatts: Floats = level + size * (total(values) - index.mean() + noise * own)
        return kilowatts - 2 * level if higher else kilowatts

    own = rng.normal(size=draft.n) if rng.random() < 0.7 else standard(rng.standard_t(4, size=draft.n))
    line.add(Node(LOSS, parents, loss), own)
    line.add(Node(VERDICT, (LOSS,), lambda values, _own: -values[LOSS] if higher else values[LOSS]))


def _defects(draft: Draft, parents: tuple[str, ...], total: Any) -> None:
    config, rng, line = draft.config, draft.rng, draft.line
    index, hazard = total(line.values), bool(rng.random() < 0.35)
    ground = float(rng.uniform(0.1, 0.6)) * float(index.mean())

    def chance(sums: Floats, level: float) -> Floats:
        if hazard:
            return np.asarray(-np.expm1(-np.exp(level) * np.maximum(sums + ground, 0.0)), dtype=np.float64)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(sums + level, -40.0, 40.0))), dtype=np.float64)

    low, high = -60.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if chance(index, middle).mean() < config.bad_rate else (low, middle)
    level, flip = (low + high) / 2, config.label_noise

    def loss(values: Mapping[str, Floats], _own: Floats) -> Floats:
        p = chance(total(values), level)
        # A bad one slips through five times as often as a good one is refused.
        return p * (1.0 - min(0.4, 5.0 * flip)) + (1.0 - p) * flip if flip else p

    line.add(Node(LOSS, parents, loss))
    line.add(
        Node(VERDICT, (LOSS,), lambda values, own: (own < values[LOSS]).astype(np.float64)), rng.uniform(size=draft.n)
    )
