"""What trees say when one column at a time is taken from another row, for all columns at once.

Each column rules out leaves of a tree on its own (see `models.sql.walk.trees`), so the leaf that is reached with column
c from the other row is the first one left by all other columns' masks and by c's mask of the other row: with running
intersections from both sides that takes a few operations per column, and no second walk through the tree.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.automl.algorithms.base import Fitted
from models.automl.algorithms.blanked import Blanked
from models.automl.algorithms.boosted import Boosted
from models.automl.explain.trees import TreeView, tree_view
from models.automl.forest import Forest
from models.automl.matrix import Floats, Ints, Matrix
from models.automl.model import Model
from models.sql.walk.trees import leaves_of

__all__ = ["LeaveOut"]

Masks = NDArray[np.uint64]

_FULL = np.uint64(2**64 - 1)
_NODES = 3_000
"""Tests of so many nodes are looked up together."""
_SPREAD = np.uint64(0x03F79D71B4CB0A89)
"""A de Bruijn sequence: its upper six bits, shifted by n, are different for each n."""
_PLACE = np.zeros(64, dtype=np.int64)
_PLACE[(_SPREAD << np.arange(64, dtype=np.uint64)) >> np.uint64(58)] = np.arange(64)


@dataclass(frozen=True)
class _Told(Boosted):
    """A tree model that repeats what was said for it."""

    said: Floats | None = None

    def raw(self, matrix: Matrix) -> Floats:
        """``said``."""
        assert self.said is not None
        return self.said


@dataclass(frozen=True)
class _Tree:
    """``tests``: per column its nodes and (nodes, words) masks; ``other``: (columns, words) those of the other row."""

    columns: tuple[int, ...]
    tests: tuple[tuple[Ints, Masks], ...]
    other: Masks
    leaf: Floats
    output: int


class _Trees:
    """One member's trees, and the masks of the other row."""

    def __init__(self, view: TreeView, blank: tuple[int, ...], other: Matrix) -> None:
        self.boosted, self.blank = view.trees, blank
        self.forest = Forest.from_lightgbm(view.trees.booster)
        self.groups: list[tuple[Ints, list[_Tree]]] = []
        inner = self.forest.feature >= 0
        ends = np.append(self.forest.root[1:], len(self.forest.feature))
        first = 0
        for tree in range(self.forest.trees):
            if tree + 1 == self.forest.trees or ends[tree + 1] - self.forest.root[first] > _NODES:
                start = int(self.forest.root[first])
                nodes = start + np.flatnonzero(inner[start : ends[tree]])
                nodes = nodes[np.argsort(self.forest.view[nodes], kind="stable")]
                left = self._left(self._views(other), nodes)[:, 0]
                place = np.zeros(len(inner), dtype=np.int64)
                place[nodes] = np.arange(len(nodes))
                trees = [self._tree(each, int(ends[each]), view.owner, place, left) for each in range(first, tree + 1)]
                self.groups.append((nodes, trees))
                first = tree + 1

    def _views(self, matrix: Matrix) -> Floats:
        return self.forest.views(self.boosted.inputs(matrix.blank(self.blank) if self.blank else matrix))

    def _left(self, views: Floats, nodes: Ints) -> "NDArray[np.bool_]":
        left = np.empty((len(nodes), views.shape[1] if len(views) else 0), dtype=np.bool_)
        if len(nodes):
            self.forest.decisions(views, nodes, left)
        return left

    def _tree(self, tree: int, end: int, owner: tuple[int, ...], place: Ints, other: "NDArray[np.bool_]") -> _Tree:
        forest, root = self.forest, int(self.forest.root[tree])
        span = slice(root, end)
        left, right = (forest.left[span] - root).tolist(), (forest.right[span] - root).tolist()
        inner = forest.feature[span] >= 0
        start, size, order = leaves_of(left, right, inner)
        words = -(-len(order) // 64)
        by_column: dict[int, list[int]] = {}
        for node in np.flatnonzero(inner).tolist():
            by_column.setdefault(owner[forest.feature[root + node]], []).append(node)
        tests, others = [], []
        for nodes in by_column.values():
            masks = np.array([_words(start[left[node]], size[left[node]], words) for node in nodes], dtype=np.uint64)
            at = place[root + np.array(nodes)]
            tests.append((at, masks))
            others.append(np.bitwise_and.reduce(np.where(other[at, None], _FULL, masks), axis=0))
        leaf = forest.value[root + order, 0]
        other_masks = np.array(others, dtype=np.uint64).reshape(len(tests), words)
        return _Tree(tuple(by_column), tuple(tests), other_masks, leaf, int(forest.output[tree]))

    def raws(self, matrix: Matrix, columns: tuple[int, ...]) -> Floats:
        """(columns + 1, n, outputs): with each of ``columns`` from the other row, and last as it is."""
        out = np.zeros((len(columns) + 1, self.forest.outputs, matrix.n))
        rank = {column: at for at, column in enumerate(columns)}
        views = self._views(matrix)
        total = np.zeros((self.forest.outputs, matrix.n))
        for nodes, trees in self.groups:
            left = self._left(views, nodes)
            for tree in trees:
                _add(tree, left, out, total[tree.output], rank)
        raw = self.boosted.offset + self.boosted.scale * (out + total).transpose(0, 2, 1)
        return np.asarray(raw)


def _add(tree: _Tree, left: "NDArray[np.bool_]", out: Floats, total: Floats, rank: dict[int, int]) -> None:
    """Add a tree's value to ``total``, and what each column changes to ``out``."""
    if not tree.tests:
        total += tree.leaf[0]
        return
    words = range(tree.other.shape[1])
    own = [[_met(left, nodes, masks[:, word]) for word in words] for nodes, masks in tree.tests]
    after: list[list[Masks]] = [[]] * len(own)
    running = own[-1]
    for at in range(len(own) - 2, -1, -1):
        after[at] = running
        running = [one & other for one, other in zip(running, own[at], strict=True)]
    value = tree.leaf[_first(running)]
    total += value
    before: list[Masks] = []
    for at, column in enumerate(tree.columns):
        rest = [before, after[at]]
        masks: list[Masks] = [np.broadcast_to(each, left.shape[1]) for each in tree.other[at]]
        for more in rest:
            masks = [one & other for one, other in zip(masks, more, strict=True)] if more else masks
        out[rank[column], tree.output] += tree.leaf[_first(masks)] - value
        before = [one & other for one, other in zip(before, own[at], strict=True)] if before else own[at]


def _met(left: "NDArray[np.bool_]", nodes: Ints, masks: Masks) -> Masks:
    """(n,) the leaves that a column's tests leave over."""
    found: Masks = np.where(left[nodes[0]], _FULL, masks[0])
    for node, mask in zip(nodes[1:], masks[1:], strict=True):
        found &= np.where(left[node], _FULL, mask)
    return found


def _first(masks: list[Masks]) -> Ints:
    """(n,) the first leaf that is left."""
    found = np.zeros(0, dtype=np.int64)
    for word in range(len(masks) - 1, -1, -1):
        lowest = masks[word] & (~masks[word] + np.uint64(1))
        place = _PLACE[(lowest * _SPREAD) >> np.uint64(58)]
        found = place + 64 * word if not len(found) else np.where(masks[word] != 0, place + 64 * word, found)
    return found


def _words(first: int, count: int, words: int) -> list[int]:
    """A mask without leaves first … first + count - 1."""
    whole = (1 << 64 * words) - 1 ^ ((1 << first + count) - (1 << first))
    return [whole >> 64 * word & 2**64 - 1 for word in range(words)]


class LeaveOut:
    """A model asked with one column at a time from another row."""

    def __init__(self, model: Model, columns: tuple[int, ...], other: Floats) -> None:
        """``columns``: places of those that members read; ``other``: (features,)."""
        self.model, self.columns, self.other = model, columns, other
        one = replace(model.background, values=other[None, :])
        self._trees: dict[int, _Trees] = {}
        for member in model.members:
            for fitted in member.fitted:
                view = tree_view(fitted, one)
                if view is not None:
                    blank = fitted.places if isinstance(fitted, Blanked) else ()
                    self._trees[id(fitted)] = _Trees(view, blank, one)

    def predictions(self, matrix: Matrix) -> list[Floats]:
        """What `Model.predict_matrix` says, (n, outputs), with each column from the other row."""
        raws = {key: trees.raws(matrix, self.columns) for key, trees in self._trees.items()}
        out = []
        for place, column in enumerate(self.columns):
            members = tuple(
                replace(member, fitted=tuple(self._told(fitted, raws, place) for fitted in member.fitted))
                for member in self.model.members
            )
            values = matrix.values.copy()
            features = np.flatnonzero(np.asarray(matrix.source) == column)
            values[:, features] = self.other[features]
            out.append(replace(self.model, members=members).predict_matrix(replace(matrix, values=values)))
        return out

    def _told(self, fitted: Fitted, raws: dict[int, Floats], place: int) -> Fitted:
        if id(fitted) not in raws:
            return fitted
        boosted = self._trees[id(fitted)].boosted
        return _Told(boosted.booster, boosted.classes, boosted.features, boosted.link, said=raws[id(fitted)][place])
