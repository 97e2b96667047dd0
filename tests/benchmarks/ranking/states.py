"""States: mediators that carry a setting's effect, probes beside a setting, consequences of context, and the rest."""

from typing import Any

import numpy as np

from tests.benchmarks.ranking.draft import Draft
from tests.benchmarks.ranking.line import Floats, Node, Rule
from tests.benchmarks.ranking.noise import draw_noise, settled, wander

__all__ = ["fill", "incoming", "measure"]


def measure(
    draft: Draft, of: str, stage: float, fidelity: float, others: tuple[str, ...] = (), role: str = "state"
) -> str:
    """A column that follows another one with correlation ``fidelity``; some of the rest is due to ``others``."""
    rng = draft.rng
    name, unit, centre, spread = draft.namer.draw()
    follow, sign = draft.centred(of), float(rng.choice([-1.0, 1.0]))
    rest = float(np.sqrt(1.0 - fidelity**2))
    blend = draft.blend(others) if others else None
    share = float(rng.uniform(0.2, 0.6)) if blend else 0.0

    def rule(values: Any, noise: Floats) -> Floats:
        z = fidelity * sign * follow(values[of]) + rest * np.sqrt(1.0 - share) * noise
        if blend:
            z = z + rest * np.sqrt(share) * blend(values)
        return settled(centre + spread * z, spread)

    noise = rng.normal(size=draft.n)
    draft.line.add(Node(name, tuple(dict.fromkeys((of, *others))), rule, role, stage), noise)
    draft.units[name] = unit
    return name


def mixed(draft: Draft, of: list[str], stage: float) -> str:
    """A column that several others decide in part."""
    rng = draft.rng
    name, unit, centre, spread = draft.namer.draw()
    blend, share = draft.blend(of), float(rng.uniform(0.2, 0.9))

    def rule(values: Any, noise: Floats) -> Floats:
        return settled(centre + spread * (np.sqrt(share) * blend(values) + np.sqrt(1.0 - share) * noise), spread)

    draft.line.add(Node(name, blend.parents, rule, "state", stage), draw_noise(rng, draft.n))
    draft.units[name] = unit
    return name


def incoming(draft: Draft) -> str:
    """A measured property of what comes in: by batch and of its own; operators may react to it."""
    rng = draft.rng
    name, unit, centre, spread = draft.namer.draw("_in" if not draft.config.japanese else "入口")
    blend, share = draft.blend(draft.some(draft.context, 2)), float(rng.uniform(0.1, 0.5))

    def rule(values: Any, noise: Floats) -> Floats:
        return settled(centre + spread * (np.sqrt(share) * blend(values) + np.sqrt(1.0 - share) * noise), spread)

    noise = wander(rng, draft.n, float(rng.uniform(10, 200)))
    draft.line.add(Node(name, blend.parents, rule, "state", 0.0), noise)
    draft.units[name] = unit
    return name


def fill(draft: Draft, settings: list[str], count: int, last: float) -> list[str]:
    """Draw ``count`` more states; returns those that stand on their own and so may matter for the loss."""
    rng, alone = draft.rng, []
    for _ in range(count):
        kind, stage = rng.random(), float(rng.integers(1, int(last) + 1))
        if kind < 0.35:
            of = settings[int(rng.integers(len(settings)))]
            after = draft.line.nodes[of].stage or 0.0
            measure(draft, of, max(stage, after), float(rng.uniform(0.6, 0.98)))
        elif kind < 0.6:
            mixed(draft, draft.some(draft.context, 3), stage)
        elif kind < 0.75:
            mixed(draft, [*draft.some(settings, 2), *draft.some(draft.context, 1)], last)
        else:
            name, unit, centre, spread = draft.namer.draw()
            draft.line.add(Node(name, (), _own(centre, spread), "state", stage), draw_noise(rng, draft.n))
            draft.units[name] = unit
            alone.append(name)
    return alone


def _own(centre: float, spread: float) -> Rule:
    return lambda _values, noise: settled(centre + spread * noise, spread)
