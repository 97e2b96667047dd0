"""Small tables with a known truth, mixed as real ones are."""

import numpy as np
import pandas as pd

__all__ = ["parts", "power", "three"]


def _columns(n: int, rng: np.random.Generator) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "temperature": rng.normal(60, 5, n),
            "pressure": rng.normal(3, 0.4, n),
            "machine": rng.choice(["M1", "M2", "M3"], n),
            "guard": rng.random(n) < 0.5,
            "noise": rng.normal(size=n),
        }
    )
    table.loc[rng.random(n) < 0.1, "pressure"] = np.nan
    return table


def parts(n: int = 400, seed: int = 0) -> pd.DataFrame:
    """Verdict OK or NG: hot parts of machine M2 are bad more often."""
    rng = np.random.default_rng(seed)
    table = _columns(n, rng)
    score = 0.5 * (table["temperature"] - 62) + 1.5 * (table["machine"] == "M2") - 1.0
    table["verdict"] = np.where(rng.random(n) < 1 / (1 + np.exp(-score)), "NG", "OK")
    return table


def three(n: int = 400, seed: int = 0) -> pd.DataFrame:
    """Three classes, told by two numbers."""
    rng = np.random.default_rng(seed)
    table = _columns(n, rng)
    table["grade"] = pd.cut(table["temperature"] + rng.normal(0, 2, n), [-np.inf, 57, 63, np.inf], labels=False)
    return table


def power(n: int = 400, seed: int = 0) -> pd.DataFrame:
    """Power rises with temperature, and by machine."""
    rng = np.random.default_rng(seed)
    table = _columns(n, rng)
    table["kw"] = 2 * table["temperature"] + 10 * (table["machine"] == "M3") + rng.normal(0, 3, n)
    return table
