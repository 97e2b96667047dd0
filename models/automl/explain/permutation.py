"""SHAP values of any prediction, by permutations against a background.

v(S) = the mean over background rows b of f(x on the columns S, b elsewhere). Column i gets the mean, over orders of the
columns, of what its joining adds: phi_i = E[v(before i and i) - v(before i)]. Here each background row b has an order
of its own, walked forwards and backwards (antithetic), so that for every b, and hence for the mean,

    sum_i phi_i = f(x) - f(b)        base = mean_b f(b)        base + sum_i phi_i = f(x)   exactly, whatever the draws.

Limits: unbiased; exact where no more than two columns interact; otherwise its error falls with the square root of the
number of background rows. The orders are drawn from the seed alone: a row's values do not depend on its neighbours.
Costs 2 m (d - 1) predictions a row for m background rows and d columns.
Sources: Strumbelj & Kononenko 2014; Mitchell et al. 2022 (antithetic sampling), JMLR 23:43.
"""

import numpy as np

from models.automl.explain.game import Game, whole
from models.automl.matrix import Floats, Ints

__all__ = ["permutation_values"]

_AT_ONCE = 100_000  # predictions


def permutation_values(
    game: Game, rows: Ints, background: Ints, columns: int, *, seed: int = 0
) -> tuple[Floats, Floats]:
    """The base (outputs,) and the values (n, columns, outputs) of the rows at positions ``rows`` (n,).

    ``background``: (m,) positions of the rows to compare with, m >= 1.

    >>> cells = np.array([[1.0, 5.0], [2.0, 7.0]])
    >>> base, values = permutation_values(
    ...     lambda at: cells[at[:, 0], 0, None] * cells[at[:, 1], 1, None], np.array([1]), np.array([0]), 2
    ... )
    >>> base, values[0, :, 0]
    (array([5.]), array([6., 3.]))
    """
    rng = np.random.default_rng(seed)
    m = len(background)
    forwards = np.argsort(rng.random((m, columns)), axis=1)
    rank = np.argsort(np.concatenate([forwards, forwards[:, ::-1]]), axis=1)  # (2m, columns): when each column joins
    joined = rank[:, None, :] < np.arange(1, columns)[None, :, None]  # (2m, columns - 1, columns)
    from_background = np.tile(background, 2)[:, None, None]
    at_background, at_rows = game(whole(background, columns)), game(whole(rows, columns))
    outputs = at_rows.shape[1]
    out = np.empty((len(rows), columns, outputs))
    chunk = max(1, _AT_ONCE // max(1, 2 * m * (columns - 1)))
    for first in range(0, len(rows), chunk):
        some = rows[first : first + chunk]
        mixed = np.where(joined[None], some[:, None, None, None], from_background[None])
        inner = game(mixed.reshape(-1, columns)).reshape(len(some), 2 * m, columns - 1, outputs)
        start = np.broadcast_to(np.tile(at_background, (2, 1))[None, :, None], (len(some), 2 * m, 1, outputs))
        end = np.broadcast_to(at_rows[first : first + chunk, None, None], start.shape)
        added = np.diff(np.concatenate([start, inner, end], axis=2), axis=2)
        out[first : first + chunk] = np.take_along_axis(added, rank[None, :, :, None], axis=2).mean(axis=1)
    return at_background.mean(axis=0), out
