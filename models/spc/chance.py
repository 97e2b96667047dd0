"""How surprising a signal is: would a process in control, of the same length, give one as rare by any of the rules?

A chart of 60 points that is judged by several rules signals somewhere more often than not. Here a signal counts as
*beyond chance* only if at most 5 % of in-control charts hold anything as rare.

**Formula.** In-control processes are drawn: normal xᵢ = φ xᵢ₋₁ + noise of the chart's length; for shares of bad units
each xᵢ becomes the binomial count of the same rank, with the chart's own sizes and share. φ is unknown, so it is drawn
too (`INDEPENDENT` of them 0, else uniform), and of `DRAWS` only the `KEPT` are used whose *estimated* φ is nearest to
that of the chart. The limits of each draw are estimated as those of the chart. The strength of a signal is the largest
|z| for a point beyond the limits and for the EWMA, else how many neighbouring points complete the pattern; a series
without a signal has strength 0. With pᵣ(s) the share of draws in which rule r gives at least strength s, the chance of a
signal is the share of draws whose own smallest pᵣ is at most that of the signal (min-p of Westfall and Young).

**Shapes.** z (k,), k ≥ 20, standardised by `settled`. **Limits of validity.** Near to normal or binomial points,
of first order autocorrelation up to about 0.8; above, and with long memory, false alarms get more frequent
(`docs/spc.md` has the figures). **Source.** P. H. Westfall, S. S. Young, Resampling-Based Multiple Testing
(1993), and rejection by a summary as in approximate Bayesian computation.

>>> z = np.random.default_rng(0).normal(size=40)
>>> z[20] = 8.0
>>> [(signal.rule.shape, signal.first, chance <= 0.05) for signal, chance in judged(z, "jis")][:1]
[('beyond', 20, True)]
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import binom

from models.spc.autocorrelation import GRID, autocorrelation, clear
from models.spc.chart import Floats
from models.spc.ewma import WIDTH, ewma, ewma_sigma
from models.spc.individuals import sigma_of_neighbours
from models.spc.laney import threshold
from models.spc.rules import RULE_SETS, Rule, Signal, marks, run_length, signals

__all__ = ["EWMA", "LEVEL", "Counts", "judged", "settled"]

LEVEL = 0.05
"""Share of in-control charts that may be called special."""
DRAWS = 6000
KEPT = 400
"""A chance of 5 % is then known to within about one point."""
INDEPENDENT = 0.3
"""Share of the draws without autocorrelation. With none, shifts are found late; with all, slow swings are called special."""
SEED = 4
EWMA = Rule("ewma", "beyond", 1, 1, WIDTH)
"""Judged beside every set: small lasting shifts show here long before a point crosses a limit."""


@dataclass(frozen=True)
class Counts:
    """Shares of bad units: ``size`` (k,) units per subgroup; ``share``: of all units."""

    size: NDArray[np.int64]
    share: float


def settled(values: Floats, counts: bool = False) -> tuple[Floats, Floats, Floats, Floats]:
    """Standardise series as their charts do: z (…, k), and sigma, φ used and φ estimated, each (…,).

    ``values`` (…, k): as measured, or (``counts``) in binomial standard deviations from the centre: then sigma is 1
    unless they are overdispersed.
    """
    points = values.shape[-1]
    estimated = autocorrelation(values)
    phi = clear(estimated, points)
    sigma = sigma_of_neighbours(values, nelson=True) / np.sqrt(1 - phi)
    if counts:
        sigma = np.where(sigma > threshold(points), sigma, 1.0)
    centre = 0.0 if counts else values.mean(axis=-1, keepdims=True)
    return (values - centre) / np.maximum(sigma, 1e-300)[..., None], sigma, phi, estimated


def _swings(rng: np.random.Generator, points: int) -> Floats:
    """Standard normal first order autoregressions. (DRAWS, points)"""
    phi = np.where(rng.random(DRAWS) < INDEPENDENT, 0.0, rng.uniform(0, GRID[-1], DRAWS))
    noise = rng.normal(size=(DRAWS, points))
    noise[:, 1:] *= np.sqrt(1 - phi**2)[:, None]
    for place in range(1, points):
        noise[:, place] += phi * noise[:, place - 1]
    return noise


def _in_control(points: int, counts: Counts | None) -> Floats:
    swings = _swings(np.random.default_rng(SEED), points)
    if counts is None:
        return swings
    ranks, bad = ndtr(swings), np.empty_like(swings)
    for place, size in enumerate(counts.size):
        most = int(binom.isf(1e-9, size, counts.share)) + 1
        bad[:, place] = np.searchsorted(binom.cdf(np.arange(most), size, counts.share), ranks[:, place])
    centre = np.clip(bad.sum(axis=1, keepdims=True) / counts.size.sum(), 1e-12, 1 - 1e-12)
    return np.asarray((bad / counts.size - centre) / np.sqrt(centre * (1 - centre) / counts.size))


def _ewma_z(z: Floats) -> Floats:
    return np.asarray(ewma(z) / ewma_sigma(z.shape[-1]))


def _strengths(z: Floats, rule: Rule) -> Floats:
    """Strongest signal of a rule in each series: (…, k) → (…,)."""
    if rule.shape == "beyond":
        most = np.abs(_ewma_z(z) if rule is EWMA else z).max(axis=-1)
        return np.where(most > rule.sigmas, most, 0.0)
    marked = marks(z, rule)
    longest = [run_length(marked == side).max(axis=-1) for side in (1, -1, 2)]
    return np.max(longest, axis=0).astype(np.float64)


def _strength(z: Floats, signal: Signal) -> float:
    if signal.rule.shape == "beyond":
        return float(np.abs(z[signal.first : signal.last + 1]).max())
    return float(signal.last - signal.first + 1)


def _shares(sorted_draws: Floats, strength: Floats | float) -> Floats:
    """Share of draws at least as strong, the series itself counted among them."""
    weaker = np.searchsorted(sorted_draws, strength, side="left")
    return np.asarray((len(sorted_draws) - weaker + 1) / (len(sorted_draws) + 1))


def _of_ewma(z: Floats) -> list[Signal]:
    """Signals of the EWMA; each starts where the average last left the centre line."""
    average = _ewma_z(z)
    found = []
    for signal in signals(average * (3.0 / WIDTH), "jis"):
        if signal.rule.shape == "beyond":
            across = np.flatnonzero(average[: signal.first] * signal.side <= 0)
            start = int(across[-1]) + 1 if len(across) else 0
            found.append(Signal(EWMA, start, signal.first, signal.last, signal.side))
    return found


def judged(values: Floats, rule_set: str, counts: Counts | None = None) -> list[tuple[Signal, float]]:
    """Every signal of the rule set and of the EWMA, with its chance, rarest first.

    ``values`` (k,) as in `settled`.
    """
    z, _, _, phi = settled(values, counts is not None)
    found = [(signal, z) for signal in signals(z, rule_set)] + [(signal, _ewma_z(z)) for signal in _of_ewma(z)]
    if not found:
        return []
    draws, _, _, estimated = settled(_in_control(len(z), counts), counts is not None)
    far = np.abs(estimated - phi)
    alike = draws[far <= np.partition(far, KEPT)[KEPT]]
    rules = (*RULE_SETS[rule_set], EWMA)
    strengths = {rule.number: _strengths(alike, rule) for rule in rules}
    ordered = {number: np.sort(drawn) for number, drawn in strengths.items()}
    rarest = np.sort(np.min([_shares(ordered[rule.number], strengths[rule.number]) for rule in rules], axis=0))
    chances = []
    for signal, series in found:
        share = _shares(ordered[signal.rule.number], _strength(series, signal))
        chances.append((signal, float((np.searchsorted(rarest, share + 1e-12) + 1) / (len(rarest) + 1))))
    return sorted(chances, key=lambda pair: (pair[1], pair[0].first))
