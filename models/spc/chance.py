"""How surprising a signal is: would a steady process of the same length give one as rare by any of the rules?

A chart of 60 points that is judged by several rules signals somewhere more often than not. Here a signal counts as
*beyond chance* only if at most 5 % of in-control charts hold anything as rare.

**Formula.** Steady processes that look like the chart come from `models.spc.in_control`; the limits of each are
estimated as those of the chart. The strength of a signal is the largest |z| for a point beyond the limits and for
the EWMA, else how many neighbouring points complete the pattern; a series without a signal has strength 0. With
pᵣ(s) the share of draws in which rule r gives at least strength s, the chance of a signal is the share of draws
whose own smallest pᵣ is at most that of the signal (min-p of Westfall and Young). The two sides of a rule count
as two rules: a long tail above excuses nothing below.

**Shapes.** Losses (k,), high is bad, k ≥ 20. **Limits of validity.** As far as steady processes are like the
drawn ones: `docs/spc.md` has measured false alarms. **Source.** P. H. Westfall, S. S. Young, Resampling-Based
Multiple Testing (1993).

>>> values = np.random.default_rng(0).normal(size=40)
>>> values[20] = 8.0
>>> [(signal.rule.shape, signal.first, chance <= LEVEL) for signal, chance in judged(values)][:1]
[('beyond', 20, True)]
"""

import numpy as np

from models.spc.chart import LIMIT, Floats
from models.spc.counts import Counts
from models.spc.ewma import WIDTH, ewma, ewma_sigma
from models.spc.in_control import alike, settled
from models.spc.rules import RULE_SETS, Rule, Signal, marks, run_length, signals

__all__ = ["EWMA", "LEVEL", "judged"]

LEVEL = 0.05
"""Share of in-control charts that may be called special."""
EWMA = Rule("ewma", "beyond", 1, 1, WIDTH)
"""Judged beside every set: small lasting shifts show here long before a point crosses a limit."""


def judged(values: Floats, rule_set: str = "jis", counts: Counts | None = None) -> list[tuple[Signal, float]]:
    """Every signal of the rule set and of the EWMA, with its chance, rarest first.

    ``values`` (k,): mean losses, or (``counts``) numbers of bad units.
    """
    z = settled(values, counts)
    found = [(signal, z) for signal in signals(z, rule_set)] + [(signal, _ewma_z(z)) for signal in _of_ewma(z)]
    if not found:
        return []
    draws = settled(alike(values, counts), counts)
    strengths = {
        (rule.number, side): _strongest(draws, rule, side)
        for rule in (*RULE_SETS[rule_set], EWMA)
        for side in ((1, -1) if rule.sided else (0,))
    }
    ordered = {key: np.sort(drawn) for key, drawn in strengths.items()}
    rarest = np.sort(np.min([_shares(ordered[key], strengths[key]) for key in strengths], axis=0))
    chances = []
    for signal, series in found:
        share = _shares(ordered[signal.rule.number, signal.side], _strength(series, signal))
        as_rare = int(np.searchsorted(rarest, share + 1e-12))
        chances.append((signal, (as_rare + 1) / (len(rarest) + 1)))
    return sorted(chances, key=lambda pair: (pair[1], pair[0].first))


def _ewma_z(z: Floats) -> Floats:
    """Standardised averages of points drawn back to the limits: one far point is no lasting shift."""
    return np.asarray(ewma(np.clip(z, -LIMIT, LIMIT)) / ewma_sigma(z.shape[-1]))


def _of_ewma(z: Floats) -> list[Signal]:
    """Signals of the EWMA: from where the average left the centre line to the last point that drew it further away."""
    average = _ewma_z(z)
    found = []
    for signal in signals(average * (LIMIT / WIDTH), "jis"):
        if signal.rule.shape == "beyond":
            outwards = np.diff(ewma(np.clip(z, -LIMIT, LIMIT)), prepend=0.0) * signal.side > 0
            across = np.flatnonzero(average[: signal.first] * signal.side <= 0)
            start = int(across[-1]) + 1 if len(across) else 0
            last = signal.first + int(np.flatnonzero(outwards[signal.first : signal.last + 1])[-1])
            found.append(Signal(EWMA, start, signal.first, last, signal.side))
    return found


def _strongest(z: Floats, rule: Rule, side: int) -> Floats:
    """Strength of the strongest signal of a rule on one side, in each series: (…, k) → (…,)."""
    if rule.shape == "beyond":
        most = ((_ewma_z(z) if rule is EWMA else z) * side).max(axis=-1)
        return np.asarray(np.where(most > rule.sigmas, most, 0.0))
    return np.asarray(run_length(marks(z, rule) == (side or 2)).max(axis=-1), dtype=np.float64)


def _strength(z: Floats, signal: Signal) -> float:
    if signal.rule.shape == "beyond":
        return float(np.abs(z[signal.first : signal.last + 1]).max())
    return float(signal.last - signal.first + 1)


def _shares(ordered: Floats, strength: Floats | float) -> Floats:
    """Share of the draws (in ascending order) at least as strong, the series itself counted among them."""
    weaker = np.searchsorted(ordered, strength, side="left")
    return np.asarray((len(ordered) - weaker + 1) / (len(ordered) + 1))
