"""Columns that betray a class by a state: they hold a value, or are not at their usual value, only where it happened.

A state is a set of rows: the column is known; is missing; is not at its most frequent value (rework minutes above 0);
is one of two levels (a flag); is one level of a category. It betrays a class when nearly all its rows are of that class
and that is no luck. Luck is counted in observations, not rows: parts of one bad batch, or rows of one run of a machine,
share their class and their state for reasons of their own (`models.leaks.order.blocks`). And a pure level of an honest
category (a supplier whose parts are never bad) is common: what counts is a state of the *rarer* classes; for a category
of three levels and more it must hold most of its class.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.leaks.identity import cut_into_steps
from models.leaks.report import Kind, Suspect
from models.leaks.view import FEW_LEVELS, Column, Ints, View

__all__ = ["states"]

Rows = NDArray[np.bool_]

FEWEST = 8
PURE = 0.95
DOUBTFUL = 0.9
LUCK = 1e-6
COMMON = 0.7
"""A class with more than this share of the rows is betrayed by nothing."""
MOST_OF = 0.5
FREQUENT, SOME_OF = 0.25, 0.25
"""Of a class with more than the one share of all rows a state must hold the other."""
ALONE = 3
"""Columns that are missing in the same rows; more of them are an incomplete record, not a secret."""


@dataclass(frozen=True)
class _State:
    rows: Rows
    evidence: str
    kind: Kind
    level: str = ""
    purity: float = PURE
    holds: float = 0.0
    """Least share of the class that must be in this state."""
    common: float = 0.5


def states(data: View, blocks: Ints | None) -> Iterator[Suspect]:
    """``blocks``: (n,) rows that are one observation, or None. At most one suspicion per column."""
    lost = _incomplete(data)
    for column in data.columns.values():
        for state in _states(column, data, column.name in lost):
            found = _judged(column, state, data, blocks)
            if found is not None:
                yield found
                break


def _incomplete(data: View) -> set[str]:
    """Columns that are missing together with several others."""
    gaps = {name: ~column.known for name, column in data.columns.items() if not column.known.all()}
    if not gaps:
        return set()
    matrix = np.array(list(gaps.values()), dtype=np.float32)
    both = matrix @ matrix.T
    sizes = np.diag(both)
    alike = both >= 0.5 * (sizes[:, None] + sizes - both)
    return {name for name, count in zip(gaps, alike.sum(axis=1), strict=True) if count > ALONE}


def _states(column: Column, data: View, lost: bool) -> Iterator[_State]:
    missing = ~column.known
    if missing.any():
        yield _State(column.known, "only_where", "after_the_fact", common=COMMON)
        if not lost:
            yield _State(missing, "missing_where", "after_the_fact", purity=0.98, holds=0.1)
    if column.n_levels == 2 or (column.n_levels == 1 and missing.any()):
        for level in range(column.n_levels):
            yield _State(column.codes == level, "flag", "constant_within_class", column.spelt(level))
        return
    if column.n_levels > 2:
        yield from _of_many_levels(column, data)


def _of_many_levels(column: Column, data: View) -> Iterator[_State]:
    """Away from the usual value; at the usual, the lowest, the highest; at one level of a category."""
    usual = int(column.counts.argmax())
    if column.values is None:
        for level in range(column.n_levels) if column.n_levels <= FEW_LEVELS else ():
            yield _State(column.codes == level, "level", "constant_within_class", column.spelt(level), 0.98, MOST_OF)
        return
    if column.counts[usual] >= 0.5 * data.n:
        away = column.known & (column.codes != usual)
        yield _State(away, "not_usual", "after_the_fact", column.spelt(usual))
    for level in dict.fromkeys([usual, 0, column.n_levels - 1]):
        yield _State(column.codes == level, "one_value", "constant_within_class", column.spelt(level), 0.99, 0.8)


def _judged(column: Column, state: _State, data: View, blocks: Ints | None) -> Suspect | None:
    rows = state.rows
    count = int(rows.sum())
    if count < FEWEST or count > data.n - FEWEST:
        return None
    blanks = {"column": column.name, "other": data.target, "level": state.level, "n": count}
    if data.task == "regression":
        if state.evidence not in ("only_where", "not_usual") or not cut_into_steps(rows.astype(np.int64), 2, data.y):
            return None
        return _suspect(column, state, f"{state.evidence}_numbers", blanks)
    counts = np.bincount(data.labels_of[rows], minlength=data.classes)
    label = int(counts.argmax())
    purity, share = counts[label] / count, data.shares[label]
    blanks |= {"label": data.labels[label], "purity": float(purity), "share": float(counts[label] / count)}
    least = DOUBTFUL if state.evidence == "flag" else state.purity
    # A few per cent of a class that is common anyway may be one bad batch; a column filled in afterwards is another
    # matter.
    holds = max(state.holds, SOME_OF) if share > FREQUENT and state.evidence != "only_where" else state.holds
    if share > state.common or purity < least or counts[label] < holds * share * data.n:
        return None
    if not _no_luck(rows, label, data, blocks):
        return None
    found = _suspect(column, state, state.evidence, blanks)
    if purity >= state.purity:
        return found
    # Nearly so, for a flag: named where the class is rare enough for that to say much.
    return Suspect(found.columns, "too_good", False, "flag_nearly", blanks) if share <= 0.35 else None


def _no_luck(rows: Rows, label: int, data: View, blocks: Ints | None) -> bool:
    """Would so pure a state be rare if it had nothing to do with the class?"""
    if blocks is None:
        observations, share = int(rows.sum()), float(data.shares[label])
    else:
        observations = len(np.unique(blocks[rows]))
        firsts = np.unique(blocks, return_index=True)[1]
        share = float((data.labels_of[firsts] == label).mean())
    return observations >= FEWEST and share**observations <= LUCK


def _suspect(column: Column, state: _State, evidence: str, blanks: dict[str, object]) -> Suspect:
    return Suspect((column.name,), state.kind, True, evidence, blanks, "excluded", (column.name,))
