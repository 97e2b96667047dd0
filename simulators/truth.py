"""The truth behind a seed: its effects, and what each setting is really worth.

The answer key intervenes in the model: a factor is held inside a window (values outside moved to the nearer edge),
everything downstream reacts, everything upstream stays as it was, and the noise is the same in both runs. The loss is
the expected one (the probability of a bad unit, not its drawn verdict; or the mean power in kW).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ScenarioError
from simulators import filling, press
from simulators.parts import Effects, draw_effects
from simulators.process import Column, Columns, Model, Node, Range, evaluate, held, noises, stream
from simulators.scenario import FillingScenario, Scenario

__all__ = ["AnswerKey", "FactorGain", "Factory", "answer_key", "best_window", "factory"]

SAMPLE = 4000
"""Units on which all windows are compared; the best few are then valued on all units."""
FINALISTS = 6
ATTEMPTS = 60
UNITS = {"filling": "bad units per unit", "press": "kW"}


@dataclass(frozen=True)
class FactorGain:
    """The best admissible window of one factor and its true gain (mean loss now minus mean loss if held inside)."""

    factor: str
    window: tuple[float, float] | tuple[str, ...]
    gain: float
    share: float
    """Gain as a share of the loss now."""
    support: float
    """Share of the units that lie inside the window already."""


@dataclass(frozen=True)
class AnswerKey:
    """Every controllable factor of a line, best first. Gains and the loss are in ``unit``."""

    scenario: str
    line: str
    seed: int
    unit: str
    baseline_loss: float
    factors: tuple[FactorGain, ...]

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True)
class Factory:
    """One line under one seed."""

    scenario: Scenario
    seed: int
    effects: Effects
    model: Model
    key: AnswerKey


def _admissible(node: Node, column: Column, grid: Range, min_support: float) -> tuple[Column, Column, Column]:
    """Lower edges, upper edges and supports of every admissible window on the step grid."""
    edges = grid.grid
    low, high = np.triu_indices(len(edges), k=2)
    ordered = np.sort(column)
    inside = np.searchsorted(ordered, edges[high], "right") - np.searchsorted(ordered, edges[low], "left")
    support = inside / len(column)
    keep = support >= min_support
    return edges[low][keep], edges[high][keep], support[keep]


def _losses(model: Model, noise: Columns, base: Columns, name: str, replaced: Column) -> Column:
    """Mean loss for each row of ``replaced`` (windows, n)."""
    return np.asarray(evaluate(model, noise, {name: replaced}, base)[model.loss].mean(axis=-1))


def _best_range(
    model: Model, node: Node, grid: Range, noise: Columns, base: Columns, min_support: float
) -> FactorGain | None:
    column = base[node.name]
    low, high, support = _admissible(node, column, grid, min_support)
    if not len(low):
        return None
    rows = np.linspace(0, len(column) - 1, min(SAMPLE, len(column))).astype(np.int64)
    sample_noise, sample = _rows(noise, rows), _rows(base, rows)
    tried = _losses(model, sample_noise, sample, node.name, np.clip(column[rows], low[:, None], high[:, None]))
    best = np.argsort(tried, kind="stable")[:FINALISTS]
    losses = _losses(model, noise, base, node.name, np.clip(column, low[best, None], high[best, None]))
    winner = best[int(np.argmin(losses))]
    now = float(base[model.loss].mean())
    gain = now - float(losses.min())
    return FactorGain(
        node.name, (float(low[winner]), float(high[winner])), gain, gain / now, round(float(support[winner]), 4)
    )


def _best_level(model: Model, node: Node, noise: Columns, base: Columns, min_support: float) -> FactorGain | None:
    column, now = base[node.name], float(base[model.loss].mean())
    found = []
    for code, level in enumerate(node.levels):
        support = float(np.mean(column == code))
        if support >= min_support:
            gain = now - float(_losses(model, noise, base, node.name, held(column, node, (level,))))
            found.append(FactorGain(node.name, (level,), gain, gain / now, round(support, 4)))
    return max(found, key=lambda one: one.gain, default=None)


def _rows(columns: Columns, rows: NDArray[np.int64]) -> Columns:
    return {name: column[rows] for name, column in columns.items()}


def best_window(model: Model, name: str, noise: Columns, base: Columns, min_support: float = 0.10) -> FactorGain | None:
    """The admissible window of a controllable factor with the largest true gain, over the whole step grid.

    ``noise``, ``base``: what `noises` and `evaluate` gave. None: no window has the support.
    """
    node = model[name]
    if node.settable is not None:
        return _best_range(model, node, node.settable, noise, base, min_support)
    return _best_level(model, node, noise, base, min_support)


def _candidates(scenario: Scenario, seed: int) -> Iterator[tuple[Effects, str]]:
    """Effects after effects, all drawn from the seed, and the cause that is meant to lead.

    Leaders go round in blocks, each block in an order of its own, so that neighbouring seeds differ.
    """
    causes = filling.CAUSES if isinstance(scenario, FillingScenario) else press.CAUSES
    block = stream(seed // len(causes), f"{scenario.kind} leaders").permutation(np.array(causes))
    leader = str(block[seed % len(causes)])
    for attempt in count():
        yield draw_effects(scenario, stream(seed, f"effects {attempt}"), leader, causes), leader


def _build(scenario: Scenario, effects: Effects, weights: dict[str, float]) -> Model:
    if isinstance(scenario, FillingScenario):
        return filling.build(scenario, effects, weights)
    return press.build(scenario, effects, weights)


def _weights(scenario: Scenario, effects: Effects, seed: int) -> dict[str, float] | None:
    """Weights that give every cause its share of the loss; None if a share is of nothing."""
    prefix = "harm_" if isinstance(scenario, FillingScenario) else "waste_"
    model = _build(scenario, effects, dict.fromkeys(effects.shares, 0.0))
    columns = evaluate(model, noises(model, scenario.n_units, seed))
    weights = {}
    for cause, share in effects.shares.items():
        mean = float(columns[prefix + cause].mean())
        if mean < 0.02:
            return None
        weights[cause] = share * effects.loss / mean
    return weights


def _key(scenario: Scenario, seed: int, model: Model) -> AnswerKey:
    noise = noises(model, scenario.n_units, seed)
    base = evaluate(model, noise)
    found = [best_window(model, node.name, noise, base, scenario.min_support) for node in model.controllable()]
    ranked = sorted((one for one in found if one is not None), key=lambda one: -one.gain)
    now = float(base[model.loss].mean())
    return AnswerKey(scenario.kind, scenario.line, seed, UNITS[scenario.kind], now, tuple(ranked))


def _clear(key: AnswerKey, leader: str, scenario: Scenario) -> bool:
    first, second = key.factors[0], key.factors[1]
    return (
        first.factor == leader
        and first.share >= scenario.least_gain
        and first.gain >= scenario.clear_first * max(second.gain, 0.0)
    )


@lru_cache(maxsize=8)
def factory(scenario: Scenario, seed: int) -> Factory:
    """The line under a seed (>= 0). Effects are drawn anew until the first factor is clear.

    Raises `ScenarioError` if the scenario's numbers never give a clear first.
    """
    for attempt, (effects, leader) in enumerate(_candidates(scenario, seed)):
        weights = _weights(scenario, effects, seed)
        if weights is not None:
            model = _build(scenario, effects, weights)
            key = _key(scenario, seed, model)
            if _clear(key, leader, scenario):
                return Factory(scenario, seed, effects, model, key)
        if attempt == ATTEMPTS:
            break
    raise ScenarioError(
        f"seed {seed}: in {ATTEMPTS} draws {leader} was never the clear first; lower clear_first or least_gain"
    )


def answer_key(scenario: Scenario, seed: int) -> AnswerKey:
    """The true gain of every controllable factor in its best admissible window, best first."""
    return factory(scenario, seed).key
