"""The settings of a line: how far recipes and operators decide them, how they vary, what the study declares of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.ranking.draft import AT, FIRST, Blend, Draft
from tests.benchmarks.ranking.line import Floats, Node, Rule
from tests.benchmarks.ranking.noise import draw_noise, settled, standard
from tests.benchmarks.ranking.truth import Setting

__all__ = ["FEEDBACK", "PROGRAM", "UNSEEN", "Plan", "add_setting", "declare"]

PROGRAM, UNSEEN, FEEDBACK = "_program", "_unseen", "_feedback"
"""Hidden nodes: what moves a block of settings; an unmeasured cause; what operators add because of the last results."""


@dataclass(frozen=True)
class Plan:
    """What is decided about a setting before it is drawn."""

    stage: float
    levels: int = 0
    recipe: tuple[str, ...] = ()
    """Columns that decide it in part."""
    share: float = 0.0
    """Share of its variance that they decide."""
    program: float = 0.0
    """Share of its variance that the block decides."""
    unseen: float = 0.0
    feedback: float = 0.0
    drift: float = 0.0


def _score(draft: Draft, plan: Plan) -> tuple[Rule, tuple[str, ...]]:
    """The standardised setting: shares of variance for what decides it, the rest its own."""
    blend: Blend | None = draft.blend(plan.recipe) if plan.recipe and plan.share > 0 else None
    own = max(0.03, 1.0 - (plan.share if blend else 0.0) - plan.program - plan.unseen)
    parts = [
        (PROGRAM, float(np.sqrt(plan.program))),
        (UNSEEN, float(np.sqrt(plan.unseen))),
        (FEEDBACK, plan.feedback),
        (AT, plan.drift),
    ]
    parts = [(name, weight) for name, weight in parts if weight]
    parents = (*(blend.parents if blend else ()), *(name for name, _ in parts))

    def rule(values: Any, noise: Floats) -> Floats:
        z = np.sqrt(own) * noise
        if blend:
            z = z + np.sqrt(plan.share) * blend(values)
        for name, weight in parts:
            z = z + weight * values[name]
        return np.asarray(z, dtype=np.float64)

    return rule, parents


def _held_by_lot(draft: Draft, rule: Rule, parents: tuple[str, ...]) -> tuple[Rule, tuple[str, ...]]:
    """The value of the lot's first unit for all of the lot."""
    if not draft.config.lotwise:
        return rule, parents
    return lambda values, noise: rule(values, noise)[values[FIRST].astype(np.int64)], (*parents, FIRST)


def add_setting(draft: Draft, plan: Plan, suffix: str = "", role: str = "controllable") -> str:
    """Draw one setting, numeric or with levels; its name."""
    rng = draft.rng
    name, unit, centre, spread = draft.namer.draw(suffix)
    noise = draw_noise(rng, draft.n)
    if draft.config.lotwise:
        noise = standard(rng.normal(size=int(draft.lot[-1]) + 1))[draft.lot]
    score, parents = _held_by_lot(draft, *_score(draft, plan))
    if plan.levels:
        at_work = score(draft.line.values, noise)
        share = rng.dirichlet(np.full(plan.levels, 6.0))
        cuts = np.quantile(at_work, np.cumsum(share)[:-1])
        shuffled = rng.permutation(plan.levels).astype(np.float64)
        letters = tuple("ABCDEF"[: plan.levels])

        def choose(values: Any, own: Floats) -> Floats:
            return shuffled[np.searchsorted(cuts, score(values, own))]

        draft.line.add(Node(name, parents, choose, role, plan.stage, letters), noise)
        return name

    def turn(values: Any, own: Floats) -> Floats:
        return settled(centre + spread * np.clip(score(values, own), -4.5, 4.5), spread)

    draft.line.add(Node(name, parents, turn, role, plan.stage), noise)
    draft.units[name] = unit
    return name


def _nice(step: float) -> float:
    """A round number near a step."""
    size = 10.0 ** np.floor(np.log10(step))
    return float(min((1.0, 2.0, 2.5, 5.0, 10.0), key=lambda k: abs(np.log(k * size / step))) * size)


def declare(draft: Draft, name: str) -> Setting:
    """Limits about where the setting has been, a step of a twelfth to a fiftieth of the range."""
    rng, values, node = draft.rng, draft.line.values[name], draft.line.nodes[name]
    if node.levels:
        return Setting(name, levels=node.levels)
    share = rng.uniform(0.0, 0.03)
    low, high = np.quantile(values, [share, 1.0 - share])
    if high - low < 1e-9:
        low, high = values.min(), values.max()
    step = _nice((high - low) / rng.uniform(12, 50))
    low, high = np.floor(low / step) * step, np.ceil(high / step) * step
    return Setting(name, round(float(low), 10), round(float(high), 10), step)
