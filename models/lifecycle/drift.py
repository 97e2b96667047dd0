"""Are the newest units still like those the model learnt from? Per column, with its share of the whole difference.

**Reference.** `summary` keeps, per column, how often each bin was met in up to `BLOCKS` stretches of the training data
(whole groups in order of time): deciles, below and above everything seen, and missing for numbers; levels, unseen and
missing for categories. A few kB per column; the old data need not be read again.

**Statistic.** PSI = Σ (p - q) ln(p / q) over bins, p of the newest units, q of the reference, each with half a unit
added to every bin. For numbers also the Kolmogorov-Smirnov distance over the bins and the Wasserstein distance over
deciles, as a share of the distance from the first decile to the ninth: they tell people how far, and decide nothing.

**Significance.** Readings of a plant follow one another: a naive K-S test calls every second day drift. Here the unit
of chance is the block. With Ω the long-run covariance (Newey-West) of the blocks' bin shares, PSI is near to
Σ λᵢ χ²₁, λ the eigenvalues of D⁻¹Ω(1/k + 1/m), D = diag(q), for k new and m old blocks; its tail follows Rao and Scott
(1984): an F with the first two moments matched and m - 1 degrees below. Holm's correction over the columns.

**Alarm** where all three hold: p ≤ `LEVEL`; PSI ≥ `LEAST_PSI`; and the newest units lie further from the reference than
any stretch of the same length within the training data did from the rest of it, so that a slow swing which the model
has seen is none. Needs `FEWEST_BLOCKS` blocks of reference and `FEWEST_ROWS` new units that fill a block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from models.study.data import word

__all__ = ["FEWEST_BLOCKS", "FEWEST_ROWS", "ColumnDrift", "Drift", "compare", "summary"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCKS = 40
FEWEST_BLOCKS = 12
FEWEST_ROWS = 30
LEVEL = 0.01
LEAST_PSI = 0.1
"""Below this, by the custom of credit scoring where PSI comes from, a difference matters little."""
MOST_SHARE = 4
"""The newest units are judged on a stretch of at most this part of the reference: old news must not hide new."""
DECILES = np.linspace(0, 1, 11)


@dataclass(frozen=True)
class ColumnDrift:
    """``share``: part of the whole difference, 0 … 1; ``p_value`` after Holm; ``details`` for people."""

    column: str
    psi: float
    share: float
    p_value: float
    alarm: bool
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Drift:
    """``code``: ``moved`` (an alarm), ``steady``, ``few_units``, ``few_groups`` or ``no_reference``."""

    code: Literal["moved", "steady", "few_units", "few_groups", "no_reference"]
    rows: int
    columns: tuple[ColumnDrift, ...] = ()

    @property
    def alarms(self) -> tuple[ColumnDrift, ...]:
        """Columns that moved, the largest share first."""
        return tuple(column for column in self.columns if column.alarm)


def summary(features: pd.DataFrame, groups: Ints) -> dict[str, Any]:
    """The reference of a training table, JSON-able.

    ``features``: (n, columns) float64 or categorical, in order of time; ``groups``: (n,) codes of units that belong
    together.
    """
    blocks = _blocks(groups, BLOCKS)
    columns: dict[str, Any] = {}
    for name in features.columns:
        bins = _bins_of(features[name])
        columns[str(name)] = {**bins, "counts": _counts(_codes(features[name], bins), blocks, _size(bins)).tolist()}
    return {"rows": len(features), "blocks": np.bincount(blocks).tolist(), "columns": columns}


def compare(reference: Mapping[str, Any], features: pd.DataFrame, groups: Ints) -> Drift:
    """The newest units against the reference of `summary`.

    ``features``: (n, columns) units that the model has not learnt from, in order of time, any dtypes; columns that the
    reference does not know are passed over, one it knows and the table lacks counts as missing throughout.
    """
    n = len(features)
    if not reference.get("columns"):
        return Drift("no_reference", n)
    m = len(reference["blocks"])
    if m < FEWEST_BLOCKS:
        return Drift("few_groups", n)
    size = reference["rows"] / m
    if n < max(FEWEST_ROWS, size / 2):
        return Drift("few_units", n)
    k = max(1, min(round(n / size), m // MOST_SHARE))
    kept = _newest(groups, round(k * size))
    features, blocks = features.iloc[kept], _blocks(groups[kept], k)
    k = int(blocks.max()) + 1
    found = []
    for name, bins in reference["columns"].items():
        values = features[name] if name in features.columns else pd.Series(np.full(len(features), np.nan))
        new = _counts(_codes(values, bins), blocks, _size(bins))
        found.append((name, *_judge(np.asarray(bins["counts"], dtype=np.float64), new), _said(bins, values, new)))
    adjusted = _holm([p for _, _, _, p, _, _ in found])
    total = sum(excess for _, _, excess, _, _, _ in found)
    columns = [
        ColumnDrift(
            name, psi, excess / total if total else 0.0, p, p <= LEVEL and psi >= LEAST_PSI and psi > widest, details
        )
        for (name, psi, excess, _, widest, details), p in zip(found, adjusted, strict=True)
    ]
    columns.sort(key=lambda column: (-column.share, column.column))
    return Drift("moved" if any(column.alarm for column in columns) else "steady", len(features), tuple(columns))


# -- bins


def _bins_of(column: pd.Series) -> dict[str, Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return {"kind": "category", "levels": [str(level) for level in column.cat.categories]}
    known = column.dropna().to_numpy(dtype=np.float64)
    quantiles = np.quantile(known, DECILES) if len(known) else np.zeros(11)
    edges = np.unique(quantiles)
    if len(edges) == 1:
        edges = np.append(edges, np.nextafter(edges[0], np.inf))
    return {"kind": "number", "edges": edges.tolist(), "deciles": quantiles.tolist()}


def _size(bins: Mapping[str, Any]) -> int:
    """Bins: levels and unseen, or stretches between edges and two beyond them; the last is missing."""
    return len(bins["levels"]) + 2 if bins["kind"] == "category" else len(bins["edges"]) + 2


def _numbers(column: pd.Series) -> Floats:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _codes(column: pd.Series, bins: Mapping[str, Any]) -> Ints:
    """The bin of each value. (n,)"""
    last = _size(bins) - 1
    if bins["kind"] == "category":
        places = {level: code for code, level in enumerate(bins["levels"])}
        seen, values = pd.factorize(column.astype("object"))
        # Missing is -1, which is the place added at the end.
        found = np.array([*(places.get(word(value), last - 1) for value in values), last], dtype=np.int64)
        return found[seen]
    numbers, edges = _numbers(column), np.asarray(bins["edges"])
    codes = np.searchsorted(edges, numbers, side="left")
    codes[numbers == edges[0]] = 1
    return np.where(np.isnan(numbers), last, codes).astype(np.int64)


def _counts(codes: Ints, blocks: Ints, size: int) -> Floats:
    """(blocks, bins)"""
    count = int(blocks.max()) + 1
    return np.bincount(blocks * size + codes, minlength=count * size).reshape(count, size).astype(np.float64)


# -- blocks


def _order(groups: Ints) -> tuple[Ints, Ints, Ints]:
    """Groups in the order in which they ended: (place of each row's group in that order, sizes in it, codes)."""
    _, codes = np.unique(groups, return_inverse=True)
    last = np.zeros(int(codes.max()) + 1, dtype=np.int64)
    np.maximum.at(last, codes, np.arange(len(codes)))
    order = np.argsort(last, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place[codes], np.bincount(codes)[order], codes


def _blocks(groups: Ints, most: int) -> Ints:
    """Whole groups, put together to at most ``most`` blocks of about as many rows, in order of time. (n,) 0 …"""
    place, sizes, _ = _order(groups)
    middle = np.cumsum(sizes) - sizes / 2
    block = np.minimum((middle * most / len(groups)).astype(np.int64), most - 1)
    _, dense = np.unique(block, return_inverse=True)
    return dense[place].astype(np.int64)


def _newest(groups: Ints, rows: int) -> Ints:
    """Rows of the newest whole groups that hold at least so many. Ascending."""
    place, sizes, _ = _order(groups)
    behind = np.cumsum(sizes[::-1])[::-1] - sizes
    return np.flatnonzero((behind < rows)[place])


# -- the test


def _psi(p: Floats, q: Floats) -> Floats:
    """PSI of counts over the last axis, which holds the bins."""
    bins = p.shape[-1]
    shares = [(counts + 0.5) / (counts.sum(-1, keepdims=True) + 0.5 * bins) for counts in (p, q)]
    return np.asarray(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum(-1))


def _judge(old: Floats, new: Floats) -> tuple[float, float, float, float]:
    """PSI, what of it is beyond chance, its p-value, and the widest PSI of such a stretch within the reference."""
    met = (old.sum(0) + new.sum(0)) > 0
    old, new = old[:, met], new[:, met]
    m, k = len(old), len(new)
    psi = float(_psi(new.sum(0), old.sum(0)))
    windows = np.lib.stride_tricks.sliding_window_view(old, k, axis=0).sum(-1)
    widest = float(_psi(windows, old.sum(0) - windows).max())
    # Relative spread of the bins: the chance that a difference of shares has by itself.
    share = (old.sum(0) + 0.5) / (old.sum() + 0.5 * old.shape[1])
    scaled = (old / old.sum(1, keepdims=True) - share) / np.sqrt(share)
    # Within a block the bins vary at least as independent draws do: a bin never met yet has a spread, too.
    rows = (old.sum() + new.sum()) / (m + k)
    spread = _long_run(scaled) + np.diag((1 - share) / rows) * (old.sum(0) == 0)
    spread *= 1 / k + 1 / m
    mean, square = float(np.trace(spread)), float((spread**2).sum())
    if mean <= 0 or square <= 0:
        return psi, psi, 0.0 if psi > 0 else 1.0, widest
    freedom = mean**2 / square
    p = float(f_distribution.sf(psi / mean, freedom, max(m - 1, 1)))
    return psi, max(psi - mean, 0.0), p, widest


def _long_run(scaled: Floats) -> Floats:
    """Newey-West: the covariance of blocks and of neighbours, farther ones weighing less. (bins, bins)"""
    m = len(scaled)
    centred = scaled - scaled.mean(0)
    total = centred.T @ centred / (m - 1)
    reach = int(4 * (m / 100) ** (2 / 9))
    for lag in range(1, reach + 1):
        part = centred[lag:].T @ centred[:-lag] / (m - 1)
        total += (1 - lag / (reach + 1)) * (part + part.T)
    return np.asarray(total)


def _holm(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number."""
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(np.asarray(p)[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(adjusted, 1.0)
    return [float(value) for value in out]


def _said(bins: Mapping[str, Any], values: pd.Series, new: Floats) -> dict[str, Any]:
    """What people are told of a column."""
    old = np.asarray(bins["counts"], dtype=np.float64).sum(0)
    now = new.sum(0)
    said: dict[str, Any] = {"missing_before": old[-1] / old.sum(), "missing_now": now[-1] / now.sum()}
    if bins["kind"] == "category":
        shares = (now / now.sum()) - (old / old.sum())
        named = [*bins["levels"], "", ""]
        said["unseen"] = now[-2] / now.sum()
        if bins["levels"]:
            most = int(np.argmax(np.abs(shares[: len(bins["levels"])])))
            said |= {"level": named[most], "before": old[most] / old.sum(), "now": now[most] / now.sum()}
        return {key: value if isinstance(value, str) else float(value) for key, value in said.items()}
    known = _numbers(values)
    known = known[np.isfinite(known)]
    deciles = np.asarray(bins["deciles"])
    if len(known) and old[:-1].sum():
        gap = np.abs(np.cumsum(now[:-1]) / now[:-1].sum() - np.cumsum(old[:-1]) / old[:-1].sum()).max()
        moved = float(np.abs(np.quantile(known, DECILES) - deciles)[1:-1].mean())
        spread = float(deciles[9] - deciles[1]) or float(deciles[-1] - deciles[0])
        said |= {"ks": gap, "before": deciles[5], "now": float(np.median(known))}
        if spread > 0:
            said["wasserstein"] = moved / spread
    return {key: float(value) for key, value in said.items()}
