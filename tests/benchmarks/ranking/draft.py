"""Drawing a line column by column: clock, lots and context first, then blends of what is there already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.ranking.families import Config
from tests.benchmarks.ranking.line import Floats, Line, Node
from tests.benchmarks.ranking.names import Namer
from tests.benchmarks.ranking.noise import standard, wander
from tests.benchmarks.ranking.shapes import Shape

__all__ = ["AT", "DAY", "FIRST", "LOT", "Blend", "Draft"]

AT, DAY, LOT, FIRST = "_at", "_day", "_lot", "_first"
"""Hidden nodes: share of the period 0 … 1, time in days, the lot's number, the place of the lot's first unit."""


@dataclass(frozen=True)
class Blend:
    """A weighted sum of what several columns do, mean 0 and standard deviation 1 over the units as they were."""

    terms: tuple[tuple[str, Shape, float], ...]
    mean: float
    spread: float

    @property
    def parents(self) -> tuple[str, ...]:
        return tuple(parent for parent, _, _ in self.terms)

    def __call__(self, values: Mapping[str, Floats]) -> Floats:
        total = sum((weight * shape(values[parent]) for parent, shape, weight in self.terms), start=np.float64(0.0))
        return np.asarray((total - self.mean) / self.spread, dtype=np.float64)


class Draft:
    """A line being drawn."""

    def __init__(self, config: Config, rng: np.random.Generator) -> None:
        self.config, self.rng, self.n = config, rng, config.units
        self.line = Line(config.units)
        self.namer = Namer(rng, config.japanese)
        self.units: dict[str, str] = {}
        self.context: list[str] = []
        self._clock()
        self._contexts()

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def _clock(self) -> None:
        """Units follow each other with pauses; lots are runs of them."""
        rng, n = self.rng, self.n
        gaps = rng.exponential(size=n) + 300.0 * (rng.random(n) < 20.0 / n)
        at = np.cumsum(gaps) / gaps.sum()
        self.days = float(rng.uniform(6.0, 60.0))
        self.line.root(AT, at)
        self.line.root(DAY, at * self.days)
        lots = max(2, min(self.config.lots, n // 3))
        cuts = np.sort(rng.choice(np.arange(1, n), size=lots - 1, replace=False))
        lot = np.searchsorted(cuts, np.arange(n), side="right")
        self.lot, self.first = lot, np.concatenate([[0], cuts])[lot]
        self.line.root(LOT, lot.astype(np.float64))
        self.line.root(FIRST, self.first.astype(np.float64))

    def levels(self, name: str, codes: Floats, levels: Sequence[str]) -> str:
        """A context column with levels."""
        self.line.add(Node(name, (), lambda _v, own: own, "context", None, tuple(levels)), codes)
        self.context.append(name)
        return name

    def number(self, name: str, values: Floats, unit: str = "") -> str:
        """A context column of numbers."""
        self.line.add(Node(name, (), lambda _v, own: own, "context"), np.round(values, 3))
        self.units[name] = unit
        self.context.append(name)
        return name

    def by_lot(self, values: Floats) -> Floats:
        return values[self.lot]

    def _contexts(self) -> None:
        """Product, shift, ambient and material batch always; up to four more."""
        rng, namer, n = self.rng, self.namer, self.n
        lots = int(self.lot[-1]) + 1
        kinds = int(rng.integers(3, 7))
        mix = rng.dirichlet(np.full(kinds, 3.0))
        product = self.by_lot(rng.choice(kinds, size=lots, p=mix).astype(np.float64))
        product[:kinds] = np.arange(min(kinds, n))  # every product occurs
        self.product = self.levels(namer.fixed("product", "品種"), product, [f"P{10 + 7 * k}" for k in range(kinds)])
        day = self.line.values[DAY]
        shift = np.floor((day % 1.0) * 3.0)
        self.levels(namer.fixed("shift", "直"), shift, ["A", "B", "C"])
        weather = 4.0 * wander(rng, n, max(20.0, n / 15)) + 5.0 * np.sin(2 * np.pi * (day - 0.38))
        ambient = 22.0 + weather + 0.3 * rng.normal(size=n)
        self.ambient = self.number(namer.fixed("ambient_temp", "外気温"), ambient, "degC")
        count = int(rng.integers(4, 25))
        batch = np.floor(np.arange(n) * count / n)
        self.levels(namer.fixed("material_batch", "材料ロット"), batch, [f"B{100 + k}" for k in range(count)])
        moisture = rng.normal(0.12, 0.02, size=count)[batch.astype(np.int64)] + 0.002 * rng.normal(size=n)
        crew = (shift + 3 * (np.floor(day / 4.0) % 2)).astype(np.float64)
        more = [
            lambda: self.number(namer.fixed("ambient_rh", "外気湿度"), 80 - ambient + 4 * wander(rng, n, n / 40), "%"),
            lambda: self.levels(namer.fixed("operator", "作業者"), crew, [f"op{k + 1}" for k in range(6)]),
            lambda: self.number(namer.fixed("material_moisture", "材料水分"), moisture, "%"),
            lambda: self.number(namer.fixed("order_size", "受注数"), self.by_lot(np.ceil(rng.gamma(3.0, 200.0, lots)))),
        ]
        for place in rng.permutation(4)[: int(rng.integers(0, 5))]:
            more[int(place)]()

    def part(self, parent: str) -> Shape:
        """What one column does inside a blend, with constants from its values as they were."""
        rng, values, levels = self.rng, self.line.values[parent], self.line.nodes[parent].levels
        if levels:
            table = rng.normal(size=len(levels))
            table = table / max(1e-9, float(table[values.astype(np.int64)].std()))
            return lambda codes: table[codes.astype(np.int64)]
        mean, spread, sign = float(values.mean()), float(values.std()) or 1.0, float(rng.choice([-1.0, 1.0]))
        if rng.random() < 0.3:
            bend = float(rng.uniform(1.0, 3.0))
            return lambda x: np.tanh(bend * sign * (x - mean) / spread)
        return lambda x: sign * (x - mean) / spread

    def blend(self, parents: Sequence[str]) -> Blend:
        """A blend of columns with random weights."""
        weights = self.rng.uniform(0.4, 1.0, size=len(parents))
        terms = tuple((p, self.part(p), float(w)) for p, w in zip(parents, weights, strict=True))
        raw = Blend(terms, 0.0, 1.0)(self.line.values)
        return Blend(terms, float(raw.mean()), max(1e-9, float(raw.std())))

    def some(self, columns: Sequence[str], most: int) -> list[str]:
        """One to ``most`` of some columns."""
        count = min(len(columns), int(self.rng.integers(1, most + 1)))
        return [columns[int(k)] for k in self.rng.permutation(len(columns))[:count]]

    def centred(self, name: str) -> Shape:
        """A column as standardised number; levels as steps of a random table."""
        values, levels = self.line.values[name], self.line.nodes[name].levels
        if levels:
            table = standard(self.rng.permutation(len(levels)).astype(np.float64))
            return lambda codes: table[codes.astype(np.int64)]
        mean, spread = float(values.mean()), float(values.std()) or 1.0
        return lambda x: (x - mean) / spread
