"""One random plant: its table, its study and its truth. ``draw("moderate", 7)`` is the same plant every time.

Written from the words of the contract (docs/rank.md) only, so that it stays an adversary of `models.rank`. NumPy only;
`tests.benchmarks.ranking.files` makes frames and files of it.
"""

import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tests.benchmarks.ranking.draft import Draft
from tests.benchmarks.ranking.families import Config, configure
from tests.benchmarks.ranking.line import VERDICT, Line, Node
from tests.benchmarks.ranking.loss import Effects, close
from tests.benchmarks.ranking.noise import wander
from tests.benchmarks.ranking.operators import react
from tests.benchmarks.ranking.settings import FEEDBACK, PROGRAM, UNSEEN, Plan, add_setting, declare
from tests.benchmarks.ranking.states import fill, incoming, measure
from tests.benchmarks.ranking.truth import MIN_SUPPORT, Setting, Truth

__all__ = ["VERSION", "Plant", "draw"]

VERSION = 3
"""Goes up when the same seed gives another plant: results of different versions are not comparable."""
WORTHWHILE = 0.2
"""Least gain of the leading setting, as a share of the loss (of its standard deviation where it is not a chance)."""
MOST_BAD = 0.3
"""Share of bad units up to which it is raised."""


@dataclass
class Plant:
    """What was drawn. ``study`` is what STUDY.toml would hold."""

    family: str
    seed: int
    config: Config
    line: Line
    columns: tuple[str, ...]
    """Of the table, in its order; ``finished_at``, ``lot`` and the target among them."""
    settings: list[Setting]
    study: dict[str, Any]

    @cached_property
    def truth(self) -> Truth:
        return Truth(self.line, self.settings)


def draw(family: str, seed: int, confounding: float | None = None) -> Plant:
    """Draw a plant of a family; ``confounding`` 0 … 1 overrides the family's.

    Drawn again, with more bad units, where the leading setting gives little or could hardly be told from chance: which
    setting is first means nothing then.
    """
    key = [seed, zlib.crc32(family.encode())]
    config = configure(family, np.random.default_rng(key), confounding)
    attempt = 0
    while True:
        attempt += 1
        plant = _draw(family, seed, config, np.random.default_rng([*key, attempt]))
        if not config.acting or _worthwhile(plant):
            return plant
        config = replace(config, bad_rate=min(max(MOST_BAD, config.bad_rate), config.bad_rate * config.more_bad))


def _worthwhile(plant: Plant) -> bool:
    """Is the leading gain a good part of the loss, and clear of the noise of a window with a tenth of the units?"""
    now, config = plant.truth.now, plant.config
    defects = config.task == "classification"
    size, count = (now.mean(), now.sum()) if defects else (now.std(), float(config.units))
    share = plant.truth.best_gain / float(size)
    return share >= WORTHWHILE and share * np.sqrt(MIN_SUPPORT * float(count)) >= config.clear


def _draw(family: str, seed: int, config: Config, rng: np.random.Generator) -> Plant:
    draft = Draft(config, rng)
    last = float(draft.rng.integers(2, 7))
    names, acting = _settings(draft, last)
    effects, carriers = Effects(draft), _carriers(draft, acting, last)
    room = max(1, config.states - sum(carrier != name for carrier, name in zip(carriers, acting, strict=True)))
    alone = fill(draft, names, room, last)
    _effects(draft, effects, carriers, [name for name in alone if draft.chance(0.3)])
    close(draft, effects)
    if config.feedback:
        react(draft)
    names += _decoys(draft, acting, last) if config.decoys else []
    outcomes = _outcomes(draft)
    settings = [declare(draft, name) for name in names]
    columns = _order(draft)
    study = _study(draft, family, settings, outcomes)
    return Plant(family, seed, config, draft.line, columns, settings, study)


def _settings(draft: Draft, last: float) -> tuple[list[str], list[str]]:
    """Draw the settings along the line; their names, and those that act, the leading one first."""
    config, rng, line = draft.config, draft.rng, draft.line
    n, count = draft.n, config.settings
    line.root(UNSEEN, wander(rng, n, float(rng.uniform(30, 300))))
    line.root(PROGRAM, wander(rng, n, float(rng.uniform(30, 200))) if not config.lotwise else rng.normal(size=n))
    line.root(FEEDBACK, np.zeros(n))
    came_in = [incoming(draft) for _ in range(int(rng.integers(0, 3)))]
    stages = np.sort(rng.integers(1, int(last) + 1, size=count)).astype(np.float64)
    order = rng.permutation(count)
    leading = int(order[0])
    members = {int(k) for k in order[: int(rng.integers(2, 4))]} if config.block else set()
    turned = int(order[0]) if rng.random() < 0.6 else int(order[-1])
    levels = order[: -config.categorical] if config.categorical < 0 else order[count - config.categorical :]
    names: list[str] = []
    for place in range(count):
        earlier = [
            one for one in names if (line.nodes[one].stage or 0.0) < stages[place] and not line.nodes[one].levels
        ]
        recipe = draft.some([*draft.context, *came_in], 3)
        if earlier and rng.random() < config.forward / count * 2:
            of = earlier[int(rng.integers(len(earlier)))]
            recipe.append(measure(draft, of, line.nodes[of].stage or 0.0, float(rng.uniform(0.6, 0.95))))
        block = float(config.block or 0.0) if place in members else 0.0
        share = float(np.clip(0.8 * config.confounding + rng.uniform(-0.1, 0.1), 0.0, 0.9)) * (config.confounding > 0)
        unseen = config.unmeasured if place == leading else 0.0
        plan = Plan(
            stage=float(stages[place]),
            levels=int(rng.integers(2, 5)) if place in levels else 0,
            recipe=tuple(recipe),
            share=share * (1.0 - block - unseen),
            program=block,
            unseen=unseen,
            feedback=float(config.feedback and place == turned),
            drift=config.drift * 1.5 * float(rng.choice([-1, 0, 1])),
        )
        names.append(add_setting(draft, plan))
    return names, [names[int(k)] for k in order[: config.acting]]


def _carriers(draft: Draft, acting: list[str], last: float) -> list[str]:
    """What carries each effect to the loss: the setting itself, or a measured state, sometimes two in a row."""
    rng, carriers = draft.rng, []
    for name in acting:
        carrier, stage = name, draft.line.nodes[name].stage or 0.0
        if draft.chance(draft.config.mediated):
            for _ in range(2 if draft.chance(0.25) else 1):
                stage = stage if draft.chance(0.6) else min(last, stage + 1.0)
                others = tuple(draft.some(draft.context, 2))
                carrier = measure(draft, carrier, stage, float(rng.uniform(0.75, 0.98)), others)
        carriers.append(carrier)
    return carriers


def _effects(draft: Draft, effects: Effects, carriers: list[str], states: list[str]) -> None:
    """A leading effect, smaller ones, then context and states that nobody can set."""
    config, rng = draft.config, draft.rng
    leading, strength = float(rng.uniform(0.7, 1.5)), 1.0
    rest = carriers
    if config.interaction and len(carriers) > 1 and not any(draft.line.nodes[one].levels for one in carriers[:2]):
        effects.together(carriers[0], carriers[1], leading)
        rest, strength = carriers[2:], 0.5
    for carrier in rest:
        effects.shaped(carrier, leading * strength)
        strength *= float(rng.uniform(0.25, 0.75))
    came_in = [name for name, node in draft.line.nodes.items() if node.role == "state" and node.stage == 0.0]
    strength = 0.25 + 1.0 * config.confounding
    effects.blend([draft.product, draft.ambient, *draft.some(draft.context, 2)], strength)
    effects.blend(came_in, 0.6 * strength)
    effects.blend(states, float(rng.uniform(0.1, 0.5)))


def _decoys(draft: Draft, acting: list[str], last: float) -> list[str]:
    """Declared controllable, without an effect."""
    rng, kinds, names = draft.rng, draft.rng.permutation(3), []
    for kind in kinds[: int(rng.integers(1, 4))]:
        if kind == 0:
            stage = draft.line.nodes[acting[0]].stage or 0.0
            names.append(
                measure(draft, acting[0], min(last, stage + 1.0), float(rng.uniform(0.85, 0.98)), (), "controllable")
            )
        elif kind == 1:
            recipe = tuple(draft.some(draft.context, 3))
            plan = Plan(float(rng.integers(1, int(last) + 1)), recipe=recipe, share=float(rng.uniform(0.6, 0.9)))
            names.append(add_setting(draft, plan))
        else:
            names.append(measure(draft, VERDICT, last, float(rng.uniform(0.3, 0.8)), (), "controllable"))
    return names


def _outcomes(draft: Draft) -> list[str]:
    """Columns known only after the verdict."""
    rng = draft.rng
    found: list[str] = []
    for english, japanese in (("rework_min", "手直し時間"), ("inspection_s", "検査時間"), ("claim_score", "評価点")):
        if found and rng.random() < 0.5:
            continue
        name = draft.namer.fixed(english, japanese)
        follow, fidelity = draft.centred(VERDICT), float(rng.uniform(0.5, 0.97))

        def rule(values: Any, noise: Any, follow: Any = follow, fidelity: float = fidelity) -> Any:
            return np.round(10.0 + 3.0 * (fidelity * follow(values[VERDICT]) + np.sqrt(1 - fidelity**2) * noise), 2)

        draft.line.add(Node(name, (VERDICT,), rule, "outcome"), rng.normal(size=draft.n))
        found.append(name)
    return found


def _order(draft: Draft) -> tuple[str, ...]:
    """Columns at random, or as the line runs: context, then by stage."""
    shown = [node for node in draft.line.nodes.values() if not node.name.startswith("_")]
    if draft.config.line_order:
        rank = {"context": -1.0, "outcome": np.inf}
        shown.sort(key=lambda node: rank.get(node.role, node.stage if node.stage is not None else 0.0))
        return ("finished_at", "lot", *(node.name for node in shown), target_of(draft.config))
    names = ["finished_at", "lot", target_of(draft.config), *(node.name for node in shown)]
    return tuple(names[int(k)] for k in draft.rng.permutation(len(names)))


def target_of(config: Config) -> str:
    if config.task == "classification":
        return "verdict"
    return "yield_pct" if config.goal == "higher" else "power_kw"


def _study(draft: Draft, family: str, settings: list[Setting], outcomes: list[str]) -> dict[str, Any]:
    config = draft.config
    factors: dict[str, dict[str, Any]] = {}
    limits = {setting.name: setting for setting in settings}
    for name, node in draft.line.nodes.items():
        if name.startswith("_") or (name in outcomes and config.undeclared):
            continue
        factor: dict[str, Any] = {} if node.role == "state" else {"role": node.role}
        if config.stages and node.stage is not None:
            factor["stage"] = node.stage
        if draft.units.get(name):
            factor["unit"] = draft.units[name]
        if name in limits and node.levels:
            factor["levels"] = list(node.levels)
        elif name in limits:
            factor |= {"min": limits[name].low, "max": limits[name].high, "step": limits[name].step}
        if factor:
            factors[name] = factor
    study: dict[str, Any] = {"name": family, "task": config.task, "target": target_of(config)}
    study |= {"time": "finished_at"} if config.time else {}
    study |= {"group": "lot"} if config.group else {}
    if config.task == "classification":
        study["bad"] = "NG"
    else:
        study["goal"] = config.goal
    return study | {"factors": factors}
