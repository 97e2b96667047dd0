"""Permutation importance: by how much a score falls when one column's cells are dealt out anew.

I_j = E[score(y, f(X)) - score(y, f(X with column j shuffled))]. Each repeat also redraws the rows with replacement, so
that the spread over the repeats holds the luck of the shuffle and of the rows; the interval is
mean ± t(repeats - 1) * standard deviation. All features of one user's column are shuffled together.

Limits: columns that carry the same information cover for each other, and each looks unimportant; shuffling makes rows
that never occur. On rows of training it shows what the model uses, on others what helps. Sources: Breiman 2001; Fisher,
Rudin & Dominici 2019, JMLR 20:177.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from models.automl.explain.game import Game, whole
from models.automl.matrix import Floats, Ints

__all__ = ["Importance", "Score", "permutation_importance"]

Score = Callable[[Ints, Floats], float | None]
"""Places of rows (n,) and their predictions (n, outputs) → a score, higher is better; None where undefined."""


@dataclass(frozen=True)
class Importance:
    """What the score loses without the column; None where the score was not defined."""

    column: str
    estimate: float | None
    low: float | None
    high: float | None


def permutation_importance(
    game: Game,
    rows: Ints,
    columns: Sequence[str],
    score: Score,
    *,
    repeats: int = 10,
    level: float = 0.90,
    seed: int = 0,
) -> list[Importance]:
    """One for each of ``columns`` (those of the game), in their order, with ``level`` intervals.

    ``rows``: (n,) positions, whose truth ``score`` knows by place 0 … n-1.

    >>> truth = np.arange(50.0)
    >>> def score(places, predicted):
    ...     return -float(np.abs(truth[places] - predicted[:, 0]).mean())
    >>> for found in permutation_importance(lambda at: truth[at[:, :1]], np.arange(50), ["used", "not"], score):
    ...     print(found.column, found.low > 5)
    used True
    not False
    """
    rng = np.random.default_rng(seed)
    n = len(rows)
    plain = game(whole(rows, len(columns)))
    lost = np.full((repeats, len(columns)), np.nan)
    for repeat in range(repeats):
        places = rng.integers(0, n, n)
        before = score(places, plain[places])
        for column in range(len(columns)):
            positions = whole(rows[places], len(columns))
            positions[:, column] = rng.permutation(positions[:, column])
            after = score(places, game(positions))
            if before is not None and after is not None:
                lost[repeat, column] = before - after
    return [_summed_up(name, lost[:, place], level) for place, name in enumerate(columns)]


def _summed_up(column: str, lost: Floats, level: float) -> Importance:
    known = lost[np.isfinite(lost)]
    if len(known) < 2:
        return Importance(column, float(known[0]) if len(known) else None, None, None)
    middle = float(known.mean())
    reach = float(student.ppf((1 + level) / 2, len(known) - 1) * known.std(ddof=1))
    return Importance(column, middle, middle - reach, middle + reach)
