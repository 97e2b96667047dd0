"""How good a ranking is, from the items (or users) ranked first and those that were right.

With k ranked, and h of them right out of m right ones, means over users:

- precision_at_k: h / k;  recall_at_k: h / m;  hit_ratio_at_k: 1 if h > 0 else 0
- ndcg_at_k: sum over right places p of 1 / log2(p + 1), divided by the largest sum that m right ones allow

Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 2002.

>>> ranked("precision_at_k", np.array([[True, False]]), np.array([3]))
0.5
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.automl.matrix import Ints

__all__ = ["ranked"]


def ranked(metric: str, right: NDArray[np.bool_], wanted: Ints) -> float | None:
    """``right``: (users, k), is the item at each place right; ``wanted``: (users,) m; users with m = 0 are left out."""
    known = wanted > 0
    if not known.any():
        return None
    right, wanted = right[known], wanted[known]
    k = right.shape[1]
    gain: Any = 1 / np.log2(np.arange(k) + 2)
    best = np.cumsum(gain)[np.minimum(wanted, k) - 1]
    values = {
        "precision_at_k": right.mean(1),
        "recall_at_k": right.sum(1) / wanted,
        "hit_ratio_at_k": right.any(1).astype(np.float64),
        "ndcg_at_k": (right * gain).sum(1) / best,
    }
    return float(values[metric].mean())
