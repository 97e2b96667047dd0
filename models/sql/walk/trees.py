"""Trees as rows: which leaves each test rules out.

QuickScorer (Lucchese et al., SIGIR 2015): leaves are numbered from left to right; a test that fails (x goes right)
rules out the leaves on its left. The leaf that x reaches is the first one that no failed test rules out, whatever the
order of the tests. A mask has a bit for each leaf, in words of 64; a bit is 0 where the leaf is ruled out. The tests of
a view that fail are those whose threshold is less than its value, so they are a range of an index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.automl.algorithms.boosted import Boosted
from models.automl.forest import NAN_IS_ZERO, ZERO, Forest
from models.automl.matrix import Floats, Ints
from models.sql.walk.rows import BEYOND, EDGE, Rows
from models.sql.walk.views import ALWAYS, Constant, Levels, Plain, Source, Views

__all__ = ["Trees", "leaves_of", "widened"]

FULL = 2**64 - 1
LISTED = 0.5
"""The threshold of a view that is 1 where a category is on the wrong side."""
_FLAT = 1e30
"""Where `models.automl.algorithms.boosted.narrow` cuts."""


def widened(threshold: Floats) -> Floats:
    """Thresholds t' so that ``x <= t'`` says what ``float32(x) <= t`` says, for numbers of 53 bits.

    >>> t = np.array([0.1])
    >>> x = np.array([0.1, np.nextafter(np.float64(np.float32(0.1)), 1.0)])
    >>> bool(((x <= widened(t)) == (x.astype(np.float32) <= t)).all())
    True
    """
    threshold = np.clip(threshold, -2 * _FLAT, 2 * _FLAT)
    below = threshold.astype(np.float32)
    below = np.where(below > threshold, np.nextafter(below, np.float32(-np.inf)), below).astype(np.float32)
    above = np.nextafter(below, np.float32(np.inf))
    half = below.astype(np.float64) / 2 + above.astype(np.float64) / 2
    # A number half way is rounded to the even neighbour.
    stays = half.astype(np.float32) == below
    out = np.where(stays, half, np.nextafter(half, -np.inf))
    return np.where(threshold >= _FLAT, EDGE, np.where(threshold < -_FLAT, -EDGE, out))


@dataclass(frozen=True)
class _Seen:
    """What one member's trees read: its sources by feature of the forest."""

    sources: tuple[Source, ...]
    single: bool


class Trees:
    """Collects splits and leaves; trees that differ in their leaves' values alone are one tree."""

    def __init__(self, rows: Rows, views: Views) -> None:
        self.rows, self.views = rows, views
        self.count = 0
        self.words = 1
        self._known: dict[tuple[int, bytes], tuple[int, Ints]] = {}
        self._values: dict[tuple[int, int, int], float] = {}
        self._masks: dict[tuple[int, float, int, int], int] = {}

    def add(self, boosted: Boosted, scores: Sequence[int], factor: float, blank: frozenset[int]) -> list[float]:
        """Write a member's trees, leaves times ``factor``; what each score gets in every row."""
        forest = Forest.from_lightgbm(boosted.booster)
        seen = _Seen(self._sources(boosted, blank), boosted.single)
        constant: list[float] = (np.asarray(boosted.offset) * factor).tolist()
        ends = np.append(forest.root[1:], len(forest.feature))
        groups = self._classes_of(forest, seen)
        for tree in range(forest.trees):
            span = slice(int(forest.root[tree]), int(ends[tree]))
            value = forest.value[span, 0] * (boosted.scale * factor)
            output = int(forest.output[tree])
            if span.stop - span.start == 1:
                constant[output] += float(value[0])
                continue
            number, order = self._grown(forest, span, seen, groups, id(boosted))
            for leaf, node in enumerate(order.tolist()):
                key = (number, leaf, scores[output])
                self._values[key] = self._values.get(key, 0.0) + float(value[node])
        return constant

    def finish(self) -> None:
        """Write the masks, those of one tree for one threshold together."""
        for key, mask in sorted(self._masks.items()):
            self.rows.add("walk_split", *key, mask)
        for leaf, value in sorted(self._values.items()):
            self.rows.add("walk_leaf", *leaf, value)

    def _sources(self, boosted: Boosted, blank: frozenset[int]) -> tuple[Source, ...]:
        found = [self.views.source(place, boosted.fill, blank) for place in range(len(self.views.features))]
        if boosted.encoding is not None:
            prior = boosted.encoding.prior
            for place, means in zip(boosted.encoding.places, boosted.encoding.means, strict=True):
                codes = self.views.source(place, {}, blank)
                for output in range(len(prior)):
                    column = np.append(means[:, output], prior[output])
                    if isinstance(codes, Levels):
                        known = (codes.values >= 0) & (codes.values < len(means))
                        at = np.where(known, codes.values, len(means)).astype(np.int64)
                        found.append(Levels(codes.column, column[at]))
                    else:
                        found.append(Constant(float(prior[output])))
        return tuple(found)

    def _grown(
        self, forest: Forest, span: slice, seen: _Seen, groups: "dict[int, list[tuple[int, float]]]", owner: int
    ) -> tuple[int, Ints]:
        """The number of a tree, and its leaves from left to right as places among its nodes."""
        first = span.start
        parts = (forest.feature, forest.threshold, forest.left - first, forest.right - first, forest.missing_left)
        key = (owner, b"".join(np.ascontiguousarray(part[span]).tobytes() for part in parts))
        if forest.categorical[span].any():
            key = (owner, key[1] + str([groups[node] for node in sorted(groups) if first <= node < span.stop]).encode())
        if key in self._known:
            return self._known[key]
        number, self.count = self.count, self.count + 1
        left, right = (forest.left[span] - first).tolist(), (forest.right[span] - first).tolist()
        inner = forest.feature[span] >= 0
        start, size, order = leaves_of(left, right, inner)
        words = -(-len(order) // 64)
        self.words = max(self.words, words)
        for word in range(words):  # a row for each word, whatever fails
            self._masks[ALWAYS, -1.0, number, word] = FULL
        tested = np.flatnonzero(inner)
        threshold = forest.threshold[span]
        threshold = np.clip(widened(threshold) if seen.single else threshold, -EDGE, EDGE).tolist()
        for place in tested.tolist():
            node = first + place
            gone = (start[left[place]], start[left[place]] + size[left[place]])
            if node in groups:
                for view, limit in groups[node]:
                    self._rule_out(view, limit, number, gone)
            else:
                self._number(forest, node, threshold[place], seen, number, gone)
        self._known[key] = number, order
        return number, order

    def _number(
        self, forest: Forest, node: int, threshold: float, seen: _Seen, tree: int, gone: tuple[int, int]
    ) -> None:
        kind, source = int(forest.missing[node]), seen.sources[int(forest.feature[node])]
        if kind == ZERO:
            raise ValueError("a tree takes 0 for missing")
        absent = 0.0 if kind == NAN_IS_ZERO else (-BEYOND if forest.missing_left[node] else BEYOND)
        if isinstance(source, Constant):
            value = absent if np.isnan(source.value) else source.value
            if value > threshold:
                self._rule_out(ALWAYS, -1.0, tree, gone)
        else:
            self._rule_out(self.views.view(source, absent), threshold, tree, gone)

    def _rule_out(self, view: int, threshold: float, tree: int, gone: tuple[int, int]) -> None:
        for word in range(gone[0] // 64, (gone[1] - 1) // 64 + 1):
            low, high = max(gone[0] - 64 * word, 0), min(gone[1] - 64 * word, 64)
            key = (view, threshold, tree, word)
            self._masks[key] = self._masks.get(key, FULL) & (FULL ^ ((1 << high) - (1 << low)))

    def _classes_of(self, forest: Forest, seen: _Seen) -> "dict[int, list[tuple[int, float]]]":
        """For each categorical node the (view, threshold) that fail it.

        Levels that all nodes of a column treat alike share a view, which is 1 where the level is and else absent.
        """
        out: dict[int, list[tuple[int, float]]] = {}
        nodes = np.flatnonzero(forest.categorical)
        for feature in np.unique(forest.feature[nodes]).tolist():
            mine = nodes[forest.feature[nodes] == feature]
            source = seen.sources[feature]
            if isinstance(source, Plain):
                raise TypeError("a tree takes a number for a category")
            values = np.array([source.value]) if isinstance(source, Constant) else source.values
            fails = np.stack([_fails(forest, node, values) for node in mine.tolist()])
            if isinstance(source, Constant):
                for node, failed in zip(mine.tolist(), fails[:, 0].tolist(), strict=True):
                    out[node] = [(ALWAYS, -1.0)] if failed else []
                continue
            patterns, group = np.unique(fails, axis=1, return_inverse=True)
            group = group.ravel()
            views = [
                self.views.at_levels(source.column, np.where(group == place, 1.0, np.nan)) if pattern.any() else -1
                for place, pattern in enumerate(patterns.T)
            ]
            for node, row in zip(mine.tolist(), patterns, strict=True):
                out[node] = [(views[place], LISTED) for place in np.flatnonzero(row).tolist()]
        return out


def _fails(forest: Forest, node: int, values: Floats) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which of these codes a categorical node sends right."""
    codes = forest.listing[forest.listing[:, 0] == node, 1]
    gone = ~(values > -1)
    listed = np.isin(np.where(gone, -1, np.floor(np.where(gone, 0, values))), codes)
    return np.asarray(np.where(gone, not forest.missing_left[node], listed != forest.listed_left[node]), dtype=np.bool_)


def leaves_of(left: list[int], right: list[int], inner: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> tuple[
    list[int], list[int], Ints
]:  # fmt: skip
    """For each node of a tree the number of its first leaf, from the left, and of its leaves; the leaves in order."""
    down, stack = [], [0]
    while stack:
        node = stack.pop()
        down.append(node)
        if inner[node]:
            stack += [right[node], left[node]]
    size = [1] * len(inner)
    for node in reversed(down):
        if inner[node]:
            size[node] = size[left[node]] + size[right[node]]
    start = [0] * len(inner)
    for node in down:
        if inner[node]:
            start[left[node]], start[right[node]] = start[node], start[node] + size[left[node]]
    return start, size, np.array([node for node in down if not inner[node]], dtype=np.int64)
