"""The ranking document (contract 5.2), read strictly enough to be trusted and loosely enough to grow.

What stands beside the ranking is optional: documents of earlier versions lack it.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field

from reports.account import Account
from reports.fields import Label, Number, Part, Said, Span, Value, Window
from reports.observed import Example, Process, Unusual

__all__ = [
    "Considered",
    "Document",
    "Entry",
    "Gain",
    "LevelPoint",
    "Money",
    "Moved",
    "Point",
    "Quality",
    "Said",
    "Standing",
    "TimePoint",
    "Trial",
]


class Quality(Part):
    metric: str
    forward: Number = None
    forward_low: Number = None
    forward_high: Number = None
    random: Number = None
    optimism: Number = None
    baseline: Number = None
    n_test: int | None = None


class Gain(Part):
    """Loss avoided per unit."""

    estimate: float
    low: float
    high: float
    level: float = 0.90


class Money(Part):
    estimate: Number = None
    low: Number = None
    currency: str = ""


class Net(Part):
    estimate: Number = None
    low: Number = None
    horizon_units: float | None = None


class Point(Part):
    """Mean loss if every unit ran at ``x``."""

    x: float
    loss: float
    low: Number = None
    high: Number = None
    share: Number = None


class LevelPoint(Part):
    level: Label
    loss: float
    low: Number = None
    high: Number = None
    share: Number = None


class Sensitivity(Part):
    """What is left if something unrecorded matters as much as the column ``benchmark`` does."""

    benchmark: str
    low: float
    high: float
    robust: bool


class Entry(Part):
    """One advice of the ranking."""

    rank: int
    factor: str
    group: tuple[str, ...] = ()
    direction: Literal["lower", "higher", "inside", "level"]
    windows: dict[str, Window]
    gain: Gain
    money: Money | None = None
    net: Net | None = None
    rank_interval: tuple[int, int] | None = None
    p_first: Number = None
    evidence: Literal["adjusted", "correlated_only", "inseparable"] = "adjusted"
    share_of_explanation: Number = None
    support: Number = None
    unit: str = ""
    now: Value = None
    p_value: Number = None
    noise_floor: Number = None
    sensitivity: Sensitivity | None = None
    adjusted_for: tuple[str, ...] = ()
    promised_before_shrinkage: Span | None = None
    curve: tuple[Point, ...] = ()
    level_curve: tuple[LevelPoint, ...] = ()

    @property
    def proven(self) -> bool:
        """The whole interval of the gain lies above zero."""
        return self.gain.low > 0

    @property
    def pair(self) -> bool:
        """Two windows that are meant to be held together."""
        return len(self.windows) > 1 and self.evidence != "inseparable"


class Considered(Part):
    """A setting that was looked at and is not proposed."""

    factor: str
    group: tuple[str, ...] = ()
    gain: Gain
    p_value: Number = None
    why: str = ""
    en: str = ""
    ja: str = ""


class Gate(Part):
    """All settings tested together."""

    level: float
    tried: int


class Trial(Said):
    """What would settle what the data cannot. ``runs``: the level of each setting."""

    factors: tuple[str, ...] = ()
    runs: tuple[dict[str, Value], ...] = ()
    units_per_run: int | None = None
    lots_per_run: int | None = None
    units: int | None = None
    days: Number = None


class Shrinkage(Part):
    """How much of what earlier actions promised came true."""

    factor: float
    n_actions: int


class Leak(Part):
    column: str
    kind: str
    evidence: str = ""
    evidence_ja: str = ""
    action: Literal["excluded", "kept"] = "excluded"


class Excluded(Part):
    column: str
    why: str
    en: str = ""
    ja: str = ""


class Context(Part):
    factor: str
    role: str = "context"
    share_of_explanation: Number = None


class TimePoint(Part):
    at: str
    loss: float
    low: Number = None
    high: Number = None
    n: int | None = None


class Data(Part):
    n_rows: int
    n_used: int
    first: str | None = None
    last: str | None = None
    n_groups: int | None = None
    group: str | None = None


class Why(Part):
    """The event that brought the model where it is."""

    event: str
    code: str
    at: str
    details: dict[str, Any] = Field(default_factory=dict)


class Performance(Part):
    """The model's score on units made since its training, and what was promised."""

    code: str
    alarm: bool = False
    metric: str
    value: Number = None
    naive: Number = None
    promised_low: Number = None
    units: int = 0


class Moved(Part):
    """A column that no longer behaves as in training; ``share`` of the whole difference."""

    column: str
    share: Number = None
    before: Number = None
    now: Number = None
    level: str | None = None
    missing_before: Number = None
    missing_now: Number = None
    unseen: Number = None


class Standing(Part):
    """Where the study's model stands: what `models.lifecycle.standing` writes."""

    state: Literal["champion", "withdrawn", "none"]
    model_id: int | None = None
    trained_at: str | None = None
    rows: int | None = None
    why: Why | None = None
    performance: Performance | None = None
    drift: tuple[Moved, ...] = ()


class Document(Part):
    """What `genba rank --json` wrote."""

    version: Literal[1] = Field(alias="schema")
    study: str
    task: Literal["classification", "regression"]
    n_units: int
    baseline_loss: Number = None
    verdict: Literal["factors_found", "no_actionable_factor", "not_enough_data"]
    quality: Quality | None = None
    leaks: tuple[Leak, ...] = ()
    ranking: tuple[Entry, ...] = ()
    considered: tuple[Considered, ...] = ()
    context: tuple[Context, ...] = ()
    reason: Said | None = None
    units_needed: int | None = None
    trial: Trial | None = None
    gate: Gate | None = None
    goal: Literal["lower", "higher"] = "lower"
    target: str = ""
    target_unit: str = ""
    bad: Label | None = None
    seed: int | None = None
    data: Data | None = None
    excluded: tuple[Excluded, ...] = ()
    timeline: tuple[TimePoint, ...] = ()
    process: Process | None = None
    unusual: Unusual | None = None
    examples: tuple[Example, ...] = ()
    energy: Account | None = None
    shrinkage: Shrinkage | None = None
    warnings: tuple[Said, ...] = ()
    model: Standing | None = None
    """Only a plant's own studies have models that live on."""

    @classmethod
    def parse(cls, content: Mapping[str, Any], where: str = "ranking document") -> Self:
        """Check a document."""
        return super().parse(content, where)

    @property
    def n_used(self) -> int:
        return self.data.n_used if self.data else self.n_units
