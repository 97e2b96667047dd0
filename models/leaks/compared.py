"""Pairs of columns that only together give the class: two numbers compared, two codes looked up.

A verdict is often a comparison (measured against limit, parts passed against parts inspected), or a rule over two
states. Neither column alone tells it; the pair does without error.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

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
    for label in range(1 if data.classes == 2 else 0, data.classes):
        own = data.labels_of == label
        rare = int(min(own.sum(), (~own).sum()))
        if rare < FEWEST:
            continue
        rows = _both(own)
        x = np.column_stack([column.values[rows] for column in columns if column.values is not None])
        small = max(1.0, EXACT * min(own[rows].sum(), (~own[rows]).sum()))
        for place, column in enumerate(columns[:-1]):
            after = x[:, place + 1 :]
            for sign, truth in (
                ("<", x[:, [place]] < after),
                ("=", x[:, [place]] == after),
                (">", x[:, [place]] > after),
            ):
                wrong = (truth != own[rows][:, None]).sum(axis=0)
                for at in np.flatnonzero((wrong <= small) | (len(rows) - wrong <= small)):
                    yield from _held(column, columns[place + 1 + int(at)], sign, own, data)


def _both(own: Truths) -> Ints:
    """Rows of both sides, as many of each as there are, up to a thousand."""
    sides = [np.flatnonzero(own), np.flatnonzero(~own)]
    return np.concatenate([side[:: max(1, len(side) // (MOST_ROWS // 2))] for side in sides])


def _held(one: Column, other: Column, sign: str, own: Truths, data: View) -> Iterator[Suspect]:
    """The comparison on all rows."""
    assert one.values is not None
    assert other.values is not None
    known = one.known & other.known
    a, b = one.values[known], other.values[known]
    truth = a < b if sign == "<" else a == b if sign == "=" else a > b
    wrong = min(int((truth != own[known]).sum()), int((truth == own[known]).sum()))
    if wrong <= max(1.0, 2 * EXACT * min(own[known].sum(), (~own[known]).sum())):
        yield _suspect((one.name, other.name), "compared", data, sign=sign, wrong=wrong, n=int(known.sum()))


def _codes(data: View) -> Iterator[Suspect]:
    columns = [column for column in data.columns.values() if 2 <= column.n_levels <= FEW][:MOST_CODES]
    alone = [_errors(column.codes + 1, column.n_levels + 1, data)[0] for column in columns]
    for i, one in enumerate(columns):
        for j in range(i + 1, len(columns)):
            other = columns[j]
            codes = (one.codes + 1) * (other.n_levels + 1) + other.codes + 1
            wrong, cells = _errors(codes, (one.n_levels + 1) * (other.n_levels + 1), data)
            rare = data.n * float(data.shares[data.shares > 0].min())
            enough = min(alone[i], alone[j]) >= max(FEWEST, 2 * cells)
            if enough and wrong <= EXACT * rare and wrong <= BETTER * min(alone[i], alone[j]):
                yield _suspect((one.name, other.name), "looked_up", data, wrong=wrong, n=data.n)


def _errors(codes: Ints, size: int, data: View) -> tuple[int, int]:
    """Rows that are not of the most frequent class of their cell, and how many cells there are."""
    table = crosstab(codes, data.labels_of, size, data.classes)
    return round(table.impure * table.n), int((table.counts.sum(axis=1) > 0).sum())


def _suspect(names: tuple[str, ...], evidence: str, data: View, **values: object) -> Suspect:
    blanks = {"columns": ", ".join(names), "one": names[0], "two": names[1], "other": data.target, **values}
    return Suspect(names, "combination", True, evidence, blanks, "excluded", members_to_drop(names, data))
