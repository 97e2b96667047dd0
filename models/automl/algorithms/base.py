"""The contract of every algorithm: configurations in order of cost, fit on some rows, predict, to JSON and back."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Algorithm", "Config", "Fitted", "Problem", "Task", "Workbench"]

Task = Literal["classification", "regression"]
Config = Mapping[str, float | int | str | bool]
"""Hyperparameters under the library's own names; JSON-able, so that a trial can be written down and run again."""


@dataclass(frozen=True)
class Problem:
    """What is to be learnt."""

    task: Task
    classes: int
    """Number of classes; 0 for regression."""
    monotone: tuple[int, ...] = ()
    """(p,) +1, 0 or -1 per feature: the prediction (of the last class) may only rise, do what it likes, only fall.
    Empty: no constraint. An algorithm that cannot keep one says so in `Algorithm.unsuited`."""
    threads: int = 1


@dataclass
class Workbench:
    """The training table on which trials are run.

    ``target``: (n,) class codes 0 … classes-1 as floats, or values. ``weight``: (n,) positive, mean 1.
    ``shared``: what algorithms prepare once and use in every trial (a binned Dataset, a scaled one-hot table); keyed by
    the algorithm's own name for it. It must not depend on the target.
    """

    matrix: Matrix
    target: Floats
    weight: Floats
    problem: Problem
    shared: dict[str, Any] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.RLock, repr=False)

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """What ``make`` returned the first time; folds side by side wait for one another."""
        with self.lock:
            if key not in self.shared:
                self.shared[key] = make()
            return self.shared[key]


class Fitted(Protocol):
    """A trained model of one algorithm."""

    @property
    def rounds(self) -> int | None:
        """Rounds that early stopping chose; None for algorithms without rounds."""
        ...

    def predict(self, matrix: Matrix) -> Floats:
        """(n, classes) probabilities, rows sum to 1; or (n,) values. Finite for any finite or missing input."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; the same model gives the same bytes. Never a pickle."""
        ...


class Algorithm(Protocol):
    """One way of learning, under HeatWave's name where HeatWave has it."""

    @property
    def name(self) -> str:
        """As in ``model_list``: LGBMClassifier, LogisticRegression, …"""
        ...

    @property
    def task(self) -> Task:
        """What it learns."""
        ...

    @property
    def seeded(self) -> bool:
        """Does another seed give another model? If not, one refit is as good as many."""
        ...

    def unsuited(self, bench: Workbench, rows: int) -> str | None:
        """Why this algorithm is not tried on so many rows of this table (one English half sentence), or None."""
        ...

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """A few configurations that are good on many tables: the cheapest sensible one first, all different."""
        ...

    def near(self, config: Config, rng: np.random.Generator) -> Config:
        """A configuration in the neighbourhood, for local search; the same one if there is nothing to vary."""
        ...

    def fit(
        self,
        bench: Workbench,
        rows: Ints,
        config: Config,
        *,
        valid: Ints | None = None,
        seed: int = 0,
        stop: Callable[[], bool] | None = None,
    ) -> Fitted:
        """Train on some rows. ``valid``: rows for early stopping, never learnt from; without them all rounds of the
        configuration are run. ``stop``: asked between rounds; when it says yes, the model so far is the answer.
        Anything that looks at the target (target encoding, feature selection) is fitted on ``rows`` alone.
        """
        ...

    def final(self, config: Config, rounds: Sequence[int]) -> Config:
        """The configuration to refit on all rows with, given the rounds at which the folds stopped."""
        ...

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """What `Fitted.to_dict` wrote. Raises `StudyError` for anything else, before any of it is run."""
        ...
