"""Tables for the audit: an honest plant with decoys, and leaks planted in it."""

import numpy as np
import pandas as pd

RATES = {"A": 0.0, "B": 1.2, "C": -3.0, "D": 3.0, "E": -1.0}
"""Suppliers differ strongly, and honestly."""


def plant(kind: str, n: int = 1500, seed: int = 0) -> pd.DataFrame:
    """Correlated sensors, a very good one, suppliers, missing values that tell a little. ``kind``: the target's."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 3))
    sensors = hidden @ rng.normal(size=(3, 4)) + rng.normal(size=(n, 4)) * 0.3
    frame = pd.DataFrame({f"s{place}": (20 + 5 * sensors[:, place]).round(2) for place in range(4)})
    frame["supplier"] = rng.choice(list(RATES), n, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    frame["speed"] = rng.choice([50, 60, 70, 80], n)
    frame["idle"] = np.where(rng.uniform(size=n) < 0.8, 0.0, rng.gamma(2, 3, n).round(1))
    told = 1.5 * sensors[:, 0] + sensors[:, 1] + frame["supplier"].map(RATES) * 0.6 + (frame["speed"] - 65) / 15
    frame["pressure"] = (100 + 3 * (told + 0.3 * rng.normal(size=n))).round(2)
    frame["probe"] = (told + rng.normal(size=n)).round(2)
    lost = rng.uniform(size=n) < np.where(told > 2, 0.5, 0.1)
    frame["sometimes"] = np.where(lost, np.nan, rng.normal(size=n).round(3))
    outcome = (told + 0.4 * rng.normal(size=n)).to_numpy()
    if kind == "numbers":
        return frame.assign(y=(200 + 20 * outcome).round(2))
    if kind == "grades":
        grades = np.searchsorted(np.quantile(outcome, [0.3, 0.6, 0.85]), outcome)
        return frame.assign(y=np.array(list("abcd"))[grades])
    share = {"half": 0.5, "rare": 0.94}[kind]
    return frame.assign(y=np.where(outcome > np.quantile(outcome, share), "NG", "OK"))
