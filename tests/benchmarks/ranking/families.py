"""Families of plants: the ranges that a plant's structure is drawn from, one function each; a seed draws the rest."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

__all__ = ["FAMILIES", "Config", "configure"]

Rng = np.random.Generator


@dataclass(frozen=True)
class Config:
    """What is drawn for one plant before its columns are."""

    units: int
    confounding: float
    """0 … 1: how far context decides the settings, and how much it matters for the loss itself."""
    bad_rate: float
    task: str = "classification"
    settings: int = 8
    states: int = 12
    acting: int = 3
    """Settings with an effect; the others are dead."""
    mediated: float = 0.4
    """Chance that an acting setting acts through a measured state only."""
    block: float | None = None
    """Correlation of settings that are changed together."""
    lots: int = 100
    lotwise: bool = False
    """Settings are constant within a lot."""
    lot_effect: float = 0.15
    """Standard deviation between lots, in units of the effects'."""
    drift: float = 0.0
    label_noise: float = 0.0
    unmeasured: float = 0.0
    """Share of the leading setting's variance that an unmeasured cause of the loss decides."""
    interaction: bool = False
    categorical: int = 1
    """Settings with levels; negative: the leading setting is one of them."""
    stages: bool = True
    line_order: bool = False
    """Columns stand in the order of the line, not at random."""
    feedback: bool = False
    decoys: bool = False
    undeclared: bool = False
    """Columns known only after the outcome are not declared as such."""
    forward: float = 0.2
    """Chance that operators react to a state of an earlier stage."""
    japanese: bool = False
    group: bool = True
    """The study names the lot; else it is one more column."""
    time: bool = True
    missing: float = 0.0
    """Share of cells missing in a few states."""
    goal: str = "lower"
    clear: float = 4.0
    """Least leading gain in standard errors of the loss inside a window of a tenth of the units; 0: as it comes."""
    more_bad: float = 1.2
    """What the share of bad units is raised by where a plant is not clear."""


def _between(rng: Rng, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def _log(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def moderate(rng: Rng) -> Config:
    """Recipes, operators and shifts set things by product and ambient; context matters for the loss, too."""
    units = int(_log(rng, 3_000, 20_000))
    return Config(
        units=units,
        confounding=_between(rng, 0.35, 0.6),
        bad_rate=_log(rng, 0.03, 0.2),
        settings=int(rng.integers(5, 13)),
        states=int(rng.integers(5, 21)),
        acting=int(rng.integers(2, 5)),
        lots=int(rng.integers(60, max(61, units // 40))),
        lot_effect=_between(rng, 0.0, 0.3),
        categorical=int(rng.integers(0, 3)),
        line_order=bool(rng.random() < 0.5),
        japanese=bool(rng.random() < 0.1),
        group=bool(rng.random() < 0.8),
        time=bool(rng.random() < 0.9),
        missing=_between(rng, 0.002, 0.05) if rng.random() < 0.3 else 0.0,
    )


def strong(rng: Rng) -> Config:
    return replace(moderate(rng), confounding=_between(rng, 0.75, 1.0))


def none(rng: Rng) -> Config:
    return replace(moderate(rng), confounding=0.0)


def mediators(rng: Rng) -> Config:
    """Whatever acts, acts through a measured state only."""
    return replace(moderate(rng), mediated=1.0, forward=0.4)


def correlated(rng: Rng) -> Config:
    """Settings are changed together."""
    return replace(moderate(rng), block=_between(rng, 0.7, 0.97), categorical=0)


def lotwise(rng: Rng) -> Config:
    """Settings are held for whole lots, which differ for reasons of their own: the sample is lots, not parts."""
    config = moderate(rng)
    lots = int(_log(rng, 15, 150))
    return replace(config, lots=lots, lotwise=True, group=True, clear=0.0, lot_effect=_between(rng, 0.2, 0.6))


def rare(rng: Rng) -> Config:
    return replace(moderate(rng), bad_rate=_log(rng, 0.003, 0.08), clear=0.0, more_bad=1.0)


def small(rng: Rng) -> Config:
    units = int(_log(rng, 500, 2_000))
    return replace(moderate(rng), units=units, clear=0.0, lots=int(rng.integers(25, max(26, units // 15))))


def large(rng: Rng) -> Config:
    return replace(moderate(rng), units=50_000, lots=int(rng.integers(200, 1_000)))


def drift(rng: Rng) -> Config:
    """Baseline and settings wander off together, as tools wear and people adjust."""
    return replace(moderate(rng), drift=_between(rng, 0.5, 1.2))


def label_noise(rng: Rng) -> Config:
    """Inspection errs: good ones are called bad and bad ones good."""
    return replace(moderate(rng), label_noise=_between(rng, 0.01, 0.08))


def unmeasured(rng: Rng) -> Config:
    """Nobody recorded a common cause of the leading setting and the loss."""
    return replace(moderate(rng), unmeasured=_between(rng, 0.25, 0.6))


def interactions(rng: Rng) -> Config:
    """Two settings harm only together."""
    return replace(moderate(rng), interaction=True)


def categorical(rng: Rng) -> Config:
    """The leading setting has levels."""
    return replace(moderate(rng), categorical=-int(rng.integers(2, 5)))


def no_stages(rng: Rng) -> Config:
    return replace(moderate(rng), stages=False)


def feedback(rng: Rng) -> Config:
    """Operators turn the leading or a dead setting because of the last results; disturbances persist."""
    return replace(moderate(rng), feedback=True, bad_rate=_log(rng, 0.05, 0.25))


def decoys(rng: Rng) -> Config:
    """Declared controllable without an effect: echoes, followers of context, what is adjusted after the verdict."""
    return replace(moderate(rng), decoys=True)


def after_the_fact(rng: Rng) -> Config:
    return replace(moderate(rng), undeclared=True)


def null(rng: Rng) -> Config:
    """No setting acts. Context does, and decides the settings; often both go by lot."""
    config = moderate(rng)
    if rng.random() < 0.4:
        config = lotwise(rng)
    confounding = _between(rng, 0.3, 1.0)
    config = replace(config, acting=0, confounding=confounding, stages=bool(rng.random() < 0.7))
    return _energy(config, rng) if rng.random() < 0.3 else config


def _energy(config: Config, rng: Rng) -> Config:
    return replace(config, task="regression", goal="higher" if rng.random() < 0.15 else "lower")


def power(rng: Rng) -> Config:
    """Regression: kilowatts (sometimes a yield, where more is better), of a kind that is drawn."""
    kinds = (moderate, moderate, strong, mediators, correlated, lotwise, drift, interactions, categorical, no_stages)
    return _energy(kinds[int(rng.integers(len(kinds)))](rng), rng)


FAMILIES: dict[str, Callable[[Rng], Config]] = {
    family.__name__: family
    for family in (
        *(moderate, strong, none, mediators, correlated, lotwise, rare, small, large, drift, label_noise, unmeasured),
        *(interactions, categorical, no_stages, feedback, decoys, after_the_fact, null, power),
    )
}


def configure(family: str, rng: Rng, confounding: float | None = None) -> Config:
    """Draw a plant's configuration; ``confounding`` overrides the family's, for a sweep."""
    config = FAMILIES[family](rng)
    return config if confounding is None else replace(config, confounding=confounding)
