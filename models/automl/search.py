"""Which algorithm, with which settings: cheap ones first, growing samples, folds pruned in pairs, and an end in sight.

One trial is one configuration of one algorithm, judged out of fold. The order of trials and their outcome depend on the
table, the options and the seed alone; the clock decides only when to stop.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np

from models.automl.algorithms.base import Algorithm, Config, Workbench
from models.automl.folds import Plan
from models.automl.matrix import Floats
from models.automl.metrics import per_row_loss
from models.automl.options import Options
from models.splits import Split

__all__ = ["Clock", "Journal", "Outcome", "Search", "Trial"]

RUNG_GROWTH = 4
SMALLEST_RUNG = 8_000
KEPT_OF_RUNG = 3
"""Of the configurations tried on a sample, one in so many goes on to the next larger one."""
EASY, EASY_ROWS, EASY_TRIALS = 0.15, 300, 4
"""A table of at most so many rows is easy when so many trials left at most this share of the naive loss."""
PATIENCE = 10
"""Local trials in a row that do not improve the best score, after which the search ends."""
BETTER = 1e-3
"""Share of the loss by which the best must improve to count."""
HOPELESS = 3.0
"""A trial is given up when its loss is worse than the best by so many standard errors of the paired difference …"""
FAR = 0.10
"""… and by this share of what the best explains of the naive loss: a blend may still want what is only a bit worse."""
LONGEST = 0.3
"""No trial may use more of the time that is left; boosting and paths stop where they are."""


class Clock:
    """What is left of a budget. ``seconds`` None: no limit of time."""

    def __init__(self, seconds: float | None, started: float | None = None) -> None:
        self.started = time.monotonic() if started is None else started
        self.seconds = seconds
        self.stopped = False

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """Seconds until the end; infinite without a limit, nothing after a stop."""
        if self.stopped:
            return 0.0
        return float("inf") if self.seconds is None else self.seconds - self.spent


@dataclass(frozen=True)
class Trial:
    """One configuration and its out-of-fold predictions.

    ``predicted``: (n, k) probabilities or (n,) values, NaN on rows that no fold tested. ``ahead``: the same for the
    rows held back, averaged over the folds' models; looked at once, when the search is over.
    """

    algorithm: str
    config: Config
    loss: float
    rounds: tuple[int, ...]
    seconds: float
    predicted: Floats
    ahead: Floats
    rows: int
    """Rows that each fold's model has seen, on average."""
    folds: int
    """Folds that were run."""
    view: int
    """Place of the workbench in `Search.benches`."""
    complete: bool
    """Every fold was run on the whole table; only such trials can be blended."""


class Journal(Protocol):
    """Where finished trials are kept, so that an interrupted search goes on where it stood."""

    def get(self, key: str) -> Trial | None:
        """The trial of an earlier run, if it was finished."""
        ...

    def put(self, key: str, trial: Trial) -> None:
        """Keep a finished trial."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What the search found, in the order of the trials."""

    trials: tuple[Trial, ...]
    ended: str
    """``trials``, ``time``, ``nothing_better`` or ``interrupted``."""

    def best(self) -> Trial:
        """The complete trial with the smallest loss."""
        return min((trial for trial in self.trials if trial.complete), key=lambda trial: trial.loss)


@dataclass(frozen=True)
class _Asked:
    """One trial to run: ``rung`` is the number of rows to learn from, at most."""

    algorithm: Algorithm
    config: Config
    rung: int
    view: int


@dataclass(frozen=True)
class _Answer:
    """What one fold's model says of its test rows and of those held back."""

    tested: Floats
    ahead: Floats
    rounds: int | None
    rows: int


@dataclass
class Search:
    """Runs trials on a workbench. Rows held back are predicted by every fold's model and judged by nobody here; where
    splits are forward in time, by the last fold's alone: the others are older.

    ``benches``: views of one table, with the same rows and targets; every configuration is tried on each.
    """

    benches: Sequence[Workbench]
    split: Plan
    algorithms: Sequence[Algorithm]
    """The naive one first."""
    clock: Clock
    options: Options
    reserve: Callable[[Sequence[Trial]], float] = lambda trials: 0.0
    """Seconds to keep for what comes after the search."""
    told: Callable[[str, float, float | None], None] = lambda what, share, best: None
    journal: Journal | None = None
    pool: ThreadPoolExecutor | None = None
    done: list[Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folds, self.trials = self.split.folds, self.options.trials
        self.rng = np.random.default_rng(self.options.seed)

    def run(self) -> Outcome:
        """Try until nothing improves, the budget is used, or somebody interrupts."""
        ended = "nothing_better"
        try:
            for algorithm, config, rung, view in self._candidates():
                if self.trials is not None and len(self.done) >= self.trials:
                    ended = "trials"
                    break
                if self._out_of_time():
                    ended = "time"
                    break
                if self._too_long(algorithm, rung):
                    ended = "time"
                    continue
                self._try(algorithm, config, rung, view)
        except KeyboardInterrupt:
            if not self.done:
                raise
            self.clock.stopped = True
            ended = "interrupted"
        return Outcome(tuple(self.done), ended)

    # -- which configuration comes next ---------------------------------------------------------------------------

    @property
    def bench(self) -> Workbench:
        """The first view."""
        return self.benches[0]

    def _candidates(self) -> Iterable[tuple[Algorithm, Config, int, int]]:
        n = self._most()
        naive, *others = self.algorithms
        yield naive, naive.portfolio(self.bench, n)[0], n, 0
        queue = self._portfolio(others, n)
        for rung in self._rungs(n):
            before = len(self.done)
            for algorithm, config in queue:
                if self._easy():
                    return
                for view in range(len(self.benches)):
                    yield algorithm, config, rung, view
            if rung < n:
                losses: dict[str, float] = {}
                for trial in self.done[before:]:
                    key = self._key(trial.algorithm, trial.config)
                    losses[key] = min(losses.get(key, np.inf), trial.loss)
                ranked = sorted(queue, key=lambda entry: losses.get(self._key(entry[0].name, entry[1]), np.inf))
                queue = ranked[: max(KEPT_OF_RUNG, len(ranked) // KEPT_OF_RUNG)]
        yield from self._local(n)

    def _easy(self) -> bool:
        """A small table that is nearly solved: what is left between the best trials is chance."""
        if self.bench.matrix.n > EASY_ROWS or len(self.done) < EASY_TRIALS:
            return False
        complete = [trial.loss for trial in self.done if trial.complete]
        return min(complete) <= EASY * complete[0]

    def _portfolio(self, algorithms: Sequence[Algorithm], n: int) -> list[tuple[Algorithm, Config]]:
        lists = [list(algorithm.portfolio(self.bench, n)) for algorithm in algorithms]
        longest = max(map(len, lists), default=0)
        return [
            (algorithm, configs[place])
            for place in range(longest)
            for algorithm, configs in zip(algorithms, lists, strict=True)
            if place < len(configs)
        ]

    def _rungs(self, n: int) -> list[int]:
        rungs = [n]
        while rungs[0] > RUNG_GROWTH * SMALLEST_RUNG and self.bench.matrix.p * rungs[0] > 400_000:
            rungs.insert(0, max(SMALLEST_RUNG, rungs[0] // RUNG_GROWTH))
        return [rungs[0], n] if len(rungs) > 1 else rungs

    def _local(self, n: int) -> Iterable[tuple[Algorithm, Config, int, int]]:
        """Walks around the best configuration of a family; good families get more turns."""
        named = {algorithm.name: algorithm for algorithm in self.algorithms[1:]}
        seen = {(self._key(trial.algorithm, trial.config), trial.view) for trial in self.done}
        idle = 0
        while idle < PATIENCE:
            leaders = self._leaders(named)
            if not leaders:
                return
            place = min(int(self.rng.exponential(0.8)), len(leaders) - 1)
            leader = leaders[place]
            config = named[leader.algorithm].near(leader.config, self.rng)
            key = (self._key(leader.algorithm, config), leader.view)
            if key in seen:
                idle += 1
                continue
            seen.add(key)
            best = leaders[0].loss
            yield named[leader.algorithm], config, n, leader.view
            idle = 0 if self._leaders(named)[0].loss < best * (1 - BETTER) else idle + 1

    def _leaders(self, named: dict[str, Algorithm]) -> list[Trial]:
        """The best complete trial of each algorithm and view, the best first."""
        best: dict[tuple[str, int], Trial] = {}
        for trial in self.done:
            known = best.get((trial.algorithm, trial.view))
            if trial.complete and trial.algorithm in named and (known is None or trial.loss < known.loss):
                best[trial.algorithm, trial.view] = trial
        return sorted(best.values(), key=lambda trial: trial.loss)

    @staticmethod
    def _key(name: str, config: Config) -> str:
        return f"{name} {sorted(config.items())}"

    # -- one trial ------------------------------------------------------------------------------------------------

    def _most(self) -> int:
        return max(len(split.train) for split in self.folds)

    def _out_of_time(self) -> bool:
        if not any(trial.complete for trial in self.done):
            return self.clock.stopped
        return self.clock.left <= self.reserve(self.done)

    def _too_long(self, algorithm: Algorithm, rung: int) -> bool:
        """Would a trial like the fastest one of this algorithm end after the time is up?"""
        if np.isinf(self.clock.left) or sum(trial.complete for trial in self.done) < 2:
            return False  # something better than the naive model must come of it
        known = [trial.seconds / trial.folds / trial.rows for trial in self.done if trial.algorithm == algorithm.name]
        folds = len(self.folds) if rung >= self._most() else 1
        rows = min(rung, float(np.mean([len(split.train) for split in self.folds])))
        return bool(known) and min(known) * folds * rows > self.clock.left - self.reserve(self.done)

    def _stop(self, until: float = float("inf")) -> bool:
        """Asked between rounds of a fit. The first trial is always finished: without one there is no model."""
        if self.clock.stopped or time.monotonic() > until:
            return True
        return len(self.done) > 0 and self.clock.left <= self.reserve(self.done)

    def _allowance(self) -> float:
        """Seconds of one trial: a share of what is left, more while nothing has been found yet."""
        if not self.done or np.isinf(self.clock.left):
            return float("inf")
        share = LONGEST if sum(trial.complete for trial in self.done) > 1 else 2 * LONGEST
        return share * (self.clock.left - self.reserve(self.done))

    def _try(self, algorithm: Algorithm, config: Config, rung: int, view: int) -> None:
        key = f"{rung} {view} {self._key(algorithm.name, config)}"
        known = self.journal.get(key) if self.journal else None
        trial = known or self._measure(_Asked(algorithm, config, rung, view))
        if trial is None:
            return
        if known is None and self.journal and not self._stop():
            self.journal.put(key, trial)
        self.done.append(trial)
        complete = [trial.loss for trial in self.done if trial.complete]
        self.told(algorithm.name, self._share(), min(complete) if complete else None)

    def _share(self) -> float:
        by_trials = len(self.done) / self.trials if self.trials else 0.0
        by_time = self.clock.spent / self.clock.seconds if self.clock.seconds else 0.0
        return min(1.0, max(by_trials, by_time))

    def _measure(self, asked: _Asked) -> Trial | None:
        started = time.monotonic()
        whole = asked.rung >= self._most()
        folds = self.folds if whole else self.folds[-1:]
        classes = self.bench.problem.classes
        shape = (self.bench.matrix.n, classes) if classes else self.bench.matrix.n
        total, times = np.zeros(shape), np.zeros(self.bench.matrix.n)
        answers: list[_Answer] = []
        width = 2 if self.pool is not None else 1
        allowance, complete = self._allowance(), whole
        for first in range(0, len(folds), width):
            batch = folds[first : first + width]
            # Every fold may use as much: one that is cut short would be judged with the others.
            until = started + allowance * min(1.0, (first + width) / len(folds))
            stop = partial(self._stop, until)
            for split, answer in zip(batch, self._fits(asked, batch, stop), strict=True):
                total[split.test] += answer.tested
                times[split.test] += 1
                answers.append(answer)
            if self._stop() and self.done:
                return None
            if first + width < len(folds) and self._hopeless(_mean(total, times)):
                complete = False
                break
        predicted = _mean(total, times)
        losses, weight = self._losses(predicted)
        held = [answer.ahead for answer in answers]
        return Trial(
            asked.algorithm.name,
            asked.config,
            float(np.average(losses, weights=weight)),
            tuple(answer.rounds for answer in answers if answer.rounds is not None),
            time.monotonic() - started,
            predicted,
            held[-1] if self.split.kind == "forward" else np.mean(held, axis=0),
            sum(answer.rows for answer in answers) // len(answers),
            len(answers),
            asked.view,
            complete,
        )

    def _fits(self, asked: _Asked, batch: Sequence[Split], stop: Callable[[], bool]) -> list[_Answer]:
        if self.pool is None or len(batch) == 1:
            return [self._fit(asked, split, stop) for split in batch]
        return list(self.pool.map(lambda split: self._fit(asked, split, stop), batch))

    def _fit(self, asked: _Asked, split: Split, stop: Callable[[], bool]) -> _Answer:
        bench, train, test = self.benches[asked.view], split.train, split.test
        if asked.rung < len(train):
            # Evenly thinned: rows stand in order of time where there is one.
            train = train[np.linspace(0, len(train) - 1, asked.rung).astype(np.int64)]
        fitted = asked.algorithm.fit(bench, train, asked.config, valid=test, seed=self.options.seed, stop=stop)
        tested, ahead = (fitted.predict(bench.matrix.take(rows)) for rows in (test, self.split.held_back))
        return _Answer(tested, ahead, fitted.rounds, len(train))

    def _losses(self, predicted: Floats) -> tuple[Floats, Floats]:
        """Loss and weight of every row that a fold has tested."""
        tested = np.isfinite(predicted if predicted.ndim == 1 else predicted[:, 0])
        loss = per_row_loss(self.bench.problem.task, self.bench.target[tested], predicted[tested])
        return loss, self.bench.weight[tested]

    def _hopeless(self, predicted: Floats) -> bool:
        """On the rows tested so far: clearly and much worse than the best."""
        complete = [trial for trial in self.done if trial.complete]
        if len(complete) < 2:
            return False
        best = min(complete, key=lambda trial: trial.loss)
        naive = complete[0]
        tested = np.isfinite(predicted if predicted.ndim == 1 else predicted[:, 0])
        truth, task = self.bench.target[tested], self.bench.problem.task
        loss, reference, floor = (
            per_row_loss(task, truth, entry[tested]) for entry in (predicted, best.predicted, naive.predicted)
        )
        worse = loss - reference
        error = worse.std() / np.sqrt(max(len(worse), 1))
        explained = max(float(floor.mean() - reference.mean()), 1e-12)
        return bool(worse.mean() > HOPELESS * error and worse.mean() > FAR * explained)


def _mean(total: Floats, times: Floats) -> Floats:
    """Means over the passes; NaN on rows that no fold has tested."""
    with np.errstate(invalid="ignore"):
        return total / (times if total.ndim == 1 else times[:, None])
