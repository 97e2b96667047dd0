"""How far a measured gain can be believed: actions of known worth on both simulated lines, measured as the ledger does.

``python -m tests.benchmarks.promise [--seeds 20]``. Each seed is another line (other causes, other zones, other
confounding); its best setting is held from some day on. Kinds of action:

- *steady*: nothing else happens
- *mix and drift*: from the same morning on other products are made, and something unmeasured wanders over days
- *no effect*: the setting is turned as declared, and nothing reacts to it

Printed: how often the 90 % interval holds the true gain, the median and mean of the error over the true gain, half the
interval over it, how often a gain is shown at all; the same for the residuals' level alone, over series that wander;
and what some actions make of the factor on later promises. Figures: docs/actions.md.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from models.promise.frozen import freeze
from models.promise.level import carried
from models.promise.measure import realised
from models.promise.shrinkage import ACTION, Past, shrinkage_of
from tests.models.promise.acted import acted

DAYS = ((10, 4), (14, 7), (28, 5), (21, 14))
KINDS = {"steady": {}, "mix and drift": {"mix": True, "drift": 1.0}, "no effect": {"acts": False}}


@dataclass(frozen=True)
class Measured:
    """One action; ``scale``: what its errors are compared with, the gain of the same action where it acts."""

    line: str
    kind: str
    days: tuple[int, int]
    truth: float
    scale: float
    estimate: float
    low: float
    high: float


def measured(line: str, kind: str, days: tuple[int, int], seed: int) -> Measured:
    """Act, freeze, measure."""
    one = acted(line, seed, *days, **KINDS[kind])  # type: ignore[arg-type]
    before, after = one.split()
    found = realised(freeze(before, one.windows), after)
    acted.cache_clear()
    return Measured(line, kind, days, one.truth, one.key.factors[0].gain, found.estimate, found.low, found.high)


def rows(found: list[Measured]) -> Iterator[tuple[str, ...]]:
    """One line of the table per line, kind and length, and one over all."""
    keys = sorted({(one.line, one.kind, one.days) for one in found})
    for key in [*keys, None]:
        mine = [one for one in found if key is None or (one.line, one.kind, one.days) == key]
        truth, scale, estimate, low, high = np.array(
            [[one.truth, one.scale, one.estimate, one.low, one.high] for one in mine]
        ).T
        error, acts = (estimate - truth) / scale, truth > 0
        named = ("all", "", "") if key is None else (key[0], key[1], f"{key[2][0]} + {key[2][1]}")
        yield (
            *named,
            str(len(mine)),
            f"{np.mean((low <= truth) & (truth <= high)):.0%}",
            f"{np.median(error):+.2f}",
            f"{np.mean(error):+.2f}",
            f"{np.median((high - low) / 2 / scale):.2f}",
            f"{np.mean(low[acts] > 0):.0%}" if acts.any() else "-",
            f"{np.mean(low[~acts] > 0):.0%}" if (~acts).any() else "-",
        )


SERIES = {
    "steady": lambda rng, n: rng.normal(size=n),
    "forgets over 5 groups": lambda rng, n: rng.normal(size=n) + 0.7 * _forgetful(rng, n, 5.0),
    "slow walk": lambda rng, n: rng.normal(size=n) + np.cumsum(rng.normal(0, 0.15, n)),
    "fast walk": lambda rng, n: rng.normal(size=n) + np.cumsum(rng.normal(0, 0.5, n)),
    "pure walk": lambda rng, n: 0.2 * rng.normal(size=n) + np.cumsum(rng.normal(size=n)),
}


def _forgetful(rng: np.random.Generator, n: int, groups: float) -> np.ndarray:
    keep = float(np.exp(-1 / groups))
    out = np.empty(n)
    out[0] = rng.normal()
    for place in range(1, n):
        out[place] = keep * out[place - 1] + np.sqrt(1 - keep**2) * rng.normal()
    return out


def series(kind: str, before: int, after: int, runs: int) -> tuple[float, float]:
    """Share of intervals that hold the mean of the groups to come, and their mean width, of residuals alone."""
    rng = np.random.default_rng(1)
    held, width = [], []
    days = np.arange(before + after, dtype=np.float64)
    for _ in range(runs):
        values = SERIES[kind](rng, before + after)
        noise = np.full(before + after, 0.1)
        level = carried(
            days[:before], values[:before], noise[:before], days[before:], noise[before:], np.full(after, 1 / after)
        )
        low, high = level.quantile(0.05), level.quantile(0.95)
        held.append(low <= values[before:].mean() <= high)
        width.append(high - low)
    return float(np.mean(held)), float(np.mean(width))


BELIEVED = (1.0, 0.8, 0.5)
"""What a plant's actions really give, over what is promised of them."""
ACTIONS = (0, 1, 2, 4, 8)


def shrunk(true: float, actions: int, spread: float, runs: int) -> tuple[float, float]:
    """Mean factor after some actions of one study, and the mean distance of the factor from the truth."""
    rng = np.random.default_rng(2)
    factors = []
    for _ in range(runs):
        ratios = rng.normal(true, np.hypot(spread, ACTION), actions)
        factors.append(shrinkage_of([Past("caps", "fill", ratio, spread) for ratio in ratios], "caps", "fill").factor)
    return float(np.mean(factors)), float(np.mean(np.abs(np.array(factors) - true)))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=100)
    asked = parser.parse_args()
    console = Console()
    tasks = [
        (line, kind, days, seed)
        for seed in range(asked.first, asked.first + asked.seeds)
        for line in ("filling", "press")
        for kind in KINDS
        for days in DAYS
    ]
    found = [measured(*task) for task in track(tasks, "Acting and measuring", console=Console(stderr=True))]
    heads = ("line", "kind", "days", "actions", "inside", "median error", "mean error", "half width", "shown", "false")
    table = Table(*heads)
    for row in rows(found):
        table.add_row(*row)
    console.print(table)
    table = Table("series", "groups", "inside", "width")
    for kind in SERIES:
        for before, after in ((20, 8), (45, 20)):
            inside, width = series(kind, before, after, 200)
            table.add_row(kind, f"{before} + {after}", f"{inside:.0%}", f"{width:.2f}")
    console.print(table)
    table = Table("true ratio", "error of one ratio", *(f"{count} actions" for count in ACTIONS))
    for true in BELIEVED:
        for spread in (0.3, 1.0):
            cells = (f"{mean:.2f} (off by {off:.2f})" for mean, off in (shrunk(true, n, spread, 500) for n in ACTIONS))
            table.add_row(f"{true}", f"{spread}", *cells)
    console.print(table)


if __name__ == "__main__":
    main()
