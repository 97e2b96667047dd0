"""Trees as the operator ``TreeEnsemble``: x <= split goes to the true side, a missing x where the node says.

A test of a category reads a column of its own: 1 where the level goes right, looked up by the level's code. Tests that
treat all levels alike share a column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from onnx import numpy_helper

from ingest.errors import StudyError
from models.automl.algorithms.boosted import Boosted
from models.automl.forest import NAN_IS_ZERO, ZERO, Forest
from models.automl.matrix import Floats
from models.onnx.write.graph import Graph

__all__ = ["boosted"]

FLAT = 1e30
"""Where `models.automl.algorithms.boosted.narrow` cuts."""
RIGHT = 0.5
"""The split of a column that is 1 where the category goes right."""


def boosted(graph: Graph, fitted: Boosted, features: Sequence[str], levels: Sequence[int]) -> str:
    """(rows, classes) probabilities, or (rows, 1) values. ``levels``: of each feature, 0 for a number."""
    forest = Forest.from_lightgbm(fitted.booster)
    inputs = [graph.filled(value, fitted.fill[at]) if at in fitted.fill else value for at, value in enumerate(features)]
    blocks = []
    if fitted.encoding is not None:
        encoding = fitted.encoding
        for place, means in zip(encoding.places, encoding.means, strict=True):
            blocks.append(graph.looked_up(features[place], np.concatenate([means, encoding.prior[None, :]])))
    made = _Ensemble(forest)
    columns, tests = _categories(forest, levels)
    width = len(features) + sum(len(fitted.encoding.prior) for _ in blocks) if fitted.encoding else len(features)
    for feature, table in columns.items():
        blocks.append(graph.looked_up(inputs[feature], table))
    made.grow({node: width + at for node, at in tests.items()})
    whole = graph.joined([*inputs, *blocks])
    if fitted.single:
        bounded = graph("Max", graph("Min", whole, np.float64(FLAT)), np.float64(-FLAT))
        single = graph("Cast", graph("Where", graph("IsNaN", whole), whole, bounded), to=1)
        whole = graph.double(single)
    raw = graph("Add", graph("Mul", made.written(graph, whole), np.float64(fitted.scale)),
                (fitted.offset + fitted.scale * made.constant)[None, :])  # fmt: skip
    return _linked(graph, fitted, raw)


def _linked(graph: Graph, fitted: Boosted, raw: str) -> str:
    if not fitted.classes:
        return raw
    if fitted.classes > 2:
        if fitted.link == "logit":
            return graph.softmax(raw)
        return graph("Div", raw, graph("ReduceSum", raw, np.array([1], dtype=np.int64), keepdims=1))
    if fitted.link == "logit":
        return graph.pair(graph("Sigmoid", raw))
    return graph.pair(graph("Max", graph("Min", raw, np.float64(1.0)), np.float64(0.0)))


def _categories(forest: Forest, levels: Sequence[int]) -> tuple[dict[int, Floats], dict[int, int]]:
    """Per categorical feature a (levels + 1, tests) table of what goes right, missing last; the place of each node's
    column among all of them."""
    nodes = np.flatnonzero(forest.categorical)
    tables: dict[int, Floats] = {}
    places: dict[int, int] = {}
    at = 0
    for feature in np.unique(forest.feature[nodes]).tolist():
        mine = nodes[forest.feature[nodes] == feature]
        listed = [forest.listing[forest.listing[:, 0] == node, 1] for node in mine.tolist()]
        most = max(levels[feature] + 1, *(int(codes.max(initial=-1)) + 1 for codes in listed))
        right = np.empty((most + 1, len(mine)))
        for place, (node, codes) in enumerate(zip(mine.tolist(), listed, strict=True)):
            # A code after the last level stands for what was missing in none of the rows of training.
            right[:, place] = np.isin(np.arange(most + 1), codes) != forest.listed_left[node]
            right[most, place] = not forest.missing_left[node]
        patterns, number = np.unique(right, axis=1, return_inverse=True)
        tables[feature] = patterns
        places |= {node: at + int(each) for node, each in zip(mine.tolist(), number.ravel().tolist(), strict=True)}
        at += patterns.shape[1]
    return tables, places


@dataclass
class _Ensemble:
    """The attributes of the operator. ``constant``: (outputs,) what trees of one leaf add."""

    forest: Forest
    splits: list[tuple[int, float, int]] = field(default_factory=list)
    """Feature, threshold, and whether a missing one goes to the true side."""
    children: list[list[int]] = field(default_factory=list)
    """Of each split: true, whether that is a leaf, false, whether that is a leaf."""
    leaves: list[tuple[int, float]] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.constant = np.array(self.forest.bias, dtype=np.float64)

    def grow(self, tests: Mapping[int, int]) -> None:
        """All trees. ``tests``: categorical nodes and their columns."""
        forest = self.forest
        for root, output in zip(forest.root.tolist(), forest.output.tolist(), strict=True):
            if forest.feature[root] < 0:
                self.constant[output] += forest.value[root, 0]
                continue
            self.roots.append(len(self.splits))
            waiting = [(root, -1, 0)]
            while waiting:
                node, parent, side = waiting.pop()
                leaf = forest.feature[node] < 0
                place = len(self.leaves) if leaf else len(self.splits)
                if parent >= 0:
                    self.children[parent][side : side + 2] = [place, int(leaf)]
                if leaf:
                    self.leaves.append((output, float(forest.value[node, 0])))
                    continue
                self.splits.append(self._split(node, tests))
                self.children.append([0, 0, 0, 0])
                waiting += [(int(forest.right[node]), place, 2), (int(forest.left[node]), place, 0)]

    def _split(self, node: int, tests: Mapping[int, int]) -> tuple[int, float, int]:
        forest = self.forest
        if node in tests:
            return tests[node], RIGHT, 0
        kind, threshold = int(forest.missing[node]), float(forest.threshold[node])
        if kind == ZERO:
            raise StudyError("a tree takes 0 for missing, which no ONNX operator does; train another algorithm")
        left = threshold >= 0.0 if kind == NAN_IS_ZERO else bool(forest.missing_left[node])
        return int(forest.feature[node]), threshold, int(left)

    def written(self, graph: Graph, values: str) -> str:
        """(rows, outputs): the sums of the leaves."""
        outputs = len(self.constant)
        if not self.splits:
            first = graph("Slice", values, *(np.array([each], dtype=np.int64) for each in (0, 1, 1)))
            nought = graph("Mul", graph.filled(first, 0.0), np.float64(0.0))
            return graph.joined([nought] * outputs)
        column = list(zip(*self.children, strict=True))
        return graph(
            "TreeEnsemble", values, domain="ai.onnx.ml", n_targets=outputs, aggregate_function=1, post_transform=0,
            tree_roots=self.roots,
            nodes_featureids=[feature for feature, _, _ in self.splits],
            nodes_modes=numpy_helper.from_array(np.zeros(len(self.splits), dtype=np.uint8)),
            nodes_splits=numpy_helper.from_array(np.array([threshold for _, threshold, _ in self.splits])),
            nodes_missing_value_tracks_true=[left for _, _, left in self.splits],
            nodes_truenodeids=column[0], nodes_trueleafs=column[1],
            nodes_falsenodeids=column[2], nodes_falseleafs=column[3],
            leaf_targetids=[output for output, _ in self.leaves],
            leaf_weights=numpy_helper.from_array(np.array([value for _, value in self.leaves])),
        )  # fmt: skip
