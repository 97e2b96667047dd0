"""Features as plain numbers, for methods that know nothing else. Missing values are the mean."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["codes_of", "numbers_of"]

Floats = NDArray[np.float64]


def codes_of(values: pd.Series) -> Floats:
    if values.dtype == "float64":
        numbers = values.to_numpy(dtype=np.float64)
        return np.where(np.isnan(numbers), float(np.nanmean(numbers)), numbers)
    return np.array(values.cat.codes, dtype=np.float64)


def numbers_of(frame: pd.DataFrame, columns: Iterable[str]) -> Floats:
    """Columns as plain numbers, levels as 0/1. (n, k)"""
    parts = []
    for column in columns:
        if frame[column].dtype == "float64":
            parts.append(codes_of(frame[column])[:, None])
        else:
            codes = frame[column].cat.codes.to_numpy()
            parts.append(
                np.column_stack([codes == k for k in range(1, len(frame[column].cat.categories))]).astype(float)
            )
    return np.hstack(parts) if parts else np.zeros((len(frame), 0))
