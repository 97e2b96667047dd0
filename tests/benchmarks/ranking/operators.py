"""Operators who turn a setting because of the last results, block of units by block of units."""

import numpy as np

from tests.benchmarks.ranking.draft import Draft
from tests.benchmarks.ranking.line import VERDICT
from tests.benchmarks.ranking.settings import FEEDBACK

__all__ = ["react"]


def react(draft: Draft) -> None:
    """Fill the noise of `FEEDBACK`: after a bad block the setting is turned further, and forgotten little by little.

    What was turned is kept as it happened: for a unit, results of earlier units lie upstream.
    """
    rng, line, n = draft.rng, draft.line, draft.n
    block, keep = int(rng.integers(5, 40)), float(rng.uniform(0.5, 0.95))
    turn, way, offset = float(rng.uniform(0.3, 1.0)), float(rng.choice([-1.0, 1.0])), 0.0
    usual = float(line.values[VERDICT].mean())
    spread = float(line.values[VERDICT].std()) / np.sqrt(block)
    for start in range(0, n, block):
        rows = slice(start, min(n, start + block))
        line.noise[FEEDBACK][rows] = offset
        line.rerun(rows)
        surprise = (float(line.values[VERDICT][rows].mean()) - usual) / max(spread, 1e-9)
        offset = float(np.clip(keep * offset + turn * way * np.clip(surprise, -3, 3) * (1 - keep), -2.0, 2.0))
