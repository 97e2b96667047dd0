"""The loss over time, in at most some sixty steps."""

import numpy as np
import pandas as pd

from models.rank.document import TimelinePoint
from models.study.data import StudyData

__all__ = ["timeline"]

Z = 1.645
STEPS = (("h", 3.0), ("D", 62.0), ("7D", 62.0 * 7), ("30D", float("inf")))
"""The width of a step, and the days up to which it is used."""


def timeline(data: StudyData) -> list[TimelinePoint]:
    """Mean loss as measured per hour, day, week or month, with a 90 % interval; empty without instants."""
    if data.time is None or not pd.api.types.is_datetime64_any_dtype(data.time.dtype):
        return []
    days = (data.time.iloc[-1] - data.time.iloc[0]).total_seconds() / 86400
    step = next(name for name, most in STEPS if days <= most)
    loss = pd.Series(data.loss * data.sign)
    return [
        _point(start, part.to_numpy(dtype=np.float64), step == "h", data.spec.task == "classification")
        for start, part in loss.groupby(data.time.dt.floor(step))
    ]


def _point(
    start: pd.Timestamp, loss: "np.ndarray[tuple[int], np.dtype[np.float64]]", hours: bool, share: bool
) -> TimelinePoint:
    n, mean = len(loss), float(loss.mean())
    if share:
        # Wilson's interval: honest also where no unit was bad.
        centre = (mean + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * float(np.sqrt(mean * (1 - mean) / n + Z * Z / (4 * n * n)))
        low, high = max(0.0, centre - half), min(1.0, centre + half)
    else:
        half = Z * float(loss.std(ddof=1)) / n**0.5 if n > 1 else 0.0
        low, high = mean - half, mean + half
    at = start.strftime("%Y-%m-%dT%H:00:00Z") if hours else start.strftime("%Y-%m-%d")
    return {"at": at, "loss": mean, "low": min(low, mean), "high": max(high, mean), "n": n}
