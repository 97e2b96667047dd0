"""What a reader must know beside the numbers: missing cells, columns that move together, rows unlike those of training.

Correlation is Spearman's rank correlation over at most 5,000 rows, of columns that became one number each; pairs from
0.9 on are named. A row is *outside* where such a number lies beyond all of training, *unseen* where a filled cell of a
category has no level. Limits: combinations of values that never occurred are not noticed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from models.automl.matrix import Floats, Matrix
from models.study.data import Notice

__all__ = ["Known"]

_ALIKE = 0.9
_MISSING = 0.05  # a share below is not worth a sentence
_SAMPLE = 5_000


@dataclass(frozen=True)
class Known:
    """What the training table looked like, per column of the user; small and JSON-able, to be kept with a model.

    ``missing``: (columns,) share of rows. ``low``, ``high``: (columns,) the range of numbers, None for other kinds.
    ``alike``: the places of two correlated columns and their correlation.
    """

    columns: tuple[str, ...]
    missing: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    alike: tuple[tuple[int, int, float], ...]

    @classmethod
    def learn(cls, matrix: Matrix, seed: int = 0) -> Self:
        """From the matrix of training."""
        missing, low, high = [], [], []
        numbers: dict[int, Floats] = {}
        for column in range(len(matrix.columns)):
            features = _features(matrix, column)
            values = matrix.values[:, features[0]]
            known = values[np.isfinite(values)]
            missing.append(1 - len(known) / max(1, len(values)))
            number = len(features) == 1 and not matrix.levels[features[0]] and len(known) > 0
            low.append(float(known.min()) if number else None)
            high.append(float(known.max()) if number else None)
            if number:
                numbers[column] = values
        return cls(matrix.columns, tuple(missing), tuple(low), tuple(high), _alike(numbers, seed))

    def overall(self) -> list[Notice]:
        """About the table: columns with gaps, correlated pairs."""
        gaps = [
            Notice("missing", {"column": column, "share": share})
            for column, share in zip(self.columns, self.missing, strict=True)
            if share >= _MISSING
        ]
        pairs = [
            Notice("correlated", {"column": self.columns[one], "other": self.columns[two], "value": value})
            for one, two, value in self.alike
        ]
        return gaps + pairs

    def rows(self, matrix: Matrix, table: pd.DataFrame) -> list[list[Notice]]:
        """About each row: what training had not seen. ``table``: the same rows as the user wrote them."""
        out: list[list[Notice]] = [[] for _ in range(matrix.n)]
        places = {str(name): at for at, name in enumerate(table.columns)}
        for place, column in enumerate(matrix.columns):
            feature = _features(matrix, place)[0]
            values, written = matrix.values[:, feature], table.iloc[:, places[column]]
            blank = written.isna().to_numpy()
            low, high = self.low[place], self.high[place]
            if low is not None and high is not None:
                for row in np.flatnonzero((values < low) | (values > high)):
                    found = {"column": column, "value": float(values[row]), "low": low, "high": high}
                    out[row].append(Notice("outside", found))
            gone = np.isnan(values)
            unseen = gone & ~blank if matrix.levels[feature] else np.zeros(len(values), dtype=np.bool_)
            for row in np.flatnonzero(unseen):
                out[row].append(Notice("unseen", {"column": column, "value": str(written.iloc[row])}))
            if self.missing[place] < _MISSING:
                for row in np.flatnonzero(gone & ~unseen):
                    out[row].append(Notice("missing_here", {"column": column, "share": self.missing[place]}))
        return out

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        alike = tuple((int(one), int(two), float(value)) for one, two, value in content["alike"])
        columns, missing, low, high = (tuple(content[name]) for name in ("columns", "missing", "low", "high"))
        return cls(columns, missing, low, high, alike)


def _features(matrix: Matrix, column: int) -> list[int]:
    return [feature for feature, source in enumerate(matrix.source) if source == column]


def _alike(numbers: Mapping[int, Floats], seed: int) -> tuple[tuple[int, int, float], ...]:
    if len(numbers) < 2:
        return ()
    places = sorted(numbers)
    values = np.stack([numbers[place] for place in places], axis=1)
    if len(values) > _SAMPLE:
        values = values[np.random.default_rng(seed).choice(len(values), _SAMPLE, replace=False)]
    gaps = np.isnan(values)
    ranks = np.where(gaps, np.nan, rankdata(np.where(gaps, np.inf, values), axis=0))
    middle = np.nansum(ranks, axis=0) / np.maximum((~gaps).sum(axis=0), 1)
    centred = np.where(gaps, 0.0, ranks - middle)
    size = np.sqrt(np.square(centred).sum(axis=0))
    related = centred.T @ centred / np.maximum(np.outer(size, size), 1e-300)
    pairs = zip(*np.nonzero(np.triu(np.abs(related) >= _ALIKE, 1)), strict=True)
    return tuple((places[one], places[two], float(related[one, two])) for one, two in pairs)
