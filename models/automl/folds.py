"""Honest splits for the search: forward in time, groups whole, stratified otherwise; the last slice held back.

- A time column: the newest slice is held back; the folds test blocks of time one after the other, each learning from
  all that is older. The oldest block, never tested, holds 40 % of the rows, more where a class appears only later.
- A group column: whole groups on one side, classes spread as evenly as groups allow (greedy, after scikit-learn's
  StratifiedGroupKFold). With time as well, a group belongs to the block where it ended.
- Otherwise rows are dealt out within classes, or within tenths of the target's range.

Twins (rows that are copies of one another) stay together; in time a copy of a tested row is not learnt from.
A class held by one row or one group alone is always learnt from and never tested.
Where nothing of that can be done, `Plan.why` says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from models.automl.algorithms.base import Task
from models.automl.matrix import Floats, Ints
from models.splits import Split, blocks
from models.study.data import Notice

__all__ = ["Kind", "Plan", "plan"]

Kind = Literal["forward", "grouped", "stratified"]

LEAST_ROWS, LEAST_OF_A_CLASS, LEAST_GROUPS = 100, 8, 10
"""Below these nothing is held back: too few to judge by, too many to miss in training."""
SHARE, MOST_ROWS = 0.2, 20_000
FIRST, LATEST_FIRST = 0.4, 0.75
COPIES = 10
"""With so many copies of each row on average, rows are alike because the table is coarse, not by mistake."""
BUNDLES = 2_000


@dataclass(frozen=True)
class Plan:
    """Who learns and who is tested. Row positions, ascending."""

    kind: Kind
    held_back: Ints
    """Used once, at the end. Empty where the table is too small."""
    search: Ints
    """All other rows."""
    folds: tuple[Split, ...]
    """Among ``search``. Empty where nothing can be tested (one row of each class)."""
    repeats: int
    """How often the folds go through all rows: ``len(folds) / repeats`` folds make one pass."""
    random_folds: tuple[Split, ...]
    """For each fold of the first pass as many rows drawn at random from the same ones: the textbook's figure, whose gap
    to the honest one is the optimism. Empty where the honest folds are random."""
    why: tuple[Notice, ...]
    """Remarks; `models.automl.decide.words.say` makes sentences of them."""

    @property
    def tested(self) -> Ints:
        """Rows that are in some fold's test: those with out-of-fold predictions. Ascending."""
        tests = [fold.test for fold in self.folds]
        return np.flatnonzero(np.bincount(np.concatenate(tests))) if tests else self.search[:0]


@dataclass(frozen=True)
class _Table:
    """What all splits of one table need. ``why`` collects remarks."""

    target: Floats | Ints
    task: Task
    strata: Ints
    rng: np.random.Generator
    folds: int
    why: list[Notice] = field(default_factory=list)

    def say(self, code: str, **values: Any) -> None:
        if all(notice.code != code for notice in self.why):
            self.why.append(Notice(code, values))

    def small(self) -> bool:
        """Whether nothing can be held back; says why."""
        n, rarest = len(self.strata), int(np.bincount(self.strata).min())
        if n < LEAST_ROWS:
            self.say("too_few_rows_to_hold_back", n=n, least=LEAST_ROWS)
            return True
        if self.task == "classification" and rarest < LEAST_OF_A_CLASS:
            self.say("too_few_of_a_class_to_hold_back", rarest=rarest, least=LEAST_OF_A_CLASS)
            return True
        return False


def plan(
    target: Floats | Ints,
    task: Task,
    rng: np.random.Generator,
    *,
    time: Floats | Ints | None = None,
    groups: Ints | None = None,
    twins: Ints | None = None,
    folds: int = 5,
    repeats: int | None = None,
) -> Plan:
    """Plan the splits of a table.

    ``target``: (n,) class codes or values. ``time``: (n,) any numbers that order the rows; equal ones are never split,
    NaN counts as oldest. ``groups``, ``twins``: (n,) codes; a row without twin has a code of its own.
    ``repeats``: passes over the rows with new random folds; by default more for small tables. Forward folds have one,
    and so have those that leave one group out each.

    >>> found = plan(np.arange(1000) % 2, "classification", np.random.default_rng(0), time=np.arange(1000))
    >>> [(len(fold.train), len(fold.test)) for fold in found.folds], len(found.held_back)
    ([(320, 120), (440, 120), (560, 120), (680, 120)], 200)
    """
    table = _Table(target, task, _strata(target, task), rng, folds)
    groups, twins = _codes(groups), _codes(twins)
    if twins is not None and (int(twins.max()) + 1) * COPIES < len(target):
        table.say("twins_everywhere", patterns=int(twins.max()) + 1)
        twins = None
    if time is not None:
        moments = _codes(np.where(np.isnan(time), -np.inf, time))
        found = None if moments is None else _forward(table, moments, groups, twins)
        if found is not None:
            return found
    if groups is not None and not _groups_serve(table, groups):
        groups = None
    return _at_any_time(table, groups, twins, repeats)


def _codes(values: Floats | Ints | None) -> Ints | None:
    return None if values is None else np.unique(values, return_inverse=True)[1].astype(np.int64)


def _at_any_time(table: _Table, groups: Ints | None, twins: Ints | None, repeats: int | None) -> Plan:
    n, strata = len(table.strata), table.strata
    together = np.arange(n) if groups is None else groups
    if twins is not None:
        together = _joined(together, twins)
    held = _held_back(table, together)
    search = np.setdiff1d(np.arange(n), held)
    passes = repeats or (1 if len(search) > 1000 else 2 if len(search) > 300 else 3)
    if int(together.max()) < table.folds:
        passes = 1
    dealt = [_dealt(table, together[search], strata[search], table.folds) for _ in range(passes)]
    splits = [split for fold in dealt for split in _splits(search, fold)]
    if not splits:
        table.say("cannot_be_tested", n=n)
    honest = groups is not None or int(together.max()) + 1 < n
    chance = [_at_random(split, strata, table.rng) for split in splits[: len(splits) // passes]] if honest else []
    kind: Kind = "stratified" if groups is None else "grouped"
    return Plan(kind, held, search, tuple(splits), passes, tuple(chance), tuple(table.why))


def _strata(target: Floats | Ints, task: Task) -> Ints:
    """Classes, or tenths of the ordered target (fewer on small tables). (n,) codes without gaps."""
    if task == "classification":
        return np.unique(target, return_inverse=True)[1].astype(np.int64)
    bins = int(np.clip(len(target) // 10, 1, 10))
    edges = np.quantile(target, np.arange(1, bins) / bins)
    return np.unique(np.searchsorted(edges, target, side="right"), return_inverse=True)[1].astype(np.int64)


def _joined(groups: Ints, twins: Ints) -> Ints:
    """Rows that share a group or a twin, directly or through others, get one code. (n,)"""
    shift = int(groups.max()) + 1
    size = shift + int(twins.max()) + 1
    links = coo_matrix((np.ones(len(groups)), (groups, twins + shift)), shape=(size, size))
    found: Ints = connected_components(links, directed=False)[1][groups]
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _share(n: int) -> float:
    return min(SHARE, MOST_ROWS / n)


def _groups_serve(table: _Table, groups: Ints) -> bool:
    """Whether folds of whole groups can be learnt from and tested at all."""
    count, strata = int(groups.max()) + 1, table.strata
    if count < 2:
        table.say("one_group")
        return False
    if table.task == "classification":
        free = ~_alone(groups, strata)
        if not free.any() or np.ptp(groups[free]) == 0 or len(np.unique(strata[free])) < min(2, int(strata.max()) + 1):
            table.say("groups_are_classes", groups=count)
            return False
    return True


def _alone(groups: Ints, strata: Ints) -> np.typing.NDArray[np.bool_]:
    """Rows whose group is the only one that holds some class. (n,)"""
    size = int(groups.max()) + 1
    pairs = np.sort(strata * size + groups)
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    only = np.bincount(pairs // size) == 1
    return np.isin(groups, (pairs % size)[only[pairs // size]])


def _held_back(table: _Table, together: Ints) -> Ints:
    """About a fifth of the rows (at most 20,000), drawn as one fold of many would be."""
    n, count = len(together), int(together.max()) + 1
    small = table.small()
    if not small and count < LEAST_GROUPS:
        small = True
        table.say("too_few_groups_to_hold_back", groups=count, least=LEAST_GROUPS)
    if small:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(_dealt(table, together, table.strata, min(round(1 / _share(n)), count)) == 0)


def _dealt(table: _Table, together: Ints, strata: Ints, folds: int) -> Ints:
    """The fold of each row, -1 for what is always learnt from. (n,)"""
    names, codes = np.unique(together, return_inverse=True)
    keep = _alone(codes, strata) if table.task == "classification" else np.zeros(len(codes), dtype=np.bool_)
    out = np.full(len(codes), -1, dtype=np.int64)
    rows = np.flatnonzero(~keep)
    if len(names) == len(codes):
        order = rows[np.lexsort((table.rng.random(len(rows)), strata[rows]))]
        out[order] = np.arange(len(order)) % folds
    elif len(rows):
        out[rows] = _greedy(np.unique(codes[rows], return_inverse=True)[1], strata[rows], folds, table.rng)
    return out


def _greedy(codes: Ints, strata: Ints, folds: int, rng: np.random.Generator) -> Ints:
    """Groups one after the other, each to the fold where classes then lie most evenly."""
    count, k = int(codes.max()) + 1, int(strata.max()) + 1
    table = np.bincount(codes * k + strata, minlength=count * k).reshape(count, k).astype(np.float64)
    if count > BUNDLES:
        # Many groups are bundled with others of the same main class; beyond some thousands that changes nothing.
        order = np.lexsort((rng.random(count), table.argmax(1)))
        bundle = np.zeros(count, dtype=np.int64)
        bundle[order] = np.arange(count) * BUNDLES // count
        return _greedy(bundle[codes], strata, folds, rng)
    share = table / np.maximum(table.sum(0), 1)
    chosen, filled, size = np.zeros(count, dtype=np.int64), np.zeros((folds, k)), np.zeros(folds)
    # The heaviest first, but not always in the same order: every pass and every seed shall deal anew.
    weight = np.square(share).sum(1) * np.exp(rng.normal(size=count))
    for group in np.argsort(-weight, kind="stable"):
        # Putting x into a fold of level f raises the sum of squares by 2fx + x²: least where f·x is least.
        cost = filled @ share[group]
        best = int(np.lexsort((size, cost.round(12)))[0])
        chosen[group] = best
        filled[best] += share[group]
        size[best] += table[group].sum()
    return rng.permutation(folds)[chosen][codes]


def _splits(rows: Ints, fold: Ints) -> list[Split]:
    return [
        Split(rows[fold != place], rows[fold == place])
        for place in range(int(fold.max(initial=-1)) + 1)
        if (fold == place).any() and (fold != place).any()
    ]


def _at_random(split: Split, strata: Ints, rng: np.random.Generator) -> Split:
    """As many rows to learn from and to test as the honest split has, the same ones, shuffled within classes."""
    rows = np.concatenate([split.train, split.test])
    order = rows[np.lexsort((rng.random(len(rows)), strata[rows]))]
    # Every so-manyth row of the ordered ones: classes are tested in their shares.
    step = len(rows) / len(split.test)
    place = ((np.arange(len(split.test)) + rng.random()) * step).astype(np.int64)
    inside = np.zeros(len(rows), dtype=np.bool_)
    inside[np.minimum(place, len(rows) - 1)] = True
    return Split(np.sort(order[~inside]), np.sort(order[inside]))


def _forward(table: _Table, moments: Ints, groups: Ints | None, twins: Ints | None) -> Plan | None:
    """Folds forward in time; None, with a word, where time does not serve."""
    units = moments if groups is None else groups
    count = int(units.max()) + 1
    if count < 3:
        table.say("too_few_moments" if groups is None else "too_few_groups_in_time", count=count)
        return None
    newest = 0.0 if (small := table.small()) else _share(len(units))
    tests = max(1, min(table.folds - 1, count - 1 - (not small)))
    order = np.argsort(moments, kind="stable")
    block = np.empty(len(units), dtype=np.int64)
    block[order] = _in_time(np.unique(units[order], return_inverse=True)[1], table, order, newest, tests)
    if groups is not None and _overlap(block, moments, tests) > 0.5:
        table.say("groups_overlap_in_time")
        return None
    held = np.flatnonzero(block > tests)
    if twins is not None:
        block[(block <= tests) & np.isin(twins, twins[held])] = -1
    splits = [_older(block, at, twins) for at in range(1, tests + 1)]
    usable = tuple(
        split for split in splits if len(split.test) and len(split.train) and np.ptp(table.target[split.train]) > 0
    )
    if not usable:
        table.say("one_class_before")
        return None
    if len(usable) < len(splits):
        table.say("folds_of_one_class", left_out=len(splits) - len(usable))
    chance = tuple(_at_random(split, table.strata, table.rng) for split in usable)
    search = np.flatnonzero((block >= 0) & (block <= tests))
    return Plan("forward", held, search, usable, 1, chance, tuple(table.why))


def _in_time(units: Ints, table: _Table, order: Ints, newest: float, tests: int) -> Ints:
    """Block of each row in time order: 0 the first to learn from, 1 … tests, tests + 1 what is held back. (n,)"""
    first, strata = FIRST, table.strata[order]
    if table.task == "classification":
        # Every class should have been seen before the first test, if that does not eat the tests.
        seen = np.unique(strata, return_index=True)[1].max() + 1
        reached = seen / len(strata) / (1 - newest)
        first = max(first, float(reached)) if reached <= LATEST_FIRST else first
    rest = [(1 - newest) * (1 - first) / tests] * tests
    shares: Sequence[float] = [(1 - newest) * first, *rest, *([newest] if newest else [])]
    return blocks(units, shares)


def _overlap(block: Ints, moments: Ints, tests: int) -> float:
    """The share of tested rows that are older than the newest row learnt from, at worst."""
    worst = 0.0
    for at in range(1, tests + 1):
        before, tested = moments[block < at], moments[block == at]
        if len(before) and len(tested):
            worst = max(worst, float((tested < before.max()).mean()))
    return worst


def _older(block: Ints, at: int, twins: Ints | None) -> Split:
    """Test one block, learn from all older rows but copies of the tested ones."""
    test, train = np.flatnonzero(block == at), np.flatnonzero((block >= 0) & (block < at))
    return Split(train if twins is None else train[~np.isin(twins[train], twins[test])], test)
