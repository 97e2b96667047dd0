"""Naive Bayes: numbers normal within each class, categories by their shares; what is missing is left out.

Columns that say the same are counted twice, so its own probabilities are far too sure. A softmax regression on what it
says out of fold gives them their size.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import softmax

from models.automl.algorithms.base import Config, Fitted, Workbench
from models.automl.algorithms.linear import softmax_regression
from models.automl.algorithms.plain import Plain, dealt
from models.automl.algorithms.scaled import Scaled, view
from models.automl.algorithms.space import Space, Span
from models.automl.algorithms.written import Written
from models.automl.matrix import Floats, Ints, Matrix

__all__ = ["Bayes"]

KIND = "naive-bayes"
FOLDS = 3
MOST = 100.0
"""Beyond which a logarithm says no more."""


@dataclass(frozen=True)
class BayesFitted:
    """``prior``: (classes,) logarithms; ``mean``, ``variance``: (classes, numbers) in units of the view;
    ``shares``: per category (levels, classes), logarithms.
    """

    scaled: Scaled
    prior: Floats
    mean: Floats
    variance: Floats
    shares: tuple[Floats, ...]
    link: Floats
    """(classes + 1, classes) of the softmax regression."""
    rounds: int | None = None

    def predict(self, matrix: Matrix) -> Floats:
        """(n, classes)."""
        raw = self.told(matrix) @ self.link[:-1] + self.link[-1]
        return np.asarray(softmax(raw, axis=1), dtype=np.float64)

    def told(self, matrix: Matrix) -> Floats:
        """(n, classes) logarithms of the joint densities, bounded and their mean taken off."""
        raw = np.tile(self.prior, (matrix.n, 1))
        places = [number.place for number in self.scaled.numbers]
        table = self.scaled.apply(matrix)[:, : len(places)]
        present = ~np.isnan(matrix.values[:, places])
        for known, (mean, variance) in enumerate(zip(self.mean, self.variance, strict=True)):
            density = -0.5 * (np.log(variance) + (table - mean) ** 2 / variance)
            raw[:, known] += np.where(present, density, 0.0).sum(axis=1)
        for category, shares in zip(self.scaled.categories, self.shares, strict=True):
            codes = matrix.values[:, category.place]
            rows = np.flatnonzero((codes >= 0) & (codes < len(shares)))
            raw[rows] += shares[codes[rows].astype(np.int64)]
        return np.asarray(np.clip(raw - raw.mean(axis=1, keepdims=True), -MOST, MOST), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "kind": KIND,
            "scaled": self.scaled.to_dict(),
            "prior": self.prior.tolist(),
            "mean": self.mean.tolist(),
            "variance": self.variance.tolist(),
            "shares": [shares.tolist() for shares in self.shares],
            "link": self.link.tolist(),
        }


@dataclass(frozen=True)
class Bayes(Plain):
    """`Algorithm`. ``var_smoothing``: share of the largest variance added to all, as in scikit-learn."""

    seeded = False

    @property
    def space(self) -> Space:
        """What `near` varies."""
        return {"var_smoothing": Span(1e-9, 1.0, log=True)}

    def portfolio(self, bench: Workbench, rows: int) -> Sequence[Config]:
        """A smooth one, and scikit-learn's."""
        return [{"var_smoothing": 0.1}, {"var_smoothing": 1e-9}]

    def fit(
        self,
        bench: Workbench,
        rows: Ints,
        config: Config,
        *,
        valid: Ints | None = None,
        seed: int = 0,
        stop: Callable[[], bool] | None = None,
    ) -> Fitted:
        """Moments and shares, weighted; on the folds for the probabilities, then on all rows."""
        rows = np.sort(rows)
        fold = dealt(bench.target[rows], FOLDS, np.random.default_rng(seed))
        told = np.zeros((len(rows), bench.problem.classes))
        for number in range(FOLDS):
            rest, left = rows[fold != number], rows[fold == number]
            if len(rest) and len(left):
                told[fold == number] = self._fitted(bench, rest, config).told(bench.matrix.take(left))
        target, weight = bench.target[rows], bench.weight[rows]
        *_, link = softmax_regression(told, target, weight, bench.problem.classes, np.array([1.0]))
        return replace(self._fitted(bench, rows, config), link=link)

    def _fitted(self, bench: Workbench, rows: Ints, config: Config) -> BayesFitted:
        scaled, table = view(bench)
        matrix, classes = bench.matrix.take(rows), bench.problem.classes
        places = [number.place for number in scaled.numbers]
        values = np.where(np.isnan(matrix.values[:, places]), np.nan, table[rows][:, : len(places)])
        mine = (bench.target[rows][:, None] == np.arange(classes)) * bench.weight[rows][:, None]
        # A row's worth of the overall share and spread: a class with one row, or none, has moments too.
        prior = mine.sum(axis=0) + 1 / classes
        mean, variance = _moments(values, mine)
        variance += float(config["var_smoothing"]) * max(float(variance.max(initial=0.0)), 1e-9)
        shares = tuple(
            _shares(matrix.values[:, each.place], matrix.levels[each.place], mine) for each in scaled.categories
        )
        return BayesFitted(scaled, np.log(prior / prior.sum()), mean, variance, shares, np.zeros((0, 0)))

    def load(self, content: Mapping[str, Any]) -> Fitted:
        """Shapes and numbers checked."""
        written = Written.of(content, KIND)
        scaled = Scaled.load(written.part("scaled", "scaled"))
        prior = written.numbers("prior", -1)
        shape = (len(prior), len(scaled.numbers))
        variance = written.numbers("variance", *shape)
        if (variance <= 0).any():
            raise written.wrong("variance", "is not positive")
        tables = content.get("shares")
        if not isinstance(tables, list) or len(tables) != len(scaled.categories):
            raise written.wrong("shares", "is not one table per category")
        shares = tuple(Written({"shares": table}, KIND).numbers("shares", -1, len(prior)) for table in tables)
        link = written.numbers("link", len(prior) + 1, len(prior))
        return BayesFitted(scaled, prior, written.numbers("mean", *shape), variance, shares, link)


def _moments(values: Floats, mine: Floats) -> tuple[Floats, Floats]:
    """(classes, numbers) mean and variance of what is present."""
    present = (~np.isnan(values)).astype(np.float64)
    filled = np.where(np.isnan(values), 0.0, values)
    every = np.ones((len(values), 1))
    count = mine.T @ present
    overall = (every.T @ filled) / np.maximum(every.T @ present, 1e-12)
    spread = (every.T @ ((filled - overall) ** 2 * present)) / np.maximum(every.T @ present, 1e-12)
    mean = (mine.T @ filled + 1e-3 * overall) / (count + 1e-3)
    square = np.stack(
        [weight @ ((filled - middle) ** 2 * present) for weight, middle in zip(mine.T, mean, strict=True)]
    )
    return mean, (square + 1e-3 * np.maximum(spread, 1e-9)) / (count + 1e-3)


def _shares(codes: Floats, levels: int, mine: Floats) -> Floats:
    """(levels, classes) logarithms of the share of each level within each class, one row's worth spread over all."""
    rows = np.flatnonzero(~np.isnan(codes))
    known = codes[rows].astype(np.int64)
    total = np.stack([np.bincount(known, weight, levels) for weight in mine[rows].T], axis=1) + 1 / levels
    return np.asarray(np.log(total / total.sum(axis=0)), dtype=np.float64)
