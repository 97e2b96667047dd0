"""Studies of processes whose state is known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.study.data import StudyData, prepare
from models.study.spec import StudySpec

Floats = NDArray[np.float64]


def study(columns: Mapping[str, Any], **words: Any) -> StudyData:
    task = {"task": "classification", "target": "verdict", "bad": "NG"} if "verdict" in columns else {}
    named = {"name": "study", "task": "regression", "target": "y"} | task | words
    data = prepare(pd.DataFrame(columns), StudySpec.parse(named))
    assert isinstance(data, StudyData)
    return data


def hours(units: int, every: float = 1.0) -> pd.DatetimeIndex:
    return pd.date_range("2026-01-05", periods=units, freq=pd.Timedelta(hours=every), tz="UTC")


def swings(rng: np.random.Generator, points: int, phi: float) -> Floats:
    """A standard normal first order autoregression."""
    values = rng.normal(size=points)
    for place in range(1, points):
        values[place] = phi * values[place - 1] + (1 - phi**2) ** 0.5 * values[place]
    return values


def lots(rate: Floats, size: int, rng: np.random.Generator, **words: Any) -> StudyData:
    """Bad units by lot at a known rate, one lot every six hours."""
    lot = np.repeat(np.arange(len(rate)), size)
    verdict = np.where(rng.random(len(lot)) < rate[lot], "NG", "OK")
    at = hours(len(lot), 6 / size)
    return study({"at": at, "lot": lot, "x": rng.normal(size=len(lot)), "verdict": verdict}, time="at", group="lot")
