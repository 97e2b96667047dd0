"""How far probabilities can be trusted: said and seen side by side, in bins of equally many rows.

Of two classes the probability of the last one is judged; of more, how sure the model is of the class it names.

- Calibration error Σ (rows of the bin / n)·|seen − said|; `by_chance` is what honest probabilities would show with as
  many rows (each bin's binomial noise, √(2/π)·√(p(1−p)/rows)): an error near it is none.
- Brier score = reliability − resolution + uncertainty + within (Murphy 1973; `within`, what is lost by putting
  different probabilities into one bin: Stephenson, Coelho, Jolliffe 2008).

The interval of the error is of redrawn groups, less what redrawing adds to it on average.
Limits: a bin says nothing about how probabilities are wrong within it; fewer than some 200 rows give few bins.

>>> rng = np.random.default_rng(0)
>>> said = rng.random(5000)
>>> found = report((rng.random(5000) < said).astype(int), np.column_stack([1 - said, said]), np.arange(5000), rng)
>>> len(found.bins), found.error < 0.03, round(found.parts["resolution"], 1)
(10, True, 0.1)
"""

from dataclasses import dataclass

import numpy as np

from models.automl.matrix import Floats, Ints

__all__ = ["Bin", "Reliability", "report"]

BINS = 10
LEAST = 20
REDRAWS = 200


@dataclass(frozen=True)
class Bin:
    """Rows with like probabilities."""

    n: int
    said: float
    """Mean probability."""
    seen: float
    """Share of rows where it came true."""
    low: float
    high: float
    """90 % interval of ``seen`` (Wilson), as if rows were independent."""


@dataclass(frozen=True)
class Reliability:
    """The report."""

    bins: tuple[Bin, ...]
    error: float
    low: float
    high: float
    """90 % interval of ``error``."""
    by_chance: float
    """``error`` of honest probabilities, on average."""
    brier: float
    parts: dict[str, float]
    """reliability, resolution, uncertainty, within."""

    @property
    def honest(self) -> bool:
        """Whether honest probabilities would err as much in one of twenty tables."""
        # The mean of as many |normal|s as bins: its spread is 0.756 of its mean, divided by their root.
        return self.error <= self.by_chance * (1 + 1.645 * 0.756 / float(np.sqrt(len(self.bins))))


def report(truth: Ints, predicted: Floats, groups: Ints, rng: np.random.Generator) -> Reliability | None:
    """The reliability of (n, k) probabilities for (n,) class codes; None without rows."""
    n = len(truth)
    if not n:
        return None
    binary = predicted.shape[1] == 2
    said = predicted[:, 1] if binary else predicted.max(1)
    came = ((truth == 1) if binary else (truth == predicted.argmax(1))).astype(np.float64)
    count = int(np.clip(n // LEAST, 1, BINS))
    edges = np.unique(np.quantile(said, np.arange(1, count) / count))
    place = np.searchsorted(edges, said, side="right")
    place = np.unique(place, return_inverse=True)[1]
    _, codes = np.unique(groups, return_inverse=True)
    bins = int(place.max()) + 1
    cell = codes * bins + place
    sums = np.stack([np.bincount(cell, w, (codes.max() + 1) * bins) for w in (np.ones(n), said, came)])
    per_group = sums.astype(np.float64).reshape(3, -1, bins)
    rows, mean_said, mean_seen = _means(per_group.sum(1))
    error = float((rows * np.abs(mean_seen - mean_said)).sum() / n)
    drawn = [_error(per_group, _drawn(per_group.shape[1], rng)) for _ in range(REDRAWS)]
    bias = float(np.mean(drawn)) - error
    noise = np.sqrt(2 / np.pi * mean_said * (1 - mean_said) / rows)
    brier, base = float(np.square(said - came).mean()), float(came.mean())
    parts = {
        "reliability": float((rows * np.square(mean_said - mean_seen)).sum() / n),
        "resolution": float((rows * np.square(mean_seen - base)).sum() / n),
        "uncertainty": base * (1 - base),
    }
    parts["within"] = brier - parts["reliability"] + parts["resolution"] - parts["uncertainty"]
    return Reliability(
        tuple(_bin(int(m), float(p), float(s)) for m, p, s in zip(rows, mean_said, mean_seen, strict=True)),
        error,
        float(max(0.0, np.quantile(drawn, 0.05) - bias)),
        float(max(0.0, np.quantile(drawn, 0.95) - bias)),
        float((rows * noise).sum() / n),
        brier,
        parts,
    )


def _means(sums: Floats) -> tuple[Floats, Floats, Floats]:
    rows = sums[0]
    return rows, sums[1] / np.maximum(rows, 1), sums[2] / np.maximum(rows, 1)


def _drawn(groups: int, rng: np.random.Generator) -> Floats:
    return np.bincount(rng.integers(0, groups, groups), minlength=groups).astype(np.float64)


def _error(per_group: Floats, times: Floats) -> float:
    rows, said, seen = _means(np.einsum("sgb,g->sb", per_group, times))
    return float((rows * np.abs(seen - said)).sum() / max(rows.sum(), 1))


def _bin(n: int, said: float, seen: float) -> Bin:
    z = 1.6449
    middle = (seen + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(seen * (1 - seen) / n + z**2 / (4 * n**2))
    return Bin(n, said, seen, float(max(0.0, middle - half)), float(min(1.0, middle + half)))
