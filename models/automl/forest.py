"""Additive trees as plain arrays: one form for LightGBM, scikit-learn and XGBoost.

What a test does with a value x of its feature, in this order:

1. ``single`` forests round x to float32 first (scikit-learn and XGBoost compare so).
2. A number: ``missing`` says whether NaN counts as 0 (`NAN_IS_ZERO`), NaN is missing (`NAN`) or NaN and 0 are missing
   (`ZERO`); a missing x goes left where ``missing_left``; any other x goes left where x <= threshold.
3. A category (``categorical``): NaN and negative codes are missing; the others go left where "the code is listed for
   this node" equals ``listed_left``.

Sources: LightGBM ``include/LightGBM/tree.h``, scikit-learn ``tree/_tree.pyx`` and
``_hist_gradient_boosting/_predictor.pyx``, XGBoost ``src/predictor/predict_fn.h`` and ``src/common/categorical.h``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np

from models.automl import forest_readers
from models.automl.forest_readers import NAN, NAN_IS_ZERO, ZERO, Bools, Tree
from models.automl.matrix import Floats, Ints

__all__ = ["NAN", "NAN_IS_ZERO", "ZERO", "Bools", "Forest", "Tree"]

_ZERO = np.float64(np.float32(1e-35))  # what LightGBM takes for zero
_HUGE = np.finfo(np.float64).max
_CELLS = 4_000_000  # rows x trees walked at once


@dataclass(frozen=True)
class Forest:
    """A sum of trees: raw(x)[o] = bias[o] + the values of the leaves that x reaches in the trees of output o.

    One entry per node, all trees in one row: ``feature`` (-1 at leaves), ``threshold``, ``left``, ``right`` (places in
    these same arrays), ``missing``, ``missing_left``, ``categorical``, ``listed_left``, ``value`` (nodes, width).
    One entry per tree: ``root``, ``output`` (the tree adds its value's column w to output[tree] + w).
    ``listing``: (pairs, 2), node and listed code. ``bias``: (outputs,). ``features``: how many columns X has.
    """

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing: Ints
    missing_left: Bools
    categorical: Bools
    listed_left: Bools
    value: Floats
    root: Ints
    output: Ints
    listing: Ints
    bias: Floats
    features: int
    single: bool

    @classmethod
    def of(cls, trees: Sequence[Tree], output: Sequence[int], bias: Floats, features: int, *, single: bool) -> Self:
        """Trees put one after the other; ``output[t]`` is the first output that tree t adds to."""
        sizes = np.array([len(tree.feature) for tree in trees], dtype=np.int64)
        root = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        feature = np.concatenate([tree.feature for tree in trees]).astype(np.int64)
        inner = feature >= 0
        places = np.arange(len(feature))
        start = np.repeat(root, sizes)
        categorical = np.zeros(len(feature), dtype=np.bool_)
        pairs: list[tuple[int, int]] = []
        for first, tree in zip(root, trees, strict=True):
            categorical[[int(first) + node for node in tree.codes]] = True
            pairs += [(int(first) + node, int(code)) for node, codes in tree.codes.items() for code in codes]
        return cls(
            feature=feature,
            # A missing value becomes an infinity: no threshold may be one.
            threshold=np.clip(np.concatenate([tree.threshold for tree in trees]).astype(np.float64), -_HUGE, _HUGE),
            left=np.where(inner, np.concatenate([tree.left for tree in trees]) + start, places),
            right=np.where(inner, np.concatenate([tree.right for tree in trees]) + start, places),
            missing=np.concatenate([tree.missing for tree in trees]).astype(np.int64),
            missing_left=np.concatenate([tree.missing_left for tree in trees]).astype(np.bool_),
            categorical=categorical,
            listed_left=np.concatenate([np.broadcast_to(tree.listed_left, len(tree.feature)) for tree in trees]),
            value=np.concatenate([tree.value for tree in trees]).astype(np.float64),
            root=root,
            output=np.array(output, dtype=np.int64),
            listing=np.array(pairs, dtype=np.int64).reshape(-1, 2),
            bias=np.atleast_1d(np.asarray(bias, dtype=np.float64)),
            features=features,
            single=single,
        )

    @classmethod
    def from_lightgbm(cls, booster: Any) -> Self:
        """A `lightgbm.Booster` or its text; the rounds up to the best one, as ``predict`` uses.

        `raw` is what ``predict(raw_score=True)`` says: the sum of the trees, also of a random forest.
        """
        return cls.of(**forest_readers.lightgbm(booster if isinstance(booster, str) else booster.model_to_string()))

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """A decision tree, random forest, extra trees or HistGradientBoosting estimator of scikit-learn.

        Outputs: the class probabilities of trees and forests, the values of regressors, the raw scores of boosting.
        """
        return cls.of(**forest_readers.sklearn(estimator))

    @classmethod
    def from_xgboost(cls, booster: Any) -> Self:
        """An `xgboost.Booster`, all rounds (slice it for fewer)."""
        return cls.of(**forest_readers.xgboost(booster))

    @property
    def outputs(self) -> int:
        """How many numbers a row gets."""
        return len(self.bias)

    @property
    def trees(self) -> int:
        """How many trees."""
        return len(self.root)

    def raw(self, values: Floats) -> Floats:
        """(n, features) → (n, outputs): the sum of the trees, before any link function."""
        rows = np.asarray(values, dtype=np.float64)
        out = np.repeat(self.bias[None, :], len(rows), axis=0)
        chunk = max(1, _CELLS // max(1, self.trees))
        for first in range(0, len(rows), chunk):
            leaves = self._leaves(rows[first : first + chunk])
            for place in range(self.value.shape[1]):
                column = self.value[:, place]
                for output in np.unique(self.output):
                    out[first : first + chunk, output + place] += column[leaves[:, self.output == output]].sum(axis=1)
        return out

    def views(self, values: Floats) -> Floats:
        """(n, features) → (views, n): the columns as the tests of the forest read them, see `decisions`."""
        columns = [self._rounded(values[:, self.feature[node]]) for node in self._seen[0]]
        return np.array(
            [
                column if self.categorical[node] else _clean(column, self.missing[node], self.missing_left[node])
                for node, column in zip(self._seen[0], columns, strict=True)
            ]
        ).reshape(len(columns), len(values))

    @property
    def view(self) -> Ints:
        """(nodes,): which view each inner node tests."""
        return self._seen[1]

    def decisions(self, views: Floats, nodes: Ints, out: Bools) -> None:
        """Write (len(nodes), n): which rows each of these inner nodes, in ascending order of `view`, sends left."""
        view = self.view[nodes]
        cuts = [0, *(np.flatnonzero(np.diff(view)) + 1), len(nodes)]
        for first, stop in pairwise(cuts):
            some = nodes[first:stop, None]
            if not len(some):
                continue
            values = views[view[first]]
            if self.categorical[some[0, 0]]:
                out[first:stop] = self._listed(values[None, :], some)
            else:
                np.less_equal(values, self.threshold[some], out=out[first:stop])

    @cached_property
    def _seen(self) -> tuple[Ints, Ints]:
        """The first node of each view, and the view of each inner node (0 for leaves)."""
        kind = (self.missing * 2 + self.missing_left) * 2 + self.categorical
        inner = np.flatnonzero(self.feature >= 0)
        _, first, number = np.unique((self.feature * 12 + kind)[inner], return_index=True, return_inverse=True)
        view = np.zeros(len(self.feature), dtype=np.int64)
        view[inner] = number
        return inner[first], view

    def _leaves(self, rows: Floats) -> Ints:
        """(n, trees): the leaf that each row reaches in each tree."""
        node = np.repeat(self.root[None, :], len(rows), axis=0)
        row, tree = np.nonzero(self.feature[node] >= 0)
        while len(row):
            at = node[row, tree]
            value = self._rounded(rows[row, self.feature[at]])
            left = _clean(value, self.missing[at], self.missing_left[at]) <= self.threshold[at]
            some = np.flatnonzero(self.categorical[at])
            left[some] = self._listed(value[some], at[some])
            at = np.where(left, self.left[at], self.right[at])
            node[row, tree] = at
            more = self.feature[at] >= 0
            row, tree = row[more], tree[more]
        return node

    def _rounded(self, values: Floats) -> Floats:
        if not self.single:
            return values
        with np.errstate(over="ignore"):
            return values.astype(np.float32).astype(np.float64)

    @cached_property
    def _table(self) -> tuple[Ints, Bools]:
        """Row of each categorical node in the table of listed codes, and that table; its last column is never set."""
        nodes = np.flatnonzero(self.categorical)
        place = np.zeros(len(self.feature), dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        width = int(self.listing[:, 1].max(initial=-1)) + 2
        table = np.zeros((len(nodes), width), dtype=np.bool_)
        table[place[self.listing[:, 0]], self.listing[:, 1]] = True
        return place, table

    def _listed(self, values: Floats, nodes: Ints) -> Bools:
        place, table = self._table
        unlisted = table.shape[1] - 1
        gone = ~(values > -1)  # NaN, too
        code = np.clip(np.where(gone, unlisted, values), 0, unlisted).astype(np.int64)
        listed = table[place[nodes], code]
        left: Bools = np.where(gone, self.missing_left[nodes], listed == self.listed_left[nodes])
        return left


def _clean(values: Floats, missing: Any, missing_left: Any) -> Floats:
    """Values for which ``x <= threshold`` says where they go: what is missing becomes an infinity."""
    nan = np.isnan(values)
    gone = np.where(missing == NAN, nan, (missing == ZERO) & (nan | (np.abs(values) <= _ZERO)))
    side = np.where(missing_left, -np.inf, np.inf)
    out: Floats = np.where(gone, side, np.where(nan, 0.0, values))
    return out
