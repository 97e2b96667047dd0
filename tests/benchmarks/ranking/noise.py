"""Noise of units in order of time, mean 0 and standard deviation 1: how a setting varies for reasons of its own."""

import numpy as np

from tests.benchmarks.ranking.line import Floats

__all__ = ["draw_noise", "runs", "settled", "standard", "wander"]

Rng = np.random.Generator


def standard(values: Floats) -> Floats:
    """Mean 0, standard deviation 1; zeros where nothing varies."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)


def settled(values: Floats, spread: float) -> Floats:
    """As a display would show them: to about a hundredth of their spread."""
    return np.asarray(np.round(values, int(np.ceil(-np.log10(spread))) + 2), dtype=np.float64)


def runs(rng: Rng, n: int, length: float) -> Floats:
    """A whole number a unit that goes up by one at random, about every ``length`` units."""
    return np.cumsum(rng.random(n) < 1.0 / length).astype(np.float64)


def wander(rng: Rng, n: int, memory: float) -> Floats:
    """An autoregression of order 1 that forgets within about ``memory`` units."""
    keep = float(np.exp(-1.0 / memory))
    shocks = rng.normal(size=n) * np.sqrt(1.0 - keep**2)
    shocks[0] = rng.normal()
    values = np.empty(n)
    last = 0.0
    for place, shock in enumerate(shocks.tolist()):
        last = keep * last + shock
        values[place] = last
    return standard(values)


def plateaus(rng: Rng, n: int) -> Floats:
    """A few set points, each held for a while."""
    points = np.sort(rng.normal(size=int(rng.integers(4, 10))))
    hold = runs(rng, n, rng.uniform(15, 80)).astype(np.int64)
    chosen = points[rng.integers(len(points), size=hold[-1] + 1)]
    return standard(chosen[hold] + 0.1 * rng.normal(size=n))


def draw_noise(rng: Rng, n: int) -> Floats:
    """One of: normal, uniform, skewed, set-point plateaus, wander."""
    kind = int(rng.integers(5))
    if kind == 0:
        return standard(rng.normal(size=n))
    if kind == 1:
        return standard(rng.uniform(size=n))
    if kind == 2:
        return standard(rng.choice([-1.0, 1.0]) * rng.gamma(rng.uniform(2.0, 6.0), size=n))
    if kind == 3:
        return plateaus(rng, n)
    fresh = rng.uniform(0.2, 0.6)
    return standard(
        np.sqrt(1 - fresh) * wander(rng, n, rng.uniform(20, max(30, n / 60))) + np.sqrt(fresh) * rng.normal(size=n)
    )
