"""Columns that only together give the target by arithmetic: sums, differences, products, ratios, sums of squares.

The search is linear regression in three spaces: the numbers themselves (a + b, a - b, a + b + c), their logarithms
(a·b, a/b, a·b/c, and with the power triangle  P = Q·φ/√(1-φ²)  of a reactive power Q and a power factor φ) and their
squares (√(a²+b²), √(a²-b²)). R² of every pair and triple follows in closed form from the correlations of a sample of
rows; only the best are fitted, robustly, and only those are named that leave next to nothing unexplained. A learnt
relation never comes so near: that is what tells arithmetic from physics.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations as combinations_of

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.leaks.fits import trimmed
from models.leaks.report import Suspect
from models.leaks.view import Column, Floats, View

__all__ = ["combinations", "members_to_drop"]

EXACT = 0.9995
"""R² that arithmetic leaves after rounding, the worst rows apart."""
NEEDED = 0.05
"""What one column more must leave of the error without it, to be a member."""
PROMISING = 0.8
"""R² of the raw sample from which a set is fitted: gross errors may cost so much."""
WEIGHTLESS = 1e-3
"""Standard deviation of a member's part, over that of the whole."""
TRIED = 40
SCREENED = 1500
QUICK = 1000
FITTED = 20_000
FEWEST = 30
MOST_COLUMNS = 300
MOST_NESTED = 16
TELLS = 0.1
"""Rank correlation with the target from which a member of a combination tells something by itself."""


@dataclass(frozen=True)
class _Term:
    """A column, or a sum or product of two, in one space. ``values``: (n,), NaN where it is not defined."""

    columns: tuple[str, ...]
    values: Floats
    said: str


@dataclass(frozen=True)
class _Space:
    """Where a formula is a straight line."""

    name: str
    y: Floats
    terms: Sequence[_Term]


def combinations(data: View) -> Iterator[Suspect]:
    """Pairs, then triples that hold no such pair."""
    numeric = [column for column in data.numeric() if column.known.sum() >= FEWEST]
    if data.task != "regression" or len(numeric) < 2 or np.ptp(data.y) == 0:
        return
    taken: list[frozenset[str]] = []
    simple = _strongest(numeric, data.y, MOST_COLUMNS)
    nested = _strongest(numeric, data.y, MOST_NESTED)
    for spaces, size in ((_spaces(simple, data.y), 2), (_spaces(simple, data.y), 3), (_nested(nested, data.y), 2)):
        found: dict[frozenset[str], Suspect] = {}
        for space in spaces:
            for members in _promising(space, size):
                names = frozenset(name for place in members for name in space.terms[place].columns)
                if len(names) < 2 or names in found or any(other <= names for other in taken):
                    continue
                suspect = _fitted(space, members, data)
                if suspect is not None:
                    found.setdefault(frozenset(suspect.columns), suspect)
        yield from _smallest(found)
        taken += found


def _smallest(found: Mapping[frozenset[str], Suspect]) -> Iterator[Suspect]:
    """Of formulas in the same columns and more, the ones with fewest."""
    return (suspect for names, suspect in found.items() if not any(other < names for other in found))


def _strongest(columns: Sequence[Column], y: Floats, most: int) -> list[Column]:
    if len(columns) <= most:
        return list(columns)
    tells = [abs(rank_correlation(column, y)) for column in columns]
    return [columns[place] for place in np.sort(np.argsort(tells)[::-1][:most])]


def rank_correlation(column: Column, y: Floats) -> float:
    """Spearman's, over the rows where the column holds a value."""
    known = np.flatnonzero(column.known)
    if len(known) < FEWEST or np.ptp(y[known]) == 0:
        return 0.0
    known = known[:: max(1, len(known) // 5000)]
    ranks = [pd.Series(each).rank().to_numpy(np.float64) for each in (column.codes[known], y[known])]
    if np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _log(values: Floats) -> Floats:
    sizes = np.abs(values)
    return np.log(np.where(sizes > 0, sizes, np.nan))


def _plain(columns: Sequence[Column]) -> list[tuple[str, Floats]]:
    return [(column.name, column.values) for column in columns if column.values is not None]


def _spaces(columns: Sequence[Column], y: Floats) -> Iterator[_Space]:
    """Where each term is one column."""
    plain = _plain(columns)
    yield _Space("sum", y, [_Term((name,), values, name) for name, values in plain])
    logs = [_Term((name,), _log(values), name) for name, values in plain]
    for name, values in plain:
        full = _full_scale(values)
        if full is not None:
            share = np.abs(values) / full
            rest = np.where(share < 1, 1 - share**2, np.nan)
            logs.append(_Term((name,), _log(share) - 0.5 * _log(rest), f"({name}/√({full:g}²-{name}²))"))
            logs.append(_Term((name,), 0.5 * _log(rest), f"√({full:g}²-{name}²)"))
    yield _Space("product", _log(y), [term for term in logs if np.isfinite(term.values).sum() >= FEWEST])
    yield _Space("squares", y**2, [_Term((name,), values**2, f"{name}²") for name, values in plain])


def _nested(columns: Sequence[Column], y: Floats) -> Iterator[_Space]:
    """Where a term may be two columns: a·b + c, a/b + c, (a - b)·c, (a + b)/c."""
    plain = _plain(columns)
    sums = [_Term((name,), values, name) for name, values in plain]
    logs = [_Term((name,), _log(values), name) for name, values in plain]
    for (one, a), (other, b) in combinations_of(plain, 2):
        both = (one, other)
        sums.append(_Term(both, a * b, f"{one}·{other}"))
        for (top, above), (bottom, below) in (((one, a), (other, b)), ((other, b), (one, a))):
            if np.nanmin(np.abs(below)) > 0:
                sums.append(_Term(both, above / below, f"{top}/{bottom}"))
        logs += [_Term(both, _log(a - b), f"|{one} - {other}|"), _Term(both, _log(a + b), f"|{one} + {other}|")]
    yield _Space("sum", y, sums)
    yield _Space("product", _log(y), [term for term in logs if np.isfinite(term.values).sum() >= FEWEST])


def _full_scale(values: Floats) -> float | None:
    """1 or 100 where a column may be a share, a sine or a power factor."""
    most = float(np.nanmax(np.abs(values)))
    for full in (1.0, 100.0):
        if 0.5 * full <= most <= full and float(np.nanmin(values)) >= -full and len(np.unique(values)) > 10:
            return full
    return None


def _promising(space: _Space, size: int) -> list[tuple[int, ...]]:
    """The best sets by R² on a sample of rows, best first."""
    defined = np.flatnonzero(np.isfinite(space.y))
    if len(defined) < FEWEST or len(space.terms) < size:
        return []
    rows = defined[np.unique(np.linspace(0, len(defined) - 1, SCREENED).astype(np.int64))]
    x = np.column_stack([term.values[rows] for term in space.terms]).astype(np.float64)
    y = _clipped(space.y[rows][:, None])[:, 0]
    x = _clipped(x)
    if size == 2:
        return _best_pairs(*_moments(x, y))
    return _best_triples(x, y)


def _clipped(x: Floats) -> Floats:
    """Wild values moved to the edge of the others, so that they do not rule the correlations."""
    low, middle, high = np.nanquantile(x, [0.02, 0.5, 0.98], axis=0)
    reach = 1.5 * (high - low)
    clipped: Floats = np.clip(x, np.minimum(low, middle) - reach, np.maximum(high, middle) + reach)
    return clipped


def _moments(x: Floats, y: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """R of y with each column and of columns with each other, over the rows where both of a pair are defined.

    Three (m, m) matrices: r(y, i), r(i, j), and which pairs have rows enough.
    """
    middle = np.nanmedian(x, axis=0)
    scale = np.nanstd(x, axis=0)
    known = np.isfinite(x).astype(np.float64)
    x = np.where(known > 0, (x - middle) / np.where(scale > 0, scale, 1.0), 0.0)
    y = (y - y.mean()) / (y.std() or 1.0)
    n = known.T @ known
    few = n < FEWEST
    n = np.maximum(n, 1)
    mean_x, mean_y = x.T @ known / n, (known * y[:, None]).T @ known / n
    var_x = (x**2).T @ known / n - mean_x**2
    var_y = (known * (y**2)[:, None]).T @ known / n - mean_y**2
    with_y = (x * y[:, None]).T @ known / n - mean_x * mean_y
    each = x.T @ x / n - mean_x * mean_x.T
    with np.errstate(divide="ignore", invalid="ignore"):
        r_y = with_y / np.sqrt(var_x * var_y)
        r = each / np.sqrt(var_x * var_x.T)
    flat = (var_x < 1e-9) | (var_x.T < 1e-9) | (var_y < 1e-9)
    return r_y, r, ~(few | flat)


def _best_pairs(r_y: Floats, r: Floats, usable: NDArray[np.bool_]) -> list[tuple[int, ...]]:
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = (r_y**2 + r_y.T**2 - 2 * r_y * r_y.T * r) / (1 - r**2)
    r2 = np.where(usable & (r**2 < 1 - 1e-7), r2, 0.0)
    r2 = np.triu(np.nan_to_num(r2), 1)
    flat = np.argsort(r2, axis=None)[::-1][:TRIED]
    first, second = np.unravel_index(flat, r2.shape)
    return [(int(i), int(j)) for i, j in zip(first, second, strict=True) if r2[i, j] >= PROMISING]


def _best_triples(x: Floats, y: Floats) -> list[tuple[int, ...]]:
    """Partial out one column, then pairs of the others as above; undefined cells stand at the mean."""
    enough = np.isfinite(x).mean(axis=0) >= 0.5
    places = np.flatnonzero(enough & (np.nanstd(x, axis=0) > 0))
    if len(places) < 3:
        return []
    z = x[:, places]
    z = np.where(np.isfinite(z), z, np.nanmean(z, axis=0))
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    y = (y - y.mean()) / (y.std() or 1.0)
    r, r_y = (z.T @ z / len(z)).astype(np.float32), (z.T @ y / len(z)).astype(np.float32)
    found: list[tuple[float, tuple[int, ...]]] = []
    for i in range(len(places) - 2):
        own = r[i, i + 1 :]
        left = 1 - own**2
        cov = r[i + 1 :, i + 1 :] - own[:, None] * own
        cov_y = r_y[i + 1 :] - own * r_y[i]
        good = left > 1e-5
        determinant = left[:, None] * left - cov**2
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = (
                cov_y[:, None] ** 2 * left + cov_y**2 * left[:, None] - 2 * cov_y[:, None] * cov_y * cov
            ) / determinant
        gain = np.where(good[:, None] & good & (determinant > 1e-4 * left[:, None] * left), gain, 0.0)
        gain = np.triu(gain, 1)
        best = np.argpartition(gain, -min(3, gain.size), axis=None)[-3:]
        for place in best:
            j, k = np.unravel_index(int(place), gain.shape)
            score = float(gain[j, k] + r_y[i] ** 2)
            if score >= PROMISING:
                found.append((score, (int(places[i]), int(places[i + 1 + j]), int(places[i + 1 + k]))))
    found.sort(reverse=True)
    return [members for _, members in found[:TRIED]]


def _fitted(space: _Space, members: Sequence[int], data: View) -> Suspect | None:
    """The set as a suspect, if the formula holds and every member is needed for it."""
    terms = [space.terms[place] for place in members]
    defined = np.isfinite(space.y)
    for term in terms:
        defined &= np.isfinite(term.values)
    rows = np.flatnonzero(defined)
    if len(rows) < max(FEWEST, 10 * len(members), 0.02 * data.n):
        return None
    n = len(rows)
    for most in (QUICK, FITTED):
        some = rows[:: max(1, n // most)]
        x, y = np.column_stack([term.values[some] for term in terms]), space.y[some]
        whole = trimmed(x, y)
        if whole.r2 < EXACT or len(np.unique(y)) < 10:
            return None
        for out in range(len(terms)):
            if 1 - whole.r2 > NEEDED * (1 - trimmed(np.delete(x, out, axis=1), y).r2):
                return None
    # A member that only helped the fit to find its feet weighs nothing in the end.
    share = np.abs(whole.weights) * np.nanstd(x, axis=0) / (float(np.std(y)) or 1.0)
    if (share < WEIGHTLESS).any():
        terms = [term for term, own in zip(terms, share, strict=True) if own >= WEIGHTLESS]
        whole = replace(whole, weights=whole.weights[share >= WEIGHTLESS])
    names = tuple(dict.fromkeys(name for term in terms for name in term.columns))
    if len(names) < 2:
        return None
    blanks = {
        "columns": ", ".join(names),
        "other": data.target,
        "formula": _formula(space, terms, whole.weights, whole.intercept),
        "r2": whole.r2,
        "n": n,
    }
    return Suspect(names, "combination", True, "combination", blanks, "excluded", members_to_drop(names, data))


def members_to_drop(names: Sequence[str], data: View) -> tuple[str, ...]:
    """Who of a combination goes: every member that by itself already tells something about the target, at least one.

    Arithmetic ends when one member is missing, but what the target was computed from, or what was computed from it, was
    measured together with it. A member that alone tells nothing (the divisor of a ratio, drawn at random) may stay.
    """
    tells = np.array([abs(rank_correlation(data.columns[name], data.y)) for name in names])
    return tuple(name for name, value in zip(names, tells, strict=True) if value >= min(TELLS, float(tells.max())))


def _formula(space: _Space, terms: Sequence[_Term], weights: Floats, intercept: float) -> str:
    """For people: ``a·b/c``, ``0.5·a + b``, ``√(a² + b²)``."""
    names = [term.said for term in terms]
    if space.name == "product":
        powers = [name if abs(weight - 1) < 0.01 else f"{name}^{weight:.3g}" for name, weight in
                  zip(names, weights, strict=True)]  # fmt: skip
        factor = float(np.exp(intercept))
        return "·".join(powers if abs(factor - 1) < 0.005 else [f"{factor:.4g}", *powers])
    parts = [
        name if abs(weight - 1) < 1e-3 else f"{weight:.4g}·{name}" for name, weight in zip(names, weights, strict=True)
    ]
    if abs(intercept) > 1e-3 * float(np.nanstd(space.y)):
        parts.append(f"{intercept:.4g}")
    said = " + ".join(parts).replace("+ -", "- ")
    return f"√({said})" if space.name == "squares" else said
