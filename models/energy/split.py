"""A change of energy intensity (原単位), split exactly into volume, mix, weather, scrap and the rest.

With the frozen baseline, the intensity of a period is e = y · (b₀ u + Σ_m b_m s_m + Σ_k c_k w_k u + r): y made per
good unit (scrap), u hours per unit made (volume: the base load is spread over fewer units), s_m units of product m
per unit made (mix), w_k mean degrees (weather), r = (kWh − expected kWh) / made (the rest: performance). The change
from one period to the other is shared out by Shapley's value: each factor's mean effect over all orders in which the
factors could have moved. So the parts add up to the change exactly, none depends on an order, and a factor that did
not move gets nothing. LMDI would do the same for products of positive factors; here the base load and the weather are
sums, and r may be negative, where a logarithm has no meaning.

Intervals: coefficients are drawn from Student's t around b with covariance V, robust against autocorrelation, and the
period's residuals from whole days again. What was produced, and what the weather was, are facts and are held. Limits:
a linear model; what a baseline cannot tell apart (a product never made before) falls to the rest.

>>> shapley({"a": (1.0, 2.0), "b": (3.0, 5.0)}, lambda at: at["a"] * at["b"])
{'a': 4.0, 'b': 3.0}
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.energy.baseline import Baseline
from models.energy.document import Intensity, Part, Period, estimate_of
from models.energy.terms import Hours, design

__all__ = ["blocks_of", "intensity", "shapley"]

Floats = NDArray[np.float64]
Draws = Any
"""A float, or one value per draw."""

DRAWS = 400
FEWEST_BLOCKS = 8
"""Days that are drawn again; with fewer days, the period is cut into as many blocks of hours."""


def shapley(moved: Mapping[str, tuple[Any, Any]], value: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
    """Each factor's share of ``value(after) − value(before)``: its mean effect over all orders.

    ``moved``: (before, after) by factor. ``value`` takes one of the two for each.
    """
    names, n = list(moved), len(moved)
    weight = [factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)]
    known: dict[frozenset[str], Any] = {}
    for size in range(n + 1):
        for after in combinations(names, size):
            at = {name: moved[name][name in after] for name in names}
            known[frozenset(after)] = value(at)
    shares: dict[str, Any] = {}
    for name in names:
        without = [after for after in known if name not in after]
        shares[name] = sum(weight[len(after)] * (known[after | {name}] - known[after]) for after in without)
    return shares


def blocks_of(hours: Hours) -> NDArray[np.int64]:
    """Whole local days, or neighbouring hours where there are few days: what is drawn again together."""
    days, codes = np.unique(hours.day, return_inverse=True)
    if len(days) >= FEWEST_BLOCKS:
        return np.asarray(codes, dtype=np.int64)
    return np.arange(hours.n) * min(FEWEST_BLOCKS, hours.n) // max(hours.n, 1)


def intensity(baseline: Baseline, now: Hours, price: float | None, seed: int) -> Intensity:
    """This period against the baseline period. ``price``: money per kWh."""
    rng = np.random.default_rng(seed)
    coef = np.vstack([baseline.coef, _drawn(baseline, rng)])
    x = design(now, baseline.terms)
    code = blocks_of(now)
    blocks = int(code.max()) + 1
    by_block = np.vstack([np.bincount(code, now.kwh, blocks), *(np.bincount(code, part, blocks) for part in x.T)])
    times = np.vstack([np.ones(blocks), rng.multinomial(blocks, np.full(blocks, 1 / blocks), DRAWS)])
    residual = times @ by_block[0] - ((times @ by_block[1:].T) * coef).sum(axis=1)
    residual[1:] += rng.normal(0.0, baseline.drift * abs(float(now.kwh.sum())), DRAWS)
    made, good = float(now.made.sum()), float(now.good.sum())
    per_made = {"now": x.sum(axis=0) / made, "before": baseline.sums / baseline.made}
    rest = (baseline.kwh - coef @ baseline.sums) / baseline.made, residual / made
    moved = _moved(baseline, per_made, (baseline.hours, float(now.length.sum())), made, good, rest)
    shares = shapley(moved, lambda at: _intensity(baseline, coef, at))
    before, after = _before(baseline), _period(now)
    scale = after["good"] if after["good"] is not None else after["hours"]
    parts: list[Part] = []
    for name, draws in shares.items():
        spread = np.broadcast_to(draws, (DRAWS + 1,))
        change = estimate_of(float(spread[0]), spread[1:])
        kwh = estimate_of(float(spread[0]) * scale, spread[1:] * scale)
        parts.append(
            {"factor": name, "change": change, "kwh": kwh, "money": None if price is None else kwh["estimate"] * price}
        )
    return {
        "unit": "kWh per good unit" if baseline.counted else "kWh per hour",
        "before": before,
        "now": after,
        "change": after["intensity"] - before["intensity"],
        "parts": parts,
    }


def _drawn(baseline: Baseline, rng: np.random.Generator) -> Floats:
    """Coefficients as they might be: Student's t, with as many degrees of freedom as days less one."""
    error = rng.multivariate_normal(np.zeros(len(baseline.coef)), baseline.cov, DRAWS, check_valid="ignore")
    freedom = max(baseline.days - 1, 1)
    return np.asarray(baseline.coef + error / np.sqrt(rng.chisquare(freedom, (DRAWS, 1)) / freedom))


def _moved(
    baseline: Baseline,
    per_made: Mapping[str, Floats],
    length: tuple[float, float],
    made: float,
    good: float,
    rest: tuple[Draws, Draws],
) -> dict[str, tuple[Any, Any]]:
    """What each factor was, and is."""
    kinds = np.array([term.kind for term in baseline.terms])
    hours_per_unit = length[0] / baseline.made, length[1] / made
    mix = per_made["before"][kinds == "mix"], per_made["now"][kinds == "mix"]
    degrees = tuple(
        per_made[when][kinds == "weather"] / hours
        for when, hours in zip(("before", "now"), hours_per_unit, strict=True)
    )
    moved: dict[str, tuple[Any, Any]] = {}
    if baseline.counted:
        moved["volume"] = hours_per_unit
    # Parts that these data cannot show are not shown as nothing.
    if any(term.kind == "mix" and term.column for term in baseline.terms):
        moved["mix"] = mix
    if (kinds == "weather").any():
        moved["weather"] = degrees[0], degrees[1]
    if baseline.made != baseline.good or made != good:
        moved["scrap"] = baseline.made / baseline.good, made / good
    return moved | {"rest": rest}


def _intensity(baseline: Baseline, coef: Floats, at: Mapping[str, Any]) -> Draws:
    kinds = np.array([term.kind for term in baseline.terms])
    hours_per_unit = at.get("volume", 1.0)
    base = coef[:, kinds == "volume"].sum(axis=1) * hours_per_unit
    # Without a split by product, every unit is like every other.
    mix = coef[:, kinds == "mix"] @ at["mix"] if "mix" in at else coef[:, kinds == "mix"].sum(axis=1)
    weather = coef[:, kinds == "weather"] @ at["weather"] * hours_per_unit if "weather" in at else 0.0
    return at.get("scrap", 1.0) * (base + mix + weather + at["rest"])


def _before(baseline: Baseline) -> Period:
    return {
        "first": baseline.first,
        "last": baseline.last,
        "days": baseline.days,
        "kwh": baseline.kwh,
        "hours": baseline.hours,
        "good": baseline.good if baseline.counted else None,
        "intensity": baseline.kwh / baseline.good,
    }


def _period(hours: Hours) -> Period:
    kwh, good = float(hours.kwh.sum()), float(hours.good.sum())
    return {
        "first": str(hours.day[0]),
        "last": str(hours.day[-1]),
        "days": len(np.unique(hours.day)),
        "kwh": kwh,
        "hours": float(hours.length.sum()),
        "good": good if hours.counted else None,
        "intensity": kwh / good,
    }
