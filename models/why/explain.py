"""One unit explained: what it was, which factors made it so, and the smallest change that would have made it good.

Three questions, three methods, put together here: credit (`models.why.leading`), change (`models.why.change`), how sure
(the cross-fitted models disagree by so much, a delete-one-fold jackknife at 90 %). The study's own model, where there
is one, gives its prediction and must agree to the change.

Good is, for a verdict, a risk under the study's threshold (that of its model; without a model the one with the best F1
on units not seen), never above one half. For a measured target it is what three in four units of good production are
expected to reach in the unit's own context. A verdict is foreseen only where the models foretell anything at all, and
the unit's risk is `LIFT` times the average: below, its credits would be a reading of noise.

>>> import pandas as pd
>>> from models.study.data import prepare
>>> from models.study.spec import StudySpec
>>> rng = np.random.default_rng(0)
>>> oven = pd.DataFrame({"heat": rng.uniform(200, 240, 600).round(), "dust": rng.normal(0, 1, 600)})
>>> oven["cracked"] = (oven["heat"] > 230).astype(int)
>>> spec = StudySpec.parse({"name": "o", "task": "classification", "target": "cracked", "bad": 1,
...                         "factors": {"heat": {"role": "controllable", "min": 200, "max": 240, "step": 1}}})
>>> found = explain(prepare(oven, spec), None, int(oven["heat"].argmax()))
>>> found.leading[0], found.change.settings[0].name, 228 <= found.change.values[0] <= 231
('heat', 'heat', np.True_)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from models.learn import Learned, losses
from models.study.data import StudyData
from models.why.change import Change, find
from models.why.document import ExplanationEntry
from models.why.grid import Setting, settings_of
from models.why.leading import Credit, Reading, credit_error, credit_of, read
from models.why.react import Reaction, reaction
from models.why.support import Support
from models.why.told import entry

__all__ = ["Explainer", "Explanation", "explain", "worst"]

Floats = NDArray[np.float64]

WORTH = 0.05
"""A second factor leads, too, if its credit is at least this share of all positive credit."""
USUAL = 0.75
"""Of good production in like context so much is as good: not its average, which half of it misses."""
LIFT = 2.0
"""A unit with less than so many times the average risk is not called bad, however low the threshold."""
NEVER_ABOVE = 0.5
"""Who is more likely bad than good is not good, whatever the threshold."""


@dataclass(frozen=True)
class Explanation:
    """One unit. Losses as in `StudyData`: risk of a bad unit, or the target with the sign that makes lower better."""

    reading: Reading
    position: int
    credit: Credit
    error: Floats
    """Standard error of each credit, between models."""
    goal: float
    predicted: float | None
    """By the study's own model."""
    change: Change | None
    best: Change | None
    label: str
    notes: tuple[str, ...] = field(default=())
    moved: Literal["all", "advised", "none"] = "all"
    """Which settings were tried: none where only advised ones may be, and none is advised."""

    @property
    def foreseen(self) -> bool:
        """Would a model that has not seen the unit have called it bad?"""
        return self.reading.foretells and self.credit.start > self.goal

    @property
    def leading(self) -> list[str]:
        """The one or two factors with the most credit."""
        values, order = self.credit.values, self.credit.order()
        total = float(np.maximum(values, 0).sum())
        wanted = [place for place in order[:2] if values[place] > WORTH * total > 0]
        return [self.reading.factors[self.credit.players[place]] for place in wanted]

    def to_json(self) -> ExplanationEntry:
        """Everything, with sentences in both languages."""
        return entry(self)


@dataclass(frozen=True)
class Explainer:
    """A study made ready: the models are learnt once, then each unit takes a moment."""

    reading: Reading
    learned: Learned | None
    advised: Mapping[str, Sequence[Any]] | None = None

    @classmethod
    def of(
        cls,
        data: StudyData,
        learned: Learned | None,
        seed: int = 0,
        advised: Mapping[str, Sequence[Any]] | None = None,
    ) -> "Explainer":
        """``data``: audited. ``learned``: the study's own model, or None.

        ``advised``: setting → its window or levels: then only these are moved, and none beyond; None: all settings.
        """
        return cls(read(data, seed), learned, advised)

    def explain(self, position: int, label: str | None = None) -> Explanation:
        """``position``: the unit's row in the study's data. ``label``: what people call it."""
        reading = self.reading
        units = np.array([position])
        credit = credit_of(reading, units)[0]
        own = None if self.learned is None else float(losses(self.learned.model, reading.data.features.iloc[units])[0])
        goal = self._goal(position)
        change, best = None, None
        movable = self._movable(reading.numbers[position])
        if movable and reading.foretells and credit.start > goal:
            found = find(
                reading.numbers[position],
                movable,
                reading.mechanism,
                self._reaction,
                self._support,
                goal=goal,
                judge=None if self.learned is None else self._judge,
                agreed=None if self.learned is None else self._agreed(position),
            )
            change, best = found.change, found.best
        return Explanation(
            reading, position, credit, credit_error(reading, position, credit), goal, own, change, best,
            label or str(position + 1), moved="all" if self.advised is None else "advised" if self.advised else "none",
        )  # fmt: skip

    def worst(self, count: int) -> list[int]:
        """Positions of the units most worth explaining: bad ones the table foretells; the most above their goal."""
        data, unseen = self.reading.data, self.reading.unseen
        if data.spec.task == "classification":
            bad = np.flatnonzero(data.loss > 0.5)
            return [int(at) for at in bad[np.argsort(-unseen[bad], kind="stable")][:count]]
        both = np.minimum(data.loss, unseen)
        return [int(at) for at in np.argsort(-both, kind="stable")[:count]]

    @cached_property
    def _settings(self) -> list[Setting]:
        reading = self.reading
        names = [name for name in reading.data.controllable() if name in reading.cells.columns]
        return settings_of(reading.data.spec, reading.cells, reading.numbers, names)

    def _movable(self, unit: Floats) -> list[Setting]:
        """The settings that may be moved, each only as far as is advised."""
        if self.advised is None:
            return self._settings
        found = []
        for setting in self._settings:
            window = self.advised.get(setting.name, ())
            if setting.is_level:
                levels = self.reading.cells.levels[setting.place]
                allowed = np.array([levels[int(code)] in window for code in setting.points], dtype=bool)
            elif len(window) == 2:
                now = float(unit[setting.place])
                ends = [float(window[0]), float(window[1]), *([now] if np.isfinite(now) else [])]
                allowed = (setting.points >= min(ends) - 1e-9) & (setting.points <= max(ends) + 1e-9)
            else:
                continue
            found.append(replace(setting, points=setting.points[allowed]))
        return [setting for setting in found if len(setting.points)]

    @cached_property
    def _reaction(self) -> Reaction:
        reading = self.reading
        places = [setting.place for setting in self._settings]
        return reaction(reading.data.spec, reading.cells, reading.numbers, places)

    @cached_property
    def _support(self) -> Support:
        """Near in what is set, what the product is, and what says most."""
        reading = self.reading
        told = {column for player in reading.candidates for column in reading.good.players[player]}
        columns = {setting.place for setting in self._settings} | told
        return Support.of(reading.cells, reading.numbers, sorted(columns))

    @cached_property
    def _thresholds(self) -> tuple[float, float]:
        """Risk under which a unit is good: for the models made here, and for the study's own."""
        data, unseen = self.reading.data, self.reading.unseen
        precision, recall, edges = precision_recall_curve(data.loss > 0.5, unseen)
        score = precision * recall / np.maximum(precision + recall, 1e-12)
        least = LIFT * float(data.loss.mean())
        mine = min(max(float(edges[int(score[:-1].argmax())]) - 1e-9, least), NEVER_ABOVE)
        if self.learned is None:
            return mine, mine
        risk = np.linspace(0, 1, 1001)
        stopped = self.learned.model.decisions.decide(np.column_stack([1 - risk, risk])) == 1
        theirs = float(risk[int(stopped.argmax())]) if stopped.any() else NEVER_ABOVE
        return mine, min(max(theirs, least), NEVER_ABOVE)

    def _goal(self, position: int) -> float:
        if self.reading.data.spec.task == "classification":
            return self._thresholds[0]
        made = self.reading.like_good(position)
        return float(np.quantile(self.reading.mechanism.unseen(made, np.full(len(made), position)), USUAL))

    def _agreed(self, position: int) -> float:
        """What the study's own model must say at most."""
        if self.reading.data.spec.task == "classification":
            return self._thresholds[1]
        return float(np.quantile(self._judge(self.reading.like_good(position)), USUAL))

    def _judge(self, numbers: Floats) -> Floats:
        assert self.learned is not None
        return losses(self.learned.model, self.reading.cells.frame(numbers))


def explain(
    data: StudyData, learned: Learned | None, position: int, *, label: str | None = None, seed: int = 0
) -> Explanation:
    """One unit of an audited study; for several make one `Explainer`."""
    return Explainer.of(data, learned, seed).explain(position, label)


def worst(
    data: StudyData,
    learned: Learned | None,
    count: int,
    labels: Sequence[str] = (),
    seed: int = 0,
    advised: Mapping[str, Sequence[Any]] | None = None,
) -> list[ExplanationEntry]:
    """The ``count`` units most worth explaining, as JSON. ``labels``: (n,) what people call the units."""
    explainer = Explainer.of(data, learned, seed, advised)
    return [
        explainer.explain(position, labels[position] if labels else None).to_json()
        for position in explainer.worst(count)
    ]
