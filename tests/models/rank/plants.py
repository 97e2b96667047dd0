"""Small structural plants with a known truth: confounders, mediators, decoys, lot-wise settings, nothing at all."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.study.spec import StudySpec

Floats = NDArray[np.float64]


SCALE = {"cooling": (7.0, 1.5), "pressure": (3.0, 0.3), "speed": (60.0, 8.0), "volume": (500.0, 4.0)}
"""Middle and spread of each setting."""
STEP = {"cooling": 0.5, "pressure": 0.1, "speed": 2.0, "volume": 1.0}


@dataclass
class Plant:
    """Exogenous noise drawn once; `run` replays it under interventions."""

    seed: int
    n: int = 6000
    task: str = "classification"
    rate: float = 0.04
    effect: float = 1.0
    confounding: float = 1.0
    lotwise: float = 0.7
    """Share of a setting's variance that is constant within a lot."""
    lot_size: int = 60
    lot_noise: float = 0.2
    shapes: tuple[str, ...] | None = None
    staged: bool = True

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        n, lots = self.n, -(-self.n // self.lot_size)
        self.lot = np.arange(n) // self.lot_size
        day = np.sin(np.arange(n) / n * 2 * np.pi * 14 + rng.uniform(0, 6))
        drift = np.repeat(np.cumsum(rng.normal(0, 0.25, lots)), self.lot_size)[:n]
        self.ambient = 20 + 4 * day + 2 * (drift - drift.mean()) / max(drift.std(), 1e-9) + rng.normal(0, 0.5, n)
        self.product = np.array(["A", "B", "C"])[np.repeat(rng.integers(0, 3, lots), self.lot_size)[:n]]
        self.z = {}
        for name in ("cooling", "pressure", "speed", "volume"):
            fixed = np.repeat(rng.normal(0, 1, lots), self.lot_size)[:n]
            self.z[name] = np.sqrt(self.lotwise) * fixed + np.sqrt(1 - self.lotwise) * rng.normal(0, 1, n)
        self.mediator_noise = rng.normal(0, 0.6, n)
        self.lot_effect = np.repeat(rng.normal(0, self.lot_noise, lots), self.lot_size)[:n]
        self.unit_noise = rng.normal(0, 1, n)
        self.uniform = rng.uniform(0, 1, n)
        strengths = np.array([1.0, 0.6, 0.35, 0.0]) * self.effect
        order = rng.permutation(4)
        self.strength = dict(zip(self.z, strengths[order], strict=True))
        kinds = self.shapes or tuple(rng.choice(["linear", "u", "cliff"], 4))
        self.shape = dict(zip(self.z, kinds, strict=True))
        self.sign = dict(zip(self.z, rng.choice([-1, 1], 4), strict=True))
        self.middle = dict(zip(self.z, rng.uniform(-0.7, 0.7, 4), strict=True))
        self.context = rng.normal(0, 0.5, 5)
        self.offset = self._calibrate()

    def settings(self) -> dict[str, Floats]:
        """What the operators set: they cool more when it is warm, and run some products faster."""
        warm = (self.ambient - 20) / 4.5
        fast = (self.product == "B") * 1.0
        c = self.confounding
        return {
            "cooling": 7 + 1.5 * (self.z["cooling"] - 0.7 * c * warm),
            "pressure": 3 + 0.3 * (self.z["pressure"] + 0.5 * c * fast),
            "speed": 60 + 8 * (self.z["speed"] + 0.8 * c * fast - 0.3 * c * warm),
            "volume": 500 + 4 * self.z["volume"],
        }

    def _shape(self, name: str, value: Floats) -> Floats:
        middle, scale = SCALE[name]
        u = (value - middle) / scale
        kind = self.shape[name]
        if kind == "linear":
            return 0.7 * self.sign[name] * u
        if kind == "u":
            return 0.5 * (u - self.middle[name]) ** 2
        return 1.5 / (1 + np.exp(-6 * self.sign[name] * (u - self.middle[name])))

    def temperature(self, settings: dict[str, Floats]) -> Floats:
        return 20 + 1.2 * settings["cooling"] + 0.3 * (self.ambient - 20) + self.mediator_noise

    def eta(self, settings: dict[str, Floats]) -> Floats:
        warm = (self.ambient - 20) / 4.5
        out = self.lot_effect + self.context[0] * warm + self.context[1] * (self.product == "A")
        out = out + self.context[2] * (self.product == "B") + 0.8 * warm * self.confounding
        for name, strength in self.strength.items():
            # Cooling acts only through the product's temperature.
            value = settings[name] + (self.mediator_noise / 1.2 if name == "cooling" else 0)
            out = out + strength * self._shape(name, value)
        return out

    def _calibrate(self) -> float:
        if self.task == "regression":
            return 50.0
        eta = self.eta(self.settings())
        low, high = -20.0, 5.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if (1 / (1 + np.exp(-eta - middle))).mean() > self.rate else (middle, high)
        return (low + high) / 2

    def loss(self, settings: dict[str, Floats]) -> Floats:
        eta = self.eta(settings) + self.offset
        return eta if self.task == "regression" else 1 / (1 + np.exp(-eta))

    def frame(self) -> pd.DataFrame:
        settings = self.settings()
        loss = self.loss(settings)
        rng = np.random.default_rng(self.seed + 10**6)
        table = pd.DataFrame(
            {
                "finished_at": pd.date_range("2026-01-05", periods=self.n, freq="min", tz="UTC"),
                "lot": [f"L{lot:04d}" for lot in self.lot],
                "product": self.product,
                "ambient": self.ambient,
                **settings,
                "product_temp": self.temperature(settings),
                "speed_probe": settings["speed"] + rng.normal(0, 1.0, self.n),
                "rework_minutes": loss * 10 + rng.normal(0, 0.1, self.n),
            }
        )
        if self.task == "regression":
            table["target"] = loss + 0.7 * self.unit_noise
        else:
            table["target"] = np.where(self.uniform < loss, "NG", "OK")
        return table

    def spec(self, **more: Any) -> StudySpec:
        stage = {"cooling": 1, "pressure": 2, "speed": 2, "volume": 1}
        factors: dict[str, Any] = {
            name: {
                "role": "controllable",
                "min": middle - 3 * scale,
                "max": middle + 3 * scale,
                "step": STEP[name],
                **({"stage": stage[name]} if self.staged else {}),
            }
            for name, (middle, scale) in SCALE.items()
        }
        factors |= {"product": {"role": "context"}, "ambient": {"role": "context"}}
        if self.staged:
            factors |= {"product_temp": {"stage": 2}, "speed_probe": {"stage": 2}}
        factors["rework_minutes"] = {"role": "outcome"}
        content: dict[str, Any] = {
            "name": "plant",
            "task": self.task,
            "target": "target",
            "time": "finished_at",
            "group": "lot",
            "factors": factors,
        }
        if self.task == "classification":
            content["bad"] = "NG"
        return StudySpec.parse(content | more)

    def gain(self, name: str, window: tuple[float, float]) -> float:
        """True gain of holding a setting inside a window."""
        settings = self.settings()
        held = settings | {name: np.clip(settings[name], *window)}
        return float((self.loss(settings) - self.loss(held)).mean())

    def best(self, name: str, min_support: float = 0.10) -> tuple[float, tuple[float, float]]:
        """The best admissible window of a setting, and its true gain."""
        settings = self.settings()
        now = self.loss(settings)
        value = settings[name]
        middle, scale = SCALE[name]
        grid = np.arange(middle - 3 * scale, middle + 3 * scale + 1e-9, STEP[name])
        low, high = np.zeros(len(grid)), np.zeros(len(grid))
        for place, edge in enumerate(grid):
            saved = now - self.loss(settings | {name: np.full(self.n, edge)})
            low[place], high[place] = saved[value < edge].sum(), saved[value > edge].sum()
        found = (-np.inf, (0.0, 0.0))
        for a in range(len(grid)):
            for b in range(a + 2, len(grid)):
                if ((value >= grid[a]) & (value <= grid[b])).mean() >= min_support:
                    found = max(found, ((low[a] + high[b]) / self.n, (float(grid[a]), float(grid[b]))))
        return found
