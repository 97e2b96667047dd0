"""Which factors made a unit bad: Shapley values of putting factors back to where good production ran.

The game of a unit: the players are its factors; restoring the set S is worth

    v(S) = mean over matched good units g of f(g on S, the unit elsewhere)          (`models.why.good`)

with f the risk (or expected loss) by a model that has not seen the unit (`models.why.mechanism`). The credit of factor
i is the Shapley value of the fall, phi_i = Σ_S |S|! (m-1-|S|)! / m! · (v(S) - v(S ∪ i)), so that

    f(unit) = base + rest + Σ phi_i,     base = mean f of good production,     rest = v(all players) - base.

Where plain SHAP goes astray: it compares with columns drawn apart from each other, so of two columns that move together
each earns what belongs to the other, and its trees read a joint limit column by column. Here a column is moved to where
it runs given the rest, and joint limits are features.

Players are the `PLAYERS` factors whose restoration alone (and, in doubt, the trees' gain) says most; the rest of the
table stays as it is, and what it accounts for is in ``rest``. Limits: credit is the model's reading of the data, not
proof of cause; of columns that always move together no method can say which it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from models.study.data import StudyData
from models.why.cells import Cells
from models.why.good import Good, good_units
from models.why.mechanism import Mechanism, fit, jackknife

__all__ = ["PLAYERS", "Credit", "Reading", "credit_error", "credit_of", "explain_batch", "read", "shapley"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLAYERS = 6
"""Factors between which credit is shared exactly: 64 coalitions."""
CANDIDATES = 12
"""Factors of which, by the trees' gain, the players of a unit are chosen."""
AT_ONCE = 500_000
"""Made-up units held in memory."""


@dataclass(frozen=True)
class Reading:
    """A study as it is explained. ``factors``: the players; ``base``: mean unseen risk of good production."""

    data: StudyData
    cells: Cells
    numbers: Floats
    mechanism: Mechanism
    good: Good
    factors: tuple[str, ...]
    candidates: tuple[int, ...]
    is_good: NDArray[np.bool_]
    unseen: Floats
    """(n,) risk or expected loss of every unit by a model that has not seen it."""

    @property
    def base(self) -> float:
        """Mean unseen risk of good production."""
        return float(self.unseen[self.is_good].mean())


@dataclass(frozen=True)
class Credit:
    """One unit: ``players`` (places in `Reading.factors`), their Shapley values, what restoring them all leaves."""

    players: tuple[int, ...]
    values: Floats
    start: float
    """The unit's own risk or expected loss, unseen."""
    rest: float
    """``start - sum(values) - base``."""

    def order(self) -> list[int]:
        """Places in ``players``, the largest credit first."""
        return [int(place) for place in np.argsort(-self.values, kind="stable")]


def read(data: StudyData, seed: int = 0) -> Reading:
    """Learn what explains the units of an audited study."""
    cells = Cells.of(data.features, data.loss)
    numbers = cells.numbers(data.features)
    numeric = [not levels for levels in cells.levels]
    found = fit(numbers, data.loss, data.groups, numeric=numeric, task=data.spec.task, seed=seed)
    factors = tuple(data.factors)
    owner = [factors.index(data.factor_of[name]) for name in cells.columns]
    players = [[column for column, mine in enumerate(owner) if mine == player] for player in range(len(factors))]
    gain = np.bincount(owner, weights=found.gain, minlength=len(factors))
    candidates = tuple(int(player) for player in np.argsort(-gain, kind="stable")[:CANDIDATES])
    is_good = good_units(data, cells, numbers)
    good = Good.of(cells, numbers[is_good], players, np.random.default_rng(seed))
    unseen = found.unseen(numbers, np.arange(data.n))
    return Reading(data, cells, numbers, found, good, factors, candidates, is_good, unseen)


def explain_batch(reading: Reading, units: Sequence[int]) -> list[tuple[str, ...]]:
    """The factors that made each of many units bad, the leading one first."""
    found = credit_of(reading, np.asarray(units, dtype=np.int64))
    return [tuple(reading.factors[credit.players[place]] for place in credit.order()) for credit in found]


def credit_of(reading: Reading, units: Ints) -> list[Credit]:
    """The credit of each factor, unit by unit."""
    singles = np.stack([_worth(reading, units, (player,)) for player in reading.candidates], axis=1)
    fall = reading.unseen[units][:, None] - singles
    chosen = np.sort(np.argsort(-fall, axis=1, kind="stable")[:, :PLAYERS], axis=1)
    out: dict[int, Credit] = {}
    # Units with the same players share the work.
    kinds, kind = np.unique(chosen, axis=0, return_inverse=True)
    for number, places in enumerate(kinds):
        here = np.flatnonzero(kind == number)
        players = tuple(sorted(reading.candidates[place] for place in places))
        for at, credit in zip(here, _shared(reading, units[here], players), strict=True):
            out[int(at)] = credit
    return [out[at] for at in range(len(units))]


def _shared(reading: Reading, units: Ints, players: tuple[int, ...]) -> list[Credit]:
    """Units with the same players."""
    m, start = len(players), reading.unseen[units]
    worth = np.empty((1 << m, len(units)))
    worth[0] = start
    for size in range(1, m + 1):
        for some in combinations(range(m), size):
            code = sum(1 << place for place in some)
            worth[code] = _worth(reading, units, tuple(players[place] for place in some))
    values = shapley(-worth)
    rest = worth[-1] - reading.base
    return [Credit(players, values[:, at], float(start[at]), float(rest[at])) for at in range(len(units))]


def credit_error(reading: Reading, unit: int, credit: Credit) -> Floats:
    """(players,) standard error of one unit's credits: how far the cross-fitted models disagree (jackknife)."""
    m, numbers = len(credit.players), reading.numbers[[unit]]
    worth = np.empty((1 << m, len(reading.mechanism.boosters)))
    worth[0] = reading.mechanism.spread(numbers)[:, 0]
    for code in range(1, 1 << m):
        restored = tuple(player for place, player in enumerate(credit.players) if code >> place & 1)
        worth[code] = reading.mechanism.spread(reading.good.restore(numbers, restored)[0]).mean(axis=1)
    return jackknife(shapley(-worth).T)[1]


def _worth(reading: Reading, units: Ints, restored: tuple[int, ...]) -> Floats:
    """(N,) v(S) of each unit."""
    out = np.empty(len(units))
    chunk = max(1, AT_ONCE // 20)
    for first in range(0, len(units), chunk):
        some = units[first : first + chunk]
        made = reading.good.restore(reading.numbers[some], restored)
        risk = reading.mechanism.unseen(made.reshape(-1, made.shape[2]), np.repeat(some, made.shape[1]))
        out[first : first + chunk] = risk.reshape(len(some), -1).mean(axis=1)
    return out


def shapley(worth: Floats) -> Floats:
    """Exact Shapley values (m, N) of N games. ``worth``: (2^m, N), bit i of the row number says whether i is in.

    >>> shapley(np.array([[0.0], [1.0], [1.0], [4.0]]))[:, 0]
    array([2., 2.])
    """
    m = len(worth).bit_length() - 1
    codes = np.arange(1 << m)
    size = np.array([int(code).bit_count() for code in codes])
    out = np.zeros((m, worth.shape[1]))
    for player in range(m):
        without = codes[codes >> player & 1 == 0]
        weight = np.array([factorial(int(s)) * factorial(m - 1 - int(s)) / factorial(m) for s in size[without]])
        out[player] = weight @ (worth[without | 1 << player] - worth[without])
    return out
