"""Productions in which something was done: a line of the simulators, a setting held from some day on, and the truth.

Both runs, with and without the action, meet the same noise, so the true gain is exact to the unit.
"""

import tomllib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd

from models.lifecycle.window import subset
from models.study.data import StudyData, prepare
from models.study.spec import StudySpec
from simulators.process import Columns, Held, evaluate, held, noises, stream, wander
from simulators.scenario import Scenario, load
from simulators.tables import Made, make, study_toml, table
from simulators.truth import AnswerKey, factory

OTHER_MIX = {"filling": (0.15, 0.25, 0.6), "press": (0.6, 0.25, 0.15)}
"""Shares of the products since the action: dearer ones than before."""
Windows = dict[str, list[float] | list[str]]
LEARNT_DAYS = 14
"""Days on which the answer key is computed."""


@dataclass(frozen=True)
class Acted:
    """``made``: what was in fact made; ``gain``: (n,) true loss without the action less the true loss with it."""

    made: Made
    cut: int
    since: pd.Timestamp
    gain: np.ndarray
    key: AnswerKey
    windows: Windows

    @property
    def truth(self) -> float:
        """Mean true gain of the units since."""
        return float(self.gain[self.cut :].mean())

    def split(self) -> tuple[StudyData, StudyData]:
        """The units before, and those since."""
        data = self.study()
        assert data.time is not None
        since = (data.time >= self.since).to_numpy()
        return subset(data, np.flatnonzero(~since)), subset(data, np.flatnonzero(since))

    def study(self) -> StudyData:
        """All units, ready to learn from."""
        spec = StudySpec.parse(tomllib.loads(study_toml(self.made)))
        found = prepare(pd.DataFrame(table(self.made)), spec)
        assert isinstance(found, StudyData)
        return found


def _noise(kind: str, seed: int, made: Made, cut: int, mix: bool, drift: float) -> Columns:
    noise = noises(made.model, len(made.serial), seed)
    rng = stream(seed, "what else happens")
    if mix:
        lots = made.model.calendar(len(made.serial), stream(seed, "calendar")).lot
        shares = np.array(OTHER_MIX[kind])
        drawn = rng.choice(len(shares), size=int(lots[-1]) + 1, p=shares).astype(np.float64)
        noise["product"] = np.where(np.arange(len(lots)) >= cut, drawn[lots], noise["product"])
    if drift:
        acts = "true_temp" if kind == "filling" else "power"
        walk = wander(rng, len(made.serial), 5 * 86400 / made.scenario.unit_seconds)
        noise[acts] = noise[acts] + drift * walk
    return noise


@cache
def acted(
    kind: str, seed: int, before: int = 14, after: int = 7, *, mix: bool = False, drift: float = 0.0,
    factor: str | None = None, window: Held | None = None, done: bool = True, acts: bool = True, seconds: int = 0,
) -> Acted:  # fmt: skip
    """The best setting of the line (or ``factor`` in ``window``) held from day ``before`` on.

    ``drift``: a wandering of several days that nothing measures, in standard deviations of the noise it adds to.
    ``done``: false if nobody turned the setting; ``acts``: false if it was turned and nothing reacted.
    ``seconds``: between units, where not the scenario's own.
    """
    scenario = scenario_of(kind, seconds)
    plant = factory(scenario, seed)
    made = make(scenario, seed, days=before + after)
    cut = before * 86400 // scenario.unit_seconds
    noise = _noise(kind, seed, made, cut, mix, drift)
    base = evaluate(made.model, noise)
    chosen = factor or plant.key.factors[0].factor
    inside = window or plant.key.factors[0].window
    now = base
    if done:
        moved = held(base[chosen], made.model[chosen], inside)
        column = np.where(np.arange(len(moved)) >= cut, moved, base[chosen])
        now = evaluate(made.model, noise, {chosen: column}, base) if acts else base | {chosen: column}
    loss = made.model.loss
    since = pd.Timestamp(made.start + timedelta(days=before)).tz_convert("UTC")
    said: Windows = {chosen: list(inside)}  # type: ignore[dict-item]
    return Acted(replace(made, columns=now), cut, since, base[loss] - now[loss], plant.key, said)


def scenario_of(kind: str, seconds: int = 0) -> Scenario:
    """A line whose answer key is computed on two weeks."""
    known = load(kind)
    return known.model_copy(update={"days": LEARNT_DAYS, "unit_seconds": seconds or known.unit_seconds})
