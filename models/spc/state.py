"""Is there a special cause in the loss of a study, or is it all common cause? Words only: nothing is gated by it.

Classification: p chart of the share of bad units. Regression: individuals chart of subgroup means, corrected for
context where context explains at least `LEAST_R2` of single units. The rule set is JIS Z 9020-2:2016, whose three
rules people in a plant can see with the naked eye. With an EWMA beside them they find as much as the four of Western
Electric and more than the eight (`docs/spc.md`), since every further rule has to pay for the false alarms it brings.
`models.spc.chance` decides which signals count.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from models.spc.autocorrelation import autocorrelation, clear
from models.spc.chance import EWMA, judged
from models.spc.chart import Chart, Floats
from models.spc.counts import Counts
from models.spc.individuals import far, individuals
from models.spc.p_chart import p_chart
from models.spc.process import ProcessState, Seen
from models.spc.residual import cross_fitted
from models.spc.rules import Signal
from models.spc.subgroups import FEWEST, Subgroups, subgroups
from models.study.data import StudyData

__all__ = ["process_state"]

FEWEST_BAD = 20
"""One per point: with fewer, points are 0 or 1 and no pattern can be seen."""
EXPECTED_BAD = 5.0
"""Bad units per point: the custom for p charts."""
UNITS = 5.0
"""Units per point of a chart of means: their distribution is then near to normal for all but the wildest."""
LEAST_R2 = 0.05
"""Of context; below, a correction would only add noise."""
FOLDS = 5


def process_state(data: StudyData, rule_set: str = "jis") -> ProcessState:
    """The state of the process that made these units; never raises for a study that was prepared."""
    if data.spec.task == "classification":
        return _of_shares(data, rule_set)
    return _of_means(data, rule_set)


def _of_shares(data: StudyData, rule_set: str) -> ProcessState:
    bad = int(data.loss.sum())
    rare = min(bad, data.n - bad)
    groups = subgroups(data.groups, data.group, data.time, EXPECTED_BAD * data.n / max(rare, 1))
    if rare < FEWEST_BAD:
        return _too_short(data, rule_set, groups, "too_few_bad", {"bad": rare, "needed": FEWEST_BAD})
    if groups.count < FEWEST:
        return _too_short(data, rule_set, groups, "too_few_points", {"points": groups.count, "needed": FEWEST})
    count, size = groups.sums(data.loss), groups.sizes
    counts = Counts(size)
    phi = float(clear(autocorrelation(counts.z(count)), groups.count))
    chart = p_chart(count, size, revised=True, phi=phi)
    over = float(chart.sigma[0] / counts.sigma(chart.centre[:1])[0])
    how = {"phi": phi, "over": over, "left_out": int(counts.left_out(count).sum())}
    return _state(data, rule_set, groups, chart, judged(count, rule_set, counts), **how)


def _of_means(data: StudyData, rule_set: str) -> ProcessState:
    groups = subgroups(data.groups, data.group, data.time, UNITS)
    if groups.count < FEWEST:
        return _too_short(data, rule_set, groups, "too_few_points", {"points": groups.count, "needed": FEWEST})
    measured, context = data.loss * data.sign, _context(data)
    told = cross_fitted(measured, data.features[context], groups.codes % FOLDS) if context else None
    corrected = told is not None and told.r2 >= LEAST_R2
    values = groups.means(told.residual if told is not None and corrected else measured)
    if np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return _too_short(data, rule_set, groups, "no_spread", {})
    phi = float(clear(autocorrelation(values), groups.count))
    chart = individuals(values, revised=True, phi=phi)
    how: dict[str, Any] = {"phi": phi, "left_out": int(far(values).sum())}
    if told is not None and corrected:
        chart = replace(chart, name="residual")
        how |= {"r2": told.r2, "context": tuple(context)}
    return _state(data, rule_set, groups, chart, _judged(data, values, rule_set), **how)


def _judged(data: StudyData, values: Floats, rule_set: str) -> list[tuple[Signal, float]]:
    """Judged as losses (high is bad), told as measured."""
    found = judged(values * data.sign, rule_set)
    return [(replace(signal, side=int(signal.side * data.sign)), chance) for signal, chance in found]


def _context(data: StudyData) -> list[str]:
    """Columns that are given: what a chart of residuals is corrected for."""
    return [column for column in data.features.columns if data.spec.factor(column).role == "context"]


def _too_short(data: StudyData, rule_set: str, groups: Subgroups, code: str, values: dict[str, Any]) -> ProcessState:
    return ProcessState("too_short", code, rule_set, data.sign, groups, values)


def _state(
    data: StudyData,
    rule_set: str,
    groups: Subgroups,
    chart: Chart,
    found: list[tuple[Signal, float]],
    **told: Any,
) -> ProcessState:
    z = chart.z
    seen = [Seen(signal, _distance(z, signal), chance) for signal, chance in found]
    # An EWMA that only chance explains is no signal of the rule set that was asked for.
    kept = tuple(each for each in seen if each.beyond_chance or not each.of_ewma)
    state = "special_cause" if any(each.beyond_chance for each in kept) else "common_cause"
    at, until = _instants(data.time, groups)
    return ProcessState(
        "special_cause" if state == "special_cause" else "common_cause",
        state, rule_set, data.sign, groups, chart=chart, seen=kept, at=at, until=until, **told,
    )  # fmt: skip


def _distance(z: Floats, signal: Signal) -> float:
    """How far from the centre line, in σ: the farthest point, or for the EWMA the mean."""
    if signal.rule == EWMA:
        return abs(float(z[signal.start : signal.last + 1].mean()))
    first = signal.first if signal.rule.shape == "beyond" else signal.start
    return float(np.abs(z[first : signal.last + 1]).max())


def _instants(time: pd.Series | None, groups: Subgroups) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if time is None or not pd.api.types.is_datetime64_any_dtype(time.dtype):
        return (), ()
    spans = time.groupby(groups.codes).agg(["min", "max"])
    first, last = (tuple(spans[end].dt.strftime("%Y-%m-%dT%H:%M:%SZ")) for end in ("min", "max"))
    return first, last
