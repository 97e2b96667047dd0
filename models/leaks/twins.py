"""Rows that occur twice, exactly or nearly: on both sides of a split the test only asks what training has seen.

Exact twins agree in every feature. Tables of few coarse columns have them by nature, so they count against what
shuffled columns give. Near twins (a row copied with jitter) lie far closer than rows usually do: closer than 1/20 of
the median distance to the nearest row, with hardly any row between 1/20 and 1/4 of it.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from models.leaks.report import Suspect
from models.leaks.view import Column, Floats, Ints, View

__all__ = ["exact_twins", "near_twins", "twin_suspects"]

MORE = 3.0
"""Times as many as by chance."""
MOST_ROWS = 50_000
NEAR, GAP = 0.05, 0.25
FEWEST_NEAR = 5
DIMENSIONS = 8
_ODD = np.uint64(0x9E3779B97F4A7C15)


def exact_twins(data: View, seed: int) -> Ints | None:
    """(n,) one code for all rows that agree in every column; None where no more do than by chance."""
    columns = [column for column in data.columns.values() if column.n_levels > 1]
    if len(columns) < 2 or data.n < 2:
        return None
    rng = np.random.default_rng(seed)
    codes = _groups(columns, None)
    twins = data.n - len(np.unique(codes))
    if twins == 0:
        return None
    by_chance = data.n - len(np.unique(_groups(columns, rng)))
    return codes if twins >= max(1, MORE * by_chance) else None


def _groups(columns: list[Column], rng: np.random.Generator | None) -> Ints:
    """Rows as codes; with ``rng`` of columns shuffled one by one. Different rows share a code once in 2**64."""
    total = np.zeros(len(columns[0].codes), dtype=np.uint64)
    for column in columns:
        codes = column.codes if rng is None else rng.permutation(column.codes)
        total = (total * _ODD) ^ (_mixed(codes.astype(np.uint64)) + _ODD)
    return pd.factorize(total)[0].astype(np.int64)


def _mixed(x: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """Every bit of the input moves every bit of the output (splitmix64)."""
    x = x + _ODD
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def near_twins(data: View, seed: int) -> Ints | None:
    """(n,) one code for rows that nearly agree in the numbers and wholly in the words; None where there are none."""
    numbers = [column for column in data.numeric() if column.n_levels > 20]
    words = [column for column in data.columns.values() if column.values is None and column.n_levels > 1]
    if len(numbers) < 3 or not 50 <= data.n <= MOST_ROWS:
        return None
    x = np.column_stack([_standard(column) for column in numbers])
    rng = np.random.default_rng(seed)
    width = x.shape[1]
    seen = x @ np.linalg.qr(rng.normal(size=(width, DIMENSIONS)))[0] if width > DIMENSIONS else x
    nearest = cKDTree(seen).query(seen, k=2)[1][:, 1]
    apart = np.sqrt(((x - x[nearest]) ** 2).sum(axis=1))
    typical = float(np.median(apart))
    close = apart < NEAR * typical
    between = int(((apart >= NEAR * typical) & (apart < GAP * typical)).sum())
    for column in words:
        close &= column.codes == column.codes[nearest]
    # Exact twins have a check of their own.
    if typical == 0 or (close & (apart > 0)).sum() < FEWEST_NEAR or close.sum() < MORE * between:
        return None
    rows = np.flatnonzero(close)
    links = coo_matrix((np.ones(len(rows)), (rows, nearest[rows])), shape=(data.n, data.n))
    codes: Ints = connected_components(links, directed=False)[1].astype(np.int64)
    return codes


def _standard(column: Column) -> Floats:
    """Ranks between 0 and 1 resist long tails; missing in the middle."""
    assert column.values is not None
    ranks = pd.Series(column.values).rank(pct=True).to_numpy(np.float64)
    return np.where(np.isfinite(ranks), ranks, 0.5)


def twin_suspects(data: View, codes: Ints, evidence: str) -> Iterator[Suspect]:
    """The twins of ``codes`` as a suspicion."""
    sizes = np.bincount(codes)
    twins = sizes[codes] > 1
    groups = int((sizes > 1).sum())
    if not groups:
        return
    frame = pd.DataFrame({"code": codes[twins], "y": data.y[twins]})
    agree = float((frame.groupby("code")["y"].nunique() == 1).mean())
    blanks = {"n": int(twins.sum()), "groups": groups, "share": float(twins.mean()), "agree": agree}
    yield Suspect((), "twin_rows", True, evidence, blanks)
