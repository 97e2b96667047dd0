"""The options of `models.automl.fit`: HeatWave's names where it has them, and ours. Unknown ones are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, TypedDict, get_args

from ingest.errors import StudyError, nearest
from models.automl.algorithms.base import Task

__all__ = ["METRICS", "Leaks", "OptionWords", "Options"]

Leaks = Literal["exclude", "report", "off"]

METRICS: Mapping[Task, tuple[str, ...]] = {
    "classification": (
        "neg_log_loss", "roc_auc", "average_precision", "neg_brier_score", "accuracy", "balanced_accuracy",
        "f1", "f1_macro", "f1_micro", "f1_weighted", "f1_samples",
        "precision", "precision_macro", "precision_micro", "precision_weighted", "precision_samples",
        "recall", "recall_macro", "recall_micro", "recall_weighted", "recall_samples",
    ),
    "regression": (
        "neg_mean_squared_error", "neg_root_mean_squared_error", "neg_mean_absolute_error", "neg_median_absolute_error",
        "neg_mean_squared_log_error", "r2",
    ),
}  # fmt: skip
"""What can be optimised, higher is better; the first is the default."""


class OptionWords(TypedDict, total=False):
    """The keyword arguments of `models.automl.fit`; `Options` tells what each means."""

    task: Task
    model_list: Sequence[str]
    exclude_model_list: Sequence[str]
    optimization_metric: str
    include_column_list: Sequence[str]
    exclude_column_list: Sequence[str]
    datetime_index: str | None
    contamination: float | None
    notes: str
    time_budget: float
    trials: int | None
    seed: int
    group_column: str | None
    time_column: str | None
    cost_matrix: Mapping[str, Any] | Sequence[Sequence[float]] | None
    monotone: Mapping[str, int]
    class_weight: str | Mapping[Any, float] | None
    leaks: Leaks
    roles: Mapping[str, str]
    threads: int


@dataclass(frozen=True)
class Options:
    """Checked options. ``None`` and empty mean: the engine decides."""

    task: Task = "classification"
    model_list: tuple[str, ...] = ()
    """Algorithms to try (HeatWave's names); empty: all that suit."""
    exclude_model_list: tuple[str, ...] = ()
    optimization_metric: str = ""
    """One of `METRICS`; empty: the first of the task."""
    include_column_list: tuple[str, ...] = ()
    """Columns to learn from; empty: all but the target and the excluded."""
    exclude_column_list: tuple[str, ...] = ()
    datetime_index: str | None = None
    """HeatWave's word for ``time_column``."""
    contamination: float | None = None
    """Anomaly detection: the expected share of anomalies, in (0, 0.5)."""
    notes: str = ""
    """Kept in the model card."""
    time_budget: float = 60.0
    """Seconds from the call to the finished model."""
    trials: int | None = None
    """Stop after so many trials instead of by the clock: then the same seed gives the same model, byte for byte."""
    seed: int = 0
    group_column: str | None = None
    """Rows of one group (lot, machine, experiment) are never split between training and test."""
    time_column: str | None = None
    """Rows are learnt from in this order, and judged on what comes later."""
    cost_matrix: Mapping[str, Any] | Sequence[Sequence[float]] | None = None
    """What wrong decisions cost; see `models.automl.decide.costs`."""
    monotone: Mapping[str, int] = field(default_factory=dict)
    """Column → +1 or -1: the prediction may only rise or only fall with it."""
    class_weight: str | Mapping[Any, float] | None = None
    """``"balanced"``, or class → weight."""
    leaks: Leaks = "exclude"
    """``exclude`` clear leaks, only ``report`` them, or leave the audit ``off``."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Column → controllable | state | context | outcome; an outcome is never a feature."""
    threads: int = 0
    """0: as many as the machine has."""

    @property
    def metric(self) -> str:
        """The metric that the search optimises."""
        return self.optimization_metric or METRICS[self.task][0]

    @classmethod
    def parse(cls, words: Mapping[str, Any]) -> Self:
        """Check names and values. Raises `StudyError` naming the option, the value and the nearest right one."""
        known = {entry.name for entry in fields(cls)}
        for name in words:
            if name not in known:
                raise StudyError(f"option {name!r} is unknown; {nearest(str(name), known)}")
        given = {name: value for name, value in words.items() if value is not None}
        for name in ("model_list", "exclude_model_list", "include_column_list", "exclude_column_list"):
            if name in given:
                given[name] = _names(name, given[name])
        out = cls(**given)
        _check(out)
        return out


def _names(option: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise StudyError(f"option {option!r} must be a list of names, not {value!r}; write ['…', '…']")
    return tuple(str(name) for name in value)


def _one_of(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise StudyError(f"{option} {value!r} is unknown; {nearest(str(value), known)}")


def _number(option: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise StudyError(f"{option} {value!r} is not a number from {low:g} to {high:g}")


def _check(options: Options) -> None:
    _one_of("task", options.task, get_args(Task))
    _one_of("optimization_metric", options.metric, METRICS[options.task])
    _one_of("leaks", options.leaks, get_args(Leaks))
    _number("time_budget", options.time_budget, 0.1, 1e7)
    _number("seed", options.seed, 0, 2**31 - 1)
    _number("threads", options.threads, 0, 4096)
    if options.trials is not None:
        _number("trials", options.trials, 1, 1e6)
    if options.contamination is not None:
        _number("contamination", options.contamination, 1e-9, 0.5)
    if options.include_column_list and options.exclude_column_list:
        both = sorted(set(options.include_column_list) & set(options.exclude_column_list))
        if both:
            raise StudyError(f"column {both[0]!r} is both included and excluded; name it in one list only")
    for column, direction in options.monotone.items():
        if direction not in (-1, 0, 1):
            raise StudyError(f"monotone {column!r}: {direction!r} is not -1, 0 or 1")
    for column, role in options.roles.items():
        _one_of(f"role of {column!r}", role, ("controllable", "state", "context", "outcome"))
