"""What the chosen trials cost to train on every row, and the training."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.automl.algorithms.base import Algorithm, Fitted, Workbench
from models.automl.algorithms.blanked import Blanked
from models.automl.blend import Part, blend
from models.automl.matrix import Floats, Ints
from models.automl.model import Member
from models.automl.options import Options
from models.automl.search import Clock, Outcome, Trial

__all__ = ["Refit"]

MOST_PARTS = 8
BAGS = ((5_000, 5), (20_000, 3))
"""Up to so many rows, so many refits under different seeds; one beyond."""
QUICK_ROWS = 20_000
OVERTIME = 0.05
"""Share of the budget by which the refit may run over."""
REST = 1.0
"""Seconds kept for scores, decisions and explanation, and a twentieth of the budget."""


class Refit:
    """What the chosen trials cost to train on every row, and the training."""

    def __init__(
        self,
        benches: Sequence[Workbench],
        blanks: tuple[int, ...],
        known: dict[str, Algorithm],
        clock: Clock,
        options: Options,
        pool: ThreadPoolExecutor | None,
        groups: Ints | None = None,
    ) -> None:
        self.benches, self.blanks, self.bench = benches, blanks, benches[0]
        self.known, self.clock, self.options, self.pool = known, clock, options, pool
        self.groups = groups

    def cost(self, trial: Trial) -> float:
        """Seconds to train it once on all rows."""
        return trial.seconds / trial.folds * self.bench.matrix.n / max(trial.rows, 1)

    def spares(self, trial: Trial, times: int) -> bool:
        """Is there time to train it so often? Without a clock on tables where it is quick."""
        if self.clock.seconds is None:
            return self.bench.matrix.n <= QUICK_ROWS
        return times * self.cost(trial) <= self.clock.left + OVERTIME * self.clock.seconds

    def rest(self) -> float:
        """Seconds for what comes after the refit."""
        return REST + 0.05 * (self.clock.seconds or 0.0)

    def reserve(self, trials: Sequence[Trial]) -> float:
        """Seconds that the best trials so far will need; at most two fifths of the budget."""
        complete = sorted((trial for trial in trials if trial.complete), key=lambda trial: trial.loss)
        wanted = sum(self.cost(trial) for trial in complete[:MOST_PARTS])
        return self.rest() + min(wanted, 0.4 * (self.clock.seconds or np.inf))

    def affordable(self, outcome: Outcome) -> list[Part]:
        """The blend without the parts that the clock no longer allows, those first that add least for their time.

        After an interruption the best single trial.
        """
        if outcome.ended == "interrupted":
            return [Part(outcome.best(), 1.0)]
        parts = self._blend(outcome)
        if self.clock.seconds is not None:
            most = max(self.clock.left - self.rest(), 0.0) + OVERTIME * self.clock.seconds
            while len(parts) > 1 and sum(self.cost(part.trial) for part in parts) > most:
                worst = min(parts[1:], key=lambda part: part.weight / max(self.cost(part.trial), 1e-6))
                parts.remove(worst)
        total = sum(part.weight for part in parts)
        return [Part(part.trial, part.weight / total) for part in parts]

    def _blend(self, outcome: Outcome) -> list[Part]:
        """The mean of the blends of the views: which view will hold in the future is not for the past to say."""
        naive, *others = outcome.trials
        found: list[Part] = []
        for view in range(len(self.benches)):
            trials = [trial for trial in others if trial.view == view]
            if not any(trial.complete for trial in trials):
                continue
            found += blend(
                [naive, *trials],
                self.bench.problem.task,
                self.bench.target,
                self.bench.weight,
                self.groups,
                MOST_PARTS // len(self.benches),
                self.options.seed,
            )
        return sorted(found, key=lambda part: -part.weight) or [Part(naive, 1.0)]

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
        jobs = [(part, bag) for part in parts for bag in range(bags if self.known[part.trial.algorithm].seeded else 1)]

        def train(job: tuple[Part, int]) -> Fitted:
            part, bag = job
            algorithm = self.known[part.trial.algorithm]
            config = algorithm.final(part.trial.config, part.trial.rounds)
            view = part.trial.view
            fitted = algorithm.fit(self.benches[view], rows, config, seed=self.options.seed + 1000 * bag)
            return Blanked(fitted, self.blanks) if view else fitted

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

    def once(self, trial: Trial, rows: Ints, asked: Ints) -> Floats:
        """What a trial's algorithm, trained on some rows, says of others."""
        bench, algorithm = self.benches[trial.view], self.known[trial.algorithm]
        fitted = algorithm.fit(bench, rows, algorithm.final(trial.config, trial.rounds), seed=self.options.seed)
        return fitted.predict(bench.matrix.take(asked))
