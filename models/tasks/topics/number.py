"""How many topics: as many as foretell best what was held back.

Texts and terms are each cut in two at random. From the three quarters of the table beside one quarter that one is
foretold: topics of the opposite quarter, shares of the held-back texts from the terms that were kept, words of the
topics from the texts that were kept. The smallest number whose squared error, over the four quarters, is within 1 % of
the least is taken. Without topics every further one makes the error larger, and the answer is 1.

Source: Owen and Perry, Bi-cross-validation of the SVD and the nonnegative matrix factorization, Annals of Applied
Statistics 2009.

>>> from scipy.sparse import csr_array
>>> block = np.kron(np.eye(3), np.ones((20, 10))) * np.random.default_rng(0).uniform(0.5, 1, (60, 30))
>>> best_number(csr_array(block), [1, 2, 3, 4, 5], 0, lambda share: None)
3
"""

import warnings
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from models.automl.matrix import Floats

__all__ = ["best_number", "solved"]

STEPS = 60
"""Multiplicative steps; from equal shares they converge within some dozens."""
NEARLY = 1.01
"""Errors within 1 % of the least are alike: of these the smallest number."""


def solved(matrix: Any, topics: Floats) -> Floats:
    """(n, k) non-negative W with the least squares of matrix - W topics, by multiplicative steps from equal shares."""
    pull, gram = matrix @ topics.T, topics @ topics.T
    found = np.full((matrix.shape[0], len(topics)), 1.0 / len(topics))
    for _ in range(STEPS):
        found = found * pull / (found @ gram + 1e-12)
    return np.asarray(found)


def best_number(weights: Any, tried: Sequence[int], seed: int, told: Callable[[float], None]) -> int:
    """``weights``: (texts, terms) sparse; ``tried``: numbers of topics, rising."""
    rng = np.random.default_rng(seed)
    texts, terms = (rng.permutation(size) % 2 for size in weights.shape)
    errors = []
    for at, k in enumerate(tried):
        told(at / len(tried))
        errors.append(
            sum(_error(weights, texts == one, terms == other, k, seed) for one, other in product((0, 1), (0, 1)))
        )
    return next(k for k, error in zip(tried, errors, strict=True) if error <= NEARLY * min(errors))


def _error(weights: Any, rows: Any, columns: Any, k: int, seed: int) -> float:
    from sklearn.decomposition import NMF

    above, below = weights[np.flatnonzero(rows)], weights[np.flatnonzero(~rows)]
    inside, outside = np.flatnonzero(columns), np.flatnonzero(~columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = NMF(k, init="nndsvda" if k <= min(below.shape[0], len(outside)) else "random", random_state=seed)
        shares = model.fit_transform(below[:, outside])
    words = solved(below[:, inside].T.tocsr(), np.asarray(shares.T, np.float64)).T
    foretold = solved(above[:, outside], np.asarray(model.components_, np.float64)) @ words
    return float(np.square(above[:, inside].toarray() - foretold).sum())
