"""Which factors made a unit bad: Shapley values of putting factors back to where good production ran.

The game of a unit: the players are its factors; restoring the set S is worth

    v(S) = mean over matched good units g of f(g on S, the unit elsewhere)          (`models.why.good`)

with f the risk (or expected loss) by a model that has not seen the unit (`models.why.mechanism`). The credit of factor
i is the Shapley value of the fall, phi_i = Σ_S |S|! (m-1-|S|)! / m! · (v(S) - v(S ∪ i)), so that

    f(unit) = base + rest + Σ phi_i,     rest = v(all players) - base.

Verdicts: base is the mean risk of good production. Measured targets: good production of like context, v(all factors but
context); context is given there (weather, product, volume decide much of a kWh figure, and nobody's setting does), so
it is no player.

Where plain SHAP goes astray: it compares with columns drawn apart from each other, so of two columns that move together
each earns what belongs to the other, and its trees read a joint limit column by column. Here a column is moved to where
it runs given the rest, and joint limits are features.

Players are the `PLAYERS` factors whose restoration alone (and, in doubt, the trees' gain) says most; the rest of the
table stays as it is, and what it accounts for is in ``rest``. Limits: credit is the model's reading of the data, not
proof of cause; of columns that always move together no method can say which it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.study.data import StudyData
from models.why.cells import Cells
from models.why.good import MATCHED, Good, good_units
from models.why.mechanism import Mechanism, fit, jackknife

__all__ = ["PLAYERS", "Credit", "Reading", "credit_error", "credit_of", "explain_batch", "read", "shapley"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLAYERS = 6
"""Factors between which credit is shared exactly: 64 coalitions."""
CANDIDATES = 12
"""Factors of which, by the trees' gain, the players of a unit are chosen."""
SURE = 2.33
"""Standard errors: models without any skill pass once in a hundred tables."""
AT_ONCE = 500_000
"""Made-up units held in memory."""


@dataclass(frozen=True)
class Reading:
    """A study as it is explained. ``factors``: its factors; ``candidates``: those that may get credit, by gain."""

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
    def given(self) -> frozenset[int]:
        """Factors that good production shares with the unit it is compared with."""
        if self.data.spec.task == "classification":
            return frozenset()
        roles = enumerate(self.data.spec.factor(name).role for name in self.factors)
        return frozenset(player for player, role in roles if role == "context")

    @cached_property
    def foretells(self) -> bool:
        """Do the models know anything of units that they have not seen? By the rank sum of risks between bad and good
        units (Mann-Whitney, normal approximation), or by a smaller squared error than the mean's."""
        loss, unseen = self.data.loss, self.unseen
        if self.data.spec.task == "regression":
            return float(((loss - unseen) ** 2).mean()) < float(loss.var())
        bad = loss > 0.5
        first, second = int(bad.sum()), int((~bad).sum())
        above = float(rankdata(unseen)[bad].sum()) - first * (first + 1) / 2 - first * second / 2
        return bool(above > SURE * np.sqrt(first * second * (first + second + 1) / 12))

    def like_good(self, unit: int) -> Floats:
        """(K, columns): the unit with everything lent by good production, but what is given."""
        free = [player for player in range(len(self.factors)) if player not in self.given]
        made: Floats = self.good.restore(self.numbers[[unit]], free)[0]
        return made


@dataclass(frozen=True)
class Credit:
    """One unit: ``players`` (places in `Reading.factors`), their Shapley values, what restoring them all leaves."""

    players: tuple[int, ...]
    values: Floats
    start: float
    """The unit's own risk or expected loss, unseen."""
    base: float
    """That of good production."""
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
    is_good = good_units(data, cells, numbers)
    good = Good.of(cells, numbers[is_good], players, np.random.default_rng(seed))
    unseen = found.unseen(numbers, np.arange(data.n))
    made = Reading(data, cells, numbers, found, good, factors, (), is_good, unseen)
    order = [int(player) for player in np.argsort(-gain, kind="stable") if player not in made.given]
    return replace(made, candidates=tuple(order[:CANDIDATES]))


def explain_batch(reading: Reading, units: Sequence[int]) -> list[tuple[str, ...]]:
    """The factors that made each of many units bad, the leading one first."""
    found = credit_of(reading, np.asarray(units, dtype=np.int64))
    return [tuple(reading.factors[credit.players[place]] for place in credit.order()) for credit in found]


def credit_of(reading: Reading, units: Ints) -> list[Credit]:
    """The credit of each factor, unit by unit."""
    singles = _worths(reading, units, [(player,) for player in reading.candidates]).T
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
    start = reading.unseen[units]
    worth = np.concatenate([start[None], _worths(reading, units, _coalitions(players))])
    values = shapley(-worth)
    if reading.given:
        everything = tuple(player for player in range(len(reading.factors)) if player not in reading.given)
        base = _worths(reading, units, [everything])[0]
    else:
        base = np.full(len(units), reading.unseen[reading.is_good].mean())
    rest = worth[-1] - base
    figures = zip(start.tolist(), base.tolist(), rest.tolist(), strict=True)
    return [Credit(players, values[:, at], *some) for at, some in enumerate(figures)]


def credit_error(reading: Reading, unit: int, credit: Credit) -> Floats:
    """(players,) standard error of one unit's credits: how far the cross-fitted models disagree (jackknife)."""
    numbers = reading.numbers[[unit]]
    scores = reading.good.scores(numbers)
    made = np.stack([reading.good.restore(numbers, some, scores)[0] for some in _coalitions(credit.players)])
    risk = reading.mechanism.spread(made.reshape(-1, made.shape[2])).reshape(-1, *made.shape[:2]).mean(axis=2)
    worth = np.concatenate([reading.mechanism.spread(numbers), risk], axis=1)
    return jackknife(shapley(-worth.T).T)[1]


def _coalitions(players: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Every set of players but the empty one, in the order that `shapley` wants."""
    return [
        tuple(player for place, player in enumerate(players) if code >> place & 1)
        for code in range(1, 1 << len(players))
    ]


def _worths(reading: Reading, units: Ints, coalitions: Sequence[tuple[int, ...]]) -> Floats:
    """(coalitions, N) v(S) of each unit."""
    out = np.empty((len(coalitions), len(units)))
    chunk = max(1, AT_ONCE // (MATCHED * len(coalitions)))
    for first in range(0, len(units), chunk):
        some = units[first : first + chunk]
        numbers = reading.numbers[some]
        scores = reading.good.scores(numbers)
        made = np.stack([reading.good.restore(numbers, restored, scores) for restored in coalitions])
        whose = np.broadcast_to(some[None, :, None], made.shape[:3])
        risk = reading.mechanism.unseen(made.reshape(-1, made.shape[3]), whose.reshape(-1))
        out[:, first : first + chunk] = risk.reshape(made.shape[:3]).mean(axis=2)
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
