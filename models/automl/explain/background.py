"""SHAP values of a forest against a background, exact and fast.

The game of a row x: the players are the columns; a coalition S is worth v(S) = the mean over the background rows b of
f(x on S, b elsewhere). phi_i is the Shapley value of player i; base + sum_i phi_i = f(x), base = the mean of f(b).

f is a sum of leaves. A leaf with d players on its path, reached by x on the set A of players and missed by b on the set
Z, is worth its value v to a coalition S exactly if Z ⊆ S ⊆ A (otherwise 0), so that with z = |Z| and h = d - |A|

    phi_i = v · Beta(z, h + 1)     for i in Z          Beta(a, b) = (a-1)! (b-1)! / (a+b-1)!
    phi_i = -v · Beta(z + 1, h)    for i outside A     (0 unless Z ⊆ A)

Per leaf this depends on x through A alone. With c(Z) = the share of background rows that miss on Z, all 2^d answers are
tabulated at once. Beta(z, h+1) = ∫ t^(z-1) (1-t)^h dt is a Gauss-Legendre sum, exact with ⌈d/2⌉ nodes t; for a fixed t
the sum over the Z inside each A is a subset sum (d passes over the table). A row then costs one look-up per player of
each leaf. Leaves with too many players for a table take the two formulas directly, as products of matrices.

Limits: exact for every forest; a table has d · 2^d numbers, up to d = `TABLED`. Cost grows with rows + background, not
with their product, except for those longest paths. Sources: Lundberg et al. 2020 (interventional TreeSHAP, the two
weights); Nadel & Wettenstein, "From Decision Trees to Boolean Logic" (Woodelf: per leaf one pattern of row and of
background); the quadrature of the Beta weights is also that of Quadrature-TreeSHAP.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import beta

from models.automl.forest import Bools, Forest
from models.automl.matrix import Floats, Ints

__all__ = ["TABLED", "background_values"]

TABLED = 13
"""The most players on a path for which all patterns are tabulated."""
_ROWS = 4096  # looked up at once: what a core's cache holds
_FEW = 256  # rows up to which all leaves are looked up together
_BLOCK = 8 * _ROWS  # rows for which tables are kept
_NODES = 1500  # of the forest read at once
_NUMBERS = 1_000_000  # in the tables made at once
_PAIR = 12  # operations for a pair of row and background row, against those of a table


def background_values(
    forest: Forest, rows: Floats, background: Floats, *, player: Sequence[int] | None = None, threads: int = 1
) -> Floats:
    """(n, players, outputs): exact Shapley values of each row against the background, in the unit of `Forest.raw`.

    ``rows``: (n, features). ``background``: (m, features), m >= 1. ``player``: (features,) to which player (the user's
    column) each feature belongs; without it each is its own. ``threads``: they share the trees; the same number gives
    the same values, bit for bit.

    >>> from sklearn.tree import DecisionTreeRegressor
    >>> x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> forest = Forest.from_sklearn(DecisionTreeRegressor().fit(x, x[:, 0] * x[:, 1]))
    >>> background_values(forest, x[3:], x[:1])[0, :, 0]
    array([0.5, 0.5])
    """
    owner = np.arange(forest.features) if player is None else np.asarray(player, dtype=np.int64)
    groups = list(_groups(forest))
    shares = [groups[part::threads] for part in range(min(threads, len(groups)))]
    missing = forest.views(background)
    out = np.empty((len(rows), int(owner.max()) + 1, forest.outputs))
    with ThreadPoolExecutor(len(shares)) as pool:
        for first in range(0, len(rows), _BLOCK):
            views = forest.views(rows[first : first + _BLOCK])

            def work(share: list[range], views: Floats = views) -> Floats:
                total = np.zeros((forest.outputs * out.shape[1], views.shape[1]))
                for trees in share:
                    _add_trees(total, _read(forest, owner, trees), views, missing)
                return total

            total = sum(pool.map(work, shares), np.zeros(()))
            out[first : first + _BLOCK] = total.reshape(forest.outputs, out.shape[1], -1).transpose(2, 1, 0)
    return out


def _groups(forest: Forest) -> Iterator[range]:
    """Neighbouring trees with about `_NODES` nodes together."""
    ends = np.append(forest.root[1:], len(forest.feature))
    first = 0
    for tree in range(forest.trees):
        if tree + 1 == forest.trees or ends[tree + 1] - forest.root[first] > _NODES:
            yield range(first, tree + 1)
            first = tree + 1


@dataclass(frozen=True)
class _Leaves:
    """The leaves of some trees, and the conditions on which each depends: "x passes all tests of one player".

    Conditions are numbered: 0 … i-1 "goes left" at each of ``inner`` (i nodes, in order of view), i … 2i-1 "goes
    right", then those of players tested again further down: ``again`` (2, e), each the conjunction of two others.
    ``turns``: where in ``again`` the conjunctions begin that need earlier ones. ``leaf``, ``count``, ``output``:
    (leaves,) the node, its number of players, the tree's output; ``conditions``, ``players``: (leaves, most players).
    """

    forest: Forest
    inner: Ints
    again: Ints
    turns: list[int]
    leaf: Ints
    count: Ints
    output: Ints
    conditions: Ints
    players: Ints

    def targets(self, here: Ints, rows: int) -> Ints:
        """(leaves, width * count): to which of ``rows`` rows (output by output) the answers of these leaves belong.

        All ``here`` have the same number of players.
        """
        output = self.output[here][:, None] + np.arange(self.forest.value.shape[1])
        players = self.players[here][:, None, : self.count[here[0]]]
        return (output[:, :, None] * (rows // self.forest.outputs) + players).reshape(len(here), -1)

    def twins(self, alike: Ints, count: int) -> tuple[Ints, Ints]:
        """Leaves ``alike`` (of ``count`` players each) in pairs: one, and the other below the same test or -1.

        Only tests of a player who is new on the path: there the two differ in the last condition alone.
        """
        i, last = len(self.inner), self.conditions[alike, count - 1]
        test = self.inner[last % i]
        right = last >= i
        own = (last < 2 * i) & (np.where(right, self.forest.right[test], self.forest.left[test]) == self.leaf[alike])
        order = np.argsort(np.where(own, 2 * test + right, -1), kind="stable")
        pair = order[:-1][own[order[:-1]] & (test[order[1:]] == test[order[:-1]]) & own[order[1:]]]
        follower = np.full(len(alike), -1)
        follower[order[:-1]] = order[1:]
        other = np.full(len(alike), -1)
        other[pair] = alike[follower[pair]]
        first = np.ones(len(alike), dtype=np.bool_)
        first[follower[pair]] = False
        return alike[first], other[first]

    def passed(self, views: Floats) -> Bools:
        """(conditions, n): which rows meet each."""
        i = len(self.inner)
        out = np.empty((2 * i + self.again.shape[1], views.shape[1]), dtype=np.bool_)
        self.forest.decisions(views, self.inner, out[:i])
        np.logical_not(out[:i], out=out[i : 2 * i])
        for first, stop in pairwise(self.turns):
            np.logical_and(
                out[self.again[0, first:stop]], out[self.again[1, first:stop]], out=out[2 * i + first : 2 * i + stop]
            )
        return out


def _read(forest: Forest, owner: Ints, trees: range) -> _Leaves:
    """Walk down some trees, all their nodes of one depth at a time."""
    first = forest.root[trees.start]
    last = forest.root[trees.stop] if trees.stop < forest.trees else len(forest.feature)
    inner = first + np.flatnonzero(forest.feature[first:last] >= 0)
    inner = inner[np.argsort(forest.view[inner], kind="stable")]
    number = np.zeros(last - first, dtype=np.int64)
    number[inner - first] = np.arange(len(inner))
    node, output = forest.root[trees.start : trees.stop], forest.output[trees.start : trees.stop]
    count = np.zeros(len(node), dtype=np.int64)
    conditions = np.zeros((len(node), 0), dtype=np.int64)
    players = np.zeros((len(node), 0), dtype=np.int64)
    found, again, turns = [], [np.zeros((2, 0), dtype=np.int64)], [0]
    while len(node):
        ended = forest.feature[node] < 0
        found.append([part[ended] for part in (node, count, output, conditions, players)])
        node, count, output, conditions, players = (part[~ended] for part in (node, count, output, conditions, players))
        own = owner[forest.feature[node]]
        same = players == own[:, None]
        met = same.any(axis=1)
        place = np.where(met, same.argmax(axis=1) if same.shape[1] else 0, count)
        if place.max(initial=-1) == players.shape[1]:
            conditions, players = _wider(conditions), _wider(players)
        each = np.arange(len(node))
        earlier = conditions[each[met], place[met]]
        players[each, place] = own
        children = []
        for side, shift in ((forest.left, 0), (forest.right, len(inner))):
            test = number[node - first] + shift
            new = test.copy()
            new[met] = 2 * len(inner) + turns[-1] + np.arange(len(earlier))
            again.append(np.stack([earlier, test[met]]))
            turns.append(turns[-1] + len(earlier))
            lower = conditions.copy()
            lower[each, place] = new
            children.append((side[node], count + ~met, output, lower, players))
        node, count, output, conditions, players = (np.concatenate(pair) for pair in zip(*children, strict=True))
    width = max(part[4].shape[1] for part in found)
    joined = [np.concatenate([_wider(part[which], width) for part in found]) for which in range(5)]
    return _Leaves(forest, inner, np.concatenate(again, axis=1), turns, *joined)


def _wider(part: Ints, width: int = 0) -> Ints:
    """Two-dimensional parts with columns of -1 added: one, or up to ``width``."""
    if part.ndim == 1:
        return part
    more = width - part.shape[1] if width else 1
    return np.concatenate([part, np.full((len(part), more), -1)], axis=1)


def _add_trees(out: Floats, leaves: _Leaves, views: Floats, background: Floats) -> None:
    """Add the values of some trees to ``out`` (outputs * players, n)."""
    n, m = views.shape[1], background.shape[1]
    missed, passed = ~leaves.passed(background), leaves.passed(views)
    for count in np.unique(leaves.count[leaves.count > 0]).tolist():
        direct = count > TABLED or n * m * _PAIR < _table_cost(count)
        size = count * max(n, m) + min(n, _ROWS) * m if direct else count << count
        alike = np.flatnonzero(leaves.count == count)
        one, other = (alike, np.full(len(alike), -1)) if direct else leaves.twins(alike, count)
        pieces = -(-len(one) * size // _NUMBERS)
        for here, twin in zip(np.array_split(one, pieces), np.array_split(other, pieces), strict=True):
            tests = leaves.conditions[here, :count]
            targets = leaves.targets(here, out.shape[0])
            tables = None if direct else _tables_of(leaves, here, twin, missed)
            for first in range(0, n, _ROWS):
                part = slice(first, first + _ROWS)
                if tables is None:
                    value = leaves.forest.value[leaves.leaf[here]]
                    _add_directly(out[:, part], targets, passed[tests, part], missed[tests], value)
                else:
                    _look_up(out[:, part], targets, _codes(passed[:, part], tests), tables)


def _tables_of(leaves: _Leaves, here: Ints, twin: Ints, missed: Bools) -> Floats:
    """(leaves, width * count, patterns): the tables of leaves ``here``, with those of their twins (-1: none) added."""
    count = int(leaves.count[here[0]])

    def alone(some: Ints) -> Floats:
        codes = _codes(missed, leaves.conditions[some, :count])
        made = _tables(codes, count, leaves.forest.value[leaves.leaf[some]])
        return made.reshape(len(some), -1, 2, 1 << count - 1)

    out, has = alone(here), np.flatnonzero(twin >= 0)
    if len(has):
        out[has] += alone(twin[has])[:, :, ::-1]  # who meets the last condition of one does not meet the other's
    return out.reshape(len(here), -1, 1 << count)


def _table_cost(count: int) -> float:
    """Operations that the tables of a leaf take, see `_tables`."""
    return 2.0**count * (count / 2 * (count / 2 + 6) + 3 * count)


def _codes(passed: Bools, conditions: Ints) -> NDArray[np.uint16]:
    """(leaves, n): bit j says whether the row meets the leaf's condition j."""
    kind = np.uint8 if conditions.shape[1] <= 8 else np.uint16
    out = np.zeros((len(conditions), passed.shape[1]), dtype=kind)
    for place in range(conditions.shape[1]):
        bit = passed[conditions[:, place]].view(np.uint8).astype(kind, copy=False)
        np.left_shift(bit, place, out=bit)
        np.bitwise_or(out, bit, out=out)
    return out


def _look_up(out: Floats, targets: Ints, codes: NDArray[np.uint16], tables: Floats) -> None:
    """``codes``: (leaves, n). ``tables``: (leaves, k, patterns). Adds each leaf's k answers to its rows of ``out``."""
    n = codes.shape[1]
    if n <= _FEW:  # a call per leaf would cost more than the look-up
        which, line = np.ogrid[: len(tables), : tables.shape[1]]
        _gather(out, targets, tables[which[:, :, None], line[:, :, None], codes[:, None, :]])
        return
    code, found = np.empty(n, dtype=np.intp), np.empty((tables.shape[1], n))
    for leaf, rows in enumerate(targets.tolist()):
        np.copyto(code, codes[leaf])
        np.take(tables[leaf], code, axis=1, out=found, mode="clip")  # the one mode without a copy
        for row, more in zip(rows, found, strict=True):
            total = out[row]
            np.add(total, more, out=total)


def _add_directly(out: Floats, targets: Ints, passed: Bools, missed: Bools, value: Floats) -> None:
    """The two formulas for each pair of row and background row, leaf by leaf as products of matrices.

    ``passed``: (leaves, d, n). ``missed``: (leaves, d, m). ``value``: (leaves, width).
    """
    d, m = missed.shape[1:]
    sets, outside = missed.astype(np.float64), 1.0 - passed
    z, h = missed.sum(axis=1), d - passed.sum(axis=1)
    size = np.arange(d + 1)
    given = np.where(size[:, None] > 0, beta(np.maximum(size, 1)[:, None], size + 1), 0.0) / m
    fits = (outside.transpose(0, 2, 1) @ sets) == 0
    place = h[:, :, None] + (d + 1) * z[:, None, :]
    parts = sets @ (np.take(given, place) * fits).transpose(0, 2, 1)
    parts -= outside * (np.take(given.T.copy(), place) * fits).sum(axis=2)[:, None, :]
    _gather(out, targets, value[:, :, None, None] * parts[:, None])


def _gather(out: Floats, targets: Ints, parts: Floats) -> None:
    """``parts``: (leaves, …, n), k rows per leaf, which are added to the k rows of ``out`` named by ``targets``."""
    place = targets.reshape(-1)
    where = csr_array((np.ones(len(place)), (place, np.arange(len(place)))), shape=(len(out), len(place)))
    out += where @ parts.reshape(len(place), -1)


@lru_cache
def _quadrature(count: int) -> list[tuple[Floats, Floats, Floats, Floats]]:
    """Per node t, by pattern (2^count,): t^|Z|, and the weights of a row's sums for players in Z (with and without the
    player's own bit) and for players outside A."""
    size = np.bitwise_count(np.arange(1 << count)).astype(np.float64)
    out = []
    for node, weight in zip(*np.polynomial.legendre.leggauss((count + 1) // 2), strict=True):
        t = (node + 1) / 2
        outside = weight / 2 * (1 - t) ** np.maximum(count - size - 1, 0)
        outside[-1] = 0.0  # nobody is outside
        out.append((t**size, weight / 2 / t * (1 - t) ** (count - size), outside / t, outside))
    return out


def _tables(missed: NDArray[np.uint16], count: int, values: Floats) -> Floats:
    """(leaves, width * count, patterns): what each player gets, for each pattern of a row.

    ``missed``: (leaves, m) Z of each background row, as a pattern. ``values``: (leaves, width).
    """
    n, patterns = len(missed), 1 << count
    place = np.arange(n)[:, None] * patterns + missed
    share = np.bincount(place.reshape(-1), minlength=n * patterns).reshape(n, patterns) / missed.shape[1]
    with_it, without_it, outside = (np.zeros((n, patterns)) for _ in range(3))
    for power, inside, before, beside in _quadrature(count):
        sums = share * power
        for bit in range(count):
            halves = sums.reshape(n, -1, 2, 1 << bit)
            halves[:, :, 1] += halves[:, :, 0]
        outside -= sums * beside
        sums -= share[:, :1]  # who misses nothing gives nothing to those inside
        with_it += sums * inside
        without_it += sums * before
    out = np.empty((n, count, patterns))
    for bit in range(count):
        target, *halves = (part.reshape(n, -1, 2, 1 << bit) for part in (out[:, bit], with_it, without_it, outside))
        target[:, :, 0] = halves[2][:, :, 0]
        target[:, :, 1] = halves[0][:, :, 1] - halves[1][:, :, 0]
    return (out[:, None] * values[:, :, None, None]).reshape(n, -1, patterns)
