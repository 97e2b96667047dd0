"""From a table and a target to the best honest model within a budget."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import pandas as pd
from threadpoolctl import threadpool_limits

from models.automl.algorithms.registry import algorithms
from models.automl.algorithms.threads import cores, keep_to_one
from models.automl.explain.notes import Known
from models.automl.facts import attention, facts_of, sampled, versions
from models.automl.folds import Plan
from models.automl.ground import Ground, lay
from models.automl.journal import FileJournal, fingerprint
from models.automl.judge import costs_of, decided, judged, kept_promises, planned, quality_of, with_and_without
from models.automl.model import Model
from models.automl.options import Options, OptionWords
from models.automl.refit import Refit
from models.automl.search import Clock, Outcome, Search

__all__ = ["Told", "fit"]

Told = Callable[[str, float, float | None], None]
"""Told what is going on, the share done (0 … 1) and the smallest loss so far."""

SMALL_CELLS = 1_000_000
"""Below so many cells folds run side by side on one thread each; above, one after the other on all."""


def fit(
    table: pd.DataFrame,
    target: str,
    *,
    told: Told = lambda what, share, best: None,
    resume: Path | str | None = None,
    **options: Unpack[OptionWords],
) -> Model:
    """Train the best honest model of a column within a budget.

    ``table``: one row per case, the target in it. ``options``: see `models.automl.options.Options`. ``told`` hears of
    the progress. ``resume``: a file that keeps finished trials; the same call with the same file goes on where it
    stood. Ctrl-C ends the search, and the best model so far is returned; a second one ends the call.

    Raises `StudyError` for an unknown option, a missing column, or a table from which nothing can be learnt.
    """
    started = time.monotonic()
    chosen = Options.parse(options)
    told("columns", 0.0, None)
    ground = lay(table, target, chosen)
    split = planned(ground)
    costs_of(ground)  # a wrong one is refused before the search, not after it
    journal = None if resume is None else FileJournal(resume, fingerprint(table, target, chosen, versions()))
    threads = chosen.threads or cores()
    bench = ground.bench(threads)
    together = bench.matrix.values.size <= SMALL_CELLS and threads > 1
    if together:
        bench.problem = replace(bench.problem, threads=1)
    benches = [bench, ground.untimed(bench)] if ground.timed else [bench]
    tried = algorithms(chosen.task, bench, chosen.model_list, chosen.exclude_model_list)
    clock = Clock(None if chosen.trials else chosen.time_budget, started)
    # Threads that wait for one another spin: side by side every fold keeps to one.
    with (
        threadpool_limits(1 if together else threads),
        ThreadPoolExecutor(threads, initializer=keep_to_one) if together else nullcontext() as pool,
    ):
        refit = Refit(benches, ground.timed, {each.name: each for each in tried}, clock, chosen, pool, ground.groups)
        search = Search(benches, split, tried, clock, chosen, refit.reserve, told, journal, pool)
        outcome = search.run()
        told("refit", 1.0, outcome.best().loss)
        return _finished(ground, split, outcome, refit)


def _finished(ground: Ground, split: Plan, outcome: Outcome, refit: Refit) -> Model:
    """The blend, trained on every row, judged and explained."""
    parts = refit.affordable(outcome)
    members = refit.members(parts)
    decisions = decided(ground, split, parts)
    found = judged(ground, split, parts, decisions)
    quality = quality_of(ground, split, parts, found, decisions, refit)
    leaks = with_and_without(ground, split, refit)
    facts = facts_of(ground, outcome, split, leaks, quality) | {"promises": kept_promises(ground, found, decisions)}
    matrix, seed = refit.bench.matrix, ground.options.seed
    known, background = Known.learn(matrix, seed), sampled(matrix, seed)
    model = Model(ground.target, ground.preparation, members, decisions, quality, leaks, known, background, facts)
    return replace(
        model,
        facts={**facts, "importance": attention(model, ground, split, refit.rest() if refit.clock.seconds else None)},
    )
