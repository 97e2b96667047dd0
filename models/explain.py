"""What the model attends to: SHAP values (path-dependent, exact for trees), summed over the columns of each factor.

They say what moved the prediction, not what would change the plant: `models.rank` answers that.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.learn import Model, threads_for

__all__ = ["contributions", "shares"]

CHUNK = 20_000


def contributions(model: Model, frame: pd.DataFrame, factor_of: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One column per factor, one row per unit, in log-odds (classification) or the loss's unit.

    A row's sum and the model's expected value make the raw prediction. ``factor_of``: factor of each column; without
    it every column is its own. Computed in chunks: memory does not grow with the table beyond the answer itself.
    """
    parts = []
    for first in range(0, len(frame), CHUNK):
        matrix = model.matrix(frame.iloc[first : first + CHUNK])
        found = model.booster.predict(matrix, pred_contrib=True, num_threads=threads_for(matrix.size * 4))
        parts.append(np.asarray(found)[:, : len(model.columns)])
    values = np.vstack(parts) if parts else np.zeros((0, len(model.columns)))
    owners = [(factor_of or {}).get(column, column) for column in model.columns]
    out = {factor: np.zeros(len(frame)) for factor in dict.fromkeys(owners)}
    for place, factor in enumerate(owners):
        out[factor] = out[factor] + values[:, place]
    return pd.DataFrame(out, index=frame.index)


def shares(parts: pd.DataFrame) -> dict[str, float]:
    """Mean absolute contribution of each factor, as a share of all (they sum to 1; all 0 for a constant model)."""
    size = parts.abs().mean()
    total = float(size.sum())
    return {str(factor): float(value) / total if total > 0 else 0.0 for factor, value in size.items()}
