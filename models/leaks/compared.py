"""Pairs of columns that only together give the class: two numbers compared, two codes looked up.

A verdict is often a comparison (measured against limit, parts passed against parts inspected), or a rule over two
states. Neither column alone tells it; the pair does without error.
"""

from collections.abc import Iterator
from itertools import combinations as combinations_of

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.leaks.combination import members_to_drop
from models.leaks.crosstab import crosstab
from models.leaks.report import Suspect
from models.leaks.view import Column, Ints, View

__all__ = ["compared"]

MOST_ROWS = 2000
MOST_NUMBERS = 200
MOST_CODES = 60
FEW = 12
EXACT = 0.005
"""Errors, as a share of the rows of the rarer class."""
BETTER = 0.1
FEWEST = 10
ENOUGH = 0.95
"""ROC-AUC of a column that needs no other."""
Truths = NDArray[np.bool_]


def compared(data: View) -> Iterator[Suspect]:
    """Pairs of numbers whose comparison is the class, then pairs of codes whose combination is."""
    if data.task != "classification" or data.classes < 2:
        return
    yield from _numbers(data)
    yield from _codes(data)


def _numbers(data: View) -> Iterator[Suspect]:
    columns = [column for column in data.numeric() if column.n_levels > 2][:MOST_NUMBERS]
    if len(columns) < 2:
        return
    done: set[tuple[str, str]] = set()
    for own in _sides(data):
        rows = _both(own)
        x = np.column_stack([column.values[rows] for column in columns if column.values is not None])
        small = max(1.0, EXACT * min(own[rows].sum(), (~own[rows]).sum()))
        for place, column in enumerate(columns[:-1]):
            here, after = x[:, [place]], x[:, place + 1 :]
            for sign, truth in (("<", here < after), ("=", here == after), (">", here > after)):
                wrong = (truth != own[rows][:, None]).sum(axis=0)
                for at in np.flatnonzero((wrong <= small) | (len(rows) - wrong <= small)):
                    other = columns[place + 1 + int(at)]
                    found = None if (column.name, other.name) in done else _held(column, other, sign, own, data)
                    if found is not None:
                        done.add((column.name, other.name))
                        yield found


def _sides(data: View) -> Iterator[Truths]:
    """Each class against the others, where both sides have rows enough."""
    for label in range(1 if data.classes == 2 else 0, data.classes):
        own = data.labels_of == label
        if min(own.sum(), (~own).sum()) >= FEWEST:
            yield own


def _both(own: Truths) -> Ints:
    """Rows of both sides, as many of each as there are, up to a thousand."""
    sides = [np.flatnonzero(own), np.flatnonzero(~own)]
    return np.concatenate([side[:: max(1, len(side) // (MOST_ROWS // 2))] for side in sides])


def _held(one: Column, other: Column, sign: str, own: Truths, data: View) -> Suspect | None:
    """The comparison on all rows, where neither column alone is enough."""
    assert one.values is not None
    assert other.values is not None
    known = one.known & other.known
    a, b, own = one.values[known], other.values[known], own[known]
    truth = a < b if sign == "<" else a == b if sign == "=" else a > b
    wrong = min(int((truth != own).sum()), int((truth == own).sum()))
    if wrong > max(1.0, 2 * EXACT * min(own.sum(), (~own).sum())) or own.all() or not own.any():
        return None
    if any(abs(roc_auc_score(own, each) - 0.5) > ENOUGH - 0.5 for each in (a, b)):
        return None
    return _suspect((one.name, other.name), "compared", data, sign=sign, wrong=wrong, n=int(known.sum()))


def _codes(data: View) -> Iterator[Suspect]:
    columns = [column for column in data.columns.values() if 2 <= column.n_levels <= FEW][:MOST_CODES]
    done: set[tuple[str, str]] = set()
    for own in _sides(data):
        alone = [_errors(column.codes + 1, column.n_levels + 1, own)[0] for column in columns]
        for (i, one), (j, other) in combinations_of(enumerate(columns), 2):
            if (one.name, other.name) in done:
                continue
            codes = (one.codes + 1) * (other.n_levels + 1) + other.codes + 1
            wrong, cells = _errors(codes, (one.n_levels + 1) * (other.n_levels + 1), own)
            least = min(alone[i], alone[j])
            rare = min(own.sum(), (~own).sum())
            if least >= max(FEWEST, 2 * cells) and wrong <= EXACT * rare and wrong <= BETTER * least:
                done.add((one.name, other.name))
                yield _suspect((one.name, other.name), "looked_up", data, wrong=wrong, n=data.n)


def _errors(codes: Ints, size: int, own: Truths) -> tuple[int, int]:
    """Rows that are not of the more frequent side of their cell, and how many cells there are."""
    table = crosstab(codes, own.astype(np.int64), size, 2)
    return round(table.impure * table.n), int((table.counts.sum(axis=1) > 0).sum())


def _suspect(names: tuple[str, ...], evidence: str, data: View, **values: object) -> Suspect:
    blanks = {"columns": ", ".join(names), "one": names[0], "two": names[1], "other": data.target, **values}
    return Suspect(names, "combination", True, evidence, blanks, "excluded", members_to_drop(names, data))
