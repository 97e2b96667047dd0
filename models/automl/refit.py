"""What the chosen trials cost to train on every row, and the training."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.automl.algorithms.base import Algorithm, Fitted, Workbench
from models.automl.blend import Part, blend
from models.automl.matrix import Ints
from models.automl.model import Member
from models.automl.options import Options
from models.automl.search import Clock, Outcome, Trial

__all__ = ["Refit"]

MOST_PARTS = 8
BAGS = ((5_000, 5), (20_000, 3))
"""Up to so many rows, so many refits under different seeds; one beyond."""
REST = 1.0
"""Seconds kept for scores, decisions and explanation, and a twentieth of the budget."""


class Refit:
    """What the chosen trials cost to train on every row, and the training."""

    def __init__(
        self,
        bench: Workbench,
        known: dict[str, Algorithm],
        clock: Clock,
        options: Options,
        pool: ThreadPoolExecutor | None,
        groups: Ints | None = None,
    ) -> None:
        self.bench, self.known, self.clock, self.options, self.pool = bench, known, clock, options, pool
        self.groups = groups

    def cost(self, trial: Trial) -> float:
        """Seconds to train it once on all rows."""
        return trial.seconds / trial.folds * self.bench.matrix.n / max(trial.rows, 1)

    def rest(self) -> float:
        """Seconds for what comes after the refit."""
        return REST + 0.05 * (self.clock.seconds or 0.0)

    def reserve(self, trials: Sequence[Trial]) -> float:
        """Seconds that the best trials so far will need; at most two fifths of the budget."""
        complete = sorted((trial for trial in trials if trial.complete), key=lambda trial: trial.loss)
        wanted = sum(self.cost(trial) for trial in complete[: MOST_PARTS // 2])
        return self.rest() + min(wanted, 0.4 * (self.clock.seconds or np.inf))

    def affordable(self, outcome: Outcome) -> list[Part]:
        """The largest blend whose refit the clock still allows; after an interruption the best single trial."""
        most = 1 if outcome.ended == "interrupted" else MOST_PARTS
        while True:
            parts = blend(
                outcome.trials,
                self.bench.problem.task,
                self.bench.target,
                self.bench.weight,
                self.groups,
                most,
                self.options.seed,
            )
            cost = sum(self.cost(part.trial) for part in parts)
            if len(parts) == 1 or self.clock.seconds is None or cost <= self.clock.left - self.rest():
                return parts
            most = min(most, len(parts)) - 1

    def bags(self, parts: Sequence[Part]) -> int:
        """Refits of each part."""
        most = next((bags for rows, bags in BAGS if self.bench.matrix.n <= rows), 1)
        if self.clock.stopped:
            return 1
        if self.clock.seconds is None:
            return most
        once = sum(self.cost(part.trial) for part in parts)
        return int(np.clip((self.clock.left - self.rest()) / max(once, 1e-3), 1, most))

    def members(self, parts: Sequence[Part]) -> tuple[Member, ...]:
        """Every part trained on all rows, in the order of the parts."""
        rows = np.arange(self.bench.matrix.n)
        bags = self.bags(parts)
        jobs = [(part, bag) for part in parts for bag in range(bags)]

        def train(job: tuple[Part, int]) -> Fitted:
            part, bag = job
            algorithm = self.known[part.trial.algorithm]
            config = algorithm.final(part.trial.config, part.trial.rounds)
            return algorithm.fit(self.bench, rows, config, seed=self.options.seed + 1000 * bag)

        fitted = list(self.pool.map(train, jobs) if self.pool else map(train, jobs))
        return tuple(
            Member(
                part.trial.algorithm,
                dict(part.trial.config),
                part.weight,
                tuple(model for (owner, _), model in zip(jobs, fitted, strict=True) if owner is part),
            )
            for part in parts
        )

    def one(self, bench: Workbench, trial: Trial, rows: Ints) -> Fitted:
        """A trial's algorithm on some rows of some bench."""
        algorithm = self.known[trial.algorithm]
        return algorithm.fit(bench, rows, algorithm.final(trial.config, trial.rounds), seed=self.options.seed)
